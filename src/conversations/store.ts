import { type AuditRecord, Recorder } from '../audit/index.js'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../database/failures.js'
import { type Page } from '../database/page.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { countedUpdate, unchanged } from './changes.js'
import {
  ConversationExists, ConversationIsForked, ConversationNotFound, MessageNotFound,
} from './errors.js'
import { ConversationExport } from './export.js'
import {
  ConversationImport, type ImportedConversation, type ImportOptions, type ImportSource,
} from './import.js'
import { type ConversationListing, listConversations } from './listing.js'
import { type EventReading } from './live.js'
import { type MessageLog } from './message-log.js'
import { checkMetadata, checkStream, checkTitle, checkTyping } from './rules.js'
import {
  type Conversation, conversationOf, conversations as table, type ConversationTables,
  messageBranches, messages, type Metadata,
} from './tables.js'
import { MessageTree } from './tree.js'

/** A conversation to begin. */
export interface NewConversation {
  /** A UUID that no conversation of the organization has. @default a new UUIDv7 */
  readonly id?: string
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

/** Parts that the store takes from outside. */
export interface ConversationSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  /** What the stores of messages share. */
  readonly log: MessageLog
  /** Whether the database handed in is a transaction. @default false */
  readonly inTransaction?: boolean
  /** Told before a deletion, in its transaction if it has one; what it returns runs after it. */
  onDeleting?(database: Database<ConversationTables>, id: string): Promise<() => Promise<void>>
  /** Told once an import is committed. */
  onImported?(id: string): Promise<void>
}

const { columns } = table

