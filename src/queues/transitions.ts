import { sql } from 'kysely'
import { type Database, prepareBatch, repeated } from '../database/database.js'
import { type Engine, type Statement } from '../database/engine.js'
import { keptUntil } from './finish.js'
import {
  type JobRef, jobRefKinds, type KeyTurns, type Rows, type SeenJob, seenJobKinds,
} from './keys.js'
import { jobs, type QueueTables } from './tables.js'
import { type Rings } from './wake-ups.js'

/** What can happen to jobs apart from their workers' doing. */
export type Transition = 'cancel' | 'redrive' | 'expire' | 'promote' | 'purge'

/** What has to be known of a job for it. */
export type TransitionRow<T extends Transition> = T extends 'purge' ? SeenJob : JobRef

const isIt = sql`jobs.organization_id = b.organization_id and jobs.id = b.id`
const wholeRow = sql.join(jobs.columnNames.map((name) => sql.ref(`jobs.${name}`)))
const brief = sql`jobs.organization_id, jobs.queue, jobs.id, jobs.state`

/** The lease ran out as often as the job may crash. */
const isCrashed = sql`jobs.crashes + 1 >= jobs.crashes_max`
const isOver = sql`(jobs.cancelled_at is not null or ${isCrashed})`
const crash = sql.lit(JSON.stringify({
  name: 'LeaseExpired',
  message: 'The worker was gone before the lease ended, as often as the job allows.',
}))

const statements: Readonly<Record<Transition, (engine: Engine, rows: Rows) => Rows>> = {
  cancel: (engine, rows) => sql`
    update jobs set cancelled_at = coalesce(jobs.cancelled_at, ${engine.now()}),
      state = case when jobs.state = 'active' then 'active' else 'cancelled' end,
      holds_key = case when jobs.state = 'active' then jobs.holds_key else false end,
      finished_at = case when jobs.state = 'active' then null else ${engine.now()} end,
      expires_at = case
        when jobs.state = 'active' then null else ${keptUntil(engine, 'retention')} end
    from ${rows} as b
    where ${isIt} and jobs.state in ('scheduled', 'blocked', 'ready', 'active')
    returning ${wholeRow}`,
  redrive: (engine, rows) => sql`
    update jobs set failures = 0, crashes = 0, redrives = jobs.redrives + 1,
      state = case when jobs.concurrency_key is null then 'ready' else 'blocked' end,
      redriven_at = ${engine.now()}, run_at = ${engine.now()}, finished_at = null,
      expires_at = null
    from ${rows} as b
    where ${isIt} and jobs.state = 'dead'
    returning ${brief}`,
  expire: (engine, rows) => sql`
    update jobs set crashes = jobs.crashes + 1, lease_expires_at = null,
      state = case
        when jobs.cancelled_at is not null then 'cancelled'
        when ${isCrashed} then 'dead'
        else 'ready' end,
      error = case
        when jobs.cancelled_at is null and ${isCrashed} then ${crash} else jobs.error end,
      holds_key = case when ${isOver} then false else jobs.holds_key end,
      finished_at = case when ${isOver} then ${engine.now()} else null end,
      expires_at = case
        when jobs.cancelled_at is not null then ${keptUntil(engine, 'retention')}
        when ${isCrashed} then ${keptUntil(engine, 'dead_retention')}
        else null end
    from ${rows} as b
    where ${isIt} and jobs.state = 'active' and jobs.lease_expires_at <= ${engine.now()}
    returning ${brief}`,
  promote: (engine, rows) => sql`
    update jobs set state = case
      when jobs.concurrency_key is null or jobs.holds_key then 'ready' else 'blocked' end
    from ${rows} as b
    where ${isIt} and jobs.state = 'scheduled' and jobs.run_at <= ${engine.now()}
    returning ${brief}`,
  /**
   * Takes their turns away; the rows are deleted once those were passed on. What has changed since
   * it was looked for stays: it may have been done, or brought back.
   */
  purge: (engine, rows) => sql`
    update jobs set state = 'cancelled', holds_key = false, finished_at = null,
      expires_at = ${engine.now()}
    from ${rows} as b
    where ${isIt} and jobs.state = b.state and jobs.state <> 'active'
    returning ${brief}`,
}

/** Those that were purged: what is cancelled otherwise has an end. */
const deleteStatement = (rows: Rows) => sql`
  delete from jobs where state = 'cancelled' and finished_at is null
    and (organization_id, id) in (select b.organization_id, b.id from ${rows} as b)`

/** Changes many jobs at once, keys and all, in one round trip. */
export class Transitions {
  readonly #database: Database<QueueTables>
  readonly #keys: KeyTurns
  readonly #statements: Readonly<Record<Transition, (rows: readonly never[]) => Statement>>
  readonly #delete: (rows: readonly JobRef[]) => Statement

  constructor(database: Database<QueueTables>, keys: KeyTurns) {
    this.#database = database
    this.#keys = keys
    const on = database.as<never>()
    const { engine } = database
    const prepared = (name: Transition) => prepareBatch(on, {
      name: `jobs_${name}`, kinds: jobRefKinds, build: (rows) => statements[name](engine, rows),
    })
    this.#statements = {
      cancel: prepared('cancel'),
      redrive: prepared('redrive'),
      expire: prepared('expire'),
      promote: prepared('promote'),
      purge: prepareBatch(on, {
        name: 'jobs_purge', kinds: seenJobKinds, build: (rows) => statements.purge(engine, rows),
      }),
    }
    this.#delete = prepareBatch(on, {
      name: 'jobs_delete', kinds: jobRefKinds, build: deleteStatement,
    })
  }

  /** The changed rows; jobs that no longer are what they must be stay as they are. */
  async run<T extends Transition>(
    name: T,
    jobsGiven: readonly TransitionRow<T>[],
    { rings, database = this.#database }: { rings: Rings; database?: Database<QueueTables> },
  ): Promise<Record<string, unknown>[]> {
    if (jobsGiven.length === 0) return []
    const sorted = jobsGiven.toSorted((a, b) => (a.id! < b.id! ? -1 : 1))
    const around = this.#keys.around(sorted, this.#statements[name](sorted as never[]))
    const refs = sorted.map(({ organization_id, id }) => ({ organization_id, id }))
    const after = name === 'purge' ? [this.#delete(refs)] : []
    const results = await repeated(() => database.atomic([...around, ...after]))
    const changed = results[1]!.rows
    const admitted = new Set(results[2]!.rows.map((row) => row.id))
    for (const row of results[2]!.rows) rings.add(row)
    for (const row of changed) if (row.state === 'ready') rings.add(row)
    return changed.map((row) => (admitted.has(row.id) ? { ...row, state: 'ready' } : row))
  }
}
