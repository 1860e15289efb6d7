import { type LimitDecision, type LimitRule } from './coordination.js'
import { decisionOf, type Reading, type Window, windowsOf } from './limit-rules.js'
import { Script, type ScriptRunner } from './script.js'
import { forgetLua, giveBackLua, serverTime, takeLua } from './scripts/limiter.js'

const forget = new Script(forgetLua)

/** Calls of one script at most: while it runs, the server does nothing else. */
const callsMax = 16

/** How a limiter asks. */
export interface RedisLimiterOptions {
  /** Whether only calls whose first rule has the same subject may share a script. @default false */
  readonly isCluster?: boolean
  /** The Lua text that finds out the time; only tests hand in another. */
  readonly time?: string
  /** Called with what sends the calls that are waiting. @default setImmediate */
  readonly gather?: (send: () => void) => void
}

/** A call that waits to be sent with others. */
interface Asked {
  readonly windows: readonly Window[]
  readonly cost: number
  readonly take: 0 | 1
  resolve(answer: Answer): void
  reject(error: unknown): void
}

interface Answer {
  readonly retryUs: number
  readonly readings: readonly Reading[]
}

/**
 * Limits that all processes share, decided by scripts on the server's clock. Calls of one turn of
 * the event loop share a script, which decides them one after another, as they were made. Unlike
 * the limiter it serves, it throws CoordinationUnavailable; what it was asked to take may have been
 * taken then.
 */
export class RedisRateLimiter {
  readonly #runner: ScriptRunner
  readonly #take: Script
  readonly #giveBack: Script
  readonly #isCluster: boolean
  readonly #gather: (send: () => void) => void
  #waiting: Asked[] = []

  constructor(runner: ScriptRunner, options: RedisLimiterOptions = {}) {
    const { isCluster = false, time = serverTime, gather = setImmediate } = options
    this.#runner = runner
    this.#take = new Script(takeLua(time))
    this.#giveBack = new Script(giveBackLua(time))
    this.#isCluster = isCluster
    this.#gather = gather
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
    this.#sendAll()
    await this.#runner.run(this.#giveBack, keys, [cost, ...windows.map((each) => each.lengthUs)])
  }

  async reset(rules: readonly LimitRule[]): Promise<void> {
    const keys = windowsOf(rules, 1).map(({ key }) => key)
    this.#sendAll()
    await this.#runner.run(forget, keys)
  }

  async #decide(rules: readonly LimitRule[], cost: number, take: 0 | 1): Promise<LimitDecision> {
    const windows = windowsOf(rules, cost)
    const { retryUs, readings } = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ windows, cost, take, resolve, reject })
      if (this.#waiting.length === 1) this.#gather(() => this.#sendSome())
    })
    return decisionOf(rules, readings, { retryUs, degraded: false })
  }

  /**
   * Sends what was asked for first, and the rest a turn later: the server decides the one part
   * while this process reads the answers to the other.
   */
  #sendSome(): void {
    const some = this.#waiting.slice(0, callsMax)
    this.#waiting = this.#waiting.slice(callsMax)
    if (this.#waiting.length > 0) this.#gather(() => this.#sendSome())
    this.#sendNow(some)
  }

  /** Sends what is waiting, before what is asked for now. */
  #sendAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let start = 0; start < waiting.length; start += callsMax) {
      this.#sendNow(waiting.slice(start, start + callsMax))
    }
  }

  #sendNow(calls: readonly Asked[]): void {
    const groups = new Map<string, Asked[]>()
    for (const call of calls) {
      const group = this.#isCluster ? call.windows[0]!.tag : ''
      const others = groups.get(group)
      if (others === undefined) groups.set(group, [call])
      else others.push(call)
    }
    for (const group of groups.values()) void this.#ask(group)
  }

  /** Resolves when each of the calls has its answer, or the same error. */
  async #ask(calls: readonly Asked[]): Promise<void> {
    const keys: string[] = []
    const numbers: number[] = [calls.length]
    for (const { windows, cost, take } of calls) {
      numbers.push(take, cost, windows.length)
      for (const { key, limit, lengthUs, partUs } of windows) {
        keys.push(key)
        numbers.push(limit, lengthUs, partUs, Math.ceil(lengthUs / 1_000) + 1)
      }
    }
    try {
      const answer = await this.#runner.run<number[]>(this.#take, keys, numbers)
      let place = 0
      for (const { windows, resolve } of calls) {
        const retryUs = answer[place]!
        const readings = windows.map((_, index): Reading => (
          { used: answer[place + 2 * index + 1]!, resetUs: answer[place + 2 * index + 2]! }
        ))
        place += 1 + 2 * windows.length
        resolve({ retryUs, readings })
      }
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }
}
