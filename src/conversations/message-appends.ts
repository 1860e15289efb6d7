import { createHash } from 'node:crypto'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { UniqueViolation } from '../database/failures.js'
import {
  encodeClaim, IdempotencyKeyReused, type IdempotentCall, IdempotencyStore,
} from '../idempotency/index.js'
import { type AppendCall, type Place } from './append.js'
import {
  type Anchor, anchorOf, builtMessages, draftOf, type NewMessage, placeIn, placesFrom,
} from './drafts.js'
import { ConversationNotFound, MessageExists } from './errors.js'
import { type MessageLog } from './message-log.js'
import { type AppendOptions } from './messages.js'
import { checkKey } from './rules.js'
import { type ConversationTables, type Message, messages as table } from './tables.js'
import { MessageTree } from './tree.js'

/** One call of append, whichever way it came. */
export interface Append {
  readonly conversationId: string
  readonly messages: readonly NewMessage[]
  readonly options: AppendOptions
  /** Whether the caller handed in a list; errors then name the place in it. */
  readonly many?: boolean
}

interface Runs {
  readonly call: AppendCall
  readonly given: Append
  readonly anchors: readonly (Anchor | undefined)[]
}

/** What appends of one store work with. */
export interface AppendParts {
  readonly log: MessageLog
  readonly actorId: string
  readonly organizationId: Stored<'id'>
  /** That of the organization, or its transaction. */
  readonly database: Database<ConversationTables>
  /** Everything happens inside it instead of in shared batches. */
  readonly transaction: Database<ConversationTables> | undefined
}

const { columns } = table

/** How messages come into one organization's conversations. */
export class MessageAppends {
  readonly #parts: AppendParts

  constructor(parts: AppendParts) {
    this.#parts = parts
  }

  /** Appends messages in order, all or none; the first call with a key is answered again. */
  async all(given: Append): Promise<Message[]> {
    const { messages } = given
    const call = this.#callOf(given)
    const places = await this.#writeUnique(call, given)
    if (places !== undefined) {
      const { database, log } = this.#parts
      const { organizationId, conversationId } = call
      database.afterCommit(() => log.tell({ organizationId, conversationId }))
      return builtMessages(call, messages, places)
    }
    const first = await this.#firstOf(call)
    if (first === undefined) throw conversationNotFound(given.conversationId)
    return builtMessages(first.call, messages, first.places)
  }

  #callOf({ conversationId, messages, options, many }: Append): AppendCall {
    const { idempotencyKey } = options
    checkKey(idempotencyKey)
    const place = placeNames(many)
    const call = {
      organizationId: this.#parts.organizationId,
      conversationId: columns.conversationId.encode(conversationId, 'conversation_id'),
      createdAt: this.#parts.log.now(),
      drafts: messages.map((message, index) => draftOf(this.#parts.log, message, place(index))),
    }
    if (idempotencyKey === undefined) return call
    const claim = this.#idempotent(call, messages, idempotencyKey)
    return { ...call, claim: encodeClaim(claim, this.#parts.log) }
  }

  #idempotent(call: AppendCall, messages: readonly NewMessage[], key: string): IdempotentCall {
    const parts = call.drafts.map(({ id, ...rest }, index) => {
      const message = messages[index]!
      const given = message.id === undefined ? [] : [id]
      return [rest, anchorOf(message) ?? null, ...given]
    })
    const text = JSON.stringify(['messages.append', call.conversationId, parts])
    return {
      organizationId: call.organizationId,
      actorId: this.#parts.actorId,
      key,
      fingerprint: createHash('sha256').update(text).digest('hex'),
    }
  }

  /** As `#write`; throws MessageExists where an id that the caller gave is taken. */
  #writeUnique(call: AppendCall, given: Append): Promise<Place[] | undefined> {
    const isNamed = given.messages.some(({ id }) => id !== undefined)
    return isNamed ? this.#writeNamed(call, given) : this.#write(call, given)
  }

  async #writeNamed(call: AppendCall, given: Append): Promise<Place[] | undefined> {
    const ids = call.drafts.flatMap(({ id }, index) =>
      given.messages[index]!.id === undefined ? [] : [id])
    // What a fork shares never changes, so that it may be looked at beforehand.
    if (await this.#tree.shares(call.conversationId, ids)) throw taken()
    try {
      return await this.#write(call, given)
    } catch (cause) {
      throw cause instanceof UniqueViolation ? taken(cause) : cause
    }
  }

  /** The places of the messages; undefined when nothing was written. */
  #write(call: AppendCall, given: Append): Promise<Place[] | undefined> {
    return given.messages.some((message) => anchorOf(message) !== undefined)
      ? this.#branch(call, given, given.messages.map(anchorOf))
      : this.#extend(call)
  }

