import { type LimitDecision, type LimitRule } from './coordination.js'
import { decisionOf, type Reading, windowsOf } from './limit-rules.js'
import { Script, type ScriptRunner } from './script.js'
import { forgetLua, giveBackLua, serverTime, takeLua } from './scripts/limiter.js'

const forget = new Script(forgetLua)

/**
 * Limits that all processes share: one script a call, on the server's clock. Unlike the limiter it
 * serves, it throws CoordinationUnavailable; what it was asked to take may have been taken then.
 */
export class RedisRateLimiter {
  readonly #runner: ScriptRunner
  readonly #take: Script
  readonly #giveBack: Script

  /** `time` is the Lua text that finds out the time; only tests hand in another. */
  constructor(runner: ScriptRunner, time = serverTime) {
    this.#runner = runner
    this.#take = new Script(takeLua(time))
    this.#giveBack = new Script(giveBackLua(time))
  }

  async consume(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide(rules, cost, 1)
  }

  async peek(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide(rules, cost, 0)
  }

  async refund(rules: readonly LimitRule[], cost = 1): Promise<void> {
    const windows = windowsOf(rules, cost)
    const keys = windows.map(({ key }) => key)
    await this.#runner.run(this.#giveBack, keys, [cost, ...windows.map((each) => each.lengthUs)])
  }

  async reset(rules: readonly LimitRule[]): Promise<void> {
    await this.#runner.run(forget, windowsOf(rules, 1).map(({ key }) => key))
  }

  async #decide(rules: readonly LimitRule[], cost: number, take: 0 | 1): Promise<LimitDecision> {
    const keys: string[] = []
    const numbers: number[] = [take, cost]
    for (const { key, limit, lengthUs, partUs } of windowsOf(rules, cost)) {
      keys.push(key)
      numbers.push(limit, lengthUs, partUs)
    }
    const [retryUs = 0, ...answer] = await this.#runner.run<number[]>(this.#take, keys, numbers)
    const readings = rules.map((_, index): Reading => (
      { used: answer[2 * index]!, resetUs: answer[2 * index + 1]! }
    ))
    return decisionOf(rules, readings, { retryUs, degraded: false })
  }
}
