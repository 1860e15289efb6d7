import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type AttemptOutcome, type Claim, type Failure, type Heartbeat, type HeartbeatAnswer, type Job,
  type JobCount, type JobPage, type Jobs, type NewJob, type Purge, type Queue, type QueueChanges,
  type QueuePage, type QueueSummary,
} from './schema.js'

/** A job as it was claimed: whoever claims it next has another `attempt`. */
export type JobAttempt = Pick<Job, 'id' | 'attempt'>

/** Why an attempt failed, and what is to become of its job. */
export type JobFailure = Omit<Failure, 'attempt'>

/** Jobs, and the queues they wait in. */
export class Queues {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Enqueues a job; fails with `dedupe_key_reused`. */
  enqueue(queue: string, job: NewJob, options: WriteOptions = {}): Promise<Job> {
    return this.#request('enqueueJobs', {
      path: { queue }, body: job, ...options,
    }) as Promise<Job>
  }

  /** Enqueues jobs in order, all or none. */
  async enqueueMany(
    queue: string,
    jobs: readonly NewJob[],
    options: WriteOptions = {},
  ): Promise<Job[]> {
    const made = await this.#request('enqueueJobs', {
      path: { queue }, body: { jobs: [...jobs] }, ...options,
    })
    return (made as Jobs).jobs
  }

  /** The job with this id, in whichever queue; fails with `job_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#request('getJob', { path: { job_id: id }, ...options })
  }

  /** One page of a queue's jobs, newest first; at most 200 rows. */
  list(
    queue: string,
    query: Query<'listJobs'> = {},
    options: CallOptions = {},
  ): Promise<JobPage> {
    return this.#request('listJobs', { path: { queue }, query, ...options })
  }

  /** Every job of a queue, newest first, page by page as it is asked for. */
  each(
    queue: string,
    query: Query<'listJobs'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Job, void, undefined> {
    return eachOf((cursor) => this.list(queue, { ...query, ...cursor }, options))
  }

  /** Cancels a job; its worker learns it with the next heartbeat. Fails with `job_finished`. */
  cancel(id: string, options: WriteOptions = {}): Promise<Job> {
    return this.#request('cancelJob', { path: { job_id: id }, ...options })
  }

  /** Brings dead jobs back, those named or all; 1000 a call at most, so until it counts 0. */
  redrive(
    queue: string,
    jobIds?: readonly string[],
    options: WriteOptions = {},
  ): Promise<JobCount> {
    const body = jobIds === undefined ? {} : { job_ids: [...jobIds] }
    return this.#request('redriveJobs', { path: { queue }, body, ...options })
  }

  /** Deletes jobs by state, never active ones; 1000 a call at most, so until it counts 0. */
  purge(queue: string, body: Purge = {}, options: WriteOptions = {}): Promise<JobCount> {
    return this.#request('purgeJobs', { path: { queue }, body, ...options })
  }

  /**
   * Claims ready jobs under a lease. Sent once: jobs of an answer that was lost come back when
   * their leases end. Ask for a `wait_seconds` that is shorter than the client's `timeoutMs`.
   */
  async claim(queue: string, claim: Claim, options: CallOptions = {}): Promise<Job[]> {
    const claimed = await this.#request('claimJobs', { path: { queue }, body: claim, ...options })
    return claimed.jobs
  }

  /** Extends the lease and tells of a cancellation. Sent once. Fails with `attempt_stale`. */
  extend(
    { id, attempt }: JobAttempt,
    news: Omit<Heartbeat, 'attempt'> = {},
    options: CallOptions = {},
  ): Promise<HeartbeatAnswer> {
    const body = { ...news, attempt }
    return this.#request('extendJob', { path: { job_id: id }, body, ...options })
  }

  /** Completes a job; fails with `attempt_stale` or `job_cancelled`. */
  complete(
    { id, attempt }: JobAttempt,
    result: unknown = null,
    options: WriteOptions = {},
  ): Promise<AttemptOutcome> {
    const body = { attempt, result }
    return this.#request('completeJob', { path: { job_id: id }, body, ...options })
  }

  /** Reports a failed attempt: tried again after its backoff, or dead. */
  fail(
    { id, attempt }: JobAttempt,
    failure: JobFailure,
    options: WriteOptions = {},
  ): Promise<AttemptOutcome> {
    const body = { ...failure, attempt }
    return this.#request('failJob', { path: { job_id: id }, body, ...options })
  }

  /** Gives a job back unfinished, without counting a failure. */
  release({ id, attempt }: JobAttempt, options: WriteOptions = {}): Promise<AttemptOutcome> {
    return this.#request('releaseJob', { path: { job_id: id }, body: { attempt }, ...options })
  }

  /** A queue and how it fares; fails with `queue_not_found`. */
  getQueue(queue: string, options: CallOptions = {}): Promise<Queue> {
    return this.#request('getQueue', { path: { queue }, ...options })
  }

  /** One page of queues by name; at most 200 rows. */
  listQueues(query: Query<'listQueues'> = {}, options: CallOptions = {}): Promise<QueuePage> {
    return this.#request('listQueues', { query, ...options })
  }

  /** Every queue by name, page by page as it is asked for. */
  eachQueue(
    query: Query<'listQueues'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<QueueSummary, void, undefined> {
    return eachOf((cursor) => this.listQueues({ ...query, ...cursor }, options))
  }

  /** Changes a queue's settings; makes it when it is missing. */
  configure(queue: string, changes: QueueChanges, options: UpdateOptions = {}): Promise<Queue> {
    return this.#request('updateQueue', { path: { queue }, body: changes, ...options })
  }

  /** Lets a queue give out nothing. */
  pause(queue: string, options: UpdateOptions = {}): Promise<Queue> {
    return this.configure(queue, { paused: true }, options)
  }

  /** Lets a paused queue go on. */
  resume(queue: string, options: UpdateOptions = {}): Promise<Queue> {
    return this.configure(queue, { paused: false }, options)
  }
}
