import { type Signals, type Subscription } from '../coordination/coordination.js'
import { type Position } from './offset.js'
import { nameOf, type StreamKey, type StreamPart } from './reader.js'

/** How often streams are looked at that somebody waits for, in case a signal was lost. */
const lookEveryMs = 1_000

/** Streams of one look at most. */
const lookMax = 1_000

/** Reads of one stream kept for readers at the same place. */
const sharedMax = 64

/** What live readers need of the reader. */
export interface LiveSource {
  readonly signals: Signals
  read(key: StreamKey, from: Position): Promise<StreamPart>
  look(keys: readonly StreamKey[]): Promise<Map<string, string>>
}

/** The topic that says "look" to those who wait for a stream. */
export const topicOf = (key: StreamKey): string => `streams:${nameOf(key)}`

/**
 * Everybody in this process who waits for a stream. A signal tells that there is news; what it is
 * is read from the database, once for all readers at the same place. When signals fail, a look a
 * second finds it out.
 */
export class LiveStreams {
  readonly #source: LiveSource
  readonly #watched = new Map<string, WatchedStream>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(source: LiveSource) {
    this.#source = source
  }

  /** Begins to watch a stream; `leave` ends it. */
  async attach(key: StreamKey): Promise<Attachment> {
    if (this.#isClosed) throw closed()
    const name = nameOf(key)
    const watched = this.#watched.get(name) ?? new WatchedStream(key, this.#source)
    this.#watched.set(name, watched)
    watched.readers += 1
    this.#watch()
    await watched.listen()
    return new Attachment(watched, () => {
      watched.readers -= 1
      if (watched.readers > 0) return
      watched.end()
      if (this.#watched.get(name) === watched) this.#watched.delete(name)
    })
  }

  /** Sends everybody home. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const watched of this.#watched.values()) watched.end()
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => void this.#look(), lookEveryMs)
  }

  /** One statement for all streams that this process waits for. */
  async #look(): Promise<void> {
    const all = [...this.#watched.values()]
    try {
      for (let index = 0; index < all.length; index += lookMax) {
        const some = all.slice(index, index + lookMax)
        const standing = await this.#source.look(some.map(({ key }) => key))
        for (const watched of some) watched.inform(standing.get(nameOf(watched.key)) ?? 'none')
      }
    } catch {
      // The database is away: the next look tells.
    }
    this.#timer = undefined
    if (this.#watched.size > 0 && !this.#isClosed) this.#watch()
  }
}

/** One stream that somebody waits for. */
class WatchedStream {
  readonly key: StreamKey
  readers = 0
  /** Rises with all news; what was read under a number is good until it rises. */
  version = 0
  isEnded = false
  readonly #source: LiveSource
  readonly #waiting = new Set<() => void>()
  readonly #shared = new Map<Position, Promise<StreamPart>>()
  #subscribing: Promise<Subscription | undefined> | undefined
  #standing: string | undefined

  constructor(key: StreamKey, source: LiveSource) {
    this.key = key
    this.#source = source
  }

  /** Signals are hints: without them one finds out by looking. */
  async listen(): Promise<void> {
    this.#subscribing ??= this.#source.signals
      .subscribe(topicOf(this.key), () => this.#news())
      .catch(() => undefined)
    await this.#subscribing
  }

  /** What a look has found. */
  inform(standing: string): void {
    if (standing === this.#standing) return
    this.#standing = standing
    this.#news()
  }

  read(from: Position): Promise<StreamPart> {
    const known = this.#shared.get(from)
    if (known !== undefined) return known
    const reading = this.#source.read(this.key, from)
    if (this.#shared.size >= sharedMax) this.#shared.clear()
    this.#shared.set(from, reading)
    // A failure is told to those who share it, and to nobody after them.
    reading.catch(() => {
      if (this.#shared.get(from) === reading) this.#shared.delete(from)
    })
    return reading
  }

  /** Calls `tell` once, with the next news; returns the way to take it back. */
  onNews(tell: () => void): () => void {
    this.#waiting.add(tell)
    return () => this.#waiting.delete(tell)
  }

  end(): void {
    this.isEnded = true
    this.#news()
    void this.#subscribing?.then((subscription) => subscription?.close())
  }

  #news(): void {
    this.version += 1
    this.#shared.clear()
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const tell of waiting) tell()
  }
}

/** One reader of a watched stream. */
export class Attachment {
  readonly #watched: WatchedStream
  #leave: (() => void) | undefined

  constructor(watched: WatchedStream, leave: () => void) {
    this.#watched = watched
    this.#leave = leave
  }

  /**
   * What is new behind a place: as soon as there is something, or the end is reached, or `signal`
   * is aborted.
   */
  async next(from: Position, signal: AbortSignal): Promise<StreamPart> {
    for (;;) {
      const { version } = this.#watched
      const part = await this.#watched.read(from)
      const isNews = part.chunks.length > 0 || part.closed
      if (isNews || signal.aborted) return part
      if (this.#watched.isEnded) throw closed()
      if (this.#watched.version === version) await this.#news(signal)
    }
  }

  leave(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        takeBack()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const takeBack = this.#watched.onNews(end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

const closed = () => new Error('Holdfast was closed.')
