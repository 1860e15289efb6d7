import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentWorks } from './works.js'

/** How often to look at least: no agent that registers meanwhile is stale before. */
const pollMostMs = 1_000

/** Pauses while the database cannot be reached. */
const pauseMs = 2_000

/** Agents of one look at most. */
const sweptMax = 32

/** What a sweeper works with. */
export interface AgentSweeperOptions {
  /** Told that the database could not be asked; it is tried again. Must not throw. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Tells on time of agents that are stale, in all organizations, though nobody looks. It asks for
 * the next end and is there when it comes. Any number of processes may sweep.
 */
export class AgentSweeper {
  readonly #works: AgentWorks
  readonly #options: AgentSweeperOptions
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined

  constructor(works: AgentWorks, options: AgentSweeperOptions = {}) {
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
    const { signal } = this.#stop
    while (!signal.aborted) {
      const ms = await this.#look()
      await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Sweeps what is due; how long to pause then. */
  async #look(): Promise<number> {
    try {
      while (await this.#works.sweep(sweptMax) === sweptMax && !this.#stop.signal.aborted);
      const dueMs = await this.#works.nextDueMs()
      return Math.min(pollMostMs, dueMs === undefined ? pollMostMs : Math.ceil(dueMs) + 1)
    } catch (error) {
      this.#options.onFailure?.(error)
      return pauseMs
    }
  }
}
