import { type Instant, millisecondsOf } from '../../../clock.js'
import { type Stored } from '../../../database/columns.js'
import { type ForeignRow } from '../../../database/foreign.js'
import { encodeRow } from '../../../database/table.js'
import { HoldfastError, InvalidInput } from '../../../errors.js'
import { runStatuses, workflowRuns, workflowRunTags } from '../../../workflows/index.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { insertAll, type ImportRow } from '../rows.js'
import { idOf, OrcheoReading, type OrcheoWork, SourceRow, wholeRow } from './reading.js'
import { knownTables } from './tables.js'
import { type KnownVersion, type KnownVersions, makerOf } from './workflows.js'

const shown = new Set([
  'id', 'workflow_version_id', 'status', 'triggered_by', 'input_payload', 'output_payload', 'error',
  'runnable_config', 'tags', 'metadata', 'started_at', 'completed_at', 'created_at',
])

/** What changes of a run while it goes on. */
const moving = [
  'status', 'attempt', 'started_at', 'started_ms', 'finished_at', 'duration_ms', 'output', 'error',
  'metadata',
] as const

/** Tags of a run here, and characters of one: they are looked for by an index. */
const tagsMax = 50
const tagLengthMax = 100

/** Runs written in one transaction. */
const batchMax = 50

/** Imports runs, each with its history. */
export class OrcheoRuns {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #versions: KnownVersions
  readonly #runs = new Set<string>()
  readonly #fresh = new Set<string>()
  #batch: ImportRow[] = []

