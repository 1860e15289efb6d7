import { type Readable } from 'node:stream'
import { HoldfastError } from '../errors.js'

/** How often it is asked whether the caller of an answer that goes on may still have it. */
const askEveryMs = 2_000

/** What does not end by itself when its caller is revoked is cut off after so long. */
const graceMs = 1_000

/** Ends a wait, or an answer that goes on, once its caller may not have it any more. */
export class CallerWatch {
  readonly #ask: () => Promise<unknown>
  readonly #revoked = new AbortController()

  /** `ask` throws for a caller who may not call any more. */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask
  }

  /** Aborted when the caller was revoked. */
  get revoked(): AbortSignal {
    return this.#revoked.signal
  }

  /** Watches until what it returns is called. */
  begin(): () => void {
    return this.#watch(() => undefined)
  }

  /** Watches while an answer is waited for. */
  async during<R>(work: () => Promise<R>): Promise<R> {
    const end = this.begin()
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Watches until the body has ended. */
  over(body: Readable): void {
    body.once('close', this.#watch(() => void setTimeout(() => body.destroy(), graceMs).unref()))
  }

  /** Asks again and again until what it returns is called. */
  #watch(end: () => void): () => void {
    const timer = setInterval(() => void this.#look(end), askEveryMs).unref()
    const stop = () => clearInterval(timer)
    this.revoked.addEventListener('abort', stop, { once: true })
    return stop
  }

  async #look(end: () => void): Promise<void> {
    try {
      await this.#ask()
    } catch (error) {
      // A database that is away says nothing about the caller.
      const isRefused = HoldfastError.isInstance(error) && error.status < 500
      if (!isRefused || this.revoked.aborted) return
      this.#revoked.abort(error)
      end()
    }
  }
}
