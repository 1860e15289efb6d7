import { sql, type SqlBool } from 'kysely'
import { instantOf } from '../../clock.js'
import {
  ConversationExists, ConversationIsForked, ConversationNotFound,
} from '../../conversations/index.js'
import { ForeignKeyViolation } from '../../database/failures.js'
import { type JsonValue } from '../../database/json.js'
import { decodeRow, encodeRow } from '../../database/table.js'
import { InvalidInput, RevisionConflict } from '../../errors.js'
import { conversationIdOf } from '../conversation-id.js'
import { ChatKitNotFound } from './errors.js'
import { type ChatKitContext, type ChatKitHost, type Room, roomOf } from './host.js'
import { contains } from './containment.js'
import {
  type ChatKitPage, checkThread, type Listing, momentOf, pageFrom, pageOf, type Thread,
} from './rules.js'
import { chatkitThreads as table, type ChatKitTables } from './tables.js'

/** Rows of one look while threads are filtered, and of one round of pruning. */
const batchMax = 200

/** How often a conversation is changed that others change at the same time. */
const attemptsMax = 50

const { columns } = table
type Metadata = { [key: string]: JsonValue }

/** The threads of one organization. */
export class Threads {
  readonly #room: Room

  constructor(room: Room) {
    this.#room = room
  }

  /** One thread. Throws ChatKitNotFound. */
  async get(threadId: string): Promise<Thread> {
    const stored = await this.#find(threadId)
    if (stored === undefined) throw notFound(threadId)
    return threadOf(stored)
  }

  /** Saves a thread, new or not; its conversation gets its title and metadata. */
  async save(thread: Thread): Promise<void> {
    checkThread(thread)
    const { database, organizationId, clock } = this.#room
    const conversationId = conversationIdOf(thread.id, 'thread.id')
    const row = encodeRow(table, {
      organizationId, conversationId, threadId: thread.id,
      createdAt: momentOf(thread.created_at, 'thread.created_at'),
      updatedAt: instantOf(clock.now()),
      thread: thread as unknown as Metadata,
    })
    const { created_at, updated_at, thread: json } = row
    const upsert = database.write.insertInto('chatkit_threads').values(row)
      .onConflict((conflict) => conflict.columns(['organization_id', 'conversation_id'])
        .doUpdateSet({ created_at, updated_at, thread: json }))
    for (let attempt = 1; ; attempt += 1) {
      await this.#begin(conversationId, thread)
      try {
        await database.run(upsert)
        break
      } catch (error) {
        // It was deleted in between: this one is new.
        if (!(error instanceof ForeignKeyViolation) || attempt === attemptsMax) throw error
      }
    }
    await this.#show(conversationId, thread.id).catch((error: unknown) => {
      // It was saved, and deleted since.
      const isGone = error instanceof ChatKitNotFound || error instanceof ConversationNotFound
      if (!isGone) throw error
    })
  }

  /** One page of threads by `created_at`, those whose metadata holds `filter`. */
  async list(listing: Listing, filter?: Metadata): Promise<ChatKitPage<Thread>> {
    const { limit, after, order } = pageOf(listing)
    const threads: Thread[] = []
    let last = after === null ? undefined : await this.#find(after)
    if (after !== null && last === undefined) {
      throw new InvalidInput('after must be a thread of this organization', { field: 'after' })
    }
    const count = filter === undefined ? limit + 1 : batchMax
    for (;;) {
      const rows = await this.#page({ order, count, last })
      for (const row of rows) {
        const thread = threadOf(row)
        if (filter === undefined || contains(thread.metadata ?? {}, filter)) threads.push(thread)
      }
      if (threads.length > limit || rows.length < count) return pageFrom(threads, limit)
      last = rows.at(-1)
    }
  }

  /** Deletes a thread with its items and attachments, if it is there. */
  async delete(threadId: string): Promise<void> {
    if (await this.#find(threadId) === undefined) return
    try {
      await this.#room.conversations.delete(conversationIdOf(threadId, 'thread_id'))
    } catch (error) {
      if (!(error instanceof ConversationNotFound)) throw error
    }
  }

  /** Notes that an item has changed. */
  async touch(threadId: string): Promise<void> {
    const { database, organizationId, clock } = this.#room
    await database.run(database.write.updateTable('chatkit_threads')
      .set({ updated_at: columns.updatedAt.encode(instantOf(clock.now())) })
      .where('organization_id', '=', organizationId)
      .where('conversation_id', '=', this.#key(threadId)))
  }

  /** Makes the conversation of a thread, unless it is there. */
  async #begin(conversationId: string, thread: Thread): Promise<void> {
    try {
      await this.#room.conversations.create({ id: conversationId, ...shownOf(thread) })
    } catch (error) {
      if (!(error instanceof ConversationExists)) throw error
    }
  }

  /** Gives the conversation title and metadata of its thread, as that is by now. */
  async #show(conversationId: string, threadId: string): Promise<void> {
    const { conversations } = this.#room
    for (let attempt = 1; ; attempt += 1) {
      const { title, metadata: { chatkit: kept } } = shownOf(await this.get(threadId))
      const present = await conversations.get(conversationId)
      const isShown = present.title === title &&
        JSON.stringify(present.metadata.chatkit) === JSON.stringify(kept)
      if (isShown) return
      const metadata = { ...present.metadata, chatkit: kept }
      try {
        await conversations.update(conversationId, { title, metadata }, present.revision)
        return
      } catch (error) {
        if (!(error instanceof RevisionConflict) || attempt === attemptsMax) throw error
      }
    }
  }

  async #find(threadId: string): Promise<Record<string, unknown> | undefined> {
    const { database, organizationId } = this.#room
    return database.first(database.write.selectFrom('chatkit_threads').selectAll()
      .where('organization_id', '=', organizationId)
      .where('conversation_id', '=', this.#key(threadId)))
  }

  async #page({ order, count, last }: {
    readonly order: 'asc' | 'desc'
    readonly count: number
    readonly last: Record<string, unknown> | undefined
  }): Promise<Record<string, unknown>[]> {
    const { database, organizationId } = this.#room
    let query = database.write.selectFrom('chatkit_threads').selectAll()
      .where('organization_id', '=', organizationId)
      .orderBy('created_at', order).orderBy('thread_id', order)
      .limit(count)
    if (last !== undefined) {
      const place = sql`(${last.created_at}, ${last.thread_id})`
      const beyond = sql.raw(order === 'asc' ? '>' : '<')
      query = query.where(sql<SqlBool>`(created_at, thread_id) ${beyond} ${place}`)
    }
    return database.all(query)
  }

  #key(threadId: string) {
    return columns.conversationId.encode(conversationIdOf(threadId, 'thread_id'))
  }
}

