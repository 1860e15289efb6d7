import { createHash } from 'node:crypto'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { encodeClaim, type IdempotentCall, IdempotencyStore } from '../idempotency/index.js'
import { type Scope } from '../scope.js'
import { type AppendCall, type Place } from './append.js'
import {
  type Anchor, anchorOf, builtMessages, draftOf, messageOf, type NewMessage, placeIn, placesFrom,
} from './drafts.js'
import { ConversationNotFound, MessageNotFound } from './errors.js'
import { type MessageLog } from './message-log.js'
import { checkCount, checkKey, checkListing, checkMetadata } from './rules.js'
import { type FoundMessages, MessageFinder, type MessageSearch } from './search.js'
import {
  type ConversationTables, type Message, messages as table, type Metadata,
} from './tables.js'
import { MessageTree, type PathListing } from './tree.js'

/** Options of `append`. */
export interface AppendOptions {
  /** 1 to 255 characters; the same key with the same messages appends once. */
  readonly idempotencyKey?: string
}

/** Options of `list`. */
export interface MessageListing extends PageRequest {
  /** By position. @default 'asc' */
  readonly order?: 'asc' | 'desc'
  /** Begin beside this position (exclusive) instead of at the end. */
  readonly from?: number
}

/** One call of append, whichever way it came. */
interface Append {
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

const { columns } = table
const positionMax = Number.MAX_SAFE_INTEGER

/** The messages of one organization's conversations. */
export class MessageStore {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #transaction: Database<ConversationTables> | undefined
  readonly #scope: Scope
  readonly #organizationId: Stored<'id'>

  /** With `transaction`, everything happens inside it instead of in shared batches. */
  constructor(log: MessageLog, scope: Scope, transaction?: Database<ConversationTables>) {
    this.#log = log
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#transaction = transaction?.within([this.#organizationId])
    this.#database = this.#transaction ?? log.database.within([this.#organizationId])
  }

  /**
   * Appends one message; resolves once it is durable. Throws ConversationNotFound,
   * ParentMessageNotFound, InvalidInput, InvalidValue, or IdempotencyKeyReused.
   */
  async append(
    conversationId: string,
    message: NewMessage,
    options: AppendOptions = {},
  ): Promise<Message> {
    const [appended] = await this.#appendAll({ conversationId, messages: [message], options })
    return appended!
  }

  /** Appends 1 to 1000 messages in order, all or none; otherwise as `append`. */
  async appendMany(
    conversationId: string,
    messages: readonly NewMessage[],
    options: AppendOptions = {},
  ): Promise<Message[]> {
    checkCount(messages)
    return this.#appendAll({ conversationId, messages, options, many: true })
  }

  async #appendAll(given: Append): Promise<Message[]> {
    const { messages } = given
    const call = this.#callOf(given)
    const places = await this.#write(call, given)
    if (places !== undefined) return builtMessages(call, messages, places)
    const first = await this.#firstOf(call)
    if (first === undefined) throw this.#conversationNotFound(given.conversationId)
    return builtMessages(first.call, messages, first.places)
  }

