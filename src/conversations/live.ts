import { setMaxListeners } from 'node:events'
import { type Signals, type Subscription } from '../coordination/coordination.js'
import { Busy } from '../database/failures.js'
import { InvalidInput } from '../errors.js'
import { ConversationNotFound } from './errors.js'
import { cursorOfId, type EventCursor, idOfCursor } from './event-cursor.js'
import { type EventBatch, type EventReader } from './event-reader.js'
import { type EventSignals, nameOf, type Typing } from './event-signals.js'
import { type ConversationEvent, type ConversationStates } from './events.js'
import { type ConversationKey } from './transfer-format.js'

/** How often conversations are looked at that somebody listens to, in case a signal was lost. */
const lookEveryMs = 1_000

/** Conversations of one look at most. */
const lookMax = 1_000

/** Batches of one conversation kept for readers at the same place. */
const sharedMax = 64

/** Hints of typing that wait for a slow reader; older ones go. */
const typingMax = 16

/** Readers of one process at most. */
const readersMaxDefault = 10_000

/** Where a reader begins, and who sends it home. */
export interface EventReading {
  /** The id of the last event seen. @default now */
  readonly after?: string | undefined
  /** False ends the events once all that was missed is told. @default true */
  readonly live?: boolean | undefined
  /** Ends the events. */
  readonly signal?: AbortSignal | undefined
}

/** What live readers need. */
export interface LiveParts {
  readonly reader: EventReader
  readonly events: EventSignals
  readonly signals: Signals
  readonly states?: ConversationStates | undefined
  /** @default 10000 */
  readonly readersMax?: number
}

const never = new AbortController().signal
// Any number of readers that nobody sends home listen to it.
setMaxListeners(0, never)

/**
 * Everybody in this process who listens to a conversation. A signal tells that there is news; what
 * it is is read from the database, once for all readers at the same place. When signals fail, a
 * look a second finds it out.
 */
export class LiveConversations {
  readonly #parts: LiveParts
  readonly #watched = new Map<string, WatchedConversation>()
  #readers = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(parts: LiveParts) {
    this.#parts = parts
  }

  /**
   * What happens behind a place, as it happens, until the conversation is deleted or `signal` is
   * aborted. Throws ConversationNotFound, InvalidInput for an id of elsewhere, Busy.
   */
  async *follow(
    key: ConversationKey,
    { after, live = true, signal = never }: EventReading = {},
  ): AsyncGenerator<ConversationEvent, void, void> {
    const from = after === undefined ? undefined : cursorOfId(after)
    const watched = this.#attach(key)
    const inbox = new Inbox()
    watched.inboxes.add(inbox)
    try {
      await watched.listen()
      const start = await this.#start(key, from)
      yield { id: idOfCursor(start), type: 'ready' }
      yield* this.#told(watched, { inbox, signal, start, live })
    } finally {
      watched.inboxes.delete(inbox)
      this.#leave(watched)
    }
  }

  /** Sends everybody home. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const watched of this.#watched.values()) watched.end()
  }

  async *#told(
    watched: WatchedConversation,
    { inbox, signal, start, live }: {
      readonly inbox: Inbox
      readonly signal: AbortSignal
      readonly start: EventCursor
      readonly live: boolean
    },
  ): AsyncGenerator<ConversationEvent, void, void> {
    let cursor = start
    let states = -1
    for (let version = -1; !signal.aborted && !watched.isEnded;) {
      if (watched.version !== version) {
        const seen = watched.version
        const seenStates = watched.stateVersion
        const batch = await watched.read(cursor, states !== seenStates)
        yield* batch.events
        if (batch.ended) return
        cursor = batch.next
        if (batch.more) continue
        version = seen
        states = seenStates
      }
      if (!live) return
      for (const typing of inbox.take()) yield { id: null, type: 'typing', typing }
      if (watched.version === version && inbox.isEmpty) await watched.news(signal)
    }
  }

  #attach(key: ConversationKey): WatchedConversation {
    if (this.#isClosed) throw new Error('Holdfast was closed.')
    const { readersMax = readersMaxDefault } = this.#parts
    if (this.#readers >= readersMax) {
      const message = `More than ${readersMax} readers listen here; connect again later.`
      throw new Busy(message, { retryAfterSeconds: 5 })
    }
    const name = nameOf(key)
    const watched = this.#watched.get(name) ?? new WatchedConversation(key, this.#parts)
    this.#watched.set(name, watched)
    this.#readers += 1
    watched.readers += 1
    this.#watch()
    return watched
  }

  #leave(watched: WatchedConversation): void {
    this.#readers -= 1
    watched.readers -= 1
    if (watched.readers > 0) return
    watched.end()
    const name = nameOf(watched.key)
    if (this.#watched.get(name) === watched) this.#watched.delete(name)
  }

  async #start(key: ConversationKey, from: EventCursor | undefined): Promise<EventCursor> {
    const now = (await this.#parts.reader.standing([key])).get(nameOf(key))
    if (now === undefined) {
      throw new ConversationNotFound(`There is no conversation ${key.conversationId} here.`)
    }
    if (from === undefined) return now
    const { position, change, state } = from
    const isSeen = position <= now.position && change <= now.change && state <= now.state
    if (isSeen) return { ...from, since: now.since }
    const message = `after must be the id of an event of this conversation; the newest is ` +
      `${idOfCursor(now)}`
    throw new InvalidInput(message, { field: 'after' })
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => void this.#look(), lookEveryMs)
  }

  /** One statement for all conversations that this process listens to. */
  async #look(): Promise<void> {
    const all = [...this.#watched.values()]
    try {
      for (let index = 0; index < all.length; index += lookMax) {
        const some = all.slice(index, index + lookMax)
        const standing = await this.#parts.reader.standing(some.map(({ key }) => key))
        for (const watched of some) watched.inform(standing.get(nameOf(watched.key)))
      }
    } catch {
      // The database is away: the next look tells.
    }
    this.#timer = undefined
    if (this.#watched.size > 0 && !this.#isClosed) this.#watch()
  }
}

