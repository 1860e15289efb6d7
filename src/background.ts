/** @module Work that goes on though nobody asks for it. */

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(
  milliseconds: number,
  signal: AbortSignal,
  { keepsAlive = true }: LoopOptions = {},
): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => {
    const timer = setTimeout(end, milliseconds)
    if (!keepsAlive) timer.unref()
    function end() {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    signal.addEventListener('abort', end)
  })
}

/** How a loop waits. */
export interface LoopOptions {
  /** Whether the process lives on for its pauses alone. @default true */
  readonly keepsAlive?: boolean
}

/** Looks again and again, each time after the pause that the look before asked for. */
export class BackgroundLoop {
  readonly #look: (signal: AbortSignal) => Promise<number>
  readonly #options: LoopOptions
  readonly #stop = new AbortController()
  #working: Promise<void> | undefined

  /** `look` returns milliseconds, and must not throw. */
  constructor(look: (signal: AbortSignal) => Promise<number>, options: LoopOptions = {}) {
    this.#look = look
    this.#options = options
  }

  /** Aborted once it is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Begins; once started it stays so. */
  start(): void {
    if (!this.signal.aborted) this.#working ??= this.#work()
  }

  /** Ends after the look at work; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    while (!this.signal.aborted) {
      await pause(await this.#look(this.signal), this.signal, this.#options)
    }
  }
}

/** What one sweep found. */
export interface SweepRound<Place> {
  /** How many were due. */
  readonly due: number
  /** How many of them are so no more. */
  readonly changed: number
  /** The last that was due; undefined when none was. */
  readonly last: Place | undefined
  /** Why some of them stayed as they were, when that was an error. */
  readonly failure?: unknown
}

/** Which of those that are due are swept. */
export interface SweepPage<Place> {
  /** How many at most. @default 100 */
  readonly limit?: number | undefined
  /** Only those behind this place. @default all */
  readonly after?: Place | undefined
}

/** Rows whose time comes, in the order of their times. */
export interface DueWork<Place> {
  /** Does what is due. */
  sweep(page: SweepPage<Place>): Promise<SweepRound<Place>>
  /** How long until the next behind a place is due, in milliseconds; undefined while none will. */
  nextDueMs(after?: Place): Promise<number | undefined>
}

/** What a sweeper works with. */
export interface SweeperOptions {
  /** Told that something could not be done; it is tried again. Must not throw. */
  readonly onFailure?: (error: unknown) => void
}

/** How often all that is due is looked at; what begins meanwhile may end sooner. */
const wholeEveryMs = 1_000

/** Pauses while the database cannot be reached. */
const pauseMs = 2_000

/**
 * Does work on time though nobody looks: it asks for the next end and is there when it comes. What
 * is due and cannot be done stands in nobody's way: a sweep goes on behind it, and comes back to it
 * once a second. Any number of processes may sweep.
 */
export class DueSweeper<Place> {
  readonly #work: DueWork<Place>
  readonly #limit: number
  readonly #onFailure: (error: unknown) => void
  readonly #loop: BackgroundLoop
  /** All before was swept within the last second. */
  #place: Place | undefined
  #wholeAtMs = -Infinity

  /** At most `limit` rows are done together. */
  constructor(work: DueWork<Place>, limit: number, { onFailure }: SweeperOptions = {}) {
    this.#work = work
    this.#limit = limit
    this.#onFailure = onFailure ?? (() => undefined)
    this.#loop = new BackgroundLoop((signal) => this.#look(signal), { keepsAlive: false })
  }

  /** Begins; once started it stays so. */
  start(): this {
    this.#loop.start()
    return this
  }

  /** Ends after what is being swept; calling it again does no harm. */
  close(): Promise<void> {
    return this.#loop.close()
  }

  /** Sweeps what is due; how long to pause then. */
  async #look(signal: AbortSignal): Promise<number> {
    try {
      const nowMs = performance.now()
      if (nowMs >= this.#wholeAtMs) {
        this.#place = undefined
        this.#wholeAtMs = nowMs + wholeEveryMs
      }
      for (let due = this.#limit; due === this.#limit && !signal.aborted;) {
        due = await this.#sweep()
      }
      const dueMs = await this.#work.nextDueMs(this.#place) ?? wholeEveryMs
      return Math.min(wholeEveryMs, Math.ceil(dueMs) + 1)
    } catch (error) {
      this.#onFailure(error)
      return pauseMs
    }
  }

  async #sweep(): Promise<number> {
    const page = { limit: this.#limit, after: this.#place }
    const { due, last, failure } = await this.#work.sweep(page)
    this.#place = last ?? this.#place
    if (failure !== undefined) this.#onFailure(failure)
    return due
  }
}
