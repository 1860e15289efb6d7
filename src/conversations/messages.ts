import { createHash } from 'node:crypto'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { encodeClaim, type IdempotentCall, IdempotencyStore } from '../idempotency/index.js'
import { type Scope } from '../scope.js'
import { type AppendCall, type FirstPosition, type MessageDraft } from './append.js'
import { ConversationNotFound, MessageNotFound, ParentMessageNotFound } from './errors.js'
import { type MessageLog } from './message-log.js'
import { checkCount, checkKey, checkListing, checkMessage, checkMetadata } from './rules.js'
import {
  type ConversationTables, type Message, messages as table, type Metadata,
} from './tables.js'

/** A message to append. */
export interface NewMessage {
  /** Who speaks: `user`, `assistant`, `system`, `tool`, or another lower-case word. */
  readonly role: string
  /** Any JSON value; most often a string. */
  readonly content: JsonValue
  /** @default {} */
  readonly metadata?: Metadata
  /** A living message of the same conversation. @default null */
  readonly parentMessageId?: string | null
  /** @default null */
  readonly tokensUsed?: number | null
}

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
    const { conversationId, messages } = given
    const call = this.#callOf(given)
    const parents = new Set(call.drafts.flatMap(({ parent_message_id: id }) => id ?? []))
    if (parents.size > 0) await this.#checkParents(call.conversationId, parents)
    const position = await this.#write(call)
    if (position !== undefined) return this.#built(call, messages, position)
    const first = await this.#firstOf(call)
    if (first === undefined) throw this.#conversationNotFound(conversationId)
    return this.#built(first.call, messages, first.position)
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

  /** One message. Throws MessageNotFound. */
  async get(conversationId: string, messageId: string): Promise<Message> {
    const query = this.#database.write
      .selectFrom('messages')
      .selectAll()
      .where((where) => where.and(this.#key(conversationId, messageId)))
      .where('deleted_at', 'is', null)
    const stored = await this.#database.first(query)
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

  /** Erases a message's content and metadata; its place in the tree stays. */
  async delete(conversationId: string, messageId: string): Promise<void> {
    const erase = this.#database.write
      .updateTable('messages')
      .set({
        content: columns.content.encode(null),
        metadata: columns.metadata.encode({}),
        deleted_at: columns.deletedAt.encode(instantOf(this.#log.clock.now())),
      })
      .where((where) => where.and(this.#key(conversationId, messageId)))
      .where('deleted_at', 'is', null)
    if ((await this.#database.run(erase)) === 0) throw notFound()
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
    const place = (index: number) => (many === true ? `messages[${index}].` : '')
    const call = {
      organizationId: this.#organizationId,
      conversationId: columns.conversationId.encode(conversationId, 'conversation_id'),
      createdAt: this.#log.now(),
      drafts: messages.map((message, index) => this.#draftOf(message, place(index))),
    }
    if (idempotencyKey === undefined) return call
    return { ...call, claim: encodeClaim(this.#idempotent(call, idempotencyKey), this.#log) }
  }

  #draftOf(message: NewMessage, place: string): MessageDraft {
    checkMessage(message, place)
    const { parentMessageId = null, metadata = {}, tokensUsed = null } = message
    return {
      id: columns.id.encode(this.#log.ids.next()),
      parent_message_id: columns.parentMessageId.encode(
        parentMessageId, `${place}parent_message_id`,
      ),
      role: columns.role.encode(message.role, `${place}role`),
      content: columns.content.encode(message.content, `${place}content`),
      metadata: columns.metadata.encode(metadata, `${place}metadata`),
      tokens_used: columns.tokensUsed.encode(tokensUsed, `${place}tokens_used`),
    }
  }

  #idempotent(call: AppendCall, key: string): IdempotentCall {
    const parts = call.drafts.map(({ id: _, ...rest }) => rest)
    const text = JSON.stringify(['messages.append', call.conversationId, parts])
    return {
      organizationId: call.organizationId,
      actorId: this.#scope.actor.id,
      key,
      fingerprint: createHash('sha256').update(text).digest('hex'),
    }
  }

  async #write(call: AppendCall): Promise<FirstPosition> {
    try {
      if (this.#transaction === undefined) return await this.#log.append(call)
      return (await this.#log.batch.write([call], this.#transaction))[0]
    } catch (error) {
      if (error instanceof ForeignKeyViolation) throw parentNotFound(error)
      throw error
    }
  }

  /** The first call with this key as it was written; undefined when there is none. */
  async #firstOf(call: AppendCall): Promise<{ call: AppendCall; position: number } | undefined> {
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
    const position = await this.#positionOf(call.conversationId, ids[0]!)
    if (position === undefined) return undefined
    const drafts = call.drafts.map((draft, index) => ({ ...draft, id: ids[index]! }))
    return { call: { ...call, drafts, createdAt: at as Stored<'instant'> }, position }
  }

  /** Where a message stands, deleted or not. */
  async #positionOf(conversationId: Stored<'id'>, id: Stored<'id'>): Promise<number | undefined> {
    const query = this.#database.write
      .selectFrom('messages')
      .select('position')
      .where((where) => where.and(this.#key(conversationId, id)))
    const stored = await this.#database.first(query)
    return stored === undefined ? undefined : columns.position.decode(stored.position)
  }

  #built(call: AppendCall, given: readonly NewMessage[], first: number): Message[] {
    return call.drafts.map((draft, index) => ({
      organizationId: call.organizationId,
      conversationId: call.conversationId,
      id: draft.id,
      position: first + index,
      parentMessageId: draft.parent_message_id,
      role: given[index]!.role,
      content: given[index]!.content,
      metadata: given[index]!.metadata ?? {},
      tokensUsed: given[index]!.tokensUsed ?? null,
      revision: 1,
      createdAt: call.createdAt,
    }))
  }

  async #checkParents(
    conversationId: Stored<'id'>,
    wanted: ReadonlySet<Stored<'id'>>,
  ): Promise<void> {
    const query = this.#database.write
      .selectFrom('messages')
      .select('id')
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversationId)
      .where('id', 'in', [...wanted])
      .where('deleted_at', 'is', null)
    if ((await this.#database.all(query)).length === wanted.size) return
    await this.#checkConversation(conversationId)
    throw parentNotFound()
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

const parentNotFound = (cause?: unknown) =>
  new ParentMessageNotFound('parent_message_id must name a message of the same conversation.', {
    cause, field: 'parent_message_id',
  })

/** As `decodeRow`, but spelled out: pages of messages are read more often than all else. */
function messageOf(stored: Record<string, unknown>): Message {
  return {
    organizationId: columns.organizationId.decode(stored.organization_id),
    conversationId: columns.conversationId.decode(stored.conversation_id),
    id: columns.id.decode(stored.id),
    position: columns.position.decode(stored.position),
    parentMessageId: columns.parentMessageId.decode(stored.parent_message_id),
    role: columns.role.decode(stored.role),
    content: columns.content.decode(stored.content),
    metadata: columns.metadata.decode(stored.metadata),
    tokensUsed: columns.tokensUsed.decode(stored.tokens_used),
    revision: columns.revision.decode(stored.revision),
    createdAt: columns.createdAt.decode(stored.created_at),
  }
}
