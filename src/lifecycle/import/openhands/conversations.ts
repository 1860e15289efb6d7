import { type Instant } from '../../../clock.js'
import { HoldfastError } from '../../../errors.js'
import { ConversationWriter, presentMoment, type SourceMessage } from '../conversation-writer.js'
import { type ExactJson } from '../exact-json.js'
import { type Keeping } from '../keeping.js'
import { ParentsFirst } from '../parents-first.js'
import { type ImportParts } from '../parts.js'
import { type Ledger } from '../report.js'
import { eventOf, explicitRoot, messageIdOf, messageOf, type ReadEvent } from './events.js'
import { type FoundConversation, type FoundEvent } from './found.js'
import { type Home } from './home.js'
import { type UsageSince, usagesSince } from './usage.js'

/** What an import of OpenHands works with. */
export interface OpenHandsWork {
  readonly parts: ImportParts
  readonly ledger: Ledger
  readonly keeping: Keeping
  readonly home: Home
  /** Who people of the source are here. */
  readonly users: Readonly<Record<string, string>>
}

/** What became of the events of one conversation. */
interface Tally {
  readonly damaged: string[]
  readonly recovered: string[]
  readable: number
}

interface FoundState {
  readonly name: string
  readonly document: ExactJson
}

/** Bytes of a state of an agent at most. */
const stateBytesMax = 1_048_576

/** Imports conversations, whatever their layout. */
export class OpenHandsConversations {
  readonly #work: OpenHandsWork
  readonly #writer: ConversationWriter

  constructor(work: OpenHandsWork) {
    this.#work = work
    this.#writer = new ConversationWriter(work.parts, work.ledger)
  }

  async add(found: FoundConversation): Promise<void> {
    const { ledger } = this.#work
    ledger.found('conversations')
    const tally: Tally = { damaged: [], recovered: [], readable: 0 }
    const first = found.createdAt ?? this.#firstMoment(found)
    const createdAt = first ?? presentMoment(this.#work.parts)
    const userId = found.owner === null ? null : this.#work.users[found.owner] ?? null
    const leaf = this.#leafOf(found)
    // The row must be there before bytes of damaged events can be kept with it.
    const [broken, doubles]: [FoundEvent[], FoundEvent[]] = [[], []]
    await this.#writer.write({
      id: found.id, userId, title: found.title, metadata: found.metadata, createdAt,
      updatedAt: found.updatedAt, place: found.place, kind: 'conversations',
      messageKind: 'events',
    }, this.#messages(found, { createdAt, tally, broken, doubles }), leaf)
    for (const event of broken) await this.#keepBytes(found, event)
    for (const event of doubles) {
      await this.#keepBytes(found, event, 'has the id of one before it')
    }
    for (const number of found.missing) {
      const place = `${found.place}/events/${number}.json`
      ledger.damaged({ kind: 'events', place, reason: `there is no event ${number}` }, true)
    }
    ledger.detail('conversations', {
      id: found.id, source_id: found.sourceId, layout: found.layout, place: found.place,
      owner: found.owner, events: found.events.length, readable: tally.readable,
      recovered: tally.recovered, damaged: tally.damaged, missing: found.missing,
    })
    await this.#beside(found, { createdAt, userId })
  }

