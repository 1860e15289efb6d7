import { assert } from '../assert.js'
import { HoldfastError } from '../errors.js'
import { Busy, DatabaseFailure, StatementTimeout, Unavailable } from './failures.js'

/** What one call of a batch became: its value, or the error that is its alone. */
export type Outcome<Output> = { readonly value: Output } | { readonly error: unknown }

export interface CoalescingWriterOptions<Input, Output> {
  /** Writes all calls of a batch in one transaction; one outcome a call, in order. */
  readonly write: (inputs: readonly Input[]) => Promise<readonly Outcome<Output>[]>
  /** Calls with the same key keep their order and never meet in two batches at once. */
  readonly orderKey: (input: Input) => string
  /** Weight of a call, in bytes or thereabouts. */
  readonly weigh: (input: Input) => number
  /** Batches in flight at most. @default 2 */
  readonly lanes?: number
  /** Calls that are worth a batch beside one in flight; fewer wait for it. @default 16 */
  readonly laneMin?: number
  /** Fewer go beside a batch in flight, too, once one of them waited this long. @default 10 */
  readonly patienceMs?: number
  /**
   * Whether another call is likely to follow one in the turn it comes in: then it waits for the
   * turn's end, however alone calls came before. @default never
   */
  readonly hasCompany?: (input: Input) => boolean
  /** Calls in one batch at most. @default 128 */
  readonly batchMax?: number
  /** Weight of one batch at most (a single heavier call goes alone). @default 4 MiB */
  readonly batchWeightMax?: number
  /** Calls waiting at most; beyond it a call is refused as Busy. @default 10000 */
  readonly waitingMax?: number
  /** A call that waits this long for the batches before it is refused as Busy. @default 5000 */
  readonly waitingTimeoutMs?: number
}

interface Call<Input, Output> {
  readonly input: Input
  readonly key: string
  readonly weight: number
  readonly sinceMs: number
  resolve(value: Output): void
  reject(error: unknown): void
}

type Batch<Input, Output> = readonly Call<Input, Output>[]

/**
 * Joins calls that arrive while a statement is in flight into the next statement. A lone caller
 * waits for nobody; few callers share one batch at a time, many are split over the lanes. A batch
 * that surely was rolled back is repeated call by call, so that one bad call fails alone; any other
 * failure is everybody's, since the batch may have been committed. So is a database that was busy
 * for too long: each call would only wait as long again.
 */
export class CoalescingWriter<Input, Output> {
  readonly #options: Required<CoalescingWriterOptions<Input, Output>>
  readonly #keysInFlight = new Set<string>()
  #waiting: Call<Input, Output>[] = []
  #inFlight = 0
  /** Calls of the batch that went last; more than one means that company is likely. */
  #lastSize = 0
  /** Set while the turn's calls are gathered. */
  #gathering = false
  #timer: NodeJS.Timeout | undefined
  #whenIdle: (() => void)[] = []

