import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { InvalidValue, RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, integerText } from '../http/schema.js'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import {
  ConversationNotFound, MessageExists, MessageNotFound, ParentMessageNotFound,
} from './errors.js'
import { type MessageChanges, type NewMessage } from './drafts.js'
import { type MessageStore } from './messages.js'
import {
  appendedMessagesSchema, messageChangesSchema, messageSchema, newMessageSchema, newMessagesSchema,
  presentMessage,
} from './schemas.js'

/** What these endpoints need. */
export interface MessageContext {
  readonly messages: MessageStore
}

const define = route<MessageContext>()
const tag = 'Messages'
const scope = 'organization'
const inConversation = z.strictObject({ conversation_id: idSchema('The conversation.') })
const params = z.strictObject({
  conversation_id: idSchema('The conversation.'),
  message_id: idSchema('The message.'),
})
const path = '/v1/conversations/{conversation_id}/messages'

type NewMessageBody = z.output<typeof newMessageSchema>

const isBatch = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'messages' in raw

/** A message as the API names it, in the names of the store. */
export function newMessageOf(body: NewMessageBody): NewMessage {
  return {
    id: body.id,
    role: body.role,
    content: body.content as NewMessage['content'],
    kind: body.kind,
    metadata: body.metadata,
    parentMessageId: body.parent_message_id,
    siblingOf: body.sibling_of,
    author: body.author,
    model: body.model,
    tokensUsed: body.tokens_used,
    costUsd: body.cost_usd,
  }
}

/** Append, read, list, change and delete messages. */
export const messageRoutes: readonly Route<MessageContext>[] = [
  define({
    operationId: 'appendMessages',
    method: 'POST',
    path,
    tag,
    summary: 'Append one message, or several in order, all or none',
    action: 'conversations:write',
    scope,
    input: {
      params: inConversation,
      body: {
        options: [newMessageSchema, newMessagesSchema],
        choose: (raw) => (isBatch(raw) ? newMessagesSchema : newMessageSchema),
      },
    },
    status: 201,
    output: z.union([messageSchema, appendedMessagesSchema]),
    errors: [
      ConversationNotFound, ParentMessageNotFound, MessageExists, InvalidValue,
      IdempotencyKeyReused,
    ],
    idempotency: 'own',
    async handle({ messages }, { params: { conversation_id: id }, body, idempotencyKey }) {
      if (!isBatch(body)) {
        const message = newMessageOf(body as NewMessageBody)
        return presentMessage(await messages.append(id, message, { idempotencyKey }))
      }
      const many = (body as z.output<typeof newMessagesSchema>).messages.map(newMessageOf)
      const appended = await messages.appendMany(id, many, { idempotencyKey })
      return { messages: appended.map(presentMessage) }
    },
  }),
  define({
    operationId: 'listMessages',
    method: 'GET',
    path,
    tag,
    summary: 'List messages forward or backward, from an end or from any position',
    action: 'conversations:read',
    scope,
    input: {
      params: inConversation,
      query: z.strictObject({
        ...pageQuery,
        order: z.enum(['asc', 'desc']).optional().describe('By position. Default asc.'),
        from_position: integerText(
          { min: 0, max: Number.MAX_SAFE_INTEGER },
          'Begin beside this position, exclusive.',
        ).optional(),
      }),
    },
    status: 200,
    output: pageSchema('MessagePage', messageSchema),
    errors: [ConversationNotFound, InvalidCursor],
    idempotency: 'none',
    async handle({ messages }, { params: { conversation_id: id }, query }) {
      const { from_position: from, ...rest } = query
      return presentPage(await messages.list(id, { ...rest, from }), presentMessage)
    },
  }),
  define({
    operationId: 'listPath',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/path',
    tag,
    summary: 'List the messages of one path, from its leaf toward the root or back',
    action: 'conversations:read',
    scope,
    input: {
      params: inConversation,
      query: z.strictObject({
        ...pageQuery,
        leaf: idSchema('The message at its end. Default: the active leaf.').optional(),
        order: z.enum(['asc', 'desc']).optional()
          .describe('desc from the leaf, asc from the root. Default desc.'),
        after: idSchema('Begin behind this message of the path, erased or not.').optional(),
      }),
    },
    status: 200,
    output: pageSchema('PathPage', messageSchema),
    errors: [ConversationNotFound, MessageNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ messages }, { params: { conversation_id: id }, query }) =>
      presentPage(await messages.path(id, query), presentMessage),
  }),
  define({
    operationId: 'listRoots',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/roots',
    tag,
    summary: 'List the messages that follow none, in order of arrival',
    action: 'conversations:read',
    scope,
    input: { params: inConversation, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('RootPage', messageSchema),
    errors: [ConversationNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ messages }, { params: { conversation_id: id }, query }) =>
      presentPage(await messages.children(id, null, query), presentMessage),
  }),
  define({
    operationId: 'listChildren',
    method: 'GET',
    path: `${path}/{message_id}/children`,
    tag,
    summary: 'List the messages that follow a message, in order of arrival',
    action: 'conversations:read',
    scope,
    input: { params, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('ChildrenPage', messageSchema),
    errors: [ConversationNotFound, MessageNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async (
      { messages }, { params: { conversation_id: id, message_id: messageId }, query },
    ) => presentPage(await messages.children(id, messageId, query), presentMessage),
  }),
  define({
    operationId: 'getMessage',
    method: 'GET',
    path: `${path}/{message_id}`,
    tag,
    summary: 'Get a message',
    action: 'conversations:read',
    scope,
    input: { params },
    status: 200,
    output: messageSchema,
    etag: true,
    errors: [MessageNotFound],
    idempotency: 'none',
    handle: async ({ messages }, { params: { conversation_id: id, message_id: messageId } }) =>
      presentMessage(await messages.get(id, messageId)),
  }),
  define({
    operationId: 'updateMessage',
    method: 'PATCH',
    path: `${path}/{message_id}`,
    tag,
    summary: 'Replace content, metadata, model, tokens or cost of a message',
    action: 'conversations:write',
    scope,
    input: { params, body: messageChangesSchema },
    status: 200,
    output: messageSchema,
    etag: true,
    errors: [MessageNotFound, RevisionConflict],
    idempotency: 'transaction',
    async handle({ messages }, { params: { conversation_id, message_id }, body, ifRevision }) {
      const name = { conversationId: conversation_id, id: message_id }
      const changes: MessageChanges = {
        content: body.content as MessageChanges['content'], metadata: body.metadata,
        model: body.model, tokensUsed: body.tokens_used, costUsd: body.cost_usd,
      }
      return presentMessage(await messages.update(name, changes, ifRevision))
    },
  }),
  define({
    operationId: 'deleteMessage',
    method: 'DELETE',
    path: `${path}/{message_id}`,
    tag,
    summary: 'Erase a message; its place in the tree stays',
    action: 'conversations:write',
    scope,
    input: { params },
    status: 204,
    errors: [MessageNotFound],
    idempotency: 'transaction',
    handle: ({ messages }, { params: { conversation_id: id, message_id: messageId } }) =>
      messages.delete(id, messageId),
  }),
]