  constructor(work: OrcheoWork, versions: KnownVersions) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
    this.#versions = versions
  }

  /** The ids of the runs that steps may be of. */
  async run(): Promise<ReadonlySet<string>> {
    await this.#reading.each('workflow_runs', async (row) => {
      this.#batch.push(this.#run(row))
      this.#runs.add(row.needed('id'))
      if (this.#batch.length >= batchMax) await this.#flush()
    })
    await this.#flush()
    await this.#reading.each('execution_history', (row) => this.#history(row))
    return this.#runs
  }

  async #flush(): Promise<void> {
    const { rows } = this.#reading
    const { added, present } = await rows.add('workflow_runs', workflowRuns as never, {
      rows: this.#batch,
      beside: (database, fresh) => insertAll(database, workflowRunTags as never, tagRows(fresh)),
    })
    for (const { row } of added) this.#fresh.add(String(row.id))
    await this.#catchUp(present)
    const stands = new Set([...added, ...present].map(({ row }) => row.id))
    for (const { row } of this.#batch) if (!stands.has(row.id)) this.#runs.delete(String(row.id))
    this.#batch = []
  }

  /** Takes what became of runs that were going on in the source when they were imported. */
  async #catchUp(present: readonly ImportRow[]): Promise<void> {
    if (present.length === 0) return
    const { parts: { database, organizationId }, ledger } = this.#work
    // One that was begun here has gone its own way since.
    const byHand = workflowRuns.columns.byHand.encode(false)
    const going = await database.all(database.write.selectFrom('workflow_runs')
      .select(['id', 'status']).where('organization_id', '=', organizationId)
      .where('id', 'in', present.map(({ row }) => row.id))
      .where('status', 'in', ['pending', 'running'])
      .where('job_id', 'is', null).where('by_hand', '=', byHand))
    const before = new Map(going.map(({ id, status }) => [id, status]))
    for (const { row, place } of present) {
      const from = before.get(row.id)
      if (from === undefined || from === row.status) continue
      ledger.detail('caught_up', { kind: 'workflow_runs', place, status: row.status, from })
      if (ledger.isDry) continue
      await database.run(database.write.updateTable('workflow_runs')
        .set(Object.fromEntries(moving.map((name) => [name, row[name]])))
        .where('organization_id', '=', organizationId).where('id', '=', row.id)
        .where('status', '=', from).where('job_id', 'is', null)
        .where('by_hand', '=', byHand))
    }
  }

  #run(row: SourceRow): ImportRow {
    const payload = row.json('payload')
    if (payload === undefined) throw new InvalidInput('payload is empty')
    const version = this.#versions.get(row.needed('workflow_version_id'))
    if (version === undefined) {
      throw new InvalidInput('workflow_version_id names no version that was imported')
    }
    const status = row.needed('status')
    if (!runStatuses.includes(status as never)) throw new InvalidInput(`status is ${status}`)
    const members = membersOf(payload.stored)
    const said = payload.value as Record<string, unknown>
    const created = this.#reading.neededMoment(row, 'created_at')
    this.#reading.losses('workflow_runs', row, { payload })
    const given = Array.isArray(said.tags) ? [...new Set(said.tags.map(String))] : []
    const tags = given.filter((tag) => tag.length >= 1 && tag.length <= tagLengthMax)
      .slice(0, tagsMax)
    const trigger = row.needed('triggered_by')
    const stored = encodeRow(workflowRuns, {
      ...this.#place(row, version), status, ...this.#times(said, created),
      triggerKind: triggerOf(trigger), tags, createdBy: makerOf(said),
      input: null, output: null, error: null, configuration: {}, metadata: {},
    })
    const json = (name: string) => members.get(name) as Stored<'json'> | undefined
    const orNull = (name: string) => (said[name] == null ? null : json(name)!)
    const rest = [...members].filter(([name]) => !shown.has(name) ||
      (name === 'tags' && tags.length < given.length))
    if (triggerOf(trigger) !== trigger) {
      rest.push(['triggered_by', exactJson(JSON.stringify(trigger)).stored])
    }
    for (const [name] of rest) {
      this.#work.ledger.unmapped('workflow_runs', `payload.${name}`, 'metadata.orcheo')
    }
    const metadata = this.#metadata(row, { said, members, rest })
    return {
      place: row.place,
      row: {
        ...stored, input: json('input_payload') ?? 'null', output: orNull('output_payload'),
        error: orNull('error'), metadata,
        configuration: isObject(said.runnable_config) ? json('runnable_config')! : '{}',
      },
    }
  }

  #place(row: SourceRow, { workflowId, number }: KnownVersion) {
    return {
      organizationId: this.#work.parts.organizationId, id: idOf(row.needed('id')),
      workflowId, version: number, parentRunId: null, fromStep: null, traceparent: null,
      tracestate: null, attemptsMax: 1, crashesMax: 1, stepCount: 0, queue: null, jobId: null,
      byHand: false, priority: null, concurrencyKey: null, backoffBaseMs: null, backoffCapMs: null,
      withdrawnAt: null,
    }
  }

  #times(said: Record<string, unknown>, createdAt: Instant) {
    const at = (name: string) => (typeof said[name] === 'string'
      ? this.#reading.momentOf(said[name], `payload.${name}`) : null)
    const [startedAt, finishedAt] = [at('started_at'), at('completed_at')]
    const startedMs = startedAt === null ? null : millisecondsOf(startedAt)
    const durationMs = startedMs === null || finishedAt === null
      ? null : Math.max(0, millisecondsOf(finishedAt) - startedMs)
    const attempt = startedAt === null ? 0 : 1
    return {
      createdAt, day: createdAt.slice(0, 10), startedAt, startedMs, finishedAt, durationMs, attempt,
    }
  }

  /** What the run said of itself, and under `orcheo` the rest of it with its history. */
  #metadata(row: SourceRow, { said, members, rest }: {
    readonly said: Record<string, unknown>
    readonly members: ReadonlyMap<string, string>
    readonly rest: readonly (readonly [string, string])[]
  }): string {
    const own = isObject(said.metadata) ? [...membersOf(members.get('metadata')!)] : []
    const history = this.#historyOf(row, members)
    const orcheo = objectOf([...rest, ...(history === undefined ? [] : [['history', history]])] as
      [string, string][])
    return objectOf([...own.filter(([name]) => name !== 'orcheo'), ['orcheo', orcheo]])
  }

  /** The history of the run without what the run says as well, in stored form. */
  #historyOf(row: SourceRow, members: ReadonlyMap<string, string>): string | undefined {
    const cells = this.#foundOf(row.needed('id'))
    if (cells === undefined) return undefined
    const whole = membersOf(wholeRow(cells).stored)
    const twice = {
      inputs: 'input_payload', runnable_config: 'runnable_config', tags: 'tags',
      callbacks: 'callbacks', metadata: 'metadata',
    }
    for (const [name, same] of Object.entries(twice)) {
      if (whole.get(name) === (members.get(same) ?? 'null')) whole.delete(name)
    }
    for (const name of ['execution_id', 'workflow_id']) whole.delete(name)
    return objectOf(whole)
  }

  /** The row of a history; none where the table is damaged, which is reported when it is read. */
  #foundOf(id: string): ForeignRow | undefined {
    try {
      return this.#work.source.tables.get('execution_history')?.find('execution_id', id)
    } catch (error) {
      if (HoldfastError.isInstance(error)) throw error
      return undefined
    }
  }

  /** Histories went with their runs; here they are checked, and those without a run are kept. */
  async #history(row: SourceRow): Promise<void> {
    const { ledger } = this.#work
    const id = row.needed('execution_id')
    if (!this.#runs.has(id)) throw new InvalidInput('execution_id names no run that was imported')
    for (const column of knownTables.execution_history!.json!) {
      this.#reading.losses('execution_history', row, { [column]: row.json(column) })
    }
    for (const column of ['started_at', 'completed_at', 'trace_started_at', 'trace_completed_at']) {
      this.#reading.moment(row, column)
    }
    if (this.#fresh.has(idOf(id))) ledger.imported('execution_history')
    else ledger.present('execution_history')
  }
}

/** A lower-case word. */
const triggerOf = (text: string): string =>
  (/^[a-z][a-z0-9_.-]{0,63}$/.test(text) ? text : 'manual')

function tagRows(rows: readonly ImportRow[]): ImportRow[] {
  return rows.flatMap(({ row, place }) => workflowRuns.columns.tags.decode(row.tags).map((tag) => ({
    place,
    row: {
      organization_id: row.organization_id, run_id: row.id, created_at: row.created_at,
      tag: workflowRunTags.columns.tag.encode(tag),
    },
  })))
}
