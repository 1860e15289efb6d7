import { sql } from 'kysely'
import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { QueueNotFound } from './errors.js'
import { checkInteger, checkPageLimit, checkQueue, defaults } from './rules.js'
import {
  jobs, type JobState, jobStates, type Queue, queues as table, type QueueTables,
} from './tables.js'
import { type Told, type Witness } from './witness.js'

/** What `configure` may change; what is left out stays. */
export interface QueueChanges {
  /** True: the queue gives out nothing until it is resumed; what is active goes on. */
  readonly paused?: boolean
  /** Jobs of one concurrency key under way at once, 1 to 100. @default 1 */
  readonly concurrencyPerKey?: number
  /** How long completed and cancelled jobs are kept, to ten years. @default 86400 */
  readonly retentionSeconds?: number
  /** How long dead jobs are kept, to ten years. @default 2592000 */
  readonly deadRetentionSeconds?: number
}

/** How a queue fares. */
export interface QueueStats {
  /** Jobs by state; a count ends at `countMax`. */
  readonly counts: Readonly<Record<JobState, number>>
  readonly countMax: number
  /** How long the oldest ready job has been due, in seconds; null without one. */
  readonly oldestReadySeconds: number | null
}

/** Jobs of one state counted at most. */
export const countMax = 100_000

const { columns } = table

/** The queues of one organization, without their jobs. */
export class QueueSettings {
  readonly #database: Database<QueueTables>
  readonly #organizationId: Stored<'id'>
  readonly #witness: Witness

  constructor(
    database: Database<QueueTables>,
    organizationId: Stored<'id'>,
    witness: Witness,
  ) {
    this.#database = database
    this.#organizationId = organizationId
    this.#witness = witness
  }

  /** A queue. Throws QueueNotFound, InvalidInput. */
  async get(name: string): Promise<Queue> {
    checkQueue(name)
    const query = this.#database.write
      .selectFrom('queues')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('name', '=', columns.name.encode(name, 'queue'))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(name)
    return decodeRow(table, stored)
  }

  /** One page of queues, by name. */
  async list(request: PageRequest): Promise<Page<Queue>> {
    const limit = checkPageLimit(request)
    const list = ['queues', this.#organizationId]
    let query = this.#database.write
      .selectFrom('queues')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('name')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('name', '>', columns.name.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map((stored) => decodeRow(table, stored))
    return pageOf(rows, limit, ({ name }) => cursorOf(list, [name]))
  }

  /** Changes what is given; makes the queue first when no revision is named. */
  async update(name: string, changes: QueueChanges, ifRevision?: number): Promise<Queue> {
    checkQueue(name)
    const set = this.#changed(changes)
    if (ifRevision === undefined) await this.#ensure(name)
    let update = this.#database.write
      .updateTable('queues')
      .set((expression) => ({
        ...set, revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .where('organization_id', '=', this.#organizationId)
      .where('name', '=', columns.name.encode(name, 'queue'))
      .returningAll()
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const [stored] = await this.#witness.change(this.#database, update, told(name, changes))
    if (stored !== undefined) return decodeRow(table, stored)
    const { revision } = await this.get(name)
    throw new RevisionConflict(`The queue is at revision ${revision}; read it again.`)
  }

  /** Counts that end at a bound, so that no history is scanned. Throws QueueNotFound. */
  async stats(name: string): Promise<QueueStats> {
    await this.get(name)
    const { engine, write } = this.#database
    const queue = columns.name.encode(name, 'queue')
    const ofState = (state: JobState) => write
      .selectFrom('jobs')
      .where('organization_id', '=', this.#organizationId)
      .where('queue', '=', queue)
      .where('state', '=', jobs.columns.state.encode(state))
    const found = jobStates.map((state) => write
      .selectFrom(ofState(state).select('id').limit(countMax).as('found'))
      .select(({ fn }) => [sql<string>`${sql.lit(state)}`.as('state'), fn.countAll().as('count')]))
    const rows = await this.#database.all(found.slice(1).reduce(
      (all, each) => all.unionAll(each), found[0]!))
    const oldest = await this.#database.first(ofState('ready')
      .select(['run_at', engine.now().as('now')]).orderBy('id').limit(1))
    const counts = Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
    return {
      counts: counts as Record<JobState, number>,
      countMax,
      oldestReadySeconds: oldest === undefined ? null : secondsBetween(oldest.run_at, oldest.now),
    }
  }

  #changed(changes: QueueChanges) {
    const { paused, concurrencyPerKey, retentionSeconds, deadRetentionSeconds } = changes
    const now = this.#database.engine.now()
    const number = (kind: Parameters<typeof checkInteger>[0], value: number | undefined) => {
      if (value === undefined) return {}
      checkInteger(kind, value)
      return { [kind]: value as Stored<'integer'> }
    }
    return {
      ...(paused === undefined ? {} : {
        paused_at: paused ? sql<Stored<'instant'>>`coalesce(paused_at, ${now})` : null,
      }),
      ...number('concurrency_per_key', concurrencyPerKey),
      ...number('retention_seconds', retentionSeconds),
      ...number('dead_retention_seconds', deadRetentionSeconds),
      updated_at: now,
    }
  }

  async #ensure(name: string): Promise<void> {
    const now = this.#database.engine.now()
    const insert = this.#database.write
      .insertInto('queues')
      .values({
        organization_id: this.#organizationId,
        name: columns.name.encode(name, 'queue'),
        paused_at: null,
        concurrency_per_key: columns.concurrencyPerKey.encode(defaults.concurrencyPerKey),
        retention_seconds: columns.retentionSeconds.encode(defaults.retentionSeconds),
        dead_retention_seconds:
          columns.deadRetentionSeconds.encode(defaults.deadRetentionSeconds),
        revision: columns.revision.encode(0),
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
    const made = { action: 'queue.created', resourceKind: 'queue', resourceId: name } as const
    try {
      await this.#witness.change(this.#database, insert, made)
    } catch (cause) {
      throw asUnknownOrganization(cause, this.#organizationId)
    }
  }
}

/** What the audit log is told of a change; pausing and resuming have names of their own. */
function told(name: string, { paused, ...rest }: QueueChanges): Told {
  const given = Object.entries({ paused, ...rest })
  const details = Object.fromEntries(
    given.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
  const isOnly = Object.values(rest).every((value) => value === undefined)
  const verb = paused === undefined || !isOnly ? 'updated' : paused ? 'paused' : 'resumed'
  return { action: `queue.${verb}`, resourceKind: 'queue', resourceId: name, details }
}

/** What a failed insert means to the caller. */
export function asUnknownOrganization(cause: unknown, organizationId: string): unknown {
  if (!(cause instanceof ForeignKeyViolation)) return cause
  const message = `There is no organization ${organizationId}.`
  return new InvalidInput(message, { cause, field: 'organization_id' })
}

function secondsBetween(stored: unknown, now: unknown): number {
  const [from, to] = [stored, now].map((each) => millisecondsOf(jobs.columns.runAt.decode(each)))
  return Math.max(0, to! - from!) / 1_000
}

const notFound = (name: string) => new QueueNotFound(`There is no queue ${name} here.`)
