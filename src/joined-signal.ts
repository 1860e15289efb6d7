/** @module Stopping for the first of several reasons. */

/** What a joined signal ends with. */
export interface SignalReasons {
  /** Each of them aborts it, with its own reason; undefined ones never do. */
  readonly signals?: readonly (AbortSignal | undefined)[]
  /** Milliseconds after which it is aborted with a TimeoutError. @default never */
  readonly timeoutMs?: number
}

/**
 * A signal that is aborted with the first of others, or after a time. It holds on to what it waits
 * for, and must be ended. `AbortSignal.any` holds its sources weakly: a time-out that nobody else
 * keeps (Node.js 20) or a signal joined before (Node.js 22) may be collected, and is never heard.
 */
export class JoinedSignal {
  readonly #joined = new AbortController()
  readonly #sources: readonly AbortSignal[]
  readonly #timer: NodeJS.Timeout | undefined
  #isLate = false

  constructor({ signals = [], timeoutMs }: SignalReasons) {
    this.#sources = signals.filter((each) => each !== undefined)
    const aborted = this.#sources.find((each) => each.aborted)
    if (aborted !== undefined) {
      this.#joined.abort(aborted.reason)
      return
    }
    for (const each of this.#sources) each.addEventListener('abort', this.#abort)
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#tooLate(), timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#joined.signal
  }

  /** It was the time that aborted it. */
  get isLate(): boolean {
    return this.#isLate
  }

  /** Lets go of all it waits for; calling it again does no harm. */
  end(): void {
    clearTimeout(this.#timer)
    for (const each of this.#sources) each.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (event: Event): void => {
    this.end()
    this.#joined.abort((event.target as AbortSignal).reason)
  }

  #tooLate(): void {
    this.end()
    this.#isLate = true
    this.#joined.abort(new DOMException('The time is up.', 'TimeoutError'))
  }
}
