import { randomUUID } from 'node:crypto'
import { type Client } from './client.js'
import { type Signal, type Signals, type Subscription } from './coordination.js'
import { within } from './deadline.js'
import { lastPart } from './key.js'
import { type Link } from './link.js'
import { LocalSignals, requireSignal } from './local-signals.js'
import { type RedisConnection } from './redis-connection.js'
import { lastSignal, publishMissed, publishSignal } from './scripts/signals.js'

/**
 * A sequence without a signal for this long is begun anew, which its subscribers notice; so may be
 * one of few signals.
 */
const sequenceTtlMs = 86_400_000
/** On this channel all processes are told that signals of any topic may have been missed. */
const missedKey = 'signals-missed'
/** How often a process that owes others this word tries to give it, in milliseconds. */
const retryMs = 500

/** A topic with a listener in this process. */
interface Heard {
  readonly topic: string
  /** Resolves when its signals arrive, or when it is known that they do not. */
  ready: Promise<void>
  /** The last signal seen; undefined until that is known. */
  mark: Mark | undefined
  /** Set while signals may have been missed of which its listeners are not told. */
  isInDoubt: boolean
}

/** A place in a topic's sequence; era '' before any signal. */
interface Mark {
  readonly era: string
  readonly sequence: number
}

/**
 * Signals between processes. Each carries a number of its topic's sequence, so that a gap, a
 * sequence begun anew and a repetition are noticed; a broken connection is told to every listener.
 */
