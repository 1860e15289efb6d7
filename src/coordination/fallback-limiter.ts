import { type LimitDecision, type LimitRule, type RateLimiter } from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { type LocalRateLimiter } from './local-limiter.js'
import { type RedisRateLimiter } from './redis-limiter.js'

/** How a limiter decides while the others cannot be asked. */
export interface FallbackOptions {
  /**
   * The part of each limit that this process then admits alone, above 0 to 1. With the whole of it
   * nobody is refused what they may have, and n processes admit up to n times the limit.
   * @default 1
   */
  readonly localShare?: number
}

/**
 * Asks all processes' limiter, and while it cannot be reached this process's own: never without a
 * limit, never locked out. What was taken on one side is not known on the other, so that a window
 * which holds such a change may see both limits.
 */
export class FallbackRateLimiter implements RateLimiter {
  readonly #shared: RedisRateLimiter
  readonly #local: LocalRateLimiter
  readonly #localShare: number

  constructor(shared: RedisRateLimiter, local: LocalRateLimiter, options: FallbackOptions = {}) {
    this.#shared = shared
    this.#local = local
    this.#localShare = options.localShare ?? 1
  }

  consume(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide('consume', rules, cost)
  }

  peek(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide('peek', rules, cost)
  }

  async refund(rules: readonly LimitRule[], cost = 1): Promise<void> {
    const isGiven = await reached(this.#shared.refund(rules, cost))
    if (!isGiven) await this.#local.refund(this.#own(rules, cost), cost)
  }

  async reset(rules: readonly LimitRule[]): Promise<void> {
    await this.#local.reset(rules)
    await reached(this.#shared.reset(rules))
  }

  async #decide(
    verb: 'consume' | 'peek',
    rules: readonly LimitRule[],
    cost: number,
  ): Promise<LimitDecision> {
    try {
      return await this.#shared[verb](rules, cost)
    } catch (error) {
      if (!(error instanceof CoordinationUnavailable)) throw error
      return { ...(await this.#local[verb](this.#own(rules, cost), cost)), degraded: true }
    }
  }

  /** The rules with this process's share, which leaves room for the call itself. */
  #own(rules: readonly LimitRule[], cost: number): readonly LimitRule[] {
    if (this.#localShare === 1) return rules
    return rules.map((rule) => {
      return { ...rule, limit: Math.max(cost, Math.ceil(rule.limit * this.#localShare)) }
    })
  }
}

/** False when nobody could be asked. */
async function reached(call: Promise<void>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (error instanceof CoordinationUnavailable) return false
    throw error
  }
}