/** So long a deletion waits until the words have left the index of search. */
const forgettingMs = 1_000

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
  ...unchanged,
  activeStream: null,
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

  /** Begins a conversation. Throws ConversationExists, InvalidInput or InvalidValue. */
  async create(given: NewConversation = {}): Promise<Conversation> {
    return this.#create(given, untouched)
  }

  async #create(given: NewConversation, begun: Begun): Promise<Conversation> {
    const { id = this.#source.ids.next(), title = null, metadata = {} } = given
    checkTitle(title)
    checkMetadata(metadata)
    const now = instantOf(this.#source.clock.now())
    const conversation = {
      organizationId: this.#organizationId,
      id: columns.id.encode(id, 'id'),
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
      if (cause instanceof UniqueViolation) {
        const message = 'The organization has a conversation of this id.'
        throw new ConversationExists(message, { cause, field: 'id' })
      }
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

  /** One page of conversations, newest first. Throws InvalidInput, InvalidCursor. */
  async list(listing: ConversationListing = {}): Promise<Page<Conversation>> {
    return listConversations(this.#database, this.#organizationId, listing)
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
        ...countedUpdate,
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
    if (stored !== undefined) {
      this.#tell(this.#database, conversationId)
      return conversationOf(stored)
    }
    const { revision } = await this.get(conversationId)
    throw new RevisionConflict(`The conversation is at revision ${revision}; read it again.`)
  }

  /**
   * Names the stream that the next message is being written to, 1 to 255 characters; null for none.
   * With `ifStream`, only while that one is named. False when another one is. Not a change that
   * raises the revision. Throws ConversationNotFound, InvalidInput.
   */
  async setActiveStream(
    conversationId: string,
    stream: string | null,
    ifStream?: string | null,
  ): Promise<boolean> {
    checkStream(stream)
    let update = this.#database.write
      .updateTable('conversations')
      .set({ active_stream: columns.activeStream.encode(stream, 'active_stream') })
      .where((where) => where.and(this.#key(conversationId)))
    if (ifStream === null) update = update.where('active_stream', 'is', null)
    else if (ifStream !== undefined) {
      update = update.where('active_stream', '=', columns.activeStream.encode(ifStream))
    }
    if ((await this.#database.run(update)) > 0) return true
    await this.get(conversationId)
    return false
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
      this.#tell(transaction, id)
      return new ConversationStore(transaction, this.#scope, this.#source).get(conversationId)
    }, { repeatable: true })
  }

  /**
   * Begins a conversation that shares the history up to a message, without copying it. The source
   * cannot be deleted while the fork is there. Throws ConversationNotFound, MessageNotFound,
   * ConversationExists.
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
    const { onDeleting } = this.#source
    try {
      const finish = await onDeleting?.(this.#database, conversationId)
      const deleted = await repeated(() => this.#recorder.change(
        this.#database, statement, told('deleted', conversationId)))
      if (deleted.length === 0) throw notFound(conversationId)
      this.#tell(this.#database, conversationId)
      await finish?.()
      await this.#forgetWords()
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = 'Other conversations share the history of this one; delete those first.'
      throw new ConversationIsForked(message, { cause })
    }
  }

  /** Should it fail, words that nobody finds any more leave the index a little later. */
  async #forgetWords(): Promise<void> {
    const { log: { indexing }, inTransaction = false } = this.#source
    if (inTransaction) this.#database.afterCommit(() => indexing.lose())
    else await indexing.takeOut(forgettingMs).catch(() => indexing.lose())
  }

  /**
   * The conversation as lines of JSON, each with its line feed: first what it is, then its messages
   * in order of arrival with the whole tree, at last counts and a SHA-256. Of a fork the history it
   * shares is written as its own. `import` makes the same conversation of it. Throws
   * ConversationNotFound, with the first line.
   */
  export(conversationId: string): AsyncGenerator<string, void, void> {
    const { organization_id: organizationId, id } = this.#key(conversationId)
    const key = { organizationId, conversationId: id }
    return new ConversationExport(this.#source.log, this.#database, key).lines()
  }

  /**
   * Makes a conversation of an exported file: all of it, or nothing. It exports to the same bytes
   * again, but for its id where `newId` asks for another one. Who imports it began it. At most
   * 256 MiB unless more are asked for. Throws InvalidConversationFile, ConversationExists,
   * IdempotencyKeyReused.
   */
  import(source: ImportSource, options: ImportOptions = {}): Promise<ImportedConversation> {
    const { log, inTransaction = false, onImported } = this.#source
    const place = { database: this.#database, inTransaction, onImported }
    return new ConversationImport(log, this.#scope, place).run(source, options)
  }

  /**
   * What happens in the conversation, as it happens; behind the event `after`, all that was missed
   * comes first, once and in order. Ends with `conversation.deleted`, or with `signal`. Throws
   * ConversationNotFound, InvalidInput, and Busy when too many listen to this process.
   */
  events(conversationId: string, reading: EventReading = {}) {
    const { organization_id: organizationId, id } = this.#key(conversationId)
    return this.#source.log.live.follow({ organizationId, conversationId: id }, reading)
  }

  /**
   * Tells who listens that the actor is typing, for `ttlSeconds` (1 to 30). @default 5. A hint: it
   * is kept nowhere. Throws ConversationNotFound, InvalidInput.
   */
  async typing(
    conversationId: string,
    { ttlSeconds = 5 }: { readonly ttlSeconds?: number | undefined } = {},
  ): Promise<void> {
    checkTyping(ttlSeconds)
    const { organization_id: organizationId, id } = this.#key(conversationId)
    await this.get(conversationId)
    const { actor } = this.#scope
    const typing = { actorId: actor.id, userId: actor.userId ?? null, ttlSeconds }
    await this.#source.log.events.tellTyping({ organizationId, conversationId: id }, typing)
  }

  /** Wakes who listens to the conversation, once the change is committed. */
  #tell(database: Database<ConversationTables>, conversationId: string): void {
    const { organization_id: organizationId, id } = this.#key(conversationId)
    database.afterCommit(() => this.#source.log.tell({ organizationId, conversationId: id }))
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

/** No such conversation. */
export const notFound = (conversationId: string) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`)
