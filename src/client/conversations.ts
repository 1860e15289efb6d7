import { segmentOf } from './errors.js'
import { writeJson } from './json.js'
import {
  type ConversationEvent, type EventOptions, followConversation,
} from './events.js'
import {
  type CallOptions, type PutOptions, type Query, type Request, type UpdateOptions,
  type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import { piecesOf } from './pieces.js'
import {
  type ActiveLeaf, type AppendedMessages, type ChildrenPage, type Conversation,
  type ConversationChanges, type ConversationPage, type FoundMessage, type FoundMessagePage,
  type Message, type MessageChanges,
  type MessagePage, type ModelContext, type NewConversation, type NewFork, type NewMessage,
  type NewMessages, type NewSummary, type Participant, type ParticipantDraft,
  type ParticipantPage, type PathPage, type Reading, type RootPage, type Summary, type Typing,
} from './schema.js'
import { type StreamTransport } from './streams.js'
import { ofType, type OutgoingBody } from './transport.js'

/** What an import made. */
export interface ImportedConversation {
  readonly id: string
  /** The id in the file. */
  readonly source_id: string
  readonly messages: number
  /** How many of them were erased before the export. */
  readonly erased: number
}

/** Which conversations: those with which all that is given holds. */
export type ConversationQuery = Omit<Query<'listConversations'>, 'metadata'> & {
  /** What their metadata contains: an object, not its JSON text. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Conversations of the organization. */
export class Conversations {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
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
    { metadata, ...rest }: ConversationQuery = {},
    options: CallOptions = {},
  ): Promise<ConversationPage> {
    const query = metadata === undefined ? rest : { ...rest, metadata: writeJson(metadata) }
    return this.#request('listConversations', { query, ...options })
  }

  /** Every conversation, newest first, page by page as it is asked for. */
  each(
    query: ConversationQuery = {},
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

  /** The last messages of the active path, oldest first, and the running summary. */
  context(
    id: string,
    query: Query<'getContext'> = {},
    options: CallOptions = {},
  ): Promise<ModelContext> {
    return this.#request('getContext', { path: { conversation_id: id }, query, ...options })
  }

  /** The running summary; fails with `summary_not_found`. */
  getSummary(id: string, options: CallOptions = {}): Promise<Summary> {
    return this.#request('getSummary', { path: { conversation_id: id }, ...options })
  }

  /** Sets or replaces the running summary; `ifAbsent` only sets. */
  putSummary(id: string, summary: NewSummary, options: PutOptions = {}): Promise<Summary> {
    return this.#request('putSummary', {
      path: { conversation_id: id }, body: summary, ...options,
    })
  }

  /** Deletes the running summary. */
  deleteSummary(id: string, options: UpdateOptions = {}): Promise<void> {
    return this.#request('deleteSummary', { path: { conversation_id: id }, ...options })
  }

  /** The conversation as the bytes of a file of JSON lines, as they come. */
  async *export(
    id: string,
    options: CallOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const response = await this.#transport.open({
      method: 'GET', path: `/v1/conversations/${segmentOf(id, 'path.conversation_id')}/export`,
      isRepeatable: true, ...options, expects: ofType('application/jsonl'),
    })
    yield* piecesOf(response, options.signal)
  }

  /**
   * Makes a conversation of an exported file, all of it or nothing; `newId` gives it another id
   * than the one in the file. A stream is sent once, any other file again when no answer comes.
   */
  async import(
    file: OutgoingBody,
    { newId = false, ...options }: WriteOptions & { readonly newId?: boolean } = {},
  ): Promise<ImportedConversation> {
    const { bytes } = await this.#transport.call({
      method: 'POST', path: `/v1/conversations/import${newId ? '?new_id=true' : ''}`, body: file,
      headers: { 'content-type': 'application/jsonl' }, idempotencyKey: this.#transport.key(),
      ...options, expects: ofType('application/json'),
    })
    return JSON.parse(new TextDecoder().decode(bytes)) as ImportedConversation
  }

  /**
   * What happens in the conversation, as it happens: `ready` first, then everything behind the
   * event `after`, or from now on. A connection that breaks is made again where it broke, until the
   * conversation is deleted or `signal` is aborted. Fails with `conversation_not_found`, also when
   * it was deleted in between.
   */
  events(
    id: string,
    options: EventOptions = {},
  ): AsyncGenerator<ConversationEvent, void, undefined> {
    return followConversation(this.#transport, id, options)
  }

  /** Tells who listens that the caller is typing. */
  typing(id: string, typing: Typing = {}, options: CallOptions = {}): Promise<void> {
    return this.#request('tellTyping', { path: { conversation_id: id }, body: typing, ...options })
  }

  /** Deletes the conversation and its messages; forks of it must go first. */
  delete(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteConversation', { path: { conversation_id: id }, ...options })
  }
}

/** Who of which conversation: a participant itself will do. */
export type ParticipantName = Pick<Participant, 'conversation_id' | 'participant'>

/** Who takes part in conversations, and how far they have read. */
export class Participants {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Adds a participant, or replaces role, display name and metadata of one. */
  put(
    name: ParticipantName,
    draft: ParticipantDraft,
    options: UpdateOptions = {},
  ): Promise<Participant> {
    return this.#request('putParticipant', { path: whoIn(name), body: draft, ...options })
  }

  /** The participant; fails with `participant_not_found`. */
  get(name: ParticipantName, options: CallOptions = {}): Promise<Participant> {
    return this.#request('getParticipant', { path: whoIn(name), ...options })
  }

  /** One page of a conversation's participants by name; at most 200 rows. */
  list(
    conversationId: string,
    query: Query<'listParticipants'> = {},
    options: CallOptions = {},
  ): Promise<ParticipantPage> {
    const path = { conversation_id: conversationId }
    return this.#request('listParticipants', { path, query, ...options })
  }

  /** Every participant of a conversation by name, page by page as it is asked for. */
  each(
    conversationId: string,
    query: Query<'listParticipants'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Participant, void, undefined> {
    return eachOf((cursor) => this.list(conversationId, { ...query, ...cursor }, options))
  }

  /** Notes how far the participant has read, the newest message unless said; never backward. */
  markRead(
    name: ParticipantName,
    reading: Reading = {},
    options: WriteOptions = {},
  ): Promise<Participant> {
    return this.#request('markRead', { path: whoIn(name), body: reading, ...options })
  }

  /** Takes the participant out of the conversation. */
  remove(name: ParticipantName, options: WriteOptions = {}): Promise<void> {
    return this.#request('removeParticipant', { path: whoIn(name), ...options })
  }
}

function whoIn({ conversation_id, participant }: ParticipantName) {
  return { conversation_id, participant }
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

  /** Replaces what is given. An edit of a person is a message of its own: `sibling_of`. */
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
