import { performance } from 'node:perf_hooks'
import { type LimitDecision, type LimitRule, type RateLimiter } from './coordination.js'
import { decisionOf, type Reading, type Window, windowsOf } from './limit-rules.js'
import { SlidingLog } from './sliding-log.js'

/** How a limiter within one process is set up. */
export interface LocalLimiterOptions {
  /** Microseconds that never go back. @default the process's monotonic clock */
  readonly nowUs?: () => number
  /** Entries kept at most, over all subjects: about 50 bytes each. @default 500000 */
  readonly entriesMax?: number
}

/**
 * Limits within this process. Its memory is bounded: beyond `entriesMax` it forgets what is empty,
 * then the subjects that took nothing for the longest time, which may then take more than their
 * limit.
 */
export class LocalRateLimiter implements RateLimiter {
  /** In order of their last new entry. */
  readonly #logs = new Map<string, SlidingLog>()
  readonly #nowUs: () => number
  readonly #entriesMax: number
  #entries = 0

  constructor(options: LocalLimiterOptions = {}) {
    this.#nowUs = options.nowUs ?? (() => Math.floor(performance.now() * 1_000))
    this.#entriesMax = options.entriesMax ?? 500_000
  }

  async consume(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide(rules, cost, true)
  }

  async peek(rules: readonly LimitRule[], cost = 1): Promise<LimitDecision> {
    return this.#decide(rules, cost, false)
  }

  async refund(rules: readonly LimitRule[], cost = 1): Promise<void> {
    const nowUs = this.#nowUs()
    for (const window of windowsOf(rules, cost)) {
      const log = this.#logs.get(window.key)
      if (log === undefined) continue
      this.#entries -= log.leave(nowUs, window) + log.giveBack(cost, window)
      if (log.length === 0) this.#forget(window.key)
    }
  }

  async reset(rules: readonly LimitRule[]): Promise<void> {
    for (const { key } of windowsOf(rules, 1)) this.#forget(key)
  }

  /** Entries kept at this moment; a subject counts as two more. */
  get entries(): number {
    return this.#entries + 2 * this.#logs.size
  }

  #decide(rules: readonly LimitRule[], cost: number, take: boolean): LimitDecision {
    const windows = windowsOf(rules, cost)
    const nowUs = this.#nowUs()
    const logs: SlidingLog[] = []
    let retryUs = 0
    for (const window of windows) {
      const log = this.#logs.get(window.key) ?? new SlidingLog()
      logs.push(log)
      // A log that is not kept yet has nothing to let go.
      this.#entries -= log.leave(nowUs, window)
      const lacking = log.used + cost - window.limit
      if (lacking > 0) retryUs = Math.max(retryUs, log.freeInUs(lacking, nowUs, window))
    }
    if (take && retryUs === 0) this.#take(windows, logs, { cost, nowUs })
    const readings = logs.map((log): Reading => (
      { used: log.used, resetUs: log.resetInUs(nowUs) }
    ))
    return decisionOf(rules, readings, { retryUs, degraded: false })
  }

  #take(
    windows: readonly Window[],
    logs: readonly SlidingLog[],
    { cost, nowUs }: { readonly cost: number; readonly nowUs: number },
  ): void {
    for (let index = 0; index < windows.length; index += 1) {
      const [window, log] = [windows[index]!, logs[index]!]
      if (log.take(cost, nowUs, window) === 0) continue
      this.#entries += 1
      this.#logs.delete(window.key)
      this.#logs.set(window.key, log)
    }
    if (this.entries > this.#entriesMax) this.#shrink(nowUs)
  }

  /** Down to nine tenths, so that it is not done at each call. */
  #shrink(nowUs: number): void {
    for (const [key, { emptyAtUs }] of this.#logs) if (emptyAtUs <= nowUs) this.#forget(key)
    for (const key of this.#logs.keys()) {
      if (this.entries <= this.#entriesMax * 0.9) return
      this.#forget(key)
    }
  }

  #forget(key: string): void {
    this.#entries -= this.#logs.get(key)?.length ?? 0
    this.#logs.delete(key)
  }
}
