import { type FloorWorks } from './works.js'

/** How often to look at least; a hold that begins meanwhile may end sooner. */
const pollMostMs = 1_000

/** Pauses while the database cannot be reached. */
const pauseMs = 2_000

/** Floors of one look at most. */
const sweptMax = 100

/** What a sweeper works with. */
export interface SweeperOptions {
  /** Told that the database could not be asked; it is tried again. Must not throw. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Ends holds on time, in all organizations, though nobody looks. It asks for the next end and is
 * there when it comes. Any number of processes may sweep.
 */
export class FloorSweeper {
  readonly #works: FloorWorks
  readonly #options: SweeperOptions
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined

  constructor(works: FloorWorks, options: SweeperOptions = {}) {
    this.#works = works
    this.#options = options
  }

  /** Begins; once started it stays so. */
  start(): this {
    if (!this.#stop.signal.aborted) this.#loop ??= this.#work()
    return this
  }

  /** Ends after what is being swept; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) await pause(await this.#look(), this.#stop.signal)
  }

  /** Sweeps what is due; how long to pause then. */
  async #look(): Promise<number> {
    try {
      let swept = await this.#works.sweep(sweptMax)
      while (swept.changed === sweptMax && !this.#stop.signal.aborted) {
        swept = await this.#works.sweep(sweptMax)
      }
      // What is due and does not change will not do so by being asked again at once.
      if (swept.due > 0 && swept.changed === 0) return pollMostMs
      const dueMs = await this.#works.nextDueMs() ?? pollMostMs
      return Math.min(pollMostMs, Math.ceil(dueMs) + 1)
    } catch (error) {
      this.#options.onFailure?.(error)
      return pauseMs
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, ms)
    timer.unref()
    signal.addEventListener('abort', end, { once: true })
  })
}
