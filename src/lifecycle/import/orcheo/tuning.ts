import { encodeRow } from '../../../database/table.js'
import { InvalidInput } from '../../../errors.js'
import {
  numbersIn, tuningCheckpoints, tuningMetrics, type TuningObject, tuningWorkflows,
} from '../../../tuning/index.js'
import { isObject } from '../json-object.js'
import { type ImportRow, insertAll } from '../rows.js'
import { idOf, OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'
import { whileReadable } from './source.js'

/** Imports what tries at tuning gave. */
export class OrcheoTuning {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  /** Versions that were handed out, by workflow. */
  readonly #taken = new Map<string, Map<number, string>>()
  readonly #highest = new Map<string, number>()

  constructor(work: OrcheoWork) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
  }

  async run(): Promise<void> {
    for (const { workflow_id: id, config_version: version } of
      whileReadable(this.#work.source.tables.get('agentensor_checkpoints')?.rows() ?? [])) {
      if (typeof version !== 'number') continue
      this.#highest.set(String(id), Math.max(this.#highest.get(String(id)) ?? 0, version))
    }
    await this.#reading.each('agentensor_checkpoints', (row) => this.#checkpoint(row))
  }

  async #checkpoint(row: SourceRow): Promise<void> {
    const { organizationId } = this.#work.parts
    const sourceWorkflow = row.needed('workflow_id')
    const [workflowId, id] = [idOf(sourceWorkflow), idOf(row.needed('id'))]
    const json = (column: string) => {
      const found = row.json(column)
      if (found !== undefined && !isObject(found.value)) {
        throw new InvalidInput(`${column} is no object`)
      }
      this.#reading.losses('agentensor_checkpoints', row, { [column]: found })
      return found
    }
    const [config, metrics, metadata] = [json('runnable_config'), json('metrics'), json('metadata')]
    const isBest = Boolean(row.integer('is_best'))
    const configVersion = await this.#version(row, { sourceWorkflow, workflowId, id })
    const stored = encodeRow(tuningCheckpoints, {
      organizationId, workflowId, id, configVersion, runnableConfig: {}, metrics: {}, metadata: {},
      artifactUrl: row.text('artifact_url'),
      createdAt: this.#reading.neededMoment(row, 'created_at'),
    })
    const numbers = numbersIn((metrics?.value ?? {}) as TuningObject)
      .filter(([name, value]) => Number.isFinite(value) && name.length <= 200)
    const place = row.place
    await this.#reading.rows.add('agentensor_checkpoints', tuningCheckpoints as never, {
      rows: [{
        place,
        row: {
          ...stored, runnable_config: config?.stored ?? '{}', metrics: metrics?.stored ?? '{}',
          metadata: metadata?.stored ?? '{}',
        },
      }],
      beside: async (database) => insertAll(database, tuningMetrics as never,
        numbers.map(([name, value]): ImportRow => ({
          place,
          row: encodeRow(tuningMetrics, {
            organizationId, workflowId, checkpointId: id, name, value: value + 0,
          }),
        }))),
    })
    if (isBest) await this.#best(workflowId, id)
  }

  /** Its version; another one where two of the source have the same, which Orcheo allows. */
  async #version(row: SourceRow, { sourceWorkflow, workflowId, id }: {
    readonly sourceWorkflow: string
    readonly workflowId: string
    readonly id: string
  }): Promise<number> {
    const given = row.integer('config_version')
    if (given === null || given < 0) throw new InvalidInput('config_version must be 0 or more')
    const taken = this.#taken.get(sourceWorkflow) ?? new Map<number, string>()
    this.#taken.set(sourceWorkflow, taken)
    const here = await this.#here(workflowId, { id, version: given })
    const highest = Math.max(this.#highest.get(sourceWorkflow) ?? 0, here.highest)
    let version = here.own ?? given
    const first = taken.get(given) ?? here.other
    if (first !== undefined && version === given && here.own === undefined) version = highest + 1
    if (first !== undefined && version !== given) {
      this.#highest.set(sourceWorkflow, Math.max(version, highest))
      const reason = `has config_version ${given} as well as ${first}: it became ${version}`
      this.#work.ledger.damaged({ kind: 'agentensor_checkpoints', place: row.place, reason }, true)
    }
    if (!taken.has(given)) taken.set(given, id)
    taken.set(version, id)
    await this.#counted(workflowId, Math.max(version, highest))
    return version
  }

  /** The version it has here already, whose the version is otherwise, and the highest one. */
  async #here(workflowId: string, { id, version }: {
    readonly id: string
    readonly version: number
  }): Promise<{ own?: number; other?: string; highest: number }> {
    const { database, organizationId } = this.#work.parts
    const { configVersion } = tuningCheckpoints.columns
    const key = { organization_id: organizationId, workflow_id: workflowId }
    const found = await database.all(database.write.selectFrom('tuning_checkpoints')
      .select(['id', 'config_version']).where((where) => where.and([
        where.and(key),
        where.or([
          where('id', '=', id), where('config_version', '=', configVersion.encode(version)),
        ]),
      ])))
    const workflow = await database.first(database.write.selectFrom('tuning_workflows')
      .select('config_version').where((where) => where.and(key)))
    const own = found.find((each) => each.id === id)
    const other = found.find((each) => each.id !== id)
    return {
      highest: Number(workflow?.config_version ?? 0),
      ...(own === undefined ? {} : { own: Number(own.config_version) }),
      ...(other === undefined ? {} : { other: String(other.id) }),
    }
  }

  async #counted(workflowId: string, version: number): Promise<void> {
    if (this.#work.ledger.isDry) return
    const { database, organizationId } = this.#work.parts
    const { configVersion } = tuningWorkflows.columns
    const row = encodeRow(tuningWorkflows, {
      organizationId, workflowId, configVersion: version, bestId: null,
    })
    await database.transaction(async (transaction) => {
      await transaction.run(transaction.write.insertInto('tuning_workflows').values(row as never)
        .onConflict((conflict) => conflict.doNothing()))
      await transaction.run(transaction.write.updateTable('tuning_workflows')
        .set({ config_version: configVersion.encode(version) })
        .where('organization_id', '=', organizationId).where('workflow_id', '=', workflowId)
        .where('config_version', '<', version))
    })
  }

  /** Unless another one was said to be the best since. */
  async #best(workflowId: string, id: string): Promise<void> {
    if (this.#work.ledger.isDry) return
    const { database, organizationId } = this.#work.parts
    await database.run(database.write.updateTable('tuning_workflows').set({ best_id: id })
      .where('organization_id', '=', organizationId).where('workflow_id', '=', workflowId)
      .where('best_id', 'is', null))
  }
}
