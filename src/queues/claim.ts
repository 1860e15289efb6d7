import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareRaw } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Job, jobOf, type QueueTables } from './tables.js'

/** One call of claim. */
export interface ClaimCall {
  readonly organization: Stored<'id'>
  readonly queue: Stored<'text'>
  readonly limit: number
  readonly leaseMs: number
  readonly worker: Stored<'text'>
}

type TurnParameters = {
  queue: Stored<'text'>
  after: Stored<'id'>
  limit: number
}

/** Jobs that one statement claims, or deletes, at most. */
export const batchMax = 1_000

/** Characters of JSON beyond which one claim gives out no further job. */
export const claimLengthMax = 8 * 1024 * 1024

/** So few jobs can be given out however large they are. */
const fewMax = 8

/** What a claim need not bring back: known beforehand, or null of every active job. */
const known = {
  state: 'active', result: null, finished_at: null, cancelled_at: null,
} as const

/** Columns of a claimed job that only the database knows. */
const claimed = sql.join([
  'id', 'priority', 'payload', 'progress', 'error', 'dedupe_key', 'concurrency_key', 'attempt',
  'attempts_max', 'failures', 'crashes', 'crashes_max', 'backoff_base_ms', 'backoff_cap_ms',
  'lease_expires_at', 'run_at', 'created_at', 'started_at', 'redrives', 'redriven_at',
].map((name) => sql.ref(name)))

const lengths = ['payload', 'progress', 'error'].map(
  (name) => sql`coalesce(length(cast(j.${sql.ref(name)} as text)), 0)`)

/** Which of the next jobs are claimed: all, or those before which not too much is. */
interface Bound {
  /** What is to be known of each beside its key. */
  readonly known: RawBuilder<unknown>
  readonly chosen: RawBuilder<unknown>
}

const unbound: Bound = { known: sql``, chosen: sql`next` }

const bound: Bound = {
  known: sql`, ${sql.join(lengths, sql` + `)} as length`,
  chosen: sql`(
    select * from (
      select m.*, coalesce(sum(m.length) over (
        rows between unbounded preceding and 1 preceding), 0) as length_before
      from next m) as s
    where s.length_before <= ${sql.lit(claimLengthMax)})`,
}

/** Gives out the first ready jobs of queues, each to one worker. */
export class ClaimBatch {
  readonly #database: Database<QueueTables>
  readonly #claim: (given: ClaimCall) => Statement
  readonly #claimFew: (given: ClaimCall) => Statement
  readonly #turns: (given: TurnParameters) => Statement

  constructor(database: Database<QueueTables>) {
    this.#database = database
    this.#claim = prepareRaw<ClaimCall>(database, {
      name: 'jobs_claim', build: (parameter) => this.#claimStatement(parameter, bound),
    })
    this.#claimFew = prepareRaw<ClaimCall>(database, {
      name: 'jobs_claim_few', build: (parameter) => this.#claimStatement(parameter, unbound),
    })
    this.#turns = prepareRaw<TurnParameters>(database, {
      name: 'jobs_turns', build: turnsStatement, readOnly: true,
    })
  }

  /** The claimed jobs of each call, in order; calls that differ in number only are one. */
  async write(
    calls: readonly ClaimCall[],
    database: Database<QueueTables> = this.#database,
  ): Promise<Job[][]> {
    const groups = new Map<string, ClaimCall>()
    for (const call of calls) {
      const name = groupOf(call)
      const before = groups.get(name)
      groups.set(name, before === undefined ? call
        : { ...call, limit: call.limit + before.limit })
    }
    // Each statement of the batch sees the jobs of its own organization only.
    const statements = [...groups.values()].map((group) => {
      const claim = group.limit <= fewMax ? this.#claimFew : this.#claim
      return database.within([group.organization]).reaching(claim(group))
    })
    const results = await database.atomic(statements)
    const claimed = new Map([...groups].map(([name, call], index) => {
      const common = { ...known, ...commonOf(call) }
      return [name, results[index]!.rows.map((row) => jobOf(row, common)).sort(inOrder)]
    }))
    return calls.map((call) => claimed.get(groupOf(call))!.splice(0, call.limit))
  }

  /** The next organizations after this one that have ready jobs in a queue that is not paused. */
  async turns(given: TurnParameters): Promise<Stored<'id'>[]> {
    const { rows } = await this.#database.execute(this.#turns(given))
    return rows.map((row) => row.organization_id as Stored<'id'>)
  }

  /** The innermost select is the ready index, read from its beginning. */
  #claimStatement(
    parameter: Placeholder<ClaimCall>,
    { known, chosen }: Bound,
  ): RawBuilder<unknown> {
    const { engine } = this.#database
    return sql`
      with next as materialized (${few(parameter('limit'), sql`
        select j.organization_id, j.id${known} from jobs j
        where j.queue = ${parameter('queue')} and j.organization_id = ${parameter('organization')}
          and j.state = 'ready'
          and not exists (select 1 from queues q
            where q.organization_id = ${parameter('organization')}
              and q.name = ${parameter('queue')} and q.paused_at is not null)
        order by j.priority desc, j.id
        limit ${sql.lit(batchMax)}
        ${engine.skipLocked}`)}
      )
      update jobs set state = 'active', attempt = attempt + 1, worker = ${parameter('worker')},
        started_at = ${engine.now()}, lease_expires_at = ${engine.now(parameter('leaseMs'))}
      where (organization_id, id) in (select n.organization_id, n.id from ${chosen} as n)
      returning ${claimed}`
  }
}

/**
 * The first rows of a select of at most 1000 rows; no more are locked. PostgreSQL takes an unknown
 * limit for a tenth of the rows, and would read a whole table for so many: asked twice it expects
 * ten, and looks them up by the index.
 */
export function few(limit: unknown, rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select * from (select * from (${rows}) as widest limit ${limit}) as narrower limit ${limit}`
}

/** Jumps over the ready index from organization to organization, however many jobs each has. */
const turnsStatement = (parameter: Placeholder<TurnParameters>) => sql`
  with recursive turn as (
    select (${firstAfter(parameter('queue'), parameter('after'))}) as organization_id
    union all
    select (${firstAfter(parameter('queue'), sql`t.organization_id`)})
    from turn t where t.organization_id is not null
  )
  select t.organization_id from turn t
  where t.organization_id is not null
    and not exists (select 1 from queues q
      where q.organization_id = t.organization_id and q.name = ${parameter('queue')}
        and q.paused_at is not null)
  limit ${parameter('limit')}`

/** The whole order of the ready index, so that no other index will do. */
const firstAfter = (queue: unknown, after: unknown) => sql`
  select j.organization_id from jobs j
  where j.queue = ${queue} and j.state = 'ready' and j.organization_id > ${after}
  order by j.organization_id, j.priority desc, j.id limit 1`

const groupOf = ({ organization, queue, leaseMs, worker }: ClaimCall): string =>
  `${organization} ${queue} ${leaseMs} ${worker}`

const inOrder = (a: Job, b: Job): number => b.priority - a.priority || (a.id < b.id ? -1 : 1)

const commonOf = ({ organization: organization_id, queue, worker }: ClaimCall) =>
  ({ organization_id, queue, worker })
