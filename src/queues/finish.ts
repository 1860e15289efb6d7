import { type Expression, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Engine, type Result, type Statement } from '../database/engine.js'
import { type Beside, besideStatements } from './beside.js'
import { type KeyTurns, type Rows } from './keys.js'
import { type QueueTables } from './tables.js'
import { type Rings } from './wake-ups.js'

const attemptKinds = { organization_id: 'id', id: 'id', attempt: 'integer' } as const
const completeKinds = { ...attemptKinds, result: 'json' } as const
const failKinds = {
  ...attemptKinds,
  error: 'json',
  retry: 'flag',
  /** Null for the job's own backoff. */
  delay_ms: 'integer',
  /** Where in the span of the backoff the delay falls, from 0 to 1. */
  chance: 'real',
} as const
const releaseKinds = { ...attemptKinds, delay_ms: 'integer' } as const
const extendKinds = { ...attemptKinds, lease_ms: 'integer', progress: 'json' } as const

export type AttemptRow = BatchRow<typeof attemptKinds>
export type CompleteRow = BatchRow<typeof completeKinds>
export type FailRow = BatchRow<typeof failKinds>
export type ReleaseRow = BatchRow<typeof releaseKinds>
export type ExtendRow = BatchRow<typeof extendKinds>

/** One call about an attempt. */
export type FinishCall =
  | {
      readonly kind: 'complete'; readonly row: CompleteRow; readonly keyed: boolean
      /** Must see for itself whether the job was completed. */
      readonly beside?: Beside | undefined
    }
  | { readonly kind: 'fail'; readonly row: FailRow; readonly keyed: boolean }
  | { readonly kind: 'release'; readonly row: ReleaseRow; readonly keyed: boolean }
  | { readonly kind: 'stop'; readonly row: AttemptRow; readonly keyed: boolean }
  | { readonly kind: 'extend'; readonly row: ExtendRow; readonly keyed: boolean }

/** Whether the job is this attempt's to change. */
const isOurs = sql`jobs.organization_id = b.organization_id and jobs.id = b.id
  and jobs.attempt = b.attempt and jobs.state = 'active'`

const outcome = sql`jobs.organization_id, jobs.queue, jobs.id, jobs.attempt, jobs.state,
  jobs.run_at, jobs.cancelled_at, jobs.lease_expires_at`

/** When a job that ends now is deleted. */
export function keptUntil(engine: Engine, retention: 'retention' | 'dead_retention') {
  const seconds = sql.ref(`q.${retention}_seconds`)
  return engine.now(sql<number>`(select 1000 * ${seconds} from queues q
    where q.organization_id = jobs.organization_id and q.name = jobs.queue)`)
}

type Writer<Row> = (rows: readonly Row[]) => Statement

/** One statement for jobs without a key, and one to stand between taking and passing on turns. */
interface Pair<Row> {
  readonly free: Writer<Row>
  readonly keyed: Writer<Row>
}

/**
 * Ends attempts of many callers at once. Jobs without a concurrency key are one statement; those
 * with one go through their key's row.
 */
export class FinishBatch {
  readonly #database: Database<QueueTables>
  readonly #keys: KeyTurns
  readonly #complete: Pair<CompleteRow>
  readonly #fail: Pair<FailRow>
  readonly #release: Writer<ReleaseRow>
  readonly #stop: Writer<AttemptRow>
  readonly #extend: Writer<ExtendRow>