  /** The message that the next one follows: of a leaf that is lost, the event before it. */
  #leafOf({ id, leaf, events, place }: FoundConversation): string | undefined {
    const last = events.findIndex(({ name }) => name === leaf)
    for (let index = last; index >= 0; index -= 1) {
      const { name, read, recover } = events[index]!
      const found = read()
      const json = found.is === 'damaged' ? recover()?.json : found.json
      if (json === undefined) continue
      if (index < last) {
        const reason = `leaf_event_id names an event that is lost: ${name} before it is followed`
        this.#work.ledger.damaged({ kind: 'conversations', place, reason }, true)
      }
      return messageIdOf(id, eventOf(json, name).id)
    }
    return undefined
  }

  async *#messages(found: FoundConversation, { createdAt, tally, broken, doubles }: {
    readonly createdAt: Instant
    readonly tally: Tally
    readonly broken: FoundEvent[]
    readonly doubles: FoundEvent[]
  }): AsyncGenerator<SourceMessage, void, void> {
    let last: string | null = null
    let at = createdAt
    const idOf = (event: string) => messageIdOf(found.id, event)
    const seen = new Set<string>()
    const order = new ParentsFirst(found.events.map(({ name }) => idOf(name)))
    for (const found_ of this.#ordered(found)) {
      const { ledger } = this.#work
      ledger.found('events')
      const event = this.#read(found_, tally)
      if (event === undefined) {
        broken.push(found_)
        yield* order.missing(idOf(found_.name))
        continue
      }
      tally.readable += 1
      if (event.isNaive) ledger.note('Times of events say no zone, and were read as UTC.')
      if (event.json.losses.length > 0) {
        ledger.detail('exact_values', { place: found_.place, values: event.json.losses })
      }
      if (event.timestamp === null) this.#tellMoment(event, found_)
      at = event.timestamp ?? at
      const parentId = this.#parentOf(found, event, last)
      const message = messageOf(event, {
        conversationId: found.id, parentId, createdAt: at, place: found_.place,
      })
      if (seen.has(message.id)) {
        doubles.push(found_)
        yield* order.missing(idOf(found_.name))
        continue
      }
      seen.add(message.id)
      last = message.id
      yield* order.take(message)
      // A file may be named after another event than it holds.
      if (idOf(found_.name) !== message.id) yield* order.missing(idOf(found_.name))
    }
    yield* order.rest()
  }

  #tellMoment({ json }: ReadEvent, { place }: FoundEvent): void {
    const { ledger } = this.#work
    const { timestamp = null } = json.value as Record<string, unknown>
    if (timestamp === null) {
      return ledger.note('Events without a moment got that of the one before.')
    }
    const reason = 'its timestamp is no moment: it got that of the event before'
    ledger.damaged({ kind: 'events', place, reason }, true)
  }

  #parentOf({ id }: FoundConversation, { parentId }: ReadEvent, last: string | null) {
    if (parentId === explicitRoot) return null
    return parentId === undefined ? last : messageIdOf(id, parentId)
  }

  /** Events in the order in which they happened; what cannot be read stands where it is listed. */
  #ordered({ events, order }: FoundConversation): readonly FoundEvent[] {
    if (order === 'listed') return events
    const dated = events.map((event) => {
      const read = event.read()
      const json = read.is === 'damaged' ? event.recover()?.json : read.json
      const at = json === undefined ? undefined : eventOf(json, event.name).timestamp
      return { event, at: at ?? '9999' }
    })
    const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
    return dated.sort((one, other) =>
      compare(one.at, other.at) || compare(one.event.name, other.event.name))
      .map(({ event }) => event)
  }

  /** The event, from its file or from elsewhere; undefined when it is lost. */
  #read(event: FoundEvent, tally: Tally): ReadEvent | undefined {
    const { ledger } = this.#work
    const { name, place } = event
    const read = event.read()
    if (read.is === 'whole') return eventOf(read.json, name)
    if (read.is === 'tailed') {
      const reason = `${read.rest} characters stand behind the event: the first object was taken`
      ledger.damaged({ kind: 'events', place, reason }, true)
      return eventOf(read.json, name)
    }
    const saved = event.recover()
    if (saved === undefined) {
      tally.damaged.push(name)
      return undefined
    }
    tally.recovered.push(name)
    const kept = `recovered from ${saved.from}`
    ledger.damaged({ kind: 'events', place, reason: read.reason, kept }, true)
    return eventOf(saved.json, name)
  }

  /** Keeps an event that becomes no message. */
  async #keepBytes(
    { id }: FoundConversation, { path, place, read }: FoundEvent, why = 'it cannot be read',
  ): Promise<void> {
    const { home, keeping, ledger } = this.#work
    const said = read()
    const reason = said.is === 'damaged' ? said.reason : why
    const bytes = path === undefined ? undefined : home.find(path)
    const saved = bytes === undefined ? {}
      : { kept: (await keeping.bytes({ place, bytes, conversationId: id })).kept }
    ledger.damaged({ kind: 'events', place, reason, ...saved })
  }

  /** Files, states and usage of a conversation. */
  async #beside(found: FoundConversation, { createdAt, userId }: {
    readonly createdAt: Instant
    readonly userId: string | null
  }): Promise<void> {
    const { home, keeping, ledger, parts } = this.#work
    for (const path of found.files) {
      const [place, bytes] = [home.placeOf(path), home.find(path)]
      ledger.found('files')
      if (bytes === undefined) {
        ledger.damaged({ kind: 'files', place, reason: home.whyNot(path) })
        continue
      }
      const { kept, isNew, isKept } =
        await keeping.bytes({ place, bytes, conversationId: found.id })
      if (isKept) ledger[isNew ? 'imported' : 'present']('files')
      else ledger.damaged({ kind: 'files', place, reason: `is ${kept}` })
      ledger.detail('files', { place, bytes: bytes.length, kept })
    }
    for (const [name, document] of Object.entries(found.states)) {
      ledger.found('states')
      await this.#state(found, { name, document })
    }
    const since = found.usage.length === 0
      ? [] : await usagesSince(parts.stores().usage, found.id, found.usage)
    for (const [index, usage] of found.usage.entries()) {
      await this.#use(found, { usage, since: since[index], createdAt, userId })
    }
  }

  async #state(found: FoundConversation, given: FoundState): Promise<void> {
    const { ledger, parts } = this.#work
    const { name, document } = given
    if (Buffer.byteLength(document.stored) > stateBytesMax) {
      const reason = `${name} has more than ${stateBytesMax} bytes, and no state of an agent may`
      return this.#keepState(found, given, reason)
    }
    if (ledger.isDry) return ledger.imported('states')
    const { states } = parts.stores()
    const state = { conversationId: found.id, name }
    if (await states.find(state) !== undefined) return ledger.present('states')
    try {
      await states.put(state, document.value)
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      return this.#keepState(found, given, error.message)
    }
    ledger.imported('states')
  }

  /** What can be no state is kept as bytes; its secrets were taken out. */
  async #keepState(
    { id, place }: FoundConversation, { name, document }: FoundState, reason: string,
  ): Promise<void> {
    const { keeping, ledger } = this.#work
    const bytes = Buffer.from(document.stored)
    const { kept } = await keeping.bytes({ place: `${place}/${name}`, bytes, conversationId: id })
    ledger.damaged({ kind: 'states', place, reason, kept })
  }

  async #use({ id, updatedAt, place }: FoundConversation, { usage, since, createdAt, userId }: {
    readonly usage: FoundConversation['usage'][number]
    readonly since: UsageSince | undefined
    readonly createdAt: Instant
    readonly userId: string | null
  }): Promise<void> {
    const { ledger, parts } = this.#work
    ledger.found('usage')
    const { model, data } = usage
    if (since === undefined) return ledger.present('usage')
    if (ledger.isDry) return ledger.imported('usage')
    try {
      const { isDuplicate } = await parts.stores().usage.record({
        ...since, type: 'openhands.conversation', userId, conversationId: id,
        model: model?.slice(0, 200) || null, data, occurredAt: updatedAt ?? createdAt,
      })
      ledger[isDuplicate ? 'present' : 'imported']('usage')
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      ledger.damaged({ kind: 'usage', place, reason: error.message })
    }
  }

  #firstMoment(found: FoundConversation): Instant | null {
    for (const event of this.#ordered(found)) {
      const read = event.read()
      const at = read.is === 'damaged' ? null : eventOf(read.json, event.name).timestamp
      if (at !== null) return at
    }
    return null
  }
}
