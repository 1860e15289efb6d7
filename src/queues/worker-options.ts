import { type JsonInput } from '../database/json.js'
import { InvalidInput } from '../errors.js'
import { type Beside } from './beside.js'
import { checkQueue } from './rules.js'
import { type Job } from './tables.js'

/** What a handler is given. */
export interface JobContext<Transaction> {
  readonly job: Job
  /**
   * Aborted when the lease is lost (at a local deadline, before anybody else can have the job),
   * when the job is cancelled, and when the worker's grace is over; `reason` says which.
   */
  readonly signal: AbortSignal
  /** Records how far the job is, any JSON value; the latest one wins. Extends the lease, too. */
  progress(value: JsonInput): Promise<void>
  /**
   * Completes the job now. With `effects`, what they write through the transaction is committed
   * together with the completion or not at all: exactly once, however often the job is tried.
   * Throws AttemptStale when the job is no longer this attempt's; nothing is written then.
   */
  complete(
    result?: JsonInput,
    effects?: (transaction: Transaction) => Promise<void>,
  ): Promise<void>
}

/** What handlers of other domains are given. */
export interface JointContext<Transaction> extends JobContext<Transaction> {
  /**
   * Completes the job; what stands beside it is written in the same batch, if the job was
   * completed. Throws as `complete`.
   */
  completeBeside(beside: Beside): Promise<void>
}

/**
 * Does the work of a job. What it returns is the job's result; what it throws fails the attempt
 * (see JobFailed, JobDeclined). It may run more than once, and must stop soon when its signal is
 * aborted.
 */
export type JobHandler<Transaction> =
  (context: JobContext<Transaction>) => Promise<JsonInput | void> | JsonInput | void

/** What a worker tells; for logs and metrics. */
export type WorkerEvent =
  | { readonly kind: 'completed' | 'released' | 'cancelled'; readonly job: Job }
  | { readonly kind: 'failed'; readonly job: Job; readonly error: unknown }
  /** The handler leaves the job to others, and says why; that it was given back is told as well. */
  | { readonly kind: 'declined'; readonly job: Job; readonly reason: string }
  /** The lease ended before the job did; whatever comes of it is dropped. */
  | { readonly kind: 'lost'; readonly job: Job }
  /** What this attempt said came too late and was refused. */
  | { readonly kind: 'stale'; readonly job: Job }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to work. */
export interface WorkerOptions<Transaction> {
  /** A handler for each queue, by the queue's name. */
  readonly queues: Readonly<Record<string, JobHandler<Transaction>>>
  /** Take jobs of this organization only. @default of all, in turn */
  readonly organizationId?: string
  /** Handlers that run at once, 1 to 1000. @default 16 */
  readonly concurrency?: number
  /** A job whose worker is silent for this long is given to another, 1 to 3600. @default 30 */
  readonly leaseSeconds?: number
  /** How long `close` lets handlers finish before it aborts them, 0 to 600000. @default 30000 */
  readonly graceMs?: number
  /** How often to look for jobs that no wake-up told of, 10 to 60000. @default 2000 */
  readonly pollMs?: number
  /** Also bring back jobs of workers that died. @default true */
  readonly sweep?: boolean
  /** How it is called in its jobs, 1 to 200 characters. @default host name and process id */
  readonly name?: string
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: WorkerEvent) => void
}

/** Options with their defaults. */
export type WorkerSettings<Transaction> =
  & Required<Omit<WorkerOptions<Transaction>, 'organizationId' | 'onEvent'>>
  & Pick<WorkerOptions<Transaction>, 'organizationId' | 'onEvent'>

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Options checked and completed. Throws InvalidInput. */
export function workerSettings<Transaction>(
  options: WorkerOptions<Transaction>,
  defaultName: string,
): WorkerSettings<Transaction> {
  const settings = {
    concurrency: 16, leaseSeconds: 30, graceMs: 30_000, pollMs: 2_000, sweep: true,
    name: defaultName, ...options,
  }
  const handlers = Object.entries(settings.queues ?? {})
  require(handlers.length >= 1 && handlers.length <= 100, 'queues', 'must name 1 to 100 queues')
  for (const [queue, handler] of handlers) {
    checkQueue(queue)
    require(typeof handler === 'function', `queues.${queue}`, 'must be a function')
  }
  for (const [field, least, most] of [
    ['concurrency', 1, 1_000], ['leaseSeconds', 1, 3_600], ['graceMs', 0, 600_000],
    ['pollMs', 10, 60_000],
  ] as const) {
    const value = settings[field]
    const valid = Number.isInteger(value) && value >= least && value <= most
    require(valid, field, `must be a whole number from ${least} to ${most}`)
  }
  const { name } = settings
  const isName = typeof name === 'string' && name.length >= 1 && name.length <= 200
  require(isName, 'name', 'must be 1 to 200 characters')
  return settings
}