/** Hints for one reader that are not kept for it. */
class Inbox {
  #typing: Typing[] = []

  get isEmpty(): boolean {
    return this.#typing.length === 0
  }

  put(typing: Typing): void {
    this.#typing.push(typing)
    if (this.#typing.length > typingMax) this.#typing.shift()
  }

  take(): readonly Typing[] {
    return this.#typing.splice(0)
  }
}

/** One conversation that somebody listens to. */
class WatchedConversation {
  readonly key: ConversationKey
  readonly inboxes = new Set<Inbox>()
  readers = 0
  /** Rises with all news; what was read under a number is good until it rises. */
  version = 0
  /** Rises with news of the agent's states. */
  stateVersion = 0
  isEnded = false
  readonly #parts: LiveParts
  readonly #waiting = new Set<() => void>()
  readonly #shared = new Map<string, Promise<EventBatch>>()
  #listening: Promise<Subscription | undefined> | undefined
  #standing: EventCursor | undefined
  readonly #heard = {
    news: () => this.#news(),
    typing: (typing: Typing) => {
      for (const inbox of this.inboxes) inbox.put(typing)
      this.#wake()
    },
  }

  constructor(key: ConversationKey, parts: LiveParts) {
    this.key = key
    this.#parts = parts
  }

  /** Signals are hints: without them one finds out by looking. */
  async listen(): Promise<void> {
    const { events, signals, states } = this.#parts
    this.#listening ??= events.listen(this.key, this.#heard).then(() => states && signals
      .subscribe(states.topicOf(this.key), () => this.#stateNews())
      .catch(() => undefined))
    await this.#listening
  }

  /** What a look has found. */
  inform(standing: EventCursor | undefined): void {
    const before = this.#standing
    this.#standing = standing
    if (before !== undefined && standing !== undefined) {
      if (nameOfCursor(before) === nameOfCursor(standing)) return
      if (before.state === standing.state) return this.#news()
    }
    this.#stateNews()
  }

  read(from: EventCursor, withStates: boolean): Promise<EventBatch> {
    const name = `${nameOfCursor(from)} ${withStates}`
    const known = this.#shared.get(name)
    if (known !== undefined) return known
    const reading = this.#parts.reader.read(this.key, from, withStates)
    if (this.#shared.size >= sharedMax) this.#shared.clear()
    this.#shared.set(name, reading)
    // A failure is told to those who share it, and to nobody after them.
    reading.catch(() => {
      if (this.#shared.get(name) === reading) this.#shared.delete(name)
    })
    return reading
  }

  /** Resolves with the next news, or once `signal` is aborted. */
  news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      this.#waiting.add(end)
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
    })
  }

  end(): void {
    this.isEnded = true
    this.#parts.events.leave(this.key, this.#heard)
    void this.#listening?.then((subscription) => subscription?.close())
    this.#news()
  }

  #stateNews(): void {
    this.stateVersion += 1
    this.#news()
  }

  #news(): void {
    this.version += 1
    this.#shared.clear()
    this.#wake()
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end()
  }
}

/** Tells places apart, those of a conversation that was made anew as well. */
const nameOfCursor = (cursor: EventCursor): string => `${idOfCursor(cursor)} ${cursor.since}`
