import { type Signal, type Signals, type Subscription } from '../coordination/coordination.js'
import { Busy } from '../database/failures.js'
import { type EventBatch } from './events.js'
import { type FloorEvent } from './tables.js'

/** One for all floors. */
const topic = 'floors'

/** Floors named in one signal; of more it is only said that they are many. */
const namesMax = 500

/** Characters of a signal at most; events that make it longer are left out, and read. */
const signalMax = 32_768

/** How often floors are looked at that somebody listens to, in case a signal was lost. */
const lookEveryMs = 1_000

/** Readers of one process at most. */
const readersMax = 10_000

/** By places in the events of a floor, for readers who stand at the same. */
type Readings = Map<number, Promise<EventBatch>>

/** What a signal says: which floors changed, and their new events where these are few. */
interface Told {
  /** Undefined when they are many. */
  readonly names?: readonly string[] | undefined
  readonly events?: Readonly<Record<string, readonly FloorEvent[]>>
}

/**
 * Says in all processes which floors changed, with the events that are committed, and wakes who
 * listens. Whoever stands right before these events needs no look at the table.
 */
export class LiveFloors {
  readonly #signals: Signals
  readonly #owed = new Map<string, FloorEvent[]>()
  readonly #watched = new Map<string, WatchedFloor>()
  #readers = 0
  #subscribing: Promise<Subscription | undefined> | undefined
  #looking: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(signals: Signals) {
    this.#signals = signals
  }

  /** Tells of a change, with others of its batch; of committed events, in order. */
  tell(name: string, events: readonly FloorEvent[] = []): void {
    const owed = this.#owed.get(name)
    if (owed === undefined) this.#owed.set(name, [...events])
    else owed.push(...events)
    // Before those whose call it was go on: others are told first.
    if (this.#owed.size === 1 && owed === undefined) queueMicrotask(() => this.#flush())
  }

  /** Begins to listen to a floor; call `leave` in the end. Throws Busy. */
  async join(name: string): Promise<WatchedFloor> {
    if (this.#isClosed) throw new Error('Holdfast was closed.')
    if (this.#readers >= readersMax) {
      const message = `More than ${readersMax} readers listen here; connect again later.`
      throw new Busy(message, { retryAfterSeconds: 5 })
    }
    this.#readers += 1
    const watched = this.#watched.get(name) ?? new WatchedFloor(name)
    this.#watched.set(name, watched)
    watched.readers += 1
    this.#looking ??= setInterval(() => this.#wakeAll(), lookEveryMs)
    // Signals are hints: without them one finds out by looking.
    this.#subscribing ??= this.#signals
      .subscribe(topic, (signal) => this.#hear(signal))
      .catch(() => undefined)
    await this.#subscribing
    return watched
  }

  /** Ends what `join` began. */
  leave(watched: WatchedFloor): void {
    this.#readers -= 1
    watched.readers -= 1
    if (watched.readers === 0 && this.#watched.get(watched.name) === watched) {
      this.#watched.delete(watched.name)
    }
    if (this.#readers === 0) this.#rest()
  }

  /** Tells what is owed, and sends everybody home. */
  close(): void {
    this.#isClosed = true
    if (this.#owed.size > 0) this.#flush()
    for (const watched of this.#watched.values()) watched.end()
    this.#rest()
  }

  #rest(): void {
    clearInterval(this.#looking)
    this.#looking = undefined
    void this.#subscribing?.then((subscription) => subscription?.close())
    this.#subscribing = undefined
  }

  #flush(): void {
    if (this.#owed.size === 0) return
    const names = this.#owed.size > namesMax ? undefined : [...this.#owed.keys()]
    const whole = JSON.stringify({ names, events: Object.fromEntries(this.#owed) })
    this.#owed.clear()
    const isShort = names !== undefined && whole.length <= signalMax
    const payload = isShort ? whole : JSON.stringify({ names })
    void this.#signals.publish(topic, payload).catch(() => undefined)
  }

  #hear({ payload, missed }: Signal): void {
    // Not parsed in vain by a process in which nobody listens.
    if (this.#watched.size === 0) return
    const { names, events = {} }: Told = missed || payload === undefined
      ? {} : JSON.parse(payload) as Told
    if (names === undefined) this.#wakeAll()
    else for (const name of names) this.#watched.get(name)?.news(events[name])
  }

  #wakeAll(): void {
    for (const watched of this.#watched.values()) watched.news()
  }
}

/** One floor that somebody in this process listens to. */
export class WatchedFloor {
  readonly name: string
  readers = 0
  /** Rises with all news; what was read under a number is good until it rises. */
  version = 0
  isEnded = false
  readonly #waiting = new Set<() => void>()
  readonly #readings: Readings = new Map()

  constructor(name: string) {
    this.name = name
  }

  /** What `read` brings, once for all readers at the same place. */
  read(from: number, read: () => Promise<EventBatch>): Promise<EventBatch> {
    const known = this.#readings.get(from)
    if (known !== undefined) return known
    const reading = read()
    this.#readings.set(from, reading)
    // A failure is told to those who share it, and to nobody after them.
    reading.catch(() => {
      if (this.#readings.get(from) === reading) this.#readings.delete(from)
    })
    return reading
  }

  /** Wakes everybody; who stands before one of the events has it at once. */
  news(events: readonly FloorEvent[] = []): void {
    this.version += 1
    this.#readings.clear()
    const last = events.at(-1)?.number ?? 0
    const areGapless = events.every(({ number }, index) => number === events[0]!.number + index)
    if (areGapless) {
      events.forEach(({ number }, index) => this.#readings.set(
        number - 1, Promise.resolve({ events: events.slice(index), last })))
    }
    for (const wake of [...this.#waiting]) wake()
  }

  /** Sends everybody home. */
  end(): void {
    this.isEnded = true
    this.news()
  }

  /** Resolves with news after a version, or once `signal` is aborted. */
  next(version: number, signal: AbortSignal): Promise<void> {
    if (this.version !== version || this.isEnded) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
      if (signal.aborted) wake()
    })
  }
}
