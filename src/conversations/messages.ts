import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { type Scope } from '../scope.js'
import {
  changedColumns, type MessageChanges, messageIn, messageOf, type NewMessage,
} from './drafts.js'
import { counted, numbered } from './changes.js'
import { ConversationNotFound, MessageNotFound } from './errors.js'
import { MessageAppends } from './message-appends.js'
import { type MessageLog } from './message-log.js'
import { checkCount, checkListing } from './rules.js'
import { type FoundMessages, MessageFinder, type MessageSearch } from './search.js'
import { type ConversationTables, type Message, messages as table } from './tables.js'
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

const { columns } = table
const positionMax = Number.MAX_SAFE_INTEGER

/** The messages of one organization's conversations. */
export class MessageStore {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>
  readonly #appends: MessageAppends
  readonly #inTransaction: boolean

  /** With `transaction`, everything happens inside it instead of in shared batches. */
  constructor(log: MessageLog, scope: Scope, transaction?: Database<ConversationTables>) {
    this.#log = log
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    const inside = transaction?.within([this.#organizationId])
    this.#database = inside ?? log.database.within([this.#organizationId])
    this.#inTransaction = inside !== undefined
    this.#appends = new MessageAppends({
      log, actorId: scope.actor.id, organizationId: this.#organizationId,
      database: this.#database, transaction: inside,
    })
  }

  /**
   * Appends one message; resolves once it is durable. Throws ConversationNotFound,
   * ParentMessageNotFound, MessageExists, InvalidInput, InvalidValue, or IdempotencyKeyReused.
   */
  async append(
    conversationId: string,
    message: NewMessage,
    options: AppendOptions = {},
  ): Promise<Message> {
    const [appended] = await this.#appends.all({ conversationId, messages: [message], options })
    return appended!
  }

  /** Appends 1 to 1000 messages in order, all or none; otherwise as `append`. */
  async appendMany(
    conversationId: string,
    messages: readonly NewMessage[],
    options: AppendOptions = {},
  ): Promise<Message[]> {
    checkCount(messages)
    return this.#appends.all({ conversationId, messages, options, many: true })
  }

  /** One page of a conversation's living messages. Throws ConversationNotFound. */
  async list(conversationId: string, listing: MessageListing = {}): Promise<Page<Message>> {
    const { limit, order } = checkListing(listing)
    const conversation = columns.conversationId.encode(conversationId, 'conversation_id')
    const list = ['messages', this.#organizationId, conversation, order, listing.from ?? null]
    const start = listing.from ?? (order === 'asc' ? 0 : positionMax)
    const { cursor } = listing
    const from = cursor === undefined ? start : (keyOf(list, cursor)[0] as number)
    const of = { organization_id: this.#organizationId, conversation_id: conversation }
    const { rows, more } = await this.#log.read(this.#database, order, {
      organization: this.#organizationId,
      conversation,
      from: columns.position.encode(from, cursor === undefined ? 'from' : 'cursor'),
      limit,
    })
    if (rows.length === 0) await this.#checkConversation(conversation)
    const data = rows.map((row) => messageIn(of, row))
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
   * last one. No message is missed whose append was acknowledged before, unless `complete` is
   * false. A query without a word finds nothing. Throws InvalidInput, InvalidValue, InvalidCursor.
   */
  async search(search: MessageSearch): Promise<FoundMessages> {
    return new MessageFinder(this.#log, {
      organizationId: this.#organizationId, database: this.#database,
      inTransaction: this.#inTransaction,
    }).find(search)
  }

  /** One message, of the conversation or of the history it shares. Throws MessageNotFound. */
  async get(conversationId: string, messageId: string): Promise<Message> {
    const stored = await this.#tree.find(this.#conversation(conversationId), messageId)
    if (stored === undefined) throw notFound()
    return messageOf(stored)
  }

  /** Positions of those messages that are in the conversation itself, erased or not, by id. */
  async positions(conversationId: string, ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map()
    const query = this.#database.write
      .selectFrom('messages')
      .select(['id', 'position'])
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#conversation(conversationId))
      .where('id', 'in', ids.map((id) => columns.id.encode(id, 'message_id')))
    const rows = await this.#database.all(query)
    return new Map(rows.map((row) => [row.id, columns.position.decode(row.position)]))
  }

  /**
   * Changes what is given: for items that complete, such as widgets, tool calls and streamed
   * answers. What a person edits is a sibling instead (`siblingOf`), so that nothing is lost. With
   * `ifRevision`, only when that is still its revision. Throws MessageNotFound, RevisionConflict,
   * InvalidInput, InvalidValue.
   */
  async update(
    messageId: { readonly conversationId: string; readonly id: string },
    changes: MessageChanges,
    ifRevision?: number,
  ): Promise<Message> {
    const changed = changedColumns(changes)
    const { write } = this.#database
    let named = write
      .selectFrom('messages')
      .select('messages.id')
      .where((where) => where.and(this.#key(messageId.conversationId, messageId.id)))
      .where('deleted_at', 'is', null)
    if (ifRevision !== undefined) {
      named = named.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const update = write
      .updateTable('messages')
      .where((where) => where.and(this.#key(messageId.conversationId, messageId.id)))
      .where('id', 'in', named)
      .set((expression) => ({
        ...numbered,
        ...changed,
        revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .returningAll()
    const count = this.#counting(messageId.conversationId).where((where) => where.exists(named))
    // A deletion of the whole conversation may come the other way.
    const [, updated] = await repeated(() =>
      this.#database.atomic([count.compile(), update.compile()]))
    const [stored] = updated!.rows
    if (stored !== undefined) {
      this.#tell(this.#database, messageId.conversationId)
      return messageOf(stored)
    }
    const present = await this.get(messageId.conversationId, messageId.id)
    throw new RevisionConflict(`The message is at revision ${present.revision}; read it again.`)
  }

  /**
   * Erases a message's content and metadata; its place in the tree stays. When it was the active
   * leaf, its nearest living ancestor becomes that. Throws MessageNotFound.
   */
  async delete(conversationId: string, messageId: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      // First the conversation, as everywhere: two writers wait for each other there alone.
      await transaction.run(this.#counting(conversationId).where((where) => where.exists(
        transaction.write
          .selectFrom('messages')
          .select('messages.id')
          .where((key) => key.and(this.#key(conversationId, messageId)))
          .where('deleted_at', 'is', null))))
      const erase = transaction.write
        .updateTable('messages')
        .set({
          ...numbered,
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
      this.#tell(transaction, conversationId)
    }, { repeatable: true })
  }

  /** Lets the conversation hand out the number of a change. */
  #counting(conversationId: string) {
    return this.#database.write
      .updateTable('conversations')
      .set(counted)
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', this.#conversation(conversationId))
  }

  /** Wakes who listens to the conversation, once what was written is committed. */
  #tell(database: Database<ConversationTables>, conversationId: string): void {
    const key = {
      organizationId: this.#organizationId, conversationId: this.#conversation(conversationId),
    }
    database.afterCommit(() => this.#log.tell(key))
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