  constructor(options: CoalescingWriterOptions<Input, Output>) {
    this.#options = {
      lanes: 2, laneMin: 16, patienceMs: 10, hasCompany: () => false, batchMax: 128,
      batchWeightMax: 4 * 1024 * 1024, waitingMax: 10_000, waitingTimeoutMs: 5_000, ...options,
    }
  }

  /** Resolves when the call is durable. */
  append(input: Input): Promise<Output> {
    if (this.#waiting.length >= this.#options.waitingMax) {
      const message = `More than ${this.#options.waitingMax} writes are waiting; repeat the call.`
      return Promise.reject(new Busy(message, { retryAfterSeconds: 1 }))
    }
    return new Promise((resolve, reject) => {
      const key = this.#options.orderKey(input)
      const weight = this.#options.weigh(input)
      this.#waiting.push({ input, key, weight, sinceMs: performance.now(), resolve, reject })
      if (this.#isAlone(input)) this.#start()
      else this.#gather()
    })
  }

  /** Resolves when no call waits and none is in flight. */
  async idle(): Promise<void> {
    if (this.#inFlight === 0 && this.#waiting.length === 0) return
    await new Promise<void>((done) => this.#whenIdle.push(done))
  }

  /** Callers of this turn, and those answered just now, may have more to write: they join. */
  #gather(): void {
    if (this.#gathering) return
    if (!this.#isWorthALane()) return this.#watch()
    this.#gathering = true
    setImmediate(() => {
      this.#gathering = false
      while (this.#isWorthALane() && this.#start());
      this.#watch()
    })
  }

  /** Whether a call that came is likely to be the only one of its turn. */
  #isAlone(input: Input): boolean {
    if (this.#inFlight > 0 || this.#gathering) return false
    return this.#lastSize === 1 && !this.#options.hasCompany(input)
  }

  #isWorthALane(): boolean {
    const { lanes, laneMin, patienceMs } = this.#options
    const [oldest] = this.#waiting
    if (oldest === undefined || this.#inFlight >= lanes) return false
    if (this.#inFlight === 0 || this.#waiting.length >= laneMin) return true
    return performance.now() - oldest.sinceMs >= patienceMs
  }

  /** Sends the next batch; false when every key that waits is in flight. */
  #start(): boolean {
    const batch = this.#take()
    if (batch.length === 0) return false
    this.#inFlight += 1
    this.#lastSize = batch.length
    for (const { key } of batch) this.#keysInFlight.add(key)
    void this.#outcomesOf(batch).then((outcomes) => {
      this.#inFlight -= 1
      for (const { key } of batch) this.#keysInFlight.delete(key)
      batch.forEach((call, index) => settle(call, outcomes[index]!))
      if (this.#waiting.length > 0) this.#gather()
      else if (this.#inFlight === 0) for (const done of this.#whenIdle.splice(0)) done()
    })
    return true
  }

  /** From the front, but nothing of a key that is in flight; an even share when lanes are free. */
  #take(): Batch<Input, Output> {
    const { laneMin, lanes, batchMax, batchWeightMax } = this.#options
    const share = Math.ceil(this.#waiting.length / (lanes - this.#inFlight))
    const countMax = share < laneMin ? batchMax : Math.min(batchMax, share)
    const taken: Call<Input, Output>[] = []
    const left: Call<Input, Output>[] = []
    let weight = 0
    let full = false
    for (const call of this.#waiting) {
      const isHeavy = taken.length > 0 && weight + call.weight > batchWeightMax
      full ||= isHeavy || taken.length === countMax
      if (full || this.#keysInFlight.has(call.key)) {
        left.push(call)
      } else {
        weight += call.weight
        taken.push(call)
      }
    }
    this.#waiting = left
    return taken
  }

  /** Looks after the calls that wait, as long as there are any. */
  #watch(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return
    const { patienceMs, waitingTimeoutMs } = this.#options
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#refuseLate()
      this.#gather()
    }, Math.min(patienceMs, waitingTimeoutMs)).unref()
  }

  #refuseLate(): void {
    const { waitingTimeoutMs } = this.#options
    const latestMs = performance.now() - waitingTimeoutMs
    const inTime = this.#waiting.findIndex(({ sinceMs }) => sinceMs > latestMs)
    const late = this.#waiting.splice(0, inTime === -1 ? this.#waiting.length : inTime)
    const message = `The writes before this one took ${waitingTimeoutMs} ms; repeat the call.`
    for (const call of late) call.reject(new Busy(message, { retryAfterSeconds: 1 }))
  }

  async #outcomesOf(batch: Batch<Input, Output>): Promise<readonly Outcome<Output>[]> {
    try {
      const outcomes = await this.#options.write(batch.map((call) => call.input))
      assert(outcomes.length === batch.length, 'a batch must answer every call')
      return outcomes
    } catch (error) {
      const isWorthRepeating = isSurelyUndone(error) && !(error instanceof Busy)
      if (batch.length === 1 || !isWorthRepeating) return batch.map(() => ({ error }))
      const outcomes: Outcome<Output>[] = []
      for (const call of batch) outcomes.push(...await this.#outcomesOf([call]))
      return outcomes
    }
  }
}

function settle<Output>(call: Call<unknown, Output>, outcome: Outcome<Output>): void {
  if ('error' in outcome) call.reject(outcome.error)
  else call.resolve(outcome.value)
}

/** False when the batch may have been committed although no answer came. */
function isSurelyUndone(error: unknown): boolean {
  const maybeDone = [Unavailable, StatementTimeout, DatabaseFailure]
  return HoldfastError.isInstance(error) && !maybeDone.some((kind) => error instanceof kind)
}
