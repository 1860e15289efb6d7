import { type RawBuilder, sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type QueueTables } from './tables.js'

/** A table expression of rows handed in as parameters. */
export type Rows = RawBuilder<unknown>

/** One row a job. */
export const jobRefKinds = { organization_id: 'id', id: 'id' } as const

/** One row a concurrency key. */
export const keyKinds = { organization_id: 'id', queue: 'text', key: 'text' } as const

export type JobRef = BatchRow<typeof jobRefKinds>

/** A job in the state in which it was found. */
export const seenJobKinds = { ...jobRefKinds, state: 'text' } as const
export type SeenJob = BatchRow<typeof seenJobKinds>
export type KeyRow = BatchRow<typeof keyKinds>

/** The keys of the given jobs. */
const keysOfJobs = (rows: Rows) => sql`(
  select distinct j.organization_id, j.queue, j.concurrency_key as key
  from ${rows} as b
  join jobs j on j.organization_id = b.organization_id and j.id = b.id
  where j.concurrency_key is not null)`

/** In one order everywhere, so that two processes cannot wait for each other. */
const takeStatement = (keys: Rows) => sql`
  insert into job_keys (organization_id, queue, key, turns)
  select k.organization_id, k.queue, k.key, 1
  from ${keys} as k where true
  order by k.organization_id, k.queue, k.key
  on conflict (organization_id, queue, key) do update set turns = job_keys.turns + 1`

const blockedOf = (keys: string) => sql`
  b.organization_id = ${sql.raw(keys)}.organization_id and b.queue = ${sql.raw(keys)}.queue
    and b.concurrency_key = ${sql.raw(keys)}.key and b.state = 'blocked'`

/** Steps from one blocked job of a key to the next, as many as there are free places. */
const admitStatement = (rows: Rows) => sql`
  with recursive touched as (select * from ${keysOfJobs(rows)} as k),
  admitted as (
    select t.organization_id, t.queue, t.key,
      (select q.concurrency_per_key from queues q
        where q.organization_id = t.organization_id and q.name = t.queue)
      - (select count(*) from jobs h
        where h.organization_id = t.organization_id and h.queue = t.queue
          and h.concurrency_key = t.key and h.holds_key) as free,
      (select b.id from jobs b where ${blockedOf('t')} order by b.id limit 1) as id
    from touched t
    union all
    select a.organization_id, a.queue, a.key, a.free - 1,
      (select b.id from jobs b where ${blockedOf('a')} and b.id > a.id order by b.id limit 1)
    from admitted a where a.free > 1 and a.id is not null
  )
  update jobs set state = 'ready', holds_key = true
  where (organization_id, id) in (
    select a.organization_id, a.id from admitted a where a.free > 0 and a.id is not null)
  returning organization_id, queue, id`

const forgetStatement = (keys: Rows) => sql`
  delete from job_keys
  where (organization_id, queue, key) in (
      select k.organization_id, k.queue, k.key from ${keys} as k)
    and not exists (select 1 from jobs h
      where h.organization_id = job_keys.organization_id and h.queue = job_keys.queue
        and h.concurrency_key = job_keys.key and h.holds_key)`

/**
 * Who of a concurrency key's jobs may be under way. The key's row is taken before any of its jobs
 * is touched, and held to the end of the transaction; then the holders are counted, never
 * remembered, so that no crash can leave a wrong number behind.
 */
export class KeyTurns {
  readonly #take: (rows: readonly JobRef[]) => Statement
  readonly #admit: (rows: readonly JobRef[]) => Statement
  readonly #forget: (rows: readonly JobRef[]) => Statement
  readonly #takeNew: (rows: readonly KeyRow[]) => Statement
  readonly #forgetNew: (rows: readonly KeyRow[]) => Statement

  constructor(database: Database<QueueTables>) {
    const on = database.as<never>()
    const kinds = jobRefKinds
    this.#take = prepareBatch(on, {
      name: 'job_keys_take', kinds, build: (rows) => takeStatement(keysOfJobs(rows)),
    })
    this.#admit = prepareBatch(on, { name: 'job_keys_admit', kinds, build: admitStatement })
    this.#forget = prepareBatch(on, {
      name: 'job_keys_forget', kinds, build: (rows) => forgetStatement(keysOfJobs(rows)),
    })
    this.#takeNew = prepareBatch(on, {
      name: 'job_keys_take_new', kinds: keyKinds, build: takeStatement,
    })
    this.#forgetNew = prepareBatch(on, {
      name: 'job_keys_forget_new', kinds: keyKinds, build: forgetStatement,
    })
  }

  /**
   * The statement between taking the keys of these jobs and passing their turns on. The results
   * of all begin with those of taking; `admitted` tells how to read the one after the statement.
   */
  around(jobs: readonly JobRef[], statement: Statement): Statement[] {
    const refs = jobs.map(({ organization_id, id }) => ({ organization_id, id }))
    return [this.#take(refs), statement, this.#admit(refs), this.#forget(refs)]
  }

  /** The same for an insert of jobs with these keys. */
  aroundNew(
    jobs: readonly JobRef[],
    keys: readonly KeyRow[],
    statements: readonly Statement[],
  ): Statement[] {
    const refs = jobs.map(({ organization_id, id }) => ({ organization_id, id }))
    return [this.#takeNew(keys), ...statements, this.#admit(refs), this.#forgetNew(keys)]
  }
}
