import { type Signal, type Signals, type Subscription } from '../coordination/coordination.js'
import { type Stored } from '../database/columns.js'
import { type ConversationKey } from './transfer-format.js'

/**
 * Signals go out at least so far apart, so that any number of appends a second is at most 50
 * signals a second. The first after a pause goes at once.
 */
const gapMs = 20

/** One for all conversations. */
const topic = 'conversations'

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
  /** Conversations to be told of, and whose; names are made when they are told. */
  readonly #owed = new Map<Stored<'id'>, Set<Stored<'id'>>>()
  /** Who listens in this process, by name. */
  readonly #listeners = new Map<string, Heard>()
  #subscribing: Promise<Subscription | undefined> | undefined
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0

  constructor(signals: Signals) {
    this.#signals = signals
  }

  /** At once after a pause, otherwise soon. */
  tell({ organizationId, conversationId }: ConversationKey): void {
    const owed = this.#owed.get(conversationId)
    if (owed === undefined) this.#owed.set(conversationId, new Set([organizationId]))
    else owed.add(organizationId)
    if (this.#timer !== undefined) return
    const pauseMs = Math.min(gapMs, Math.max(0, this.#lastMs + gapMs - performance.now()))
    this.#timer = setTimeout(() => this.#flush(), pauseMs)
  }

  /** Says that somebody types. */
  async tellTyping(key: ConversationKey, typing: Typing): Promise<void> {
    await this.#publish({ name: nameOf(key), typing })
  }

  /** Signals are hints: without them one finds out by looking. */
  async listen(key: ConversationKey, heard: Heard): Promise<void> {
    this.#listeners.set(nameOf(key), heard)
    this.#subscribing ??= this.#signals
      .subscribe(topic, (signal) => this.#hear(signal))
      .catch(() => undefined)
    await this.#subscribing
  }

  /** Ends what `listen` began. */
  leave(key: ConversationKey, heard: Heard): void {
    if (this.#listeners.get(nameOf(key)) === heard) this.#listeners.delete(nameOf(key))
    if (this.#listeners.size > 0) return
    void this.#subscribing?.then((subscription) => subscription?.close())
    this.#subscribing = undefined
  }

  /** Tells what is owed, and nothing later. */
  close(): void {
    if (this.#timer !== undefined) this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lastMs = performance.now()
    const names: string[] = []
    for (const [conversationId, organizations] of this.#owed) {
      for (const organizationId of organizations) {
        names.push(nameOf({ organizationId, conversationId }))
      }
    }
    this.#owed.clear()
    void this.#publish(names.length > namesMax ? {} : { names }).catch(() => undefined)
  }

  async #publish(payload: Payload): Promise<void> {
    await this.#signals.publish(topic, JSON.stringify(payload))
  }

  #hear({ payload, missed }: Signal): void {
    const told = payload === undefined ? {} : JSON.parse(payload) as Payload
    if (told.typing !== undefined) this.#listeners.get(told.name!)?.typing(told.typing)
    const isNamed = !missed && (told.names ?? told.typing) !== undefined
    const woken = isNamed
      ? (told.names ?? []).flatMap((name) => this.#listeners.get(name) ?? [])
      : [...this.#listeners.values()]
    for (const heard of woken) heard.news()
  }
}
