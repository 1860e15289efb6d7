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
  readonly weight: number
  readonly sinceMs: number
  resolve(value: Output): void
  reject(error: unknown): void
}

interface Lane<Input, Output> {
  waiting: Call<Input, Output>[]
  busy: boolean
  /** Resolves when the lane is empty. */
  drained?: Promise<void>
  /** Fires when the call that waits longest has waited too long. */
  timer?: NodeJS.Timeout
}

/**
 * Joins calls that arrive while a statement is in flight into the next statement. A lone caller
 * waits for nobody. A batch that surely was rolled back is repeated call by call, so that one bad
 * call fails alone; any other failure is everybody's, since the batch may have been committed. So
 * is a database that was busy for too long: each call would only wait as long again.
 */
export class CoalescingWriter<Input, Output> {
  readonly #options: Required<CoalescingWriterOptions<Input, Output>>
  readonly #lanes: Lane<Input, Output>[]
  #waitingCount = 0

  constructor(options: CoalescingWriterOptions<Input, Output>) {
    this.#options = {
      lanes: 2, batchMax: 128, batchWeightMax: 4 * 1024 * 1024, waitingMax: 10_000,
      waitingTimeoutMs: 5_000, ...options,
    }
    this.#lanes = Array.from({ length: this.#options.lanes }, () => ({ waiting: [], busy: false }))
  }

  /** Resolves when the call is durable. */
  append(input: Input): Promise<Output> {
    if (this.#waitingCount >= this.#options.waitingMax) {
      const message = `More than ${this.#options.waitingMax} writes are waiting; repeat the call.`
      return Promise.reject(new Busy(message, { retryAfterSeconds: 1 }))
    }
    return new Promise((resolve, reject) => {
      const lane = this.#laneOf(input)
      const weight = this.#options.weigh(input)
      lane.waiting.push({ input, weight, sinceMs: performance.now(), resolve, reject })
      this.#waitingCount += 1
      if (lane.busy) {
        this.#watch(lane)
      } else {
        lane.busy = true
        lane.drained = new Promise((done) => {
          setImmediate(() => void this.#drain(lane).finally(done))
        })
      }
    })
  }

  /** Resolves when no call waits and none is in flight. */
  async idle(): Promise<void> {
    while (this.#lanes.some(({ busy }) => busy)) {
      await Promise.all(this.#lanes.map(({ drained }) => drained))
    }
  }

  #laneOf(input: Input): Lane<Input, Output> {
    const key = this.#options.orderKey(input)
    let hash = 0
    for (let index = 0; index < key.length; index++) {
      hash = (Math.imul(hash, 31) + key.charCodeAt(index)) >>> 0
    }
    return this.#lanes[hash % this.#lanes.length]!
  }

  async #drain(lane: Lane<Input, Output>): Promise<void> {
    while (lane.waiting.length > 0) {
      await this.#send(this.#take(lane))
      // Callers answered just now may have more to write: let them join the next batch.
      await new Promise((next) => setImmediate(next))
    }
    lane.busy = false
  }

  #take(lane: Lane<Input, Output>): Call<Input, Output>[] {
    let count = 0
    let weight = 0
    while (count < lane.waiting.length && count < this.#options.batchMax) {
      weight += lane.waiting[count]!.weight
      if (count > 0 && weight > this.#options.batchWeightMax) break
      count += 1
    }
    this.#waitingCount -= count
    return lane.waiting.splice(0, count)
  }

  #watch(lane: Lane<Input, Output>): void {
    const [oldest] = lane.waiting
    if (lane.timer !== undefined || oldest === undefined) return
    const dueMs = oldest.sinceMs + this.#options.waitingTimeoutMs - performance.now()
    lane.timer = setTimeout(() => {
      lane.timer = undefined
      this.#refuseLate(lane)
      this.#watch(lane)
    }, Math.max(1, dueMs)).unref()
  }

  #refuseLate(lane: Lane<Input, Output>): void {
    const { waitingTimeoutMs } = this.#options
    const latestMs = performance.now() - waitingTimeoutMs
    const inTime = lane.waiting.findIndex(({ sinceMs }) => sinceMs > latestMs)
    const late = lane.waiting.splice(0, inTime === -1 ? lane.waiting.length : inTime)
    this.#waitingCount -= late.length
    const message = `The writes before this one took ${waitingTimeoutMs} ms; repeat the call.`
    for (const call of late) call.reject(new Busy(message, { retryAfterSeconds: 1 }))
  }

  async #send(batch: readonly Call<Input, Output>[]): Promise<void> {
    let outcomes: readonly Outcome<Output>[]
    try {
      outcomes = await this.#options.write(batch.map((call) => call.input))
      assert(outcomes.length === batch.length, 'a batch must answer every call')
    } catch (error) {
      if (batch.length > 1 && isSurelyUndone(error) && !(error instanceof Busy)) {
        for (const call of batch) await this.#send([call])
      } else {
        for (const call of batch) call.reject(error)
      }
      return
    }
    batch.forEach((call, index) => settle(call, outcomes[index]!))
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