  /** One page of a conversation's living messages. Throws ConversationNotFound. */
  async list(conversationId: string, listing: MessageListing = {}): Promise<Page<Message>> {
    const { limit, order } = checkListing(listing)
    const conversation = columns.conversationId.encode(conversationId, 'conversation_id')
    const list = ['messages', this.#organizationId, conversation, order, listing.from ?? null]
    const start = listing.from ?? (order === 'asc' ? 0 : positionMax)
    const { cursor } = listing
    const from = cursor === undefined ? start : (keyOf(list, cursor)[0] as number)
    const { rows, more } = await this.#log.read(this.#database, order, {
      organization: this.#organizationId,
      conversation,
      from: columns.position.encode(from, cursor === undefined ? 'from' : 'cursor'),
      limit,
    })
    if (rows.length === 0) await this.#checkConversation(conversation)
    const data = rows.map(messageOf)
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.position]) : null }
  }

  /**
   * One page of a path: from a leaf, usually the active one, toward the root, or back. Throws
   * ConversationNotFound, MessageNotFound, InvalidInput, InvalidCursor.
   */
  async path(conversationId: string, listing: PathListing = {}): Promise<Page<Message>> {
    return this.#tree.path(this.#conversation(conversationId), listing)
  }

  /**
   * One page of the living children of a message, or of the roots, in order of arrival. Throws
   * ConversationNotFound, MessageNotFound, InvalidInput, InvalidCursor.
   */
  async children(
    conversationId: string,
    messageId: string | null,
    request: PageRequest = {},
  ): Promise<Page<Message>> {
    return this.#tree.children(this.#conversation(conversationId), messageId, request)
  }

  /**
   * One page of the messages that hold certain words, newest first; `nextCursor` leads on to the
   * last one. A query without a word finds nothing. Throws InvalidInput, InvalidValue,
   * InvalidCursor.
   */
  async search(search: MessageSearch): Promise<FoundMessages> {
    return new MessageFinder(this.#log, this.#organizationId, this.#database).find(search)
  }

  /** One message, of the conversation or of the history it shares. Throws MessageNotFound. */
  async get(conversationId: string, messageId: string): Promise<Message> {
    const stored = await this.#tree.find(this.#conversation(conversationId), messageId)
    if (stored === undefined) throw notFound()
    return messageOf(stored)
  }

  /**
   * Replaces a message's metadata. With `ifRevision`, only when that is still its revision.
   * Throws MessageNotFound, RevisionConflict, InvalidValue.
   */
  async updateMetadata(
    messageId: { readonly conversationId: string; readonly id: string },
    metadata: Metadata,
    ifRevision?: number,
  ): Promise<Message> {
    checkMetadata(metadata)
    let update = this.#database.write
      .updateTable('messages')
      .where((where) => where.and(this.#key(messageId.conversationId, messageId.id)))
      .where('deleted_at', 'is', null)
      .set((expression) => ({
        metadata: columns.metadata.encode(metadata, 'metadata'),
        revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .returningAll()
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const stored = await this.#database.first(update)
    if (stored !== undefined) return messageOf(stored)
    const present = await this.get(messageId.conversationId, messageId.id)
    throw new RevisionConflict(`The message is at revision ${present.revision}; read it again.`)
  }

  /**
   * Erases a message's content and metadata; its place in the tree stays. When it was the active
   * leaf, its nearest living ancestor becomes that. Throws MessageNotFound.
   */
  async delete(conversationId: string, messageId: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const erase = transaction.write
        .updateTable('messages')
        .set({
          content: columns.content.encode(null),
          metadata: columns.metadata.encode({}),
          author: null,
          deleted_at: columns.deletedAt.encode(instantOf(this.#log.clock.now())),
        })
        .where((where) => where.and(this.#key(conversationId, messageId)))
        .where('deleted_at', 'is', null)
        .returning(['id', 'conversation_id', 'branch', 'depth'])
      const erased = await transaction.first(erase)
      if (erased === undefined) throw notFound()
      const tree = new MessageTree(this.#log, this.#organizationId, transaction)
      await tree.retreat(erased)
    }, { repeatable: true })
  }

  get #tree(): MessageTree {
    return new MessageTree(this.#log, this.#organizationId, this.#database)
  }

  #conversation(conversationId: string): Stored<'id'> {
    return columns.conversationId.encode(conversationId, 'conversation_id')
  }

  #key(conversationId: string, messageId: string) {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
      id: columns.id.encode(messageId, 'message_id'),
    }
  }

  #callOf({ conversationId, messages, options, many }: Append): AppendCall {
    const { idempotencyKey } = options
    checkKey(idempotencyKey)
    const place = placeNames(many)
    const call = {
      organizationId: this.#organizationId,
      conversationId: columns.conversationId.encode(conversationId, 'conversation_id'),
      createdAt: this.#log.now(),
      drafts: messages.map((message, index) => draftOf(this.#log, message, {
        place: place(index), organizationId: this.#organizationId,
      })),
    }
    if (idempotencyKey === undefined) return call
    const claim = this.#idempotent(call, messages, idempotencyKey)
    return { ...call, claim: encodeClaim(claim, this.#log) }
  }

  #idempotent(call: AppendCall, messages: readonly NewMessage[], key: string): IdempotentCall {
    const parts = call.drafts.map(({ id: _, terms: __, sequence: ___, ...rest }, index) =>
      [rest, anchorOf(messages[index]!) ?? null])
    const text = JSON.stringify(['messages.append', call.conversationId, parts])
    return {
      organizationId: call.organizationId,
      actorId: this.#scope.actor.id,
      key,
      fingerprint: createHash('sha256').update(text).digest('hex'),
    }
  }

  /** The places of the messages; undefined when nothing was written. */
  async #write(call: AppendCall, given: Append): Promise<Place[] | undefined> {
    const anchors = given.messages.map(anchorOf)
    if (anchors.some((anchor) => anchor !== undefined)) return this.#branch(call, given, anchors)
    const place = this.#transaction === undefined
      ? await this.#log.append(call)
      : (await this.#log.batch.write([call], this.#transaction))[0]
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
      const place = await this.#log.batch.follow(call, leaf, this.#database)
      if (place !== undefined) return [place]
    }
    return this.#database.transaction((transaction) =>
      this.#runs(transaction, { call, given, anchors }), { repeatable: true })
  }

  /** Moves the active leaf wherever a message names a place, and appends what follows there. */
  async #runs(database: Database<ConversationTables>, { call, given, anchors }: Runs) {
    const { batch } = this.#log
    const tree = new MessageTree(this.#log, this.#organizationId, database)
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
      if (place === undefined) throw this.#conversationNotFound(given.conversationId)
      places.push(...placesFrom(place, drafts))
    }
    return places
  }

  /** The first call with this key as it was written; undefined when there is none. */
  async #firstOf(call: AppendCall): Promise<{ call: AppendCall; places: Place[] } | undefined> {
    const { claim } = call
    if (claim === undefined) return undefined
    const found = await new IdempotencyStore(this.#database.as(), this.#log).find({
      organizationId: claim.organization_id,
      actorId: this.#scope.actor.id,
      key: claim.key,
      fingerprint: claim.fingerprint,
    })
    if (found === undefined) return undefined
    const { ids, created_at: at } = found.result as { ids: Stored<'id'>[]; created_at: string }
    const places = await this.#placesOf(call.conversationId, ids)
    if (places === undefined) return undefined
    const drafts = call.drafts.map((draft, index) => ({ ...draft, id: ids[index]! }))
    return { call: { ...call, drafts, createdAt: at as Stored<'instant'> }, places }
  }

  /** Where messages stand, deleted or not; undefined when one is not there. */
  async #placesOf(
    conversationId: Stored<'id'>,
    ids: readonly Stored<'id'>[],
  ): Promise<Place[] | undefined> {
    const query = this.#database.write
      .selectFrom('messages')
      .select(['id', 'position', 'depth', 'parent_message_id'])
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversationId)
      .where('id', 'in', [...ids])
    const rows = await this.#database.all(query)
    const places = new Map(rows.map((row) => [row.id, placeIn(row)]))
    return places.size < ids.length ? undefined : ids.map((id) => places.get(id)!)
  }

  async #checkConversation(conversationId: Stored<'id'>): Promise<void> {
    const query = this.#database.write
      .selectFrom('conversations')
      .select('id')
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', conversationId)
    if ((await this.#database.first(query)) === undefined) {
      throw this.#conversationNotFound(conversationId)
    }
  }

  #conversationNotFound(conversationId: string) {
    return new ConversationNotFound(`There is no conversation ${conversationId} here.`)
  }
}

const notFound = () => new MessageNotFound('There is no such message in this conversation.')

/** What stands before a field's name: its place in the list, when there is one. */
const placeNames = (many: boolean | undefined) => (index: number) =>
  many === true ? `messages[${index}].` : ''
