import { millisecondsOf } from '../clock.js'
import { type LockKey, type Place, type Term, type Wish } from './leases.js'

/** Those further back in the queue look after an expired lease so much later each. */
const stepMs = 20
const stepsMax = 10

/** Why a waiter woke: it was told to look, the lease it waits for has ended, or neither. */
export type News = 'told' | 'due' | 'other'

/** One who waits, as its process knows it. */
export class Waiter {
  readonly wish: Wish
  readonly #signal: AbortSignal | undefined
  /** Resolves when it waits no more. */
  readonly ended: Promise<void>
  /** Set once the lock was handed over within this process. */
  term: Term | undefined
  /** Since when it is in the queue; infinite before. */
  joinedMs = Infinity
  #ahead = Infinity
  #aheadMs: number | undefined
  readonly #deadlineMs: number
  #dueMs = Infinity
  #isTold = false
  #dismissal: Error | undefined
  #wake: () => void = () => undefined
  #end: () => void = () => undefined

  constructor(wish: Wish, deadlineMs: number, signal: AbortSignal | undefined) {
    this.wish = wish
    this.#signal = signal
    this.#deadlineMs = deadlineMs
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  get isLate(): boolean {
    return performance.now() >= this.#deadlineMs
  }

  /** Throws why it must not wait any longer, if so. */
  throwIfSentAway(): void {
    if (this.#dismissal !== undefined) throw this.#dismissal
    this.#signal?.throwIfAborted()
  }

  /** It must not wait any longer. */
  dismiss(why: Error): void {
    this.#dismissal = why
    this.#wake()
  }

  waitsFor({ organization_id, name }: LockKey): boolean {
    return this.wish.name === name && this.wish.organization_id === organization_id
  }

  /** The lock is its own. */
  give(term: Term): void {
    this.term = term
    this.#wake()
  }

  /**
   * Another process says that the lock is its own. When that ends is told by the database's clock,
   * as it was read last.
   */
  giveFromAfar({ fence, expiresAt }: Pick<Term, 'fence' | 'expiresAt'>): void {
    const endsMs = (this.#aheadMs ?? -Infinity) + millisecondsOf(expiresAt) - 1
    if (endsMs <= performance.now()) return this.tell()
    this.give({ fence, expiresAt, endsMs, isProvisional: true })
  }

  /** Something happened to its lock. */
  tell(): void {
    this.#isTold = true
    this.#wake()
  }

  /** Its place, and when the present lease ends; true when it moved up since it was told last. */
  expect({ ahead, leaseEndsMs, aheadMs }: Place): boolean {
    this.#aheadMs = aheadMs
    this.joinedMs = Math.min(this.joinedMs, performance.now())
    const dueMs = leaseEndsMs + 1 + Math.min(ahead, stepsMax) * stepMs
    const isSooner = dueMs < this.#dueMs
    const isMoving = ahead < this.#ahead
    this.#dueMs = dueMs
    this.#ahead = ahead
    if (isSooner) this.#wake()
    return isMoving
  }

  end(): void {
    this.#end()
  }

  /** Until it is told something, the lease ends, time runs out or the signal is aborted. */
  async sleep(): Promise<News> {
    while (!this.#isAwake()) {
      const untilMs = Math.min(this.#dueMs, this.#deadlineMs)
      await this.#nap(Math.min(2 ** 31 - 1, Math.ceil(untilMs - performance.now())))
    }
    if (this.#isTold) {
      this.#isTold = false
      return 'told'
    }
    if (performance.now() < this.#dueMs) return 'other'
    this.#dueMs = Infinity
    return 'due'
  }

  #isAwake(): boolean {
    const isSentAway = this.#dismissal !== undefined || this.#signal?.aborted === true
    const isNews = this.term !== undefined || this.#isTold || isSentAway
    return isNews || this.isLate || performance.now() >= this.#dueMs
  }

  #nap(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#signal?.removeEventListener('abort', wake)
        this.#wake = () => undefined
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#signal?.addEventListener('abort', wake, { once: true })
      this.#wake = wake
    })
  }
}
