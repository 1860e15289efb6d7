import { type Cache, type CacheKey } from '../coordination/coordination.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type Scope } from '../scope.js'
import { summaryIn } from './context-row.js'
import { messageOf } from './drafts.js'
import { type MessageLog } from './message-log.js'
import { checkContextLimit, contextLimitMax } from './rules.js'
import { notFound } from './store.js'
import { type NewSummary, Summaries, type SummaryPut } from './summaries.js'
import {
  type Conversation, conversationOf, conversations as table, type ConversationTables,
  type Message, type Summary,
} from './tables.js'
import { rowOf } from './tree-place.js'
import { PathReader } from './tree-reader.js'

/** What a model is told of a conversation; its messages are shared between callers, and frozen. */
export interface ModelContext {
  readonly conversation: Conversation
  /** The last messages of the active path, oldest first. */
  readonly messages: readonly Message[]
  /** Whether the path has messages before these. */
  readonly hasMore: boolean
  readonly summary: Summary | null
}

/** Parts that the store takes from outside. */
export interface ContextParts {
  readonly log: MessageLog
  readonly cache: Cache
  /** Everything happens inside it, and nothing of it is cached. */
  readonly transaction?: Database<ConversationTables> | undefined
}

/** The recent messages as they are cached, with what they were when they were read. */
interface Recent {
  readonly stamp: string
  readonly messages: Message[]
  readonly hasMore: boolean
}

type StoredValues = Record<string, unknown>

/** Messages that are cached together: few sizes, so that all of them can be forgotten. */
const sizes = [20, 50, contextLimitMax] as const

/** As long as a conversation's context is worth keeping: a day. */
const times = { ttlSeconds: 86_400 }

const { columns } = table

/**
 * What models are told of conversations: recent messages and a running summary. The messages are
 * cached with the numbers of the conversation's row, which is read first each time: any append,
 * switch, change or erasure makes them others, so that nobody is ever told what is not true.
 */
export class ContextStore {
  readonly #log: MessageLog
  readonly #cache: Cache
  readonly #database: Database<ConversationTables>
  readonly #isCached: boolean
  readonly #organizationId: Stored<'id'>
  readonly #summaries: Summaries

  constructor(scope: Scope, { log, cache, transaction }: ContextParts) {
    this.#log = log
    this.#cache = cache
    this.#isCached = transaction === undefined
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? log.database).within([this.#organizationId])
    this.#summaries = new Summaries(log, this.#organizationId, this.#database)
  }

  /**
   * The conversation, the last messages of its active path (1 to 200, @default 20) and its
   * summary. Throws ConversationNotFound.
   */
  async get(
    conversationId: string,
    { limit: asked }: { readonly limit?: number | undefined } = {},
  ): Promise<ModelContext> {
    const limit = checkContextLimit(asked)
    const id = columns.id.encode(conversationId, 'conversation_id')
    const { rows: [row] } = await this.#database.execute(
      this.#log.contextRow({ organization_id: this.#organizationId, id }))
    if (row === undefined) throw notFound(conversationId)
    const recent = this.#isCached
      ? await this.#recent(row, sizes.find((size) => size >= limit)!)
      : await this.#read(row, limit)
    const messages = recent.messages.slice(-limit)
    const hasMore = recent.hasMore || recent.messages.length > limit
    return { conversation: conversationOf(row), messages, hasMore, summary: summaryIn(row) }
  }

  /** Forgets what is cached of a conversation, everywhere: it would stay for a day. */
  async forget(conversationId: string): Promise<void> {
    const id = columns.id.encode(conversationId, 'conversation_id')
    await Promise.all(sizes.map((size) => this.#cache.invalidate(this.#keyOf(id, size))))
  }

  /** The summary. Throws SummaryNotFound. */
  getSummary(conversationId: string): Promise<Summary> {
    return this.#summaries.get(conversationId)
  }

  /**
   * Sets or replaces the summary. Throws ConversationNotFound, MessageNotFound, RevisionConflict,
   * SummaryExists, InvalidInput.
   */
  putSummary(conversationId: string, given: NewSummary, when: SummaryPut = {}): Promise<Summary> {
    return this.#summaries.put(conversationId, given, when)
  }

  /** Deletes the summary. Throws SummaryNotFound, RevisionConflict. */
  deleteSummary(
    conversationId: string,
    { ifRevision }: { readonly ifRevision?: number | undefined } = {},
  ): Promise<void> {
    return this.#summaries.delete(conversationId, ifRevision)
  }

  /** The cached messages if they are those of this row; else they are read, and cached beside. */
  async #recent(row: StoredValues, limit: number): Promise<Recent> {
    const key = this.#keyOf(String(row.id), limit)
    const load = () => this.#read(row, limit)
    const cached = (await this.#cache.getOrLoad<Recent>(key, load, times))!
    if (cached.stamp === stampOf(row)) return cached
    const read = await load()
    void this.#renew(key, read).catch(() => undefined)
    return read
  }

  #keyOf(conversationId: string, size: number): CacheKey {
    const id = `${conversationId}/${size}`
    return { namespace: this.#organizationId, resource: 'conversation_context', id }
  }

  async #renew(key: CacheKey, read: Recent): Promise<void> {
    await this.#cache.invalidate(key)
    await this.#cache.getOrLoad(key, async () => read, times)
  }

  /** The path is the one that the row names, whatever has become active since. */
  async #read(row: StoredValues, limit: number): Promise<Recent> {
    const { active_branch: branch, active_depth: depth } = rowOf(row as never)
    const start = { conversation_id: row.id as Stored<'id'>, branch, depth, above: 0 }
    const reader = new PathReader(this.#log, this.#organizationId, this.#database)
    const { rows, next } = await reader.up(start, limit)
    const messages = rows.map(messageOf).reverse()
    return { stamp: stampOf(row), messages, hasMore: next !== undefined }
  }
}

/**
 * Two rows with one stamp have the same recent messages: edits only rise, and leaves stay. Those of
 * a deleted conversation, whose ids another one has, are told apart by when it was begun.
 */
const stampOf = (row: StoredValues): string => [
  row.created_at, row.active_leaf_id, row.active_branch, row.active_depth, row.edits,
].map(String).join('/')