  /** Appends messages behind the active leaf. */
  async #extend(call: AppendCall): Promise<Place[] | undefined> {
    const { log, transaction } = this.#parts
    const place = transaction === undefined
      ? await log.append(call)
      : (await log.batch.write([call], transaction))[0]
    return place && placesFrom(place, call.drafts)
  }

  /** Appends messages that name what they follow: most often that is the active leaf. */
  async #branch(
    call: AppendCall,
    given: Append,
    anchors: readonly (Anchor | undefined)[],
  ): Promise<Place[] | undefined> {
    const [anchor] = anchors
    const isLone = anchors.length === 1 && call.claim === undefined
    if (isLone && anchor !== undefined && 'parent' in anchor && anchor.parent !== null) {
      const field = `${placeNames(given.many)(0)}parent_message_id`
      const leaf = columns.id.encode(anchor.parent, field)
      const place = await this.#parts.log.batch.follow(call, leaf, this.#parts.database)
      if (place !== undefined) return [place]
    }
    return this.#parts.database.transaction((transaction) =>
      this.#runs(transaction, { call, given, anchors }), { repeatable: true })
  }

  /** Moves the active leaf wherever a message names a place, and appends what follows there. */
  async #runs(database: Database<ConversationTables>, { call, given, anchors }: Runs) {
    const { batch } = this.#parts.log
    const tree = new MessageTree(this.#parts.log, this.#parts.organizationId, database)
    if (call.claim !== undefined && !await batch.claim(call, database)) return undefined
    const name = placeNames(given.many)
    const places: Place[] = []
    while (places.length < anchors.length) {
      const from = places.length
      const anchor = anchors[from]
      if (anchor !== undefined) {
        const field = 'parent' in anchor ? 'parent_message_id' : 'sibling_of'
        await tree.moveTo(call.conversationId, anchor, name(from) + field)
      }
      const next = anchors.findIndex((each, index) => index > from && each !== undefined)
      const drafts = call.drafts.slice(from, next === -1 ? undefined : next)
      const { claim: _, ...rest } = call
      const [place] = await batch.write([{ ...rest, drafts }], database)
      if (place === undefined) throw conversationNotFound(given.conversationId)
      places.push(...placesFrom(place, drafts))
    }
    return places
  }

  /** The first call with this key as it was written; undefined when there is none. */
  async #firstOf(call: AppendCall): Promise<{ call: AppendCall; places: Place[] } | undefined> {
    const { claim } = call
    if (claim === undefined) return undefined
    const found = await new IdempotencyStore(this.#parts.database.as(), this.#parts.log).find({
      organizationId: claim.organization_id,
      actorId: this.#parts.actorId,
      key: claim.key,
      fingerprint: claim.fingerprint,
    })
    if (found === undefined) return undefined
    const { ids, created_at: at } = found.result as { ids: Stored<'id'>[]; created_at: string }
    const places = await this.#placesOf(call.conversationId, ids)
    if (places === undefined) throw await this.#goneSince(call)
    const drafts = call.drafts.map((draft, index) => ({ ...draft, id: ids[index]! }))
    return { call: { ...call, drafts, createdAt: at as Stored<'instant'> }, places }
  }

  /** Messages stay as long as their conversation; another one may have its id since. */
  async #goneSince({ conversationId, organizationId }: AppendCall): Promise<Error> {
    const query = this.#parts.database.write.selectFrom('conversations').select('id')
      .where('organization_id', '=', organizationId).where('id', '=', conversationId)
    const found = await this.#parts.database.first(query)
    return found === undefined ? conversationNotFound(conversationId) : new IdempotencyKeyReused(
      'The key was used in a conversation that had this id before; choose a new one.', {
        field: 'header.idempotency-key',
      })
  }

  /** Where messages stand, deleted or not; undefined when one is not there. */
  async #placesOf(
    conversationId: Stored<'id'>,
    ids: readonly Stored<'id'>[],
  ): Promise<Place[] | undefined> {
    const query = this.#parts.database.write
      .selectFrom('messages')
      .select(['id', 'position', 'depth', 'parent_message_id'])
      .where('organization_id', '=', this.#parts.organizationId)
      .where('conversation_id', '=', conversationId)
      .where('id', 'in', [...ids])
    const rows = await this.#parts.database.all(query)
    const places = new Map(rows.map((row) => [row.id, placeIn(row)]))
    return places.size < ids.length ? undefined : ids.map((id) => places.get(id)!)
  }

  get #tree(): MessageTree {
    return new MessageTree(this.#parts.log, this.#parts.organizationId, this.#parts.database)
  }
}

const taken = (cause?: unknown) =>
  new MessageExists('The conversation has, or had, a message of this id.', { cause, field: 'id' })

const conversationNotFound = (conversationId: string) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`)

/** What stands before a field's name: its place in the list, when there is one. */
const placeNames = (many: boolean | undefined) => (index: number) =>
  many === true ? `messages[${index}].` : ''
