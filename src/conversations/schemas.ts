import { z } from 'zod'
import {
  idSchema, instantSchema, jsonSchema, metadataSchema, named, shownAs,
} from '../http/schema.js'
import { appendMax, rolePattern, titleLengthMax } from './rules.js'
import { type Conversation, type Message } from './tables.js'

const title = z.string().max(titleLengthMax).nullable()

/** Body of `POST /v1/conversations`. */
export const newConversationSchema = named('NewConversation', z.strictObject({
  title: title.optional(),
  metadata: metadataSchema().optional(),
}))

/** Body of `PATCH /v1/conversations/{conversation_id}`. */
export const conversationChangesSchema = named('ConversationChanges', z.strictObject({
  title: title.optional(),
  metadata: metadataSchema().optional(),
  archived: z.boolean().optional(),
}))

/** A conversation as the API shows it. */
export const conversationSchema = named('Conversation', z.object({
  id: idSchema('UUIDv7.'),
  user_id: idSchema('Who began it.').nullable(),
  title,
  metadata: metadataSchema(),
  message_count: z.int().describe('Messages ever appended; the newest position.'),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it began.'),
  updated_at: instantSchema('The last change or append.'),
  archived_at: instantSchema('Set while archived.').nullable(),
}))

const role = shownAs(
  z.string().regex(rolePattern, 'must be a lower-case word of at most 64 characters'),
  {
    type: 'string', pattern: rolePattern.source,
    description: '`user`, `assistant`, `system`, `tool`, or another lower-case word.',
  },
)

/** One message to append. */
export const newMessageSchema = named('NewMessage', z.strictObject({
  role,
  content: jsonSchema('Any JSON value, most often a string.'),
  metadata: metadataSchema().optional(),
  parent_message_id: idSchema('A living message of this conversation.').nullable().optional(),
  tokens_used: z.int().nonnegative().nullable().optional(),
}))

/** Several messages to append, all or none. */
export const newMessagesSchema = named('NewMessages', z.strictObject({
  messages: z.array(newMessageSchema).min(1).max(appendMax),
}))

/** Body of `PATCH …/messages/{message_id}`. */
export const messageChangesSchema = named('MessageChanges', z.strictObject({
  metadata: metadataSchema(),
}))

/** A message as the API shows it. */
export const messageSchema = named('Message', z.object({
  id: idSchema('UUIDv7.'),
  conversation_id: idSchema('Its conversation.'),
  position: z.int().describe('1, 2, 3, … in order of arrival.'),
  parent_message_id: idSchema('The message it answers.').nullable(),
  role,
  content: jsonSchema('As it was appended.'),
  metadata: metadataSchema(),
  tokens_used: z.int().nullable(),
  revision: z.int().describe('Rises with each change of metadata; also the ETag.'),
  created_at: instantSchema('When it was appended.'),
}))

/** Answer to an append of several. */
export const appendedMessagesSchema = named('AppendedMessages', z.object({
  messages: z.array(messageSchema),
}))

/** A conversation in the API's names. */
export function presentConversation(conversation: Conversation) {
  return {
    id: conversation.id,
    user_id: conversation.userId,
    title: conversation.title,
    metadata: conversation.metadata,
    message_count: conversation.messageCount,
    revision: conversation.revision,
    created_at: conversation.createdAt,
    updated_at: conversation.updatedAt,
    archived_at: conversation.archivedAt,
  }
}

/** A message in the API's names. */
export function presentMessage(message: Message) {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    position: message.position,
    parent_message_id: message.parentMessageId,
    role: message.role,
    content: message.content,
    metadata: message.metadata,
    tokens_used: message.tokensUsed,
    revision: message.revision,
    created_at: message.createdAt,
  }
}