  constructor(database: Database<QueueTables>, keys: KeyTurns) {
    this.#database = database
    this.#keys = keys
    const on = database.as<never>()
    const { engine } = database
    const free = sql`and jobs.concurrency_key is null`
    this.#complete = {
      free: prepareBatch(on, {
        name: 'jobs_complete', kinds: completeKinds,
        build: (rows) => completeStatement(engine, rows, free),
      }),
      keyed: prepareBatch(on, {
        name: 'jobs_complete_keyed', kinds: completeKinds,
        build: (rows) => completeStatement(engine, rows, sql``),
      }),
    }
    this.#fail = {
      free: prepareBatch(on, {
        name: 'jobs_fail', kinds: failKinds, build: (rows) => failStatement(engine, rows, free),
      }),
      keyed: prepareBatch(on, {
        name: 'jobs_fail_keyed', kinds: failKinds,
        build: (rows) => failStatement(engine, rows, sql``),
      }),
    }
    this.#release = prepareBatch(on, {
      name: 'jobs_release', kinds: releaseKinds,
      build: (rows) => releaseStatement(engine, rows),
    })
    this.#stop = prepareBatch(on, {
      name: 'jobs_stop', kinds: attemptKinds, build: (rows) => stopStatement(engine, rows),
    })
    this.#extend = prepareBatch(on, {
      name: 'jobs_extend', kinds: extendKinds, build: (rows) => extendStatement(engine, rows),
    })
  }

  /**
   * What became of each call's job, in order; undefined where the attempt was not the job's own, or
   * the call not said to be of a job with a key though it is; an error where it is not known.
   */
  async write(
    calls: readonly FinishCall[],
    rings: Rings,
    database = this.#database.within(calls.map(({ row }) => row.organization_id!)),
  ): Promise<Answer[]> {
    const answers = new Map<FinishCall, Answer>()
    await this.#run(of(calls, 'extend'), { write: this.#extendLast, rings, answers, database })
    await this.#run(of(calls, 'release'), { write: this.#release, rings, answers, database })
    for (const kind of ['complete', 'fail'] as const) {
      const pair = (kind === 'complete' ? this.#complete : this.#fail) as Pair<AttemptRow>
      const own = of(calls, kind)
      const [free, keyed] = [own.filter((call) => !call.keyed), own.filter((call) => call.keyed)]
      await this.#run(free, { write: pair.free, rings, answers, database })
      await this.#runKeyed(keyed, { write: pair.keyed, rings, answers, database })
    }
    await this.#runKeyed(of(calls, 'stop'), { write: this.#stop, rings, answers, database })
    return calls.map((call) => answers.get(call))
  }

  readonly #extendLast = (rows: readonly ExtendRow[]): Statement => this.#extend(lastOfEach(rows))

  async #run(calls: readonly FinishCall[], run: Run): Promise<void> {
    if (calls.length === 0) return
    const statements = [run.write(inOrder(calls)), ...besides(calls)]
    await answered(calls, run, async () => {
      const [result] = await repeated(() => run.database.atomic(statements))
      return { result: result!, admitted: undefined }
    })
  }

  async #runKeyed(calls: readonly FinishCall[], run: Run): Promise<void> {
    if (calls.length === 0) return
    const rows = inOrder(calls)
    const statements = [...this.#keys.around(rows, run.write(rows)), ...besides(calls)]
    await answered(calls, run, async () => {
      const results = await repeated(() => run.database.atomic(statements))
      return { result: results[1]!, admitted: results[2] }
    })
  }
}

/** A stored outcome, nothing, or the failure after which it is unknown. */
export type Answer = { readonly row: Record<string, unknown> } | { readonly error: unknown } |
  undefined

interface Run {
  readonly write: Writer<never>
  readonly rings: Rings
  readonly answers: Map<FinishCall, Answer>
  readonly database: Database<QueueTables>
}

async function answered(
  calls: readonly FinishCall[],
  { rings, answers }: Run,
  work: () => Promise<{ result: Result; admitted: Result | undefined }>,
): Promise<void> {
  try {
    const { result, admitted } = await work()
    const rows = new Map(result.rows.map((row) => [row.id, row]))
    for (const row of [...result.rows, ...(admitted?.rows ?? [])]) {
      if (row.state === undefined || row.state === 'ready') rings.add(row)
    }
    for (const call of calls) {
      const row = rows.get(call.row.id)
      // A call about an earlier attempt may stand beside one about the latest.
      if (row !== undefined && Number(row.attempt) === call.row.attempt) answers.set(call, { row })
    }
  } catch (error) {
    // Other calls of the batch may have been committed: each gets its own answer.
    for (const call of calls) answers.set(call, { error })
  }
}

const of = (calls: readonly FinishCall[], kind: FinishCall['kind']): readonly FinishCall[] =>
  calls.filter((call) => call.kind === kind)