export class RedisSignals implements Signals {
  readonly #redis: RedisConnection
  readonly #local = new LocalSignals()
  readonly #link: Link
  /** By channel. */
  readonly #heard = new Map<string, Heard>()
  /** Channels that are being left: the driver forgets who subscribes before it is confirmed. */
  readonly #leaving = new Map<string, Promise<unknown>>()
  #client: Client | undefined
  /** Publications that failed so far. */
  #failed = 0
  /** Of these, how many others know that they may have missed. */
  #told = 0
  /** Set while others are owed word of one. */
  #owing: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(redis: RedisConnection) {
    this.#redis = redis
    this.#link = redis.dedicated({
      prepare: (client) => this.#prepare(client),
      lost: () => this.#lost(),
    })
  }

  /** Why signals of others do not arrive at this moment. */
  get reason(): string | undefined {
    return this.#link.reason
  }

  /** Resolves when the first attempt to connect has ended. */
  get attempted(): Promise<void> {
    return this.#link.attempted
  }

  async publish(topic: string, payload?: string): Promise<void> {
    requireSignal(topic, payload)
    const key = keyOf(topic)
    const failed = this.#failed
    // With it, so that nobody takes this signal for the one they missed.
    const owedTo = failed === this.#told ? '' : this.#redis.prefixed(missedKey)
    const rest = payload === undefined ? [] : [payload]
    const args = [randomUUID(), sequenceTtlMs, this.#redis.prefixed(key), owedTo, ...rest]
    try {
      await this.#redis.run(publishSignal, [key], args)
      this.#settle(failed)
    } catch {
      this.#local.tell({ topic, missed: true, ...(payload === undefined ? {} : { payload }) })
      this.#owe()
    }
  }

  async subscribe(topic: string, listener: (signal: Signal) => void): Promise<Subscription> {
    const channel = this.#redis.prefixed(keyOf(topic))
    const subscription = await this.#local.subscribe(topic, listener)
    let heard = this.#heard.get(channel)
    if (heard === undefined) {
      heard = { topic, mark: undefined, isInDoubt: false, ready: Promise.resolve() }
      this.#heard.set(channel, heard)
      heard.ready = this.#listen(channel, heard).catch(() => {
        this.#local.tell({ topic, missed: true })
      })
    }
    await heard.ready
    return {
      close: async () => {
        await subscription.close()
        if (!this.#local.has(topic)) await this.#forget(channel)
      },
    }
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#owing)
    this.#link.close()
  }

  async #prepare(client: Client): Promise<void> {
    // From here on a new topic subscribes by itself.
    this.#client = client
    const cut = [...this.#heard.values()]
    // Before it is told: a signal can come in one piece with the confirmation, and is heard first.
    for (const heard of cut) {
      heard.mark = undefined
      heard.isInDoubt = true
    }
    try {
      const channels = [this.#redis.prefixed(missedKey), ...this.#heard.keys()]
      await within(this.#redis.limits.connectTimeoutMs, client.subscribe(channels, this.#receive))
    } catch (error) {
      this.#client = undefined
      throw error
    }
    for (const heard of cut) this.#tellMissed(heard)
  }

  #lost(): void {
    this.#client = undefined
  }

  /** Subscribes, then reads where the sequence stands. When not connected, `prepare` will do it. */
  async #listen(channel: string, heard: Heard): Promise<void> {
    const client = this.#client
    if (client === undefined) throw new Error('not connected')
    const left = this.#leaving.get(channel) ?? Promise.resolve()
    const confirmed = left.then(async () => {
      if (this.#heard.get(channel) === heard) await client.subscribe(channel, this.#receive)
    })
    await within(this.#redis.limits.commandTimeoutMs, confirmed).catch((error: unknown) => {
      // Signals are missed for as long as it takes still, after what the listener is told now.
      heard.isInDoubt = true
      confirmed.then(() => this.#tellMissed(heard), () => undefined)
      throw error
    })
    const key = keyOf(heard.topic)
    const [era = '', sequence = 0] = (await this.#redis.run<Last | null>(lastSignal, [key])) ?? []
    // A signal that has arrived in the meantime knows better; so does a new connection.
    if (this.#client === client) heard.mark ??= { era, sequence: Number(sequence) }
  }

  async #forget(channel: string): Promise<void> {
    this.#heard.delete(channel)
    if (this.#client === undefined) return
    const left: Promise<unknown> = this.#client.unsubscribe(channel).catch(() => undefined)
      .finally(() => {
        if (this.#leaving.get(channel) === left) this.#leaving.delete(channel)
      })
    this.#leaving.set(channel, left)
    await within(this.#redis.limits.commandTimeoutMs, left).catch(() => undefined)
  }

  readonly #receive = (message: string, channel: string): void => {
    const heard = this.#heard.get(channel)
    if (heard === undefined) {
      if (channel === this.#redis.prefixed(missedKey)) this.#tellAllMissed()
      return
    }
    const found = readSignal(message)
    if (found === undefined) return
    const { topic, mark } = heard
    const { next, payload } = found
    if (mark?.era === next.era && next.sequence <= mark.sequence) return
    heard.mark = next
    const missed = heard.isInDoubt || (mark !== undefined && !follows(next, mark))
    heard.isInDoubt = false
    this.#local.tell({ topic, missed, ...(payload === undefined ? {} : { payload }) })
  }

  #tellAllMissed(): void {
    for (const { topic } of this.#heard.values()) this.#local.tell({ topic, missed: true })
  }

  #tellMissed(heard: Heard): void {
    heard.isInDoubt = false
    this.#local.tell({ topic: heard.topic, missed: true })
  }

  /** From now on other processes are owed the word that signals of this one did not reach them. */
  #owe(): void {
    this.#failed += 1
    if (!this.#isClosed) this.#owing ??= setInterval(() => void this.#pay(), retryMs)
  }

  async #pay(): Promise<void> {
    const failed = this.#failed
    const args = [this.#redis.prefixed(missedKey)]
    const paid = this.#redis.run(publishMissed, [missedKey], args)
    await paid.then(() => this.#settle(failed), () => undefined)
  }

  /** Word was given of the first failures; of those since then it is owed still. */
  #settle(failed: number): void {
    this.#told = Math.max(this.#told, failed)
    if (this.#told < this.#failed) return
    clearInterval(this.#owing)
    this.#owing = undefined
  }
}

/** A message of a channel: era, number and payload; undefined for what is none of ours. */
function readSignal(message: string): { next: Mark; payload: string | undefined } | undefined {
  const afterEra = message.indexOf(' ')
  if (afterEra < 1) return undefined
  const found = message.indexOf(' ', afterEra + 1)
  const digits = message.slice(afterEra + 1, found < 0 ? undefined : found)
  if (!/^\d+$/.test(digits)) return undefined
  const next = { era: message.slice(0, afterEra), sequence: Number(digits) }
  return { next, payload: found < 0 ? undefined : message.slice(found + 1) }
}

type Last = [era: string, sequence: string]

/** True for the number after the mark, and for the first of a sequence when there was none. */
function follows(next: Mark, mark: Mark): boolean {
  if (mark.era === '') return next.sequence === 1
  return next.era === mark.era && next.sequence === mark.sequence + 1
}

function keyOf(topic: string): string {
  return `signal:{${lastPart('topic', topic)}}`
}
