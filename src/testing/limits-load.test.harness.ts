import { setTimeout as pause } from 'node:timers/promises'
import { type CacheKey, type Coordinator, type LimitRule } from '../coordination/coordination.js'

/** The deadline of a command. */
const commandMs = 250
/** How much later than its deadline a call may end, besides what this process itself was late. */
const graceMs = 250
/** The longest wait of the cache for somebody else's load, and two commands. */
const cacheMs = 1_000 + 2 * commandMs
const lagEveryMs = 10
const limit = 60
const windowMs = 1_000
const rules: readonly LimitRule[] = [
  { name: 'load', resource: 'load', id: 'one', limit, windowSeconds: windowMs / 1_000 },
  { name: 'wide', resource: 'load', id: 'wide', limit: 1_000_000, windowSeconds: 60 },
]

/** A value of the cache and the database behind it, as far as one number is one. */
interface Truth {
  readonly key: CacheKey
  version: number
  /** When the invalidation of each version was over, by version. */
  readonly invalidatedMs: number[]
}

/**
 * A load of every operation of cache and limiter over two coordinators that stand for two
 * processes, which judges every answer. `faults` holds what must never happen.
 */
export class LimitsLoad {
  readonly faults: string[] = []
  readonly counts = new Map<string, number>()
  /** When each unit was admitted. */
  readonly #admittedMs: number[] = []
  readonly #truths: readonly Truth[]
  readonly #here: Coordinator
  readonly #loops: Promise<void>[] = []
  #isStopping = false
  #lagMs = 0

  private constructor(here: Coordinator) {
    this.#here = here
    this.#truths = Array.from({ length: 8 }, (_, id) => (
      { key: { namespace: 'load', resource: 'load', id: `${id}` }, version: 0, invalidatedMs: [0] }
    ))
  }

  static start(here: Coordinator, there: Coordinator): LimitsLoad {
    const load = new LimitsLoad(here)
    const steps = [
      () => load.#consume(here), () => load.#consume(there), () => load.#others(there),
      () => load.#read(here, 0), () => load.#read(there, load.staleMs), () => load.#find(there),
      () => load.#change(),
    ]
    for (const step of steps) load.#loops.push(load.#loop(step))
    load.#loops.push(load.#measureLag())
    return load
  }

  /** How old a value another process may serve: what memory keeps, and what is still owed. */
  staleMs = 1_000

  count(name: string): number {
    return this.counts.get(name) ?? 0
  }

  get lagMs(): number {
    return this.#lagMs
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  /**
   * The most units admitted in any window, and the fewest in any after the first and the time that
   * the first call behind it may take.
   */
  admitted(): { readonly most: number; readonly fewest: number } {
    const lateMs = commandMs + graceMs + this.#lagMs
    const [most, fewest] = [this.#countsIn(windowMs), this.#countsIn(windowMs + lateMs)]
    return { most: Math.max(...most), fewest: fewest.length === 0 ? 0 : Math.min(...fewest) }
  }

  #countsIn(lengthMs: number): number[] {
    const [first = 0] = this.#admittedMs
    const last = this.#admittedMs.at(-1) ?? 0
    const counts: number[] = []
    for (let fromMs = first; fromMs + lengthMs <= last; fromMs += 10) {
      counts.push(this.#admittedMs
        .filter((atMs) => atMs >= fromMs && atMs < fromMs + lengthMs).length)
    }
    return counts
  }

  get limit(): number {
    return limit
  }

  async #loop(step: () => Promise<void>): Promise<void> {
    while (!this.#isStopping) {
      await step()
      await pause(5)
    }
  }

  async #measureLag(): Promise<void> {
    while (!this.#isStopping) {
      const startMs = performance.now()
      await pause(lagEveryMs)
      this.#lagMs = Math.max(this.#lagMs, performance.now() - startMs - lagEveryMs)
    }
  }

  /** Right: never throws, and ends within its deadline. */
  async #timed<R>(name: string, call: () => Promise<R>, deadlineMs = commandMs) {
    const startMs = performance.now()
    try {
      return await call()
    } catch (error) {
      this.#fault(`${name} threw ${error}`)
      return undefined
    } finally {
      this.#tally(name)
      const overMs = performance.now() - startMs - deadlineMs
      if (overMs > graceMs + this.#lagMs) {
        this.#fault(`${name} ended ${Math.round(overMs)} ms after its deadline`)
      }
    }
  }

  async #consume({ limiter }: Coordinator): Promise<void> {
    const decision = await this.#timed('consume', () => limiter.consume(rules))
    if (decision === undefined) return
    this.#tally(decision.degraded ? 'degraded' : 'shared')
    if (decision.allowed) this.#admittedMs.push(performance.now())
    else if (!(decision.retryAfterSeconds > 0)) this.#fault('refused without a time to come back')
  }

  async #others({ limiter }: Coordinator): Promise<void> {
    const own = [{ ...rules[0]!, id: 'others' }]
    await this.#timed('peek', () => limiter.peek(own))
    await this.#timed('refund', () => limiter.refund(own))
    await this.#timed('reset', () => limiter.reset(own))
  }

  /** Right: no value older than the last invalidation that was over `staleMs` ago. */
  async #read({ cache }: Coordinator, staleMs: number): Promise<void> {
    const truth = this.#truths[Math.floor(Math.random() * this.#truths.length)]!
    const startMs = performance.now()
    const version = await this.#timed('getOrLoad', () =>
      cache.getOrLoad(truth.key, () => pause(2).then(() => truth.version)), cacheMs)
    const overdue = truth.invalidatedMs[(version ?? 0) + 1] ?? Infinity
    if (overdue + staleMs + (staleMs > 0 ? this.#lagMs : 0) < startMs) {
      this.#fault(`a value ${Math.round(startMs - overdue)} ms after its invalidation`)
    }
  }

  async #find({ cache }: Coordinator): Promise<void> {
    await this.#timed('find', () => cache.find(this.#truths[0]!.key))
  }

  async #change(): Promise<void> {
    const truth = this.#truths[Math.floor(Math.random() * this.#truths.length)]!
    truth.version += 1
    await this.#timed('invalidate', () => this.#here.cache.invalidate(truth.key), 2 * commandMs)
    truth.invalidatedMs[truth.version] = performance.now()
    await pause(20)
  }

  #tally(name: string): void {
    this.counts.set(name, this.count(name) + 1)
  }

  #fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text)
  }
}