/** Deletes the threads of an organization that nobody has touched since; how many. */
export async function pruneThreads(
  host: ChatKitHost,
  context: ChatKitContext,
  cutoff: string,
): Promise<number> {
  const { database, organizationId } = roomOf(host, context)
  const before = columns.updatedAt.encode(momentOf(cutoff, 'cutoff'))
  let pruned = 0
  let last = columns.conversationId.encode('00000000-0000-0000-0000-000000000000')
  for (;;) {
    const old = await database.all(database.write.selectFrom('chatkit_threads as t')
      .innerJoin('conversations as c', (join) => join
        .onRef('c.organization_id', '=', 't.organization_id')
        .onRef('c.id', '=', 't.conversation_id'))
      .select('t.conversation_id')
      .where('t.organization_id', '=', organizationId)
      .where('t.updated_at', '<', before).where('c.updated_at', '<', before)
      .where('t.conversation_id', '>', last)
      .orderBy('t.conversation_id').limit(batchMax))
    for (const { conversation_id: id } of old) {
      if (await pruneOne(host, context, { id, before })) pruned += 1
      last = id
    }
    if (old.length < batchMax) return pruned
  }
}

type OldThread = Pick<ChatKitTables['conversations'], 'id'> & {
  readonly before: ChatKitTables['conversations']['updated_at']
}

/** Whoever adds an item waits for the row and finds no thread; or this finds one not so old. */
async function pruneOne(
  host: ChatKitHost,
  context: ChatKitContext,
  { id, before }: OldThread,
): Promise<boolean> {
  const { organizationId } = roomOf(host, context)
  try {
    return await host.transaction(async (transaction) => {
      const database = transaction.database.as<ChatKitTables>().within([organizationId])
      const touched = database.write.selectFrom('chatkit_threads as t').select('t.thread_id')
        .where('t.organization_id', '=', organizationId).where('t.conversation_id', '=', id)
        .where('t.updated_at', '>=', before)
      const lock = database.write.updateTable('conversations')
        .set((expression) => ({ branch_count: expression.ref('branch_count') }))
        .where('organization_id', '=', organizationId)
        .where('id', '=', id).where('updated_at', '<', before)
        .where(({ not, exists }) => not(exists(touched)))
      if (await database.run(lock) === 0) return false
      await transaction.organization(organizationId, context.actor).conversations.delete(id)
      return true
    })
  } catch (error) {
    // Its history is shared by others.
    if (error instanceof ConversationIsForked) return false
    throw error
  }
}

/** What a conversation shows of its thread; one that is shared keeps what others know of it. */
function shownOf({ title = null, metadata = {} }: Thread) {
  return { title: title === null ? null : title.slice(0, 1_000), metadata: { chatkit: metadata } }
}

function threadOf(stored: Record<string, unknown>): Thread {
  return decodeRow(table, stored).thread as unknown as Thread
}

const notFound = (threadId: string) =>
  new ChatKitNotFound(`There is no thread ${threadId} here.`)
