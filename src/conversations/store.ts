import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { ConversationNotFound } from './errors.js'
import { checkLimit, checkMetadata, checkTitle } from './rules.js'
import {
  type Conversation, conversations as table, type ConversationTables, type Metadata,
} from './tables.js'

/** A conversation to begin. */
export interface NewConversation {
  /** At most 1000 characters. @default null */
  readonly title?: string | null
  /** @default {} */
  readonly metadata?: Metadata
}

/** What `update` may change; what is left out stays. */
export interface ConversationChanges {
  readonly title?: string | null
  readonly metadata?: Metadata
  /** True archives, false brings back. */
  readonly archived?: boolean
}

/** Options of `list`. */
export interface ConversationListing extends PageRequest {
  /** Only conversations this user began. */
  readonly userId?: string
  /** `true`: only archived ones; `false`: only living ones. @default false */
  readonly archived?: boolean
}

const { columns } = table

/** The conversations of one organization. */
export class ConversationStore {
  readonly #database: Database<ConversationTables>
  readonly #scope: Scope
  readonly #source: { readonly clock: Clock; readonly ids: IdGenerator }
  readonly #organizationId: Stored<'id'>

  constructor(
    database: Database<ConversationTables>,
    scope: Scope,
    source: { readonly clock: Clock; readonly ids: IdGenerator },
  ) {
    this.#scope = scope
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /** Begins a conversation. Throws InvalidInput or InvalidValue. */
  async create(given: NewConversation = {}): Promise<Conversation> {
    const { title = null, metadata = {} } = given
    checkTitle(title)
    checkMetadata(metadata)
    const now = instantOf(this.#source.clock.now())
    const conversation: Conversation = {
      organizationId: this.#organizationId,
      id: this.#source.ids.next(),
      userId: this.#scope.actor.userId ?? null,
      title,
      metadata,
      messageCount: 0,
      revision: 1,
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    }
    const row = encodeRow(table, conversation)
    try {
      await this.#database.run(this.#database.write.insertInto('conversations').values(row))
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no organization ${this.#organizationId}, or no such user.`
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    }
    return conversation
  }

  /** One conversation. Throws ConversationNotFound. */
  async get(conversationId: string): Promise<Conversation> {
    const query = this.#database.write
      .selectFrom('conversations')
      .selectAll()
      .where((where) => where.and(this.#key(conversationId)))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(conversationId)
    return decodeRow(table, stored)
  }

  /** One page of conversations, newest first. */
  async list(listing: ConversationListing = {}): Promise<Page<Conversation>> {
    const limit = checkLimit(listing)
    const { archived = false, userId } = listing
    const list = ['conversations', this.#organizationId, userId ?? null, archived]
    let query = this.#database.write
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('archived_at', archived ? 'is not' : 'is', null)
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (userId !== undefined) {
      query = query.where('user_id', '=', columns.userId.encode(userId, 'user_id'))
    }
    if (listing.cursor !== undefined) {
      const [last] = keyOf(list, listing.cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map((stored) => decodeRow(table, stored))
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /**
   * Changes what is given. With `ifRevision`, only when that is still its revision. Throws
   * ConversationNotFound, RevisionConflict, InvalidInput, InvalidValue.
   */
  async update(
    conversationId: string,
    changes: ConversationChanges,
    ifRevision?: number,
  ): Promise<Conversation> {
    const now = columns.updatedAt.encode(instantOf(this.#source.clock.now()))
    let update = this.#database.write
      .updateTable('conversations')
      .set((expression) => ({
        ...this.#changed(changes, now),
        updated_at: now,
        revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .where((where) => where.and(this.#key(conversationId)))
      .returningAll()
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const stored = await this.#database.first(update)
    if (stored !== undefined) return decodeRow(table, stored)
    const { revision } = await this.get(conversationId)
    throw new RevisionConflict(`The conversation is at revision ${revision}; read it again.`)
  }

  /** Deletes a conversation with its messages. Throws ConversationNotFound. */
  async delete(conversationId: string): Promise<void> {
    const statement = this.#database.write
      .deleteFrom('conversations')
      .where((where) => where.and(this.#key(conversationId)))
    if ((await this.#database.run(statement)) === 0) throw notFound(conversationId)
  }

  #key(conversationId: string) {
    return {
      organization_id: this.#organizationId,
      id: columns.id.encode(conversationId, 'conversation_id'),
    }
  }

  #changed({ title, metadata, archived }: ConversationChanges, now: Stored<'instant'>) {
    if (title !== undefined) checkTitle(title)
    if (metadata !== undefined) checkMetadata(metadata)
    return {
      ...(title === undefined ? {} : { title: columns.title.encode(title, 'title') }),
      ...(metadata === undefined
        ? {}
        : { metadata: columns.metadata.encode(metadata, 'metadata') }),
      ...(archived === undefined ? {} : { archived_at: archived ? now : null }),
    }
  }
}

const notFound = (conversationId: string) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`)
