import { type UIMessage, validateUIMessages } from 'ai'
import {
  type Conversation, ConversationExists, ConversationNotFound, type ConversationStore,
  type MessageStore, type Metadata,
} from '../../conversations/index.js'
import { UuidV7Generator } from '../../ids.js'
import { type StreamStore } from '../../streams/index.js'
import { conversationIdOf } from '../conversation-id.js'
import { type AnswerName, Answers } from './answers.js'
import { ChatMessages } from './chat-path.js'
import { DurableText } from './durable-text.js'
import { lastOf, receive, type Submission } from './submission.js'
import { responseOf, Turn } from './turn.js'

/** The stores that chats are kept in: those of `holdfast.organization(id)`. */
export interface ChatStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  readonly streams: StreamStore
}

/** Options of `createChatStore`. */
export interface ChatStoreOptions {
  /** Keeps the program alive until a promise settles; null where nothing suspends it. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | null | undefined
  /** Seconds for which an answer can be resumed since somebody last read it. @default 86400 */
  readonly ttlSeconds?: number
  /** Seconds after which the silent producer of an answer counts as lost. @default 15 */
  readonly producerTtlSeconds?: number
  /** Seconds of silence after which clients get a comment, which they skip. @default 15 */
  readonly heartbeatSeconds?: number
  /** Hears of an answer that could not be kept. @default nobody */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A chat. */
export interface Chat {
  /** As it was given. */
  readonly id: string
  /** The conversation that it is. */
  readonly conversationId: string
  readonly title: string | null
  readonly metadata: Metadata
  /** The answer that is being written; null while none is. */
  readonly activeStreamId: string | null
  readonly createdAt: string
}

/** The schemas that `validateUIMessages` checks messages with. */
export type Schemas<M extends UIMessage> = Omit<
  Parameters<typeof validateUIMessages<M>>[0], 'messages'>

/** How to submit. */
export interface SubmitOptions {
  /** What becomes of an answer that is being written. @default 'stop': it is kept as it stands */
  readonly whileActive?: 'stop' | 'refuse'
}

const key = 'ai_sdk'

/** The chats of one organization, as the AI SDK has them. */
export class ChatStore {
  readonly #stores: ChatStores
  readonly #options: ChatStoreOptions
  readonly #answers: Answers
  readonly #heartbeatMs: number
  readonly #ids = new UuidV7Generator()

  constructor(stores: ChatStores, options: ChatStoreOptions = {}) {
    this.#stores = stores
    this.#options = options
    const text = new DurableText({
      streams: stores.streams, keyPrefix: 'ai-sdk', contentType: 'text/event-stream',
      ttlSeconds: options.ttlSeconds ?? 86_400,
      producerTtlSeconds: options.producerTtlSeconds ?? 15,
    })
    this.#heartbeatMs = (options.heartbeatSeconds ?? 15) * 1_000
    this.#answers = new Answers({ ...stores, text, newId: this.generateId })
  }

  /** Makes ids of messages and chats: UUIDv7. Fits wherever the AI SDK takes `generateId`. */
  readonly generateId = (): string => this.#ids.next()

  /**
   * Begins a chat of this id, of 1 to 255 characters; the one that is there stays as it is. Throws
   * InvalidInput, InvalidValue.
   */
  async create(
    chatId: string = this.generateId(),
    { title = null, metadata = {} }: { title?: string | null; metadata?: Metadata } = {},
  ): Promise<Chat> {
    const id = conversationOf(chatId)
    const kept = id === chatId ? metadata : { ...metadata, [key]: { id: chatId } }
    try {
      const made = await this.#stores.conversations.create({ id, title, metadata: kept })
      return chatFrom(made, chatId)
    } catch (error) {
      if (error instanceof ConversationExists) return this.get(chatId)
      throw error
    }
  }

