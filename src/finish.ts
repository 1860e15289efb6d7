import { type Message, type MessageStore, type NewMessage } from './conversations/index.js'
import { type JsonInput, type JsonValue } from './database/json.js'
import { defineError, InvalidInput } from './errors.js'
import {
  isText, jsonType, mediaTypeOf, type StreamContent, type StreamStore,
} from './streams/index.js'

/** The stream is a message of another conversation already. */
export const StreamFinished = defineError('StreamFinished', {
  code: 'stream_finished', status: 409,
})

/** What becomes of a stream. */
export interface FinishedStream extends Omit<NewMessage, 'content' | 'role'> {
  /** Path of the stream. */
  readonly stream: string
  readonly conversationId: string
  /** @default 'assistant' */
  readonly role?: string
  /** @default the text of the stream, or the list of its JSON messages */
  readonly content?: JsonInput
}

/** What `finishAsMessage` needs: the stores of one organization in one transaction. */
export interface FinishStores {
  readonly streams: StreamStore
  readonly messages: MessageStore
}

/**
 * Closes a stream and appends what it holds as a message: both, or nothing, and once, however often
 * it is called. The stores must be those of one transaction. Throws StreamNotFound, StreamGone,
 * StreamFinished, ConversationNotFound, ParentMessageNotFound, InvalidInput, InvalidValue.
 */
export async function finishAsMessage(
  { streams, messages }: FinishStores,
  { stream, conversationId, role = 'assistant', content, ...message }: FinishedStream,
): Promise<Message> {
  let appended: Message | undefined
  const name = await streams.finish(stream, async (held) => {
    appended = await messages.append(conversationId, {
      ...message, role, content: content === undefined ? contentOf(held) : content,
    })
    return { conversationId: appended.conversationId, messageId: appended.id }
  })
  if (appended !== undefined) return appended
  if (name.conversationId !== conversationId.toLowerCase()) {
    throw new StreamFinished('The stream is a message of another conversation already.')
  }
  return messages.get(name.conversationId, name.messageId)
}

function contentOf({ contentType, bytes }: StreamContent): JsonValue {
  const mediaType = mediaTypeOf(contentType)
  if (!isText(mediaType)) throw needed(`a stream of ${mediaType} is no text`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return mediaType === jsonType ? (JSON.parse(text) as JsonValue) : text
  } catch (cause) {
    throw needed('the stream holds bytes that are no text', cause)
  }
}

const needed = (reason: string, cause?: unknown) =>
  new InvalidInput(`content is needed: ${reason}`, { field: 'content', cause })
