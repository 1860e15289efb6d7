import { type AuditRecord, Recorder } from '../audit/index.js'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { ConversationIsForked, ConversationNotFound, MessageNotFound } from './errors.js'
import { type MessageLog } from './message-log.js'
import { checkLimit, checkMetadata, checkTitle } from './rules.js'
import {
  type Conversation, conversations as table, type ConversationTables, messageBranches, messages,
  type Metadata,
} from './tables.js'
import { MessageTree } from './tree.js'

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

/** Parts that the store takes from outside. */
export interface ConversationSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  /** What the stores of messages share. */
  readonly log: MessageLog
  /** Told of a deletion, in its transaction if it has one; must not throw. */
  onDeleted?(database: Database<ConversationTables>): void
}

const { columns } = table

/** What a conversation without messages is like. */
const untouched = {
  messageCount: 0,
  branchCount: 1,
  activeLeafId: null,
  previousLeafId: null,
  activeBranch: 0,
  activeDepth: 0,
  forkedFromConversationId: null,
  forkedFromMessageId: null,
}

/** The conversations of one organization. */
export class ConversationStore {
  readonly #database: Database<ConversationTables>
  readonly #scope: Scope
  readonly #source: ConversationSource
  readonly #organizationId: Stored<'id'>
  readonly #recorder: Recorder

  constructor(
    database: Database<ConversationTables>,
    scope: Scope,
    source: ConversationSource,
  ) {
    this.#scope = scope
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
    this.#recorder = new Recorder(scope, source)
  }

  /** Begins a conversation. Throws InvalidInput or InvalidValue. */
  async create(given: NewConversation = {}): Promise<Conversation> {
    return this.#create(given, untouched)
  }

  async #create(given: NewConversation, begun: Begun): Promise<Conversation> {
    const { title = null, metadata = {} } = given
    checkTitle(title)
    checkMetadata(metadata)
    const now = instantOf(this.#source.clock.now())
    const conversation = {
      organizationId: this.#organizationId,
      id: this.#source.ids.next(),
      userId: this.#scope.actor.userId ?? null,
      title,
      metadata,
      ...begun,
      revision: 1,
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    }
    const row = encodeRow(table, conversation)
    try {
      await this.#recorder.insert(
        this.#database, { table, row }, told('created', conversation.id))
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no organization ${this.#organizationId}, or no such user.`
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    }
    return conversationOf(row)
  }

  /** One conversation. Throws ConversationNotFound. */
  async get(conversationId: string): Promise<Conversation> {
    const query = this.#database.write
      .selectFrom('conversations')
      .selectAll()
      .where((where) => where.and(this.#key(conversationId)))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(conversationId)
    return conversationOf(stored)
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
    const rows = (await this.#database.all(query)).map(conversationOf)
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
    const [stored] = await this.#recorder.change(
      this.#database, update, told(verbOf(changes), conversationId, changes))
    if (stored !== undefined) return conversationOf(stored)
    const { revision } = await this.get(conversationId)
    throw new RevisionConflict(`The conversation is at revision ${revision}; read it again.`)
  }

  /**
   * Chooses the message that the next one follows: `null` for a new root; with `newest` the newest
   * message beneath the one named. Throws ConversationNotFound, MessageNotFound.
   */
  async setActiveLeaf(
    conversationId: string,
    messageId: string | null,
    { newest = false }: { readonly newest?: boolean | undefined } = {},
  ): Promise<Conversation> {
    const { id } = this.#key(conversationId)
    return this.#database.transaction(async (transaction) => {
      const tree = new MessageTree(this.#source.log, this.#organizationId, transaction)
      await tree.switchTo(id, messageId, newest)
      return new ConversationStore(transaction, this.#scope, this.#source).get(conversationId)
    }, { repeatable: true })
  }

  /**
   * Begins a conversation that shares the history up to a message, without copying it. The source
   * cannot be deleted while the fork is there. Throws ConversationNotFound, MessageNotFound.
   */
  async fork(
    conversationId: string,
    messageId: string,
    given: NewConversation = {},
  ): Promise<Conversation> {
    const source = this.#key(conversationId).id
    return this.#database.transaction(async (transaction) => {
      const store = new ConversationStore(transaction, this.#scope, this.#source)
      await store.get(conversationId)
      const tree = new MessageTree(this.#source.log, this.#organizationId, transaction)
      const found = await tree.find(source, messageId)
      if (found === undefined) {
        throw new MessageNotFound('There is no such message in this conversation.')
      }
      const { conversationId: from, branch, depth, id } = decodeRow(messages, found)
      const fork = await store.#create(given, {
        ...untouched, activeLeafId: id, activeDepth: depth,
        forkedFromConversationId: columns.id.decode(source), forkedFromMessageId: id,
      })
      const left = {
        organizationId: this.#organizationId, conversationId: fork.id, branch: 0,
        parentConversationId: from, parentBranch: branch, parentDepth: depth,
      }
      const insert = transaction.write
        .insertInto('message_branches').values(encodeRow(messageBranches, left))
      await transaction.run(insert)
      return fork
    })
  }

  /**
   * Deletes a conversation with its messages. Throws ConversationNotFound, or ConversationIsForked
   * while others share its history.
   */
  async delete(conversationId: string): Promise<void> {
    const statement = this.#database.write
      .deleteFrom('conversations')
      .where((where) => where.and(this.#key(conversationId)))
      .returning('id')
    try {
      const deleted = await this.#recorder.change(
        this.#database, statement, told('deleted', conversationId))
      if (deleted.length === 0) throw notFound(conversationId)
      this.#source.onDeleted?.(this.#database)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = 'Other conversations share the history of this one; delete those first.'
      throw new ConversationIsForked(message, { cause })
    }
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

/** How a new conversation stands to the tree. */
type Begun = Pick<Row<typeof table>, keyof typeof untouched>

function conversationOf(stored: Record<string, unknown>): Conversation {
  const { branchCount: _, previousLeafId: __, activeBranch: ___, activeDepth: ____, ...shown } =
    decodeRow(table, stored)
  return shown
}

/** What the audit log is told; of a change the names of what was given, never the content. */
function told(verb: string, conversationId: string, changes?: ConversationChanges): AuditRecord {
  const given = Object.entries(changes ?? {}).filter(([, value]) => value !== undefined)
  return {
    action: `conversation.${verb}`,
    resourceKind: 'conversation',
    resourceId: conversationId.toLowerCase(),
    details: changes === undefined ? {} : { changed: given.map(([name]) => name) },
  }
}

/** Putting away and bringing back have names of their own. */
function verbOf({ title, metadata, archived }: ConversationChanges): string {
  if (archived === undefined || title !== undefined || metadata !== undefined) return 'updated'
  return archived ? 'archived' : 'restored'
}

const notFound = (conversationId: string) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`)