  /** One chat. Throws ConversationNotFound. */
  async get(chatId: string): Promise<Chat> {
    return chatFrom(await this.#stores.conversations.get(conversationOf(chatId)), chatId)
  }

  /**
   * The messages of the active path, in order, checked by `validateUIMessages`; with `limit` the
   * last ones. An answer that is over is among them, however it ended. Throws
   * ConversationNotFound, and TypeValidationError of the SDK.
   */
  async load<M extends UIMessage = UIMessage>(
    chatId: string,
    { limit, ...schemas }: Schemas<M> & { readonly limit?: number } = {} as Schemas<M>,
  ): Promise<M[]> {
    const name = await this.#active(chatId)
    if (name !== undefined) await this.#answers.continues(name)
    const { steps } = await this.#messagesOf(chatId).path(limit === undefined ? {} : { limit })
    return validated<M>(steps.map(({ message }) => message), schemas as Schemas<M>)
  }

  /**
   * Stores the messages of a path, such as `onEnd` hands out, however often. Those that are there
   * stay, but the last one gets the content given when the server wrote it. A message that follows
   * another than before goes beside it: nothing is lost. Throws ConversationNotFound, InvalidInput,
   * InvalidValue.
   */
  async save(chatId: string, messages: readonly UIMessage[]): Promise<void> {
    await this.#messagesOf(chatId).save(messages)
  }

  /** Shows the branch with this message, as far as it goes. Throws MessageNotFound. */
  async switchTo(chatId: string, messageId: string): Promise<void> {
    const { leafId } = await this.#messagesOf(chatId).pathTo(messageId)
    await this.#stores.conversations.setActiveLeaf(conversationOf(chatId), leafId, { newest: true })
  }

  /**
   * Takes what a client sends: makes the chat if it is new, stores the message of the user where it
   * belongs, and hands out the messages to be answered, checked. Of a list only the last message is
   * taken; the others come from the database. An edit goes beside the message it changes; answering
   * again leaves the first answer where it is. Throws ChatBusy, MessageNotFound, InvalidInput, and
   * TypeValidationError of the SDK.
   */
  async submit<M extends UIMessage = UIMessage>(
    chatId: string,
    submission: Submission,
    { whileActive = 'stop', ...schemas }: SubmitOptions & Schemas<M> = {} as Schemas<M>,
  ): Promise<Turn<M>> {
    // What is no submission stops no answer.
    lastOf(submission)
    const { conversationId } = await this.create(chatId)
    const name = await this.#answers.claim(conversationId, whileActive)
    try {
      const check = (messages: readonly UIMessage[]) =>
        validated<M>(messages, schemas as Schemas<M>)
      const received = await receive(this.#messagesOf(chatId), submission, check)
      const { waitUntil, onError } = this.#options
      const heartbeatMs = this.#heartbeatMs
      return new Turn<M>(this.#answers, { name, ...received, waitUntil, onError, heartbeatMs })
    } catch (error) {
      await this.#answers.end(name, 'stopped')
      throw error
    }
  }

  /**
   * The answer that is being written, from its beginning; 204 when there is none. One whose
   * producer was lost is kept as far as it came.
   */
  async resume(chatId: string): Promise<Response> {
    const name = await this.#active(chatId)
    const isThere = name !== undefined && await this.#answers.continues(name)
    return isThere
      ? responseOf(this.#answers.read(name), this.#heartbeatMs)
      : new Response(null, { status: 204 })
  }

  /**
   * Stops the answer that is being written: it is kept as far as it came, and its model is told
   * within a second wherever it runs. With `activeStreamId`, only that one. True when it was there.
   */
  async stop(chatId: string, activeStreamId?: string | null): Promise<boolean> {
    const name = await this.#active(chatId)
    const isOther = activeStreamId != null && activeStreamId !== name?.streamId
    if (name === undefined || isOther) return false
    await this.#answers.end(name, 'stopped')
    return true
  }

  async #active(chatId: string): Promise<AnswerName | undefined> {
    try {
      const { id, activeStream } = await this.#stores.conversations.get(conversationOf(chatId))
      return activeStream === null ? undefined : { conversationId: id, streamId: activeStream }
    } catch (error) {
      // A client asks for the answer of a chat that it has not begun.
      if (error instanceof ConversationNotFound) return undefined
      throw error
    }
  }

  #messagesOf(chatId: string): ChatMessages {
    return new ChatMessages(this.#stores.messages, conversationOf(chatId))
  }
}

/** The chats of an organization: `createChatStore(holdfast.organization(id))`. */
export function createChatStore(stores: ChatStores, options: ChatStoreOptions = {}): ChatStore {
  return new ChatStore(stores, options)
}

const conversationOf = (chatId: string) => conversationIdOf(chatId, 'chat_id')

/** Others may have replaced its metadata: then its id is the one that it was asked for by. */
function chatFrom(conversation: Conversation, chatId: string): Chat {
  const { id: conversationId, title, metadata, activeStream, createdAt } = conversation
  const { [key]: kept, ...rest } = metadata as Metadata & { [key]?: { id: string } }
  return {
    id: kept?.id ?? chatId, conversationId, title, metadata: rest as Metadata,
    activeStreamId: activeStream, createdAt,
  }
}

/** The SDK has no empty list of messages. */
async function validated<M extends UIMessage>(
  messages: readonly UIMessage[],
  schemas: Schemas<M>,
): Promise<M[]> {
  return messages.length === 0 ? [] : validateUIMessages<M>({ ...schemas, messages })
}
