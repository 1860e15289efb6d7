import { type JsonInput } from '../database/json.js'
import { ValueRefused } from '../database/failures.js'
import { HoldfastError, InvalidValue } from '../errors.js'
import { JobCancelled } from './errors.js'
import { failureOf, JobDeclined } from './worker-failure.js'
import { type WorkerEvent } from './worker-options.js'
import { type JobRun } from './worker-run.js'
import { isOver, type WorkerSource } from './worker-source.js'

/** How a handler ended. */
export type Outcome = { readonly value: JsonInput } | { readonly error: unknown }

/** Pauses between two tries. */
const [pauseLeastMs, pauseMostMs] = [50, 1_000]

/** Who closes does not wait longer than this for a database that is away. */
const releaseMs = 5_000

/**
 * Says what became of jobs, again and again until the database has heard it or the lease is over.
 * An answer that was written though its acknowledgement got lost is stale the second time.
 */
export class Answers<Transaction> {
  readonly counts = { completed: 0, failed: 0, released: 0, lost: 0 }
  readonly #source: WorkerSource<Transaction>
  readonly #onEvent: ((event: WorkerEvent) => void) | undefined

  constructor(
    source: WorkerSource<Transaction>,
    onEvent: ((event: WorkerEvent) => void) | undefined,
  ) {
    this.#source = source
    this.#onEvent = onEvent
  }

  /** What a run came to; never rejects. */
  async finish(run: JobRun<Transaction>, outcome: Outcome): Promise<void> {
    const failed = await run.completion
    if (run.completion !== undefined && failed === undefined) return this.#done('completed', run)
    const ended = failed !== undefined && 'value' in outcome ? failed : outcome
    if (run.aborted === 'lost') return
    if (run.aborted === 'cancelled') return this.#stop(run)
    if ('value' in ended) return this.#complete(run, ended.value)
    if (run.aborted === 'closing') return this.release(run)
    if (ended.error instanceof JobDeclined) return this.#decline(run, ended.error)
    return this.#fail(run, ended.error)
  }

  /** Gives a job back; never rejects. */
  async release(run: JobRun<Transaction>, delayMs?: number): Promise<void> {
    const untilMs = Math.min(run.deadlineMs, performance.now() + releaseMs)
    const refused = await this.#say(run, () => this.#source.release(run.job, delayMs), untilMs)
    if (refused === undefined) this.#done('released', run)
  }

  /** The lease is over, or the attempt somebody else's: whatever comes of the run is dropped. */
  lose(run: JobRun<Transaction>, kind: 'lost' | 'stale' = 'lost'): void {
    this.counts.lost += 1
    this.tell({ kind, job: run.job })
  }

  /** Tells the listener; its failure is no reason to stop working. */
  tell(event: WorkerEvent): void {
    try {
      this.#onEvent?.(event)
    } catch {
      // Nobody is left to be told.
    }
  }

  async #decline(run: JobRun<Transaction>, { message, delayMs, told }: JobDeclined): Promise<void> {
    if (told) this.tell({ kind: 'declined', job: run.job, reason: message })
    return this.release(run, delayMs)
  }

  async #complete(run: JobRun<Transaction>, value: JsonInput): Promise<void> {
    const refused = await this.#say(run, () => this.#source.complete(run.job, value))
    if (refused === undefined) return this.#done('completed', run)
    if (refused.error instanceof JobCancelled) return this.#stop(run)
    if (isRefusal(refused.error)) return this.#fail(run, refused.error)
  }

  async #fail(run: JobRun<Transaction>, error: unknown): Promise<void> {
    if (isOver(error)) return this.lose(run, 'stale')
    if (error instanceof JobCancelled) return this.#stop(run)
    const { retry, ...failure } = failureOf(error)
    // A result that cannot be kept would be the same again.
    const isWorthwhile = retry && !(error instanceof InvalidValue || isOfResult(error))
    const refused = await this.#say(run, () =>
      this.#source.fail(run.job, { ...failure, retry: isWorthwhile }))
    if (refused !== undefined) return
    this.counts.failed += 1
    this.tell({ kind: 'failed', job: run.job, error })
  }

  /** Ends a cancelled job now, instead of when its lease is over. */
  async #stop(run: JobRun<Transaction>): Promise<void> {
    await this.#say(run, () => this.#source.release(run.job))
    this.tell({ kind: 'cancelled', job: run.job })
  }

  async #say(
    run: JobRun<Transaction>,
    say: () => Promise<unknown>,
    untilMs?: number,
  ): Promise<{ readonly error: unknown } | undefined> {
    for (let pauseMs = pauseLeastMs; ; pauseMs = Math.min(2 * pauseMs, pauseMostMs)) {
      try {
        await say()
        return undefined
      } catch (error) {
        if (isOver(error)) this.lose(run, 'stale')
        const isWorthwhile = HoldfastError.isInstance(error) && error.retryable
        const isLate = performance.now() > (untilMs ?? run.deadlineMs)
        const isFault = !HoldfastError.isInstance(error) || error.status >= 500
        if (isFault) this.tell({ kind: 'unavailable', error })
        if (!isWorthwhile || isLate) return { error }
        await new Promise((done) => setTimeout(done, pauseMs * (0.5 + Math.random())))
      }
    }
  }

  #done(kind: 'completed' | 'released', run: JobRun<Transaction>): void {
    this.counts[kind] += 1
    this.tell({ kind, job: run.job })
  }
}

/** The database is there and takes this for no answer; whose job it is is not in question. */
const isRefusal = (error: unknown): boolean =>
  HoldfastError.isInstance(error) && !error.retryable && !isOver(error)

/** Too long, or of a depth that no engine takes. */
const isOfResult = (error: unknown): boolean =>
  HoldfastError.isInstance(error) && error.status === 400 &&
  (error.field === 'result' || error instanceof ValueRefused)