const besides = (calls: readonly FinishCall[]): Statement[] =>
  besideStatements(calls.map((call) => (call.kind === 'complete' ? call.beside : undefined)))

/** By id, so that two processes with the same jobs take them in one order. */
function inOrder(calls: readonly FinishCall[]): never[] {
  const rows = calls.map(({ row }) => row)
  return rows.sort((a, b) => (a.id! < b.id! ? -1 : 1)) as never[]
}

/** Of heartbeats of one attempt the last one counts, and the progress that was told last. */
function lastOfEach(rows: readonly ExtendRow[]): ExtendRow[] {
  const last = new Map<string, ExtendRow>()
  for (const row of rows) {
    const key = `${row.id} ${row.attempt}`
    last.set(key, { ...row, progress: row.progress ?? last.get(key)?.progress ?? null })
  }
  return [...last.values()]
}

const completeStatement = (engine: Engine, rows: Rows, also: Expression<unknown>) => sql`
  update jobs set state = 'completed', result = b.result, holds_key = false,
    lease_expires_at = null, finished_at = ${engine.now()},
    expires_at = ${keptUntil(engine, 'retention')}
  from ${rows} as b
  where ${isOurs} and jobs.cancelled_at is null ${also}
  returning jobs.id, jobs.attempt, jobs.state, jobs.run_at`

const isDead = sql`(not b.retry or jobs.failures + 1 >= jobs.attempts_max)`
const isOver = sql`(jobs.cancelled_at is not null or ${isDead})`

const failures = sql`cast(jobs.failures as integer)`

/** The cap is halved as often, rather than the base doubled: that may become too large a number. */
const span = sql`case
  when jobs.backoff_base_ms = 0 then 0
  when jobs.failures > 40 or jobs.backoff_base_ms > (jobs.backoff_cap_ms >> ${failures})
  then jobs.backoff_cap_ms
  else (jobs.backoff_base_ms << ${failures}) end`

const delay = sql<number>`coalesce(b.delay_ms, b.chance * (${span}))`

const failStatement = (engine: Engine, rows: Rows, also: Expression<unknown>) => sql`
  update jobs set failures = jobs.failures + 1, error = b.error, lease_expires_at = null,
    state = case
      when jobs.cancelled_at is not null then 'cancelled'
      when ${isDead} then 'dead'
      when b.delay_ms = 0 then 'ready'
      else 'scheduled' end,
    run_at = case when ${isOver} then jobs.run_at else ${engine.now(delay)} end,
    holds_key = case when ${isOver} then false else jobs.holds_key end,
    finished_at = case when ${isOver} then ${engine.now()} else null end,
    expires_at = case
      when jobs.cancelled_at is not null then ${keptUntil(engine, 'retention')}
      when ${isDead} then ${keptUntil(engine, 'dead_retention')}
      else null end
  from ${rows} as b
  where ${isOurs} ${also}
  returning ${outcome}`

/** With a delay it keeps its key's turn, as between two tries. */
const releaseStatement = (engine: Engine, rows: Rows) => sql`
  update jobs set state = case when b.delay_ms = 0 then 'ready' else 'scheduled' end,
    run_at = case when b.delay_ms = 0 then jobs.run_at
      else ${engine.now(sql<number>`b.delay_ms`)} end,
    lease_expires_at = null
  from ${rows} as b
  where ${isOurs} and jobs.cancelled_at is null
  returning ${outcome}`

const stopStatement = (engine: Engine, rows: Rows) => sql`
  update jobs set state = 'cancelled', holds_key = false, lease_expires_at = null,
    finished_at = ${engine.now()}, expires_at = ${keptUntil(engine, 'retention')}
  from ${rows} as b
  where ${isOurs} and jobs.cancelled_at is not null
  returning ${outcome}`

const extendStatement = (engine: Engine, rows: Rows) => sql`
  update jobs set lease_expires_at = ${engine.now(sql<number>`b.lease_ms`)},
    progress = coalesce(b.progress, jobs.progress)
  from ${rows} as b
  where ${isOurs}
  returning ${outcome}`

/** The number of an attempt in stored form. */
export type StoredAttempt = Stored<'integer'>
