import { type Signal, type Signals, type Subscription } from '../coordination/coordination.js'
import { type ConversationKey } from './transfer-format.js'

/** Conversations share topics, so that many appends a second are few signals a second. */
const topicsMax = 16

/** Signals of one topic are at least so far apart; what comes in between goes with the next. */
const gapMs = 5

/** Conversations named in one signal; of more it is only said that they are many. */
const namesMax = 500

/** Somebody writes at this moment. A hint: it may be lost, and nobody hears of it later. */
export interface Typing {
  readonly actorId: string
  readonly userId: string | null
  /** When nothing more is heard, it is over after so long. */
  readonly ttlSeconds: number
}

/** What a listener is told: look, or somebody is typing. */
export interface Heard {
  news(): void
  typing(typing: Typing): void
}

/** What a signal carries: conversations to look at, or who types in which. */
interface Payload {
  readonly names?: readonly string[]
  readonly name?: string
  readonly typing?: Typing
}

/** Tells conversations apart. */
export const nameOf = ({ organizationId, conversationId }: ConversationKey): string =>
  `${organizationId} ${conversationId}`

/** Says in all processes which conversations to look at. What happened is in the database. */
export class EventSignals {
  readonly #signals: Signals
  /** Names to be told, by topic. */
  readonly #owed = new Map<string, Set<string>>()
  readonly #listeners = new Map<string, Map<string, Heard>>()
  readonly #subscriptions = new Map<string, Promise<Subscription | undefined>>()
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0

  constructor(signals: Signals) {
    this.#signals = signals
  }

  /** At once after a pause, otherwise soon. */
  tell(key: ConversationKey): void {
    const topic = topicOf(key)
    const owed = this.#owed.get(topic) ?? new Set()
    this.#owed.set(topic, owed.add(nameOf(key)))
    const pauseMs = Math.min(gapMs, Math.max(0, this.#lastMs + gapMs - performance.now()))
    this.#timer ??= setTimeout(() => this.#flush(), pauseMs)
  }

  /** Says that somebody types. */
  async tellTyping(key: ConversationKey, typing: Typing): Promise<void> {
    await this.#publish(topicOf(key), { name: nameOf(key), typing })
  }

  /** Signals are hints: without them one finds out by looking. */
  async listen(key: ConversationKey, heard: Heard): Promise<void> {
    const topic = topicOf(key)
    const listeners = this.#listeners.get(topic) ?? new Map<string, Heard>()
    this.#listeners.set(topic, listeners.set(nameOf(key), heard))
    const subscribing = this.#subscriptions.get(topic) ?? this.#signals
      .subscribe(topic, (signal) => this.#hear(topic, signal))
      .catch(() => undefined)
    this.#subscriptions.set(topic, subscribing)
    await subscribing
  }

  /** Ends what `listen` began. */
  leave(key: ConversationKey, heard: Heard): void {
    const topic = topicOf(key)
    const listeners = this.#listeners.get(topic)
    if (listeners?.get(nameOf(key)) === heard) listeners.delete(nameOf(key))
    if (listeners === undefined || listeners.size > 0) return
    this.#listeners.delete(topic)
    void this.#subscriptions.get(topic)?.then((subscription) => subscription?.close())
    this.#subscriptions.delete(topic)
  }

  /** Tells what is owed, and nothing later. */
  close(): void {
    if (this.#timer !== undefined) this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lastMs = performance.now()
    for (const [topic, names] of this.#owed) {
      void this.#publish(topic, names.size > namesMax ? {} : { names: [...names] })
        .catch(() => undefined)
    }
    this.#owed.clear()
  }

  async #publish(topic: string, payload: Payload): Promise<void> {
    await this.#signals.publish(topic, JSON.stringify(payload))
  }

  #hear(topic: string, { payload, missed }: Signal): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    const told = payload === undefined ? {} : JSON.parse(payload) as Payload
    if (told.typing !== undefined) listeners.get(told.name!)?.typing(told.typing)
    const isNamed = !missed && (told.names ?? told.typing) !== undefined
    const woken = isNamed
      ? (told.names ?? []).flatMap((name) => listeners.get(name) ?? [])
      : [...listeners.values()]
    for (const heard of woken) heard.news()
  }
}

/** By the last digit of the id, which is random. */
function topicOf({ conversationId }: ConversationKey): string {
  const shard = parseInt(conversationId.slice(-2), 16) % topicsMax
  return `conversations:${shard}`
}
