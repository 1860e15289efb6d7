import { randomBytes } from 'node:crypto'
import { type JsonValue } from '../../database/json.js'
import { conversationIdOf } from '../conversation-id.js'
import { Attachments } from './attachments.js'
import { type ChatKitContext, type ChatKitHost, roomOf } from './host.js'
import { ThreadItems } from './items.js'
import {
  type Attachment, type ChatKitPage, defined, type Listing, type Thread, type ThreadItem,
} from './rules.js'
import { pruneThreads, Threads } from './threads.js'

/** What ids are made for. */
export type IdKind =
  | 'thread' | 'message' | 'tool_call' | 'workflow' | 'task' | 'attachment' | 'sdk_hidden_context'

const prefixes: Readonly<Record<IdKind, string>> = {
  thread: 'thr', message: 'msg', tool_call: 'tc', workflow: 'wf', task: 'tsk', attachment: 'atc',
  sdk_hidden_context: 'shcx',
}

const newId = (kind: IdKind): string => `${prefixes[kind]}_${randomBytes(16).toString('hex')}`

/**
 * The store of a ChatKit server. Threads are conversations, items are messages; all come back as
 * they were given. The last argument of each method says in which organization and in whose name.
 */
export class ChatKitStore {
  readonly #host: ChatKitHost

  constructor(host: ChatKitHost) {
    this.#host = host
  }

  /** A new id of a thread: `thr_` and 128 random bits. */
  generateThreadId(_context?: ChatKitContext): string {
    return newId('thread')
  }

  /** A new id of an item: a prefix for its kind and 128 random bits. */
  generateItemId(kind: IdKind, _thread?: Thread, _context?: ChatKitContext): string {
    return newId(kind)
  }

  /** One thread. Throws ChatKitNotFound. */
  async loadThread(threadId: string, context: ChatKitContext): Promise<Thread> {
    return this.#threads(context).get(threadId)
  }

  /** Saves a thread, new or not. Throws InvalidInput, InvalidValue. */
  async saveThread(thread: Thread, context: ChatKitContext): Promise<void> {
    await this.#threads(context).save(defined(thread))
  }

  /**
   * One page of threads by `created_at`, then id. Throws InvalidInput, also for an `after` that is
   * no thread.
   */
  async loadThreads(listing: Listing, context: ChatKitContext): Promise<ChatKitPage<Thread>> {
    return this.#threads(context).list(listing)
  }

  /** As `loadThreads`, of those whose metadata holds `metadata`; reads the others as well. */
  async filterThreads(
    metadata: { [key: string]: JsonValue },
    listing: Listing,
    context: ChatKitContext,
  ): Promise<ChatKitPage<Thread>> {
    return this.#threads(context).list(listing, metadata)
  }

  /** Deletes a thread with items and attachments, if it is there. */
  async deleteThread(threadId: string, context: ChatKitContext): Promise<void> {
    await this.#threads(context).delete(threadId)
  }

  /**
   * Deletes the threads that neither changed nor got an item since `cutoff`, an RFC 3339 moment;
   * the number of them. Threads whose history others share stay.
   */
  async pruneThreadsOlderThan(cutoff: string, context: ChatKitContext): Promise<number> {
    return pruneThreads(this.#host, context, cutoff)
  }

  /**
   * One page of items in the order in which they were added. Throws ChatKitNotFound, and
   * InvalidInput, also for an `after` that never was an item of the thread.
   */
  async loadThreadItems(
    threadId: string,
    listing: Listing,
    context: ChatKitContext,
  ): Promise<ChatKitPage<ThreadItem>> {
    return this.#items(threadId, context).list(listing)
  }

  /**
   * Adds an item at the end; one of this id keeps its place and gets the content given. Throws
   * ChatKitNotFound without a thread, InvalidInput for the item of another one, InvalidValue.
   */
  async addThreadItem(threadId: string, item: ThreadItem, context: ChatKitContext): Promise<void> {
    await this.#items(threadId, context).put(defined(item))
  }

  /** The same as `addThreadItem`. */
  async saveItem(threadId: string, item: ThreadItem, context: ChatKitContext): Promise<void> {
    await this.#items(threadId, context).put(defined(item))
  }

  /** One item. Throws ChatKitNotFound. */
  async loadItem(threadId: string, itemId: string, context: ChatKitContext): Promise<ThreadItem> {
    return this.#items(threadId, context).get(itemId)
  }

  /** Deletes an item, if it is there. */
  async deleteThreadItem(threadId: string, itemId: string, context: ChatKitContext): Promise<void> {
    await this.#items(threadId, context).delete(itemId)
  }

  /** Saves what is known of an attachment, new or not. Throws InvalidInput, InvalidValue. */
  async saveAttachment(attachment: Attachment, context: ChatKitContext): Promise<void> {
    await this.#attachments(context).save(defined(attachment))
  }

  /** What is known of an attachment. Throws ChatKitNotFound. */
  async loadAttachment(attachmentId: string, context: ChatKitContext): Promise<Attachment> {
    return this.#attachments(context).get(attachmentId)
  }

  /** Forgets an attachment, if it is there. */
  async deleteAttachment(attachmentId: string, context: ChatKitContext): Promise<void> {
    await this.#attachments(context).delete(attachmentId)
  }

  #threads(context: ChatKitContext): Threads {
    return new Threads(roomOf(this.#host, context))
  }

  #items(threadId: string, context: ChatKitContext): ThreadItems {
    const room = roomOf(this.#host, context)
    const name = { threadId, conversationId: conversationIdOf(threadId, 'thread_id') }
    return new ThreadItems(room, name, () => new Threads(room).touch(threadId))
  }

  #attachments(context: ChatKitContext): Attachments {
    return new Attachments(roomOf(this.#host, context))
  }
}

/** The store of a ChatKit server on an open Holdfast. */
export function createChatKitStore(holdfast: ChatKitHost): ChatKitStore {
  return new ChatKitStore(holdfast)
}
