import { z } from 'zod'
import {
  idSchema, instantSchema, jsonSchema, metadataSchema, named, shownAs,
} from '../http/schema.js'
import {
  appendMax, authorLengthMax, costPattern, modelLengthMax, rolePattern, titleLengthMax,
} from './rules.js'
import { type Conversation, type Message } from './tables.js'

const title = z.string().max(titleLengthMax).nullable()

/** Body of `POST /v1/conversations`. */
export const newConversationSchema = named('NewConversation', z.strictObject({
  id: idSchema('One that no conversation of the organization has. Default: a new UUIDv7.')
    .optional(),
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
  id: idSchema('UUIDv7, unless it was given.'),
  user_id: idSchema('Who began it.').nullable(),
  title,
  metadata: metadataSchema(),
  message_count: z.int().describe('Messages ever appended; the newest position.'),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it began.'),
  updated_at: instantSchema('The last change or append.'),
  archived_at: instantSchema('Set while archived.').nullable(),
  active_leaf_id: idSchema('The message that the next one follows.').nullable(),
  forked_from_conversation_id: idSchema('Set in a fork: whose history it shares.').nullable(),
  forked_from_message_id: idSchema('Set in a fork: the last message it shares.').nullable(),
  active_stream: z.string().nullable()
    .describe('The stream that the next message is being written to, as its writer calls it.'),
}))

const role = shownAs(
  z.string().regex(rolePattern, 'must be a lower-case word of at most 64 characters'),
  {
    type: 'string', pattern: rolePattern.source,
    description: '`user`, `assistant`, `system`, `tool`, or another lower-case word.',
  },
)

const kind = shownAs(
  z.string().regex(rolePattern, 'must be a lower-case word of at most 64 characters'),
  {
    type: 'string', pattern: rolePattern.source,
    description: '`message`, `tool_call`, `tool_result`, `widget`, `task`, `workflow`, ' +
      '`hidden_context`, `end_of_turn`, or another lower-case word.',
  },
)
const author = z.string().min(1).max(authorLengthMax)
  .describe('Who wrote it: `user:…`, `agent:…`, or a speaker URI.')
const model = z.string().min(1).max(modelLengthMax).describe('The model that wrote it.')
const cost = shownAs(z.string().regex(costPattern, 'must be a decimal such as 0.00125'), {
  type: 'string', pattern: costPattern.source,
  description: 'What it cost in US dollars, an exact decimal such as 0.00125.',
})

/** One message to append. */
export const newMessageSchema = named('NewMessage', z.strictObject({
  id: idSchema(
    'One that no message of the conversation has, or had before it was erased. Default: a new ' +
    'UUIDv7.',
  ).optional(),
  role,
  content: jsonSchema('Any JSON value, most often a string.'),
  kind: kind.optional(),
  metadata: metadataSchema().optional(),
  parent_message_id: idSchema(
    'The living message it follows; null for a root. Left out: the one before it, at first the ' +
    'active leaf.',
  ).nullable().optional(),
  sibling_of: idSchema('Instead of a parent: another child of this message’s parent.').optional(),
  author: author.nullable().optional(),
  model: model.nullable().optional(),
  tokens_used: z.int().nonnegative().nullable().optional(),
  cost_usd: cost.nullable().optional(),
}))

/** Several messages to append, all or none. */
export const newMessagesSchema = named('NewMessages', z.strictObject({
  messages: z.array(newMessageSchema).min(1).max(appendMax),
}))

/** Body of `POST …/active-leaf`. */
export const activeLeafSchema = named('ActiveLeaf', z.strictObject({
  message_id: idSchema('The message that the next one follows; null for a new root.').nullable(),
  newest: z.boolean().optional()
    .describe('Go on to the newest message beneath it. Default false.'),
}))

/** Body of `POST …/fork`. */
export const newForkSchema = named('NewFork', z.strictObject({
  message_id: idSchema('The last message that the fork shares.'),
  id: idSchema('One that no conversation of the organization has. Default: a new UUIDv7.')
    .optional(),
  title: title.optional(),
  metadata: metadataSchema().optional(),
}))

/** Body of `PATCH …/messages/{message_id}`. */
export const messageChangesSchema = named('MessageChanges', z.strictObject({
  content: jsonSchema(
    'Instead of the content there is, for items that complete: widgets, tool calls, streamed ' +
    'answers. What a person edits is appended beside it (`sibling_of`).',
  ).optional(),
  metadata: metadataSchema().optional(),
  model: model.nullable().optional(),
  tokens_used: z.int().nonnegative().nullable().optional(),
  cost_usd: cost.nullable().optional(),
}))

/** A message as the API shows it. */
export const messageSchema = named('Message', z.object({
  id: idSchema('UUIDv7, unless it was given.'),
  conversation_id: idSchema('Its conversation.'),
  position: z.int().describe('1, 2, 3, … in order of arrival.'),
  depth: z.int().describe('1 for a root, else one more than its parent.'),
  parent_message_id: idSchema('The message it follows.').nullable(),
  kind,
  role,
  content: jsonSchema('As it was appended, or last replaced.'),
  metadata: metadataSchema(),
  author: author.nullable(),
  model: model.nullable(),
  tokens_used: z.int().nullable(),
  cost_usd: cost.nullable(),
  revision: z.int().describe('Rises with each change; also the ETag.'),
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
    active_leaf_id: conversation.activeLeafId,
    forked_from_conversation_id: conversation.forkedFromConversationId,
    forked_from_message_id: conversation.forkedFromMessageId,
    active_stream: conversation.activeStream,
  }
}

/** A message in the API's names. */
export function presentMessage(message: Message) {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    position: message.position,
    depth: message.depth,
    parent_message_id: message.parentMessageId,
    kind: message.kind,
    role: message.role,
    content: message.content,
    metadata: message.metadata,
    author: message.author,
    model: message.model,
    tokens_used: message.tokensUsed,
    cost_usd: message.costUsd,
    revision: message.revision,
    created_at: message.createdAt,
  }
}
