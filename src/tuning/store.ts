import { type RawBuilder, sql } from 'kysely'
import { type Clock, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { cursorOf, keyOf, largeRowsOf, type Page } from '../database/page.js'
import { decodeRow, encodeRow, type StoredRow } from '../database/table.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { TuningCheckpointNotFound } from './errors.js'
import {
  checkLength, checkLimit, checkListing, checkNew, metadataFilterMax, type NewTuningCheckpoint,
  numbersIn, require, type TuningListing,
} from './rules.js'
import {
  type TuningCheckpoint, tuningCheckpoints, tuningMetrics, type TuningTables,
} from './tables.js'

/** Which checkpoint is meant; one itself will do. */
export interface TuningCheckpointName {
  readonly workflowId: string
  readonly id: string
}

/** Parts that the store takes from outside. */
export interface TuningParts {
  /** The id of a workflow, by id or handle; handed in. Throws WorkflowNotFound. */
  workflowIdOf(workflow: string): Promise<string>
  /** Keeps a workflow from being deleted until the transaction ends. Throws WorkflowNotFound. */
  hold(transaction: Database<TuningTables>, workflowId: string): Promise<void>
  readonly clock: Clock
  readonly ids: IdGenerator
}

/** Deletes all checkpoints of a workflow, with the workflow itself. */
export async function forgetTuning(
  database: Database<TuningTables>, organizationId: string, workflowId: Stored<'id'>,
): Promise<void> {
  await database.run(database.write.deleteFrom('tuning_workflows')
    .where('organization_id', '=', columns.organizationId.encode(organizationId))
    .where('workflow_id', '=', workflowId))
}

type Fragment = RawBuilder<unknown>
type StoredValues = Record<string, unknown>
type StoredCheckpoint =
  StoredRow<typeof tuningCheckpoints> & { readonly [name: string]: unknown }

const { columns } = tuningCheckpoints

/**
 * What tries at tuning one organization’s workflows gave. A workflow is named by its id or handle,
 * and must be there, else WorkflowNotFound is thrown. Who changes which there are, or which is
 * best, holds the workflow’s row until the commit.
 */
export class TuningStore {
  readonly #database: Database<TuningTables>
  readonly #parts: TuningParts
  readonly #organizationId: Stored<'id'>

  constructor(database: Database<TuningTables>, scope: Scope, parts: TuningParts) {
    this.#database = database
    this.#parts = parts
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
  }

  /**
   * Records a checkpoint under the next version of its workflow: 1, 2, 3, … without gaps. Throws
   * InvalidInput, InvalidValue.
   */
  async record(workflow: string, given: NewTuningCheckpoint): Promise<TuningCheckpoint> {
    checkNew(given)
    const workflowId = await this.#parts.workflowIdOf(workflow)
    const { best = false } = given
    const row = {
      organizationId: this.#organizationId,
      workflowId,
      id: this.#parts.ids.next(),
      configVersion: 0,
      runnableConfig: given.runnableConfig,
      metrics: given.metrics,
      metadata: given.metadata ?? {},
      artifactUrl: given.artifactUrl ?? null,
      createdAt: nowOf(this.#parts.clock),
    }
    const stored = encodeRow(tuningCheckpoints, row)
    for (const field of ['runnable_config', 'metrics', 'metadata'] as const) {
      checkLength(stored[field], field)
    }
    const [counted] = await this.#database.transaction(async (transaction) => {
      await this.#parts.hold(transaction, workflowId)
      return transaction.atomic([
        this.#count(stored.workflow_id, best ? stored.id : null),
        this.#insert(stored),
        ...this.#insertNumbers(stored, numbersIn(given.metrics)),
      ])
    }, { repeatable: true })
    const configVersion = columns.configVersion.decode(counted!.rows[0]!.config_version)
    return { ...decodeRow(tuningCheckpoints, stored), configVersion, isBest: best }
  }

  /** A checkpoint by its id. Throws TuningCheckpointNotFound. */
  async get(name: TuningCheckpointName): Promise<TuningCheckpoint> {
    const { workflow, id } = await this.#key(name)
    const [found] = await this.#read(sql`
      ${this.#all(workflow)} and c.id = ${id}`)
    if (found === undefined) throw notFound(name)
    return found
  }

  /**
   * One page of a workflow’s checkpoints, newest first; shorter than asked for where they are
   * large. Throws InvalidInput, InvalidCursor.
   */
  async list(name: string, listing: TuningListing = {}): Promise<Page<TuningCheckpoint>> {
    checkListing(listing)
    const limit = checkLimit(listing)
    const { metric, min, max, best, cursor } = listing
    const workflow = await this.#workflow(name)
    const metadata = filterOf(listing)
    const list = ['tuning_checkpoints', this.#organizationId, workflow,
      [metric ?? null, min ?? null, max ?? null, metadata ?? null, best ?? null]]
    const conditions = [
      ...(metadata === undefined
        ? []
        : [sql`and ${this.#database.engine.jsonContains(sql.ref('c.metadata'), metadata)}`]),
      ...(metric === undefined ? [] : [this.#measured(workflow, { metric, min, max })]),
      ...(best === undefined
        ? []
        : [best ? sql`and w.best_id = c.id` : sql`and (w.best_id is null or w.best_id <> c.id)`]),
    ]
    const filters = conditions.length === 0 ? sql`` : sql.join(conditions, sql` `)
    const first = cursor === undefined ? undefined : placeOf(list, cursor)
    const { rows, more } = await largeRowsOf<StoredCheckpoint>(limit, {
      fetch: (count, before) => {
        const last = before?.config_version ?? first
        const behind = last === undefined ? sql`` : sql`and c.config_version < ${last}`
        return this.#fetch(sql`
          ${this.#all(workflow)} ${filters} ${behind} order by c.config_version desc
          limit ${sql.lit(count)}`)
      },
      lengthOf: ({ runnable_config: config, metrics, metadata: about }) =>
        config.length + metrics.length + about.length,
    })
    const data = rows.map(checkpointOf)
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.configVersion]) : null }
  }

  /** The best checkpoint of a workflow; undefined when none was said to be. */
  async best(workflowId: string): Promise<TuningCheckpoint | undefined> {
    return (await this.list(workflowId, { best: true, limit: 1 })).data[0]
  }

  /**
   * Makes a checkpoint the best of its workflow, instead of another. Throws
   * TuningCheckpointNotFound.
   */
  async setBest(name: TuningCheckpointName): Promise<TuningCheckpoint> {
    const { workflow, id } = await this.#key(name)
    const [, set] = await this.#atomic([
      this.#lock(workflow),
      this.#statement(sql`
        update tuning_workflows set best_id = ${id}
        where organization_id = ${this.#organizationId} and workflow_id = ${workflow}
          and exists (select 1 from tuning_checkpoints c where ${this.#same('c', workflow)}
            and c.id = ${id})`),
    ])
    if (set!.changed === 0) throw notFound(name)
    return this.get(name)
  }

  /** Deletes a checkpoint; its version is not given again. Throws TuningCheckpointNotFound. */
  async delete(name: TuningCheckpointName): Promise<void> {
    const { workflow, id } = await this.#key(name)
    const results = await this.#atomic([
      this.#statement(sql`
        update tuning_workflows
        set best_id = case when best_id = ${id} then null else best_id end
        where organization_id = ${this.#organizationId} and workflow_id = ${workflow}`),
      this.#statement(sql`
        delete from tuning_checkpoints
        where organization_id = ${this.#organizationId} and workflow_id = ${workflow}
          and id = ${id}`),
    ])
    if (results.at(-1)!.changed === 0) throw notFound(name)
  }

  /** Takes the next version, and with it the workflow’s row. */
  #count(workflow: Stored<'id'>, best: Stored<'id'> | null): Statement {
    return this.#statement(sql`
      insert into tuning_workflows (organization_id, workflow_id, config_version, best_id)
      values (${this.#organizationId}, ${workflow}, 1, ${best})
      on conflict (organization_id, workflow_id) do update set
        config_version = tuning_workflows.config_version + 1,
        best_id = coalesce(excluded.best_id, tuning_workflows.best_id)
      returning config_version`)
  }

  #insert(stored: StoredValues): Statement {
    const names = tuningCheckpoints.columnNames
    const listed = sql.join(names.map((name) => sql.ref(name)))
    const kinds = Object.fromEntries(names.map((name, index) =>
      [name, Object.values(columns)[index]!.kind]))
    const row = this.#database.engine.rows(
      kinds, 1, (index) => sql`${stored[names[index]!]}`)
    const values = sql.join(names.map((name) =>
      sql.ref(name === 'config_version' ? 'w.config_version' : `g.${name}`)))
    return this.#statement(sql`
      insert into tuning_checkpoints (${listed})
      select ${values} from ${row} as g
      join tuning_workflows w on w.organization_id = g.organization_id
        and w.workflow_id = g.workflow_id`)
  }

  #insertNumbers(stored: StoredValues, numbers: readonly [string, number][]): Statement[] {
    if (numbers.length === 0) return []
    const { organization_id, workflow_id, id: checkpoint_id } = stored
    const { name, value } = tuningMetrics.columns
    return [this.#statement(this.#database.write.insertInto('tuning_metrics')
      .values(numbers.map(([text, number]) => ({
        organization_id, workflow_id, checkpoint_id, name: name.encode(text, 'metrics'),
        // Both zeros are one number, and equal ones are found together.
        value: value.encode(number === 0 ? 0 : number, 'metrics'),
      }) as never)))]
  }

  #lock(workflow: Stored<'id'>): Statement {
    return this.#statement(sql`
      update tuning_workflows set best_id = best_id
      where organization_id = ${this.#organizationId} and workflow_id = ${workflow}`)
  }

  #all(workflow: Stored<'id'>): Fragment {
    return sql`
      select c.*, case when w.best_id = c.id then 1 else 0 end as is_best
      from tuning_checkpoints c
      join tuning_workflows w on w.organization_id = c.organization_id
        and w.workflow_id = c.workflow_id
      where ${this.#same('c', workflow)}`
  }

  /** By the numbers’ own index, so that those out of range are not read. */
  #measured(
    workflow: Stored<'id'>,
    { metric, min, max }: Pick<TuningListing, 'metric' | 'min' | 'max'>,
  ): Fragment {
    const { name, value } = tuningMetrics.columns
    const bound = (field: string, number: number) => value.encode(number === 0 ? 0 : number, field)
    const least = min === undefined ? sql`` : sql`and m.value >= ${bound('min', min)}`
    const most = max === undefined ? sql`` : sql`and m.value <= ${bound('max', max)}`
    return sql`and c.id in (select m.checkpoint_id from tuning_metrics m
      where ${this.#same('m', workflow)} and m.name = ${name.encode(metric!, 'metric')}
        ${least} ${most})`
  }

  #same(alias: string, workflow: Stored<'id'>): Fragment {
    return sql`${sql.ref(`${alias}.organization_id`)} = ${this.#organizationId}
      and ${sql.ref(`${alias}.workflow_id`)} = ${workflow}`
  }

  async #workflow(workflow: string): Promise<Stored<'id'>> {
    return columns.workflowId.encode(await this.#parts.workflowIdOf(workflow), 'workflow_id')
  }

  async #key({ workflowId, id }: TuningCheckpointName) {
    return {
      workflow: await this.#workflow(workflowId),
      id: columns.id.encode(id, 'tuning_checkpoint_id'),
    }
  }

  async #read(fragment: Fragment): Promise<TuningCheckpoint[]> {
    return (await this.#fetch(fragment)).map(checkpointOf)
  }

  async #fetch(fragment: Fragment): Promise<StoredCheckpoint[]> {
    const statement = this.#statement(fragment)
    const { rows } = await this.#database.execute({ ...statement, readOnly: true })
    return rows as StoredCheckpoint[]
  }

  #atomic(statements: readonly Statement[]) {
    return repeated(() => this.#database.atomic(statements))
  }

  #statement(given: Fragment | { compile(): { sql: string; parameters: readonly unknown[] } }) {
    const { sql: text, parameters } = given.compile(this.#database.write)
    return { sql: text, parameters }
  }
}

const checkpointOf = (row: StoredCheckpoint): TuningCheckpoint =>
  ({ ...decodeRow(tuningCheckpoints, row), isBest: Number(row.is_best) === 1 })

function filterOf({ metadata }: TuningListing): Stored<'json'> | undefined {
  if (metadata === undefined) return undefined
  const stored = columns.metadata.encode(metadata, 'metadata')
  const rule = `must be at most ${metadataFilterMax} characters of JSON to filter by`
  require(stored.length <= metadataFilterMax, 'metadata', rule)
  return stored
}

function placeOf(list: readonly unknown[], cursor: string): Stored<'integer'> {
  const [version] = keyOf(list, cursor)
  return columns.configVersion.encode(Number(version), 'cursor')
}

const notFound = ({ workflowId, id }: TuningCheckpointName) => new TuningCheckpointNotFound(
  `There is no tuning checkpoint ${id} of the workflow ${workflowId} here.`)
