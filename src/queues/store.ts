import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { Busy } from '../database/failures.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import {
  type Attempt, AttemptEncoder, type AttemptOutcome, type Extension, type Failure, type Heartbeat,
  heartbeatOf, outcomeOf, type Release,
} from './attempts.js'
import { type Beside } from './beside.js'
import { draftOf, enqueuedOf, type NewJob } from './draft.js'
import { type EnqueueCall, type JobDraft, type Placed } from './enqueue.js'
import { AttemptStale, JobCancelled, JobFinished, JobNotFound } from './errors.js'
import { type FinishCall } from './finish.js'
import { type JobLog } from './job-log.js'
import { JobQueries } from './queries.js'
import {
  checkCount, checkInteger, checkKey, checkPageLimit, checkQueue, checkState, jobsMax,
  leaseSecondsDefault,
} from './rules.js'
import { type Claim, type JobListing } from './store-options.js'
import {
  asUnknownOrganization, type QueueChanges, QueueSettings, type QueueStats,
} from './settings.js'
import {
  type Job, jobOf, jobs as table, type JobState, type Queue, type QueueTables,
} from './tables.js'
import { type Transition, type TransitionRow } from './transitions.js'
import { Rings, wakeUpName } from './wake-ups.js'
import { type Witness } from './witness.js'

/** A waiting claim looks by itself this often, in case a wake-up was lost. */
const pollMs = 1_000

/** How often an enqueue is tried whose dedupe key is given free at that moment. */
const enqueueTriesMax = 3

const { columns } = table

/** The queues and jobs of one organization. */
export class QueueStore {
  readonly #log: JobLog
  readonly #database: Database<QueueTables>
  readonly #transaction: Database<QueueTables> | undefined
  readonly #organizationId: Stored<'id'>
  readonly #settings: QueueSettings
  readonly #queries: JobQueries
  readonly #encoder: AttemptEncoder
  readonly #witness: Witness

  /** With `transaction`, everything happens inside it instead of in shared batches. */
  constructor(
    log: JobLog,
    scope: Scope,
    { witness, transaction }: {
      readonly witness: Witness
      readonly transaction?: Database<QueueTables> | undefined
    },
  ) {
    this.#log = log
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#transaction = transaction?.within([this.#organizationId])
    this.#database = this.#transaction ?? log.database.within([this.#organizationId])
    this.#witness = witness
    this.#settings = new QueueSettings(this.#database, this.#organizationId, witness)
    this.#queries = new JobQueries(this.#database, this.#organizationId)
    this.#encoder = new AttemptEncoder(this.#organizationId)
  }

