import { type JsonInput } from '../database/json.js'
import { type Beside } from './beside.js'
import { AttemptStale, JobNotFound } from './errors.js'
import { claimedSoFar, type JobLog } from './job-log.js'
import { type QueueStore } from './store.js'
import { type Job } from './tables.js'
import { type Failure } from './worker-failure.js'
import { type WorkerSettings } from './worker-options.js'
import { wakeUpName } from './wake-ups.js'

/** A job whose lease is to be extended. */
export interface LeaseRenewal {
  readonly job: Job
  /** What the handler says of its progress, if it does. */
  readonly progress?: JsonInput
}

/** What became of a lease that was to be extended. */
export type LeaseState = 'held' | 'lost' | 'cancelled'

/** What a worker is made of beside its options. */
export interface WorkerParts<Transaction> {
  readonly log: JobLog
  /** Brings back the jobs of workers that died, and whatever waits for jobs. */
  sweep(): Promise<void>
  /** The queues of an organization. */
  queuesOf(organizationId: string): QueueStore
  /** Runs `work` in a transaction, with the queues of an organization inside it. */
  inTransaction(
    organizationId: string,
    work: (queues: QueueStore, transaction: Transaction) => Promise<void>,
  ): Promise<void>
}

/** Stores kept, one an organization. */
const storesMax = 1_000

/**
 * Where a worker gets its jobs, and whom it tells what became of them. Calls of one turn share
 * their statements, so that many handlers that end together are one round trip.
 */
export class WorkerSource<Transaction> {
  readonly #parts: WorkerParts<Transaction>
  readonly #settings: WorkerSettings<Transaction>
  readonly #names: readonly string[]
  readonly #stores = new Map<string, QueueStore>()
  /** Which queue is asked first, so that none of several starves the others. */
  #first = 0
  /** The name that rang last, until it was looked into. */
  #rung: string | undefined

  constructor(parts: WorkerParts<Transaction>, settings: WorkerSettings<Transaction>) {
    this.#parts = parts
    this.#settings = settings
    this.#names = Object.keys(settings.queues)
  }

  /** Jobs for this worker, at most so many; often none. */
  async claim(limit: number): Promise<readonly Job[]> {
    const { organizationId, leaseSeconds, name: worker } = this.#settings
    if (organizationId === undefined) {
      const rung = this.#rung
      this.#rung = undefined
      return this.#parts.log.claimAny({ queues: this.#names, limit, leaseSeconds, worker, rung })
    }
    const store = this.#store(organizationId)
    const claimed: Job[] = []
    this.#first += 1
    return claimedSoFar(claimed, async () => {
      for (let count = 0; count < this.#names.length && claimed.length < limit; count++) {
        const name = this.#names[(this.#first + count) % this.#names.length]!
        const rest = limit - claimed.length
        claimed.push(...await store.claim(name, { limit: rest, leaseSeconds, worker }))
      }
    })
  }

  /** Extends leases in one call; what became of each, in order. */
  async extend(renewals: readonly LeaseRenewal[]): Promise<readonly LeaseState[]> {
    const { leaseSeconds } = this.#settings
    const states = await Promise.allSettled(renewals.map(async ({ job, progress }) => {
      const { cancelled } = await this.#of(job).extend(job, {
        leaseSeconds, ...(progress === undefined ? {} : { progress }),
      })
      return cancelled ? 'cancelled' : 'held'
    }))
    return states.map((state) => {
      if (state.status === 'fulfilled') return state.value
      if (isOver(state.reason)) return 'lost'
      throw state.reason
    })
  }

  /** Each of these throws AttemptStale or JobNotFound when the job is no longer this attempt's. */
  complete(job: Job, result: JsonInput, beside?: Beside): Promise<unknown> {
    return this.#of(job).complete(job, result, beside)
  }

  /** The completion first, so that a stale attempt's effects do not even run. */
  async completeWith(
    job: Job,
    result: JsonInput,
    effects: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.#parts.inTransaction(job.organizationId, async (queues, transaction) => {
      await queues.complete(job, result)
      await effects(transaction)
    })
  }

  async fail(job: Job, { error, retry, delayMs }: Failure): Promise<void> {
    await this.#of(job).fail(job, error, {
      retry, ...(delayMs === undefined ? {} : { delayMs }),
    })
  }

  async release(job: Job, delayMs = 0): Promise<void> {
    await this.#of(job).release(job, { delayMs })
  }

  /** Brings back the jobs of workers that died. */
  async sweep(): Promise<void> {
    await this.#parts.sweep()
  }

  /** Until there may be work, or the time is over. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { organizationId } = this.#settings
    const names = this.#names.map((name) => wakeUpName(name, organizationId))
    this.#rung = await this.#parts.log.wakeUps.wait(names, timeoutMs, signal)
  }

  #of({ organizationId }: Job): QueueStore {
    return this.#store(organizationId)
  }

  #store(organizationId: string): QueueStore {
    const kept = this.#stores.get(organizationId)
    if (kept !== undefined) return kept
    if (this.#stores.size >= storesMax) this.#stores.clear()
    const store = this.#parts.queuesOf(organizationId)
    this.#stores.set(organizationId, store)
    return store
  }
}

/** Whether the job is no longer the attempt's that asked. */
export function isOver(error: unknown): boolean {
  return error instanceof AttemptStale || error instanceof JobNotFound
}
