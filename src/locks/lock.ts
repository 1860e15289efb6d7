import { type Instant } from '../clock.js'
import { type Term } from './leases.js'
import { LockLost } from './errors.js'

/** What proves that one holds a lock. */
export interface LockHold {
  readonly name: string
  readonly owner: string
  /** The fencing token: larger than that of every earlier holder of this name. */
  readonly fence: number
}

/** What a lock asks of its store. */
export interface LockParts {
  readonly name: string
  readonly owner: string
  readonly term: Term
  readonly ttlMs: number
  readonly renewing: boolean
  renew(hold: LockHold, ttlMs: number): Promise<Term | undefined>
  release(hold: LockHold): Promise<boolean>
  /** Whether it is held, without a change. */
  isHeld(hold: LockHold): Promise<boolean>
  /** Calls `check` when it may have been taken away; returns the way back. */
  watched(check: () => void): () => void
}

/** One stops acting on a lease this long before the database ends it: a tenth, at most this. */
const marginMsMax = 1_000

/** Timers hold no longer time than this. */
const timerMsMax = 2 ** 31 - 1

/**
 * A lock that is held. While renewed, it lasts until `release`, or until it is lost. One that is
 * not renewed keeps nothing in the process before somebody asks for its signal: others may have
 * released it.
 */
export class Lock implements LockHold {
  readonly name: string
  readonly owner: string
  readonly fence: number
  readonly #parts: LockParts
  readonly #loss = new AbortController()
  #term: Term
  #ttlMs: number
  #state: 'held' | 'lost' | 'released' = 'held'
  #deadline: NodeJS.Timeout | undefined
  #renewal: NodeJS.Timeout | undefined
  #unwatch: (() => void) | undefined

  constructor(parts: LockParts) {
    this.#parts = parts
    this.name = parts.name
    this.owner = parts.owner
    this.fence = parts.term.fence
    this.#term = parts.term
    this.#ttlMs = parts.ttlMs
    if (parts.renewing) this.#watch()
    if (parts.renewing && parts.term.isProvisional === true) this.check()
  }

  /** When the lease ends unless it is renewed, on the database's clock. */
  get expiresAt(): Instant {
    return this.#term.expiresAt
  }

  /**
   * Aborted, with LockLost, once the lock is lost, or its lease would end within a tenth of its
   * length (at most a second): then stop at once. Not aborted by `release`.
   */
  get signal(): AbortSignal {
    this.#watch()
    // After a pause of the whole process its timers are late; the clock is not.
    if (performance.now() >= this.#deadlineMs) this.#lose('its lease ended')
    return this.#loss.signal
  }

  /**
   * Makes the lease last `ttlSeconds` from now (@default as before). Throws LockLost when it has
   * ended, and InvalidInput.
   */
  async renew(ttlSeconds = this.#ttlMs / 1_000): Promise<void> {
    if (this.#state === 'lost') throw this.#lose('its lease ended, or it was taken away')
    const ttlMs = ttlSeconds * 1_000
    const term = await this.#parts.renew(this, ttlMs)
    if (term === undefined) throw this.#lose('its lease ended, or it was taken away')
    if (this.#state === 'released') return
    this.#term = term
    this.#ttlMs = ttlMs
    this.#arm()
  }

  /** Lets go; the next in the queue has it at once. False, and nothing happens, if it was lost. */
  async release(): Promise<boolean> {
    this.#stop('released')
    return this.#parts.release(this)
  }

  /** Looks whether it is still held; for when that is in doubt. */
  check(): void {
    if (this.#state !== 'held') return
    void (this.#parts.renewing ? this.renew() : this.#look()).catch(() => undefined)
  }

  async #look(): Promise<void> {
    if (!(await this.#parts.isHeld(this))) this.#lose('its lease ended, or it was taken away')
  }

  #watch(): void {
    if (this.#state !== 'held' || this.#unwatch !== undefined) return
    this.#unwatch = this.#parts.watched(() => this.check())
    this.#arm()
  }

  get #deadlineMs(): number {
    return this.#state === 'held'
      ? this.#term.endsMs - Math.min(marginMsMax, this.#ttlMs / 10)
      : Infinity
  }

  #arm(): void {
    if (this.#state !== 'held' || this.#unwatch === undefined) return
    clearTimeout(this.#deadline)
    clearTimeout(this.#renewal)
    const leftMs = Math.min(timerMsMax, Math.max(0, this.#deadlineMs - performance.now()))
    this.#deadline = setTimeout(() => this.#lose('its lease ended'), leftMs).unref()
    if (this.#parts.renewing) this.#renewIn(this.#ttlMs / 3)
  }

  /** A renewal that fails is tried again until the deadline: the database may be back by then. */
  #renewIn(ms: number): void {
    this.#renewal = setTimeout(() => {
      this.renew().catch(() => {
        if (this.#state === 'held') this.#renewIn(Math.max(10, this.#ttlMs / 20))
      })
    }, ms).unref()
  }

  #lose(why: string): Error {
    const error = new LockLost(`The lock ${JSON.stringify(this.name)} is lost: ${why}.`)
    if (this.#state === 'held') {
      this.#stop('lost')
      this.#loss.abort(error)
    }
    return error
  }

  #stop(state: 'lost' | 'released'): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#renewal)
    if (this.#state === 'held') this.#state = state
    this.#unwatch?.()
  }
}
