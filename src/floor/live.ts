import { type Signal, type Signals, type Subscription } from '../coordination/coordination.js'
import { Busy } from '../database/failures.js'

/** One for all floors. */
const topic = 'floors'

/** Floors named in one signal; of more it is only said that they are many. */
const namesMax = 500

/** How often floors are looked at that somebody listens to, in case a signal was lost. */
const lookEveryMs = 1_000

/** Readers of one process at most. */
const readersMax = 10_000

/** A place in the events of a floor, for readers who stand at the same. */
type Readings<Batch> = Map<number, Promise<Batch>>

/** Says in all processes which floors changed, and wakes who listens. What changed is read. */
export class LiveFloors<Batch> {
  readonly #signals: Signals
  readonly #owed = new Set<string>()
  readonly #watched = new Map<string, WatchedFloor<Batch>>()
  #readers = 0
  #subscribing: Promise<Subscription | undefined> | undefined
  #looking: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(signals: Signals) {
    this.#signals = signals
  }

  /** Tells of a change, with others of this turn. */
  tell(name: string): void {
    this.#owed.add(name)
    if (this.#owed.size === 1) setImmediate(() => this.#flush())
  }

  /** Begins to listen to a floor; call `leave` in the end. Throws Busy. */
  async join(name: string): Promise<WatchedFloor<Batch>> {
    if (this.#isClosed) throw new Error('Holdfast was closed.')
    if (this.#readers >= readersMax) {
      const message = `More than ${readersMax} readers listen here; connect again later.`
      throw new Busy(message, { retryAfterSeconds: 5 })
    }
    this.#readers += 1
    const watched = this.#watched.get(name) ?? new WatchedFloor<Batch>(name)
    this.#watched.set(name, watched)
    watched.readers += 1
    this.#looking ??= setInterval(() => this.#wakeAll(), lookEveryMs).unref()
    // Signals are hints: without them one finds out by looking.
    this.#subscribing ??= this.#signals
      .subscribe(topic, (signal) => this.#hear(signal))
      .catch(() => undefined)
    await this.#subscribing
    return watched
  }

  /** Ends what `join` began. */
  leave(watched: WatchedFloor<Batch>): void {
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
    const names = this.#owed.size > namesMax ? undefined : [...this.#owed]
    this.#owed.clear()
    void this.#signals.publish(topic, JSON.stringify({ names })).catch(() => undefined)
  }

  #hear({ payload, missed }: Signal): void {
    const { names } = missed || payload === undefined
      ? { names: undefined }
      : JSON.parse(payload) as { names?: readonly string[] }
    if (names === undefined) this.#wakeAll()
    else for (const name of names) this.#watched.get(name)?.news()
  }

  #wakeAll(): void {
    for (const watched of this.#watched.values()) watched.news()
  }
}

/** One floor that somebody in this process listens to. */
export class WatchedFloor<Batch> {
  readonly name: string
  readers = 0
  /** Rises with all news; what was read under a number is good until it rises. */
  version = 0
  isEnded = false
  readonly #waiting = new Set<() => void>()
  readonly #readings: Readings<Batch> = new Map()

  constructor(name: string) {
    this.name = name
  }

  /** What `read` brings, once for all readers at the same place. */
  read(from: number, read: () => Promise<Batch>): Promise<Batch> {
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

  /** Wakes everybody. */
  news(): void {
    this.version += 1
    this.#readings.clear()
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
