import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type ActiveLeaf, type AppendedMessages, type ChildrenPage, type Conversation,
  type ConversationChanges, type ConversationPage, type FoundMessage, type FoundMessagePage,
  type Message, type MessageChanges, type MessagePage,
  type NewConversation, type NewFork, type NewMessage, type NewMessages,
  type PathPage, type RootPage,
} from './schema.js'

/** Conversations of the organization. */
export class Conversations {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Begins a conversation. */
  create(conversation: NewConversation = {}, options: WriteOptions = {}): Promise<Conversation> {
    return this.#request('createConversation', { body: conversation, ...options })
  }

  /** The conversation with this id; fails with `conversation_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<Conversation> {
    return this.#request('getConversation', { path: { conversation_id: id }, ...options })
  }

  /** One page, newest first; at most 200 rows. */
  list(
    query: Query<'listConversations'> = {},
    options: CallOptions = {},
  ): Promise<ConversationPage> {
    return this.#request('listConversations', { query, ...options })
  }

  /** Every conversation, newest first, page by page as it is asked for. */
  each(
    query: Query<'listConversations'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Conversation, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Changes title or metadata; `archived` puts it away or brings it back. */
  update(
    id: string,
    changes: ConversationChanges,
    options: UpdateOptions = {},
  ): Promise<Conversation> {
    const path = { conversation_id: id }
    return this.#request('updateConversation', { path, body: changes, ...options })
  }

  /** Chooses the message that the next one follows; `newest` goes on to the newest beneath it. */
  setActiveLeaf(
    id: string,
    leaf: ActiveLeaf,
    options: WriteOptions = {},
  ): Promise<Conversation> {
    return this.#request('switchBranch', { path: { conversation_id: id }, body: leaf, ...options })
  }

  /** Begins a conversation that shares the history up to a message. */
  fork(id: string, fork: NewFork, options: WriteOptions = {}): Promise<Conversation> {
    const path = { conversation_id: id }
    return this.#request('forkConversation', { path, body: fork, ...options })
  }

  /** Deletes the conversation and its messages; forks of it must go first. */
  delete(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteConversation', { path: { conversation_id: id }, ...options })
  }
}

/** Which message is meant: a message itself will do. */
export type MessageName = Pick<Message, 'conversation_id' | 'id'>

/** Messages of the organization's conversations. */
export class Messages {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Appends one message. It is on disk when this resolves. */
  append(conversationId: string, message: NewMessage, options?: WriteOptions): Promise<Message>
  /** Appends 1 to 1,000 messages in order, all or none. */
  append(
    conversationId: string,
    messages: NewMessages,
    options?: WriteOptions,
  ): Promise<AppendedMessages>
  append(
    conversationId: string,
    body: NewMessage | NewMessages,
    options: WriteOptions = {},
  ): Promise<Message | AppendedMessages> {
    const path = { conversation_id: conversationId }
    return this.#request('appendMessages', { path, body, ...options })
  }

  /** The message; fails with `message_not_found`. */
  get(name: MessageName, options: CallOptions = {}): Promise<Message> {
    return this.#request('getMessage', { path: pathOf(name), ...options })
  }

  /** One page, by position; at most 200 rows. */
  list(
    conversationId: string,
    query: Query<'listMessages'> = {},
    options: CallOptions = {},
  ): Promise<MessagePage> {
    const path = { conversation_id: conversationId }
    return this.#request('listMessages', { path, query, ...options })
  }

  /** Every message by position, `order` asc or desc, page by page as it is asked for. */
  each(
    conversationId: string,
    query: Query<'listMessages'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Message, void, undefined> {
    return eachOf((cursor) => this.list(conversationId, { ...query, ...cursor }, options))
  }

  /** One page of a path, from its leaf (usually the active one) toward the root, or back. */
  path(
    conversationId: string,
    query: Query<'listPath'> = {},
    options: CallOptions = {},
  ): Promise<PathPage> {
    const path = { conversation_id: conversationId }
    return this.#request('listPath', { path, query, ...options })
  }

  /** One page of the messages that follow none. */
  roots(
    conversationId: string,
    query: Query<'listRoots'> = {},
    options: CallOptions = {},
  ): Promise<RootPage> {
    const path = { conversation_id: conversationId }
    return this.#request('listRoots', { path, query, ...options })
  }

  /** One page of the messages that follow a message, in order of arrival. */
  children(
    name: MessageName,
    query: Query<'listChildren'> = {},
    options: CallOptions = {},
  ): Promise<ChildrenPage> {
    return this.#request('listChildren', { path: pathOf(name), query, ...options })
  }

  /**
   * One page of the messages that hold words, newest first: all `words`, `"phrases"`, `-excluded`
   * ones, `begin*`. Places in highlights count UTF-16 code units, as JavaScript does.
   */
  search(query: Query<'searchMessages'>, options: CallOptions = {}): Promise<FoundMessagePage> {
    return this.#request('searchMessages', { query, ...options })
  }

  /** Every message that holds words, newest first, page by page as it is asked for. */
  eachFound(
    query: Query<'searchMessages'>,
    options: CallOptions = {},
  ): AsyncGenerator<FoundMessage, void, undefined> {
    return eachOf((cursor) => this.search({ ...query, ...cursor }, options))
  }

  /** Replaces the metadata; content never changes. */
  update(
    name: MessageName,
    changes: MessageChanges,
    options: UpdateOptions = {},
  ): Promise<Message> {
    return this.#request('updateMessage', { path: pathOf(name), body: changes, ...options })
  }

  /** Erases the message; its place in the tree stays. */
  delete(name: MessageName, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteMessage', { path: pathOf(name), ...options })
  }
}

function pathOf({ conversation_id, id }: MessageName) {
  return { conversation_id, message_id: id }
}