  /**
   * Enqueues a job; resolves once it is durable, or with the job that had the same dedupe key and
   * payload before. Throws DedupeKeyReused, InvalidInput, InvalidValue.
   * @param besideOf for other domains: what they keep beside a job without a dedupe key
   */
  async enqueue(
    queue: string,
    job: NewJob,
    besideOf?: (jobId: Stored<'id'>) => Beside,
  ): Promise<Job> {
    const drafts = this.#drafts(queue, [job], () => '')
    const [enqueued] = await this.#enqueueAll([job], {
      drafts, beside: besideOf?.(drafts[0]!.id!),
    })
    return enqueued!
  }

  /** Enqueues 1 to 1000 jobs in order, all or none; otherwise as `enqueue`. */
  async enqueueMany(queue: string, jobs: readonly NewJob[]): Promise<Job[]> {
    checkCount(jobs, 'jobs')
    const drafts = this.#drafts(queue, jobs, (index) => `jobs[${index}].`)
    const isDeduped = drafts.some(({ dedupe_key: key }) => key !== null)
    if (!isDeduped || this.#transaction !== undefined) return this.#enqueueAll(jobs, { drafts })
    // A reused key takes everything back, which a shared batch could not.
    return this.#database.transaction(
      (transaction) => this.#enqueueAll(jobs, { drafts }, transaction), { repeatable: true })
  }

  /** One job. Throws JobNotFound. */
  async get(jobId: string): Promise<Job> {
    const job = await this.find(jobId)
    if (job === undefined) throw new JobNotFound(`There is no job ${jobId} here.`)
    return job
  }

  /** One job, or undefined. */
  async find(jobId: string): Promise<Job | undefined> {
    const stored = await this.#database.first(this.#queries.one(jobId))
    return stored === undefined ? undefined : jobOf(stored)
  }

  /** One page of a queue's jobs, newest first; shorter than asked for where they are large. */
  async list(queue: string, listing: JobListing = {}): Promise<Page<Job>> {
    checkQueue(queue)
    const limit = checkPageLimit(listing)
    const { state, cursor } = listing
    if (state !== undefined) checkState(state)
    const list = ['jobs', this.#organizationId, queue, state ?? null]
    const last = cursor === undefined ? undefined : String(keyOf(list, cursor)[0])
    const { rows, more } = await this.#queries.page(queue, { state, limit, last })
    const data = rows.map((row) => jobOf(row))
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.id]) : null }
  }

  /**
   * Claims the first ready jobs: highest priority, then oldest. Each is leased to the worker, which
   * must `extend`, `complete`, `fail` or `release` it before the lease ends. Throws InvalidInput.
   */
  async claim(queue: string, options: Claim): Promise<Job[]> {
    const { limit = 1, leaseSeconds = leaseSecondsDefault, worker, waitMs = 0, signal } = options
    checkQueue(queue)
    checkInteger('limit', limit)
    checkInteger('lease_seconds', leaseSeconds)
    checkKey(worker, 'worker')
    this.#checkWait(waitMs)
    const call = {
      organization: this.#organizationId,
      queue: columns.queue.encode(queue, 'queue'),
      limit,
      leaseMs: leaseSeconds * 1_000,
      worker: columns.queue.encode(worker, 'worker'),
    }
    const name = wakeUpName(queue, this.#organizationId)
    const deadlineMs = performance.now() + waitMs
    for (let rung: string | undefined; ;) {
      const claimed = rung === undefined
        ? await this.#log.claim(call, this.#transaction)
        : await this.#log.claimRung(call)
      const leftMs = Math.ceil(deadlineMs - performance.now())
      if (claimed.length > 0 || leftMs <= 0 || signal?.aborted === true) return claimed
      rung = await this.#log.wakeUps.wait([name], Math.min(leftMs, pollMs), signal)
    }
  }

  /**
   * A heartbeat: the lease ends `leaseSeconds` from now. Tells when the job was cancelled. Throws
   * AttemptStale, JobNotFound, InvalidInput, InvalidValue.
   */
  async extend(attempt: Attempt, extension: Extension = {}): Promise<Heartbeat> {
    return heartbeatOf(await this.#finish(this.#encoder.extend(attempt, extension)))
  }

  /**
   * Ends the job; resolves once that is durable. Called again after a lost answer it succeeds
   * again, but not inside a transaction: effects made beside it there happen once. Throws
   * AttemptStale, JobCancelled, JobNotFound, InvalidInput, InvalidValue.
   * @param beside for other domains: what they keep beside a job that was completed
   */
  async complete(
    attempt: Attempt,
    result: JsonInput = null,
    beside?: Beside,
  ): Promise<AttemptOutcome> {
    return outcomeOf(await this.#finish(this.#encoder.complete(attempt, result, beside)))
  }

  /**
   * Counts a failure: the job is tried again after its backoff, or is dead. Throws AttemptStale,
   * JobNotFound, InvalidInput, InvalidValue.
   */
  async fail(
    attempt: Attempt,
    error: JsonInput,
    failure: Failure = {},
  ): Promise<AttemptOutcome> {
    return outcomeOf(await this.#finish(this.#encoder.fail(attempt, error, failure)))
  }

  /**
   * Gives a job back unfinished: ready at once or after `delayMs`, with no failure counted; a
   * cancelled one is over. Throws AttemptStale, JobNotFound, InvalidInput.
   */
  async release(attempt: Attempt, release: Release = {}): Promise<AttemptOutcome> {
    return outcomeOf(await this.#finish(this.#encoder.release(attempt, release)))
  }

  /**
   * Cancels a job: at once when nobody works on it, otherwise the worker learns it with its next
   * heartbeat and its completion is refused. Throws JobFinished, JobNotFound.
   */
  async cancel(jobId: string): Promise<Job> {
    const ref = { organization_id: this.#organizationId, id: columns.id.encode(jobId, 'job_id') }
    const [row] = await this.#change('cancel', [ref])
    if (row !== undefined) return jobOf(row)
    const job = await this.get(jobId)
    if (job.state === 'cancelled') return job
    throw new JobFinished(`The job is ${job.state} already.`)
  }

  /**
   * Brings dead jobs back, all or those named, at most 1000 a call; how many came back. They keep
   * id and last error, count failures anew, and remember that they were redriven. Throws
   * JobNotFound, InvalidInput.
   */
  async redrive(queue: string, jobIds?: readonly string[]): Promise<number> {
    checkQueue(queue)
    if (jobIds !== undefined) checkCount(jobIds, 'job_ids')
    const refs = await this.#database.all(jobIds === undefined
      ? this.#queries.refs(queue, ['dead'])
      : this.#queries.named(queue, jobIds))
    if (jobIds !== undefined && refs.length < new Set(jobIds.map((id) => id.toLowerCase())).size) {
      throw new JobNotFound(`Not all of these jobs are in the queue ${queue}.`)
    }
    const rows = await this.#changeByHand('redrive', queue, { refs, details: {} })
    return rows.length
  }

  /**
   * Deletes jobs in these states, at most 1000 a call; how many went. Active ones cannot be
   * deleted.
   * @param states by default all that wait: `ready`, `scheduled`, `blocked`
   */
  async purge(
    queue: string,
    states: readonly JobState[] = ['ready', 'scheduled', 'blocked'],
  ): Promise<number> {
    checkQueue(queue)
    checkCount(states, 'states')
    states.forEach(checkState)
    const waiting = states.filter((state) => state !== 'active')
    if (waiting.length === 0) return 0
    const refs = await this.#database.all(this.#queries.refs(queue, waiting))
    return (await this.#changeByHand('purge', queue, { refs, details: { states: waiting } })).length
  }

  /** A queue. Throws QueueNotFound. */
  async getQueue(queue: string): Promise<Queue> {
    return this.#settings.get(queue)
  }

  /** One page of queues, by name. */
  async listQueues(request: PageRequest = {}): Promise<Page<Queue>> {
    return this.#settings.list(request)
  }

  /** How a queue fares. Throws QueueNotFound. */
  async stats(queue: string): Promise<QueueStats> {
    return this.#settings.stats(queue)
  }

  /**
   * Changes a queue's settings, and makes the queue when it is missing. With `ifRevision`, only
   * when that is still its revision. Retention holds for jobs that end from now on. Throws
   * RevisionConflict, QueueNotFound (with `ifRevision`), InvalidInput.
   */
  async configure(queue: string, changes: QueueChanges, ifRevision?: number): Promise<Queue> {
    const configured = await this.#settings.update(queue, changes, ifRevision)
    if (changes.concurrencyPerKey !== undefined) await this.#admitMore(queue)
    if (changes.paused === false) this.#ringAll(queue)
    return configured
  }

  /** The queue gives out nothing until it is resumed, in all processes and after any restart. */
  async pause(queue: string): Promise<Queue> {
    return this.configure(queue, { paused: true })
  }

  /** The queue gives out jobs again. */
  async resume(queue: string): Promise<Queue> {
    return this.configure(queue, { paused: false })
  }

  #drafts(
    queue: string,
    jobs: readonly NewJob[],
    place: (index: number) => string,
  ): JobDraft[] {
    checkQueue(queue)
    const name = columns.queue.encode(queue, 'queue')
    return jobs.map((job, index) => draftOf(job, {
      organizationId: this.#organizationId, queue: name, id: this.#log.ids.next(),
      place: place(index),
    }))
  }

  async #enqueueAll(
    jobs: readonly NewJob[],
    call: EnqueueCall,
    transaction = this.#transaction,
  ): Promise<Job[]> {
    for (let tries = 0; tries < enqueueTriesMax; tries++) {
      const placed = await this.#place(call, transaction)
      const isWhole = placed.every(({ inserted, earlier }) => inserted ?? earlier)
      if (!isWhole) continue
      return placed.map((each, index) => enqueuedOf(each, jobs[index]!, call.drafts[index]!))
    }
    throw new Busy('The dedupe key was given free just now; repeat the call.')
  }

  async #place(
    call: EnqueueCall,
    transaction: Database<QueueTables> | undefined,
  ): Promise<Placed[]> {
    try {
      return await this.#log.enqueue(call, transaction)
    } catch (cause) {
      throw asUnknownOrganization(cause, this.#organizationId)
    }
  }

  async #finish(call: FinishCall): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#log.finish(call, this.#transaction)
    if (answer === undefined) return this.#explain(call)
    if ('error' in answer) throw answer.error
    return answer.row
  }

  /** Why a call about an attempt changed nothing, unless that is as well. */
  async #explain({ kind, row, keyed }: FinishCall): Promise<Readonly<Record<string, unknown>>> {
    const stored = await this.#database.first(this.#queries.one(row.id!))
    if (stored === undefined) throw new JobNotFound(`There is no job ${row.id} here.`)
    const isLatest = columns.attempt.decode(stored.attempt) === Number(row.attempt)
    const state = columns.state.decode(stored.state)
    const wasDone = kind === 'complete' && isLatest && state === 'completed'
    if (wasDone && this.#transaction === undefined) return stored
    const isStopping = isLatest && state === 'active' && stored.cancelled_at !== null
    if (isStopping && kind === 'release') return this.#finish({ kind: 'stop', row, keyed })
    if (isStopping) throw new JobCancelled('The job was cancelled; release it.')
    throw new AttemptStale(`Attempt ${row.attempt} of the job is over; the job is ${state}.`)
  }

  async #change<T extends Transition>(
    name: T, refs: readonly TransitionRow<T>[], database = this.#database,
  ) {
    const rings = new Rings()
    const rows = await this.#log.transitions.run(name, refs, { rings, database })
    database.afterCommit(() => rings.ring(this.#log.wakeUps))
    return rows
  }

  /** A change to jobs of a queue that somebody asked for, told of if it changed any. */
  async #changeByHand<T extends 'redrive' | 'purge'>(
    name: T,
    queue: string,
    { refs, details }: {
      readonly refs: readonly TransitionRow<T>[]
      readonly details: { readonly [key: string]: JsonValue }
    },
  ) {
    if (refs.length === 0) return []
    const action = `queue.${name === 'redrive' ? 'redriven' : 'purged'}`
    return this.#database.transaction(async (database) => {
      const rows = await this.#change(name, refs, database)
      const told = {
        action, resourceKind: 'queue', resourceId: queue,
        details: { ...details, count: rows.length },
      } as const
      if (rows.length > 0) await this.#witness.record(database, told)
      return rows
    }, { repeatable: true })
  }

  /** Lets further jobs in where keys may have more under way than before. */
  async #admitMore(queue: string): Promise<void> {
    let after = columns.queue.encode('')
    for (;;) {
      const heads = await this.#database.all(this.#queries.heads(queue, after))
      const refs = heads.flatMap(({ id, organization_id }) => {
        return id === null ? [] : [{ organization_id, id }]
      })
      // Nothing of them is scheduled: only their keys' turns are passed on.
      await this.#change('promote', refs)
      if (heads.length < jobsMax) return
      after = heads.at(-1)!.key
    }
  }

  #ringAll(queue: string): void {
    const rings = new Rings()
    rings.add({ organization_id: this.#organizationId, queue })
    this.#database.afterCommit(() => rings.ring(this.#log.wakeUps))
  }

  #checkWait(waitMs: number): void {
    checkInteger('wait_ms', waitMs)
    if (waitMs === 0 || this.#transaction === undefined) return
    throw new InvalidInput('wait_ms must be 0 inside a transaction', { field: 'wait_ms' })
  }
}
