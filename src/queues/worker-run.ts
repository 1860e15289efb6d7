import { type JsonInput } from '../database/json.js'
import { type Beside } from './beside.js'
import { type Job } from './tables.js'
import { type JointContext } from './worker-options.js'

/** Why the signal of a handler is aborted. */
export type AbortCause = 'lost' | 'cancelled' | 'closing'

const sentences: Record<AbortCause, string> = {
  lost: 'The lease on the job is lost; another worker may have it.',
  cancelled: 'The job was cancelled.',
  closing: 'The worker is closing, and its grace is over.',
}

/** What a run asks of its worker. */
export interface RunActions<Transaction> {
  progress(run: JobRun<Transaction>, value: JsonInput): Promise<void>
  complete(run: JobRun<Transaction>, completion: Completion<Transaction>): Promise<void>
}

/** A completion that the handler asks for itself. */
export interface Completion<Transaction> {
  readonly result: JsonInput
  readonly effects?: ((transaction: Transaction) => Promise<void>) | undefined
  readonly beside?: Beside | undefined
}

/** One attempt at a job, from its claim until it is out of this worker's hands. */
export class JobRun<Transaction> implements JointContext<Transaction> {
  readonly job: Job
  /** When the lease must be counted as lost, by `performance.now()`. */
  deadlineMs: number
  /** Why it was aborted, once it was. */
  aborted: AbortCause | undefined
  /** The completion that the handler asked for; never rejects, gives the error instead. */
  completion: Promise<{ readonly error: unknown } | undefined> | undefined
  /** True from when the handler asks for the completion on, unless that fails. */
  isCompleting = false
  readonly #actions: RunActions<Transaction>
  #controller: AbortController | undefined

  constructor(job: Job, deadlineMs: number, actions: RunActions<Transaction>) {
    this.job = job
    this.deadlineMs = deadlineMs
    this.#actions = actions
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.aborted !== undefined) this.#controller.abort(reasonOf(this.aborted))
    }
    return this.#controller.signal
  }

  /** Aborts the handler; the first cause stands. */
  abort(cause: AbortCause): void {
    if (this.aborted !== undefined) return
    this.aborted = cause
    this.#controller?.abort(reasonOf(cause))
  }

  // Handlers take their context apart, so these must work without it.
  readonly progress = (value: JsonInput): Promise<void> => {
    const recorded = this.#actions.progress(this, value)
    recorded.catch(() => undefined)
    return recorded
  }

  readonly complete = (
    result: JsonInput = null,
    effects?: (transaction: Transaction) => Promise<void>,
  ): Promise<void> => this.#complete({ result, effects })

  readonly completeBeside = (beside: Beside): Promise<void> =>
    this.#complete({ result: null, beside })

  #complete(completion: Completion<Transaction>): Promise<void> {
    this.isCompleting = true
    const completed = this.#actions.complete(this, completion)
    // Also told to the worker, so that one that nobody awaits is not lost.
    this.completion = completed.then(() => undefined, (error: unknown) => {
      this.isCompleting = false
      return { error }
    })
    return completed
  }
}

function reasonOf(cause: AbortCause): DOMException {
  return new DOMException(sentences[cause], 'AbortError')
}
