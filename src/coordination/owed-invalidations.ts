import { CoordinationUnavailable } from './errors.js'
import { type FarCache } from './far-cache.js'

/** How often what is owed is tried again, in milliseconds. */
const retryMs = 500
/** What is owed at most; beyond it the oldest is forgotten and ends with its time to live. */
const owedMax = 10_000
/** What a server that lost its last moments may have undone. */
const recentMs = 10_000
const recentMax = 1_000

/** One removal that is not acknowledged yet. */
interface Debt {
  /** Whether other processes must hear of it afterwards. */
  readonly tell: boolean
}

/**
 * Removals from Redis, each repeated until it is acknowledged, and those of the last seconds once
 * more after a lost connection: the server that answers now may not be the one that acknowledged.
 */
export class OwedInvalidations {
  readonly #far: FarCache
  readonly #tell: (name: string) => Promise<void>
  readonly #owed = new Map<string, Debt>()
  /** When each was acknowledged, oldest first. */
  readonly #recent = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(far: FarCache, tell: (name: string) => Promise<void>) {
    this.#far = far
    this.#tell = tell
  }

  /** Whether Redis may still hold an old value under this name. */
  has(name: string): boolean {
    return this.#owed.has(name)
  }

  /** True when the removal is acknowledged; otherwise it will be, and told then. */
  async pay(name: string): Promise<boolean> {
    const debt = { tell: true }
    this.#owe(name, debt)
    const isPaid = await this.#settle(name, debt)
    if (!isPaid) this.#arm(retryMs)
    return isPaid
  }

  /** Removes again what was removed lately. */
  repeat(): void {
    const sinceMs = performance.now() - recentMs
    for (const [name, atMs] of this.#recent) {
      if (atMs >= sinceMs && !this.#owed.has(name)) this.#owe(name, { tell: false })
    }
    this.#recent.clear()
    if (this.#owed.size > 0) this.#arm(0)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #owe(name: string, debt: Debt): void {
    this.#owed.delete(name)
    this.#owed.set(name, debt)
    if (this.#owed.size > owedMax) this.#owed.delete(this.#owed.keys().next().value!)
  }

  async #settle(name: string, debt: Debt): Promise<boolean> {
    try {
      await this.#far.forget(name)
    } catch (error) {
      if (error instanceof CoordinationUnavailable) return false
      throw error
    }
    // A later invalidation of the same name has its own acknowledgement to wait for.
    if (this.#owed.get(name) === debt) this.#owed.delete(name)
    this.#recent.delete(name)
    this.#recent.set(name, performance.now())
    if (this.#recent.size > recentMax) this.#recent.delete(this.#recent.keys().next().value!)
    return true
  }

  #arm(delayMs: number): void {
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.#retry(), delayMs).unref()
  }

  async #retry(): Promise<void> {
    for (const [name, debt] of [...this.#owed]) {
      if (!(await this.#settle(name, debt))) break
      if (debt.tell) await this.#tell(name)
    }
    this.#timer = undefined
    if (this.#owed.size > 0) this.#arm(retryMs)
  }
}
