import { z } from 'zod'
import { RevisionConflict } from '../errors.js'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { flagText, idSchema, objectText } from '../http/schema.js'
import {
  ConversationExists, ConversationIsForked, ConversationNotFound, MessageNotFound,
} from './errors.js'
import { participantSchema } from './participant-routes.js'
import {
  activeLeafSchema, conversationChangesSchema, conversationSchema, newConversationSchema,
  newForkSchema, presentConversation,
} from './schemas.js'
import { type ConversationStore } from './store.js'

/** What these endpoints need. */
export interface ConversationContext {
  readonly conversations: ConversationStore
}

const define = route<ConversationContext>()
const tag = 'Conversations'
const scope = 'organization'
const params = z.strictObject({ conversation_id: idSchema('The conversation.') })

/** Create, read, list, change and delete conversations. */
export const conversationRoutes: readonly Route<ConversationContext>[] = [
  define({
    operationId: 'createConversation',
    method: 'POST',
    path: '/v1/conversations',
    tag,
    summary: 'Begin a conversation',
    action: 'conversations:write',
    scope,
    input: { body: newConversationSchema },
    status: 201,
    output: conversationSchema,
    etag: true,
    errors: [ConversationExists],
    idempotency: 'transaction',
    handle: async ({ conversations }, { body }) =>
      presentConversation(await conversations.create(body)),
  }),
  define({
    operationId: 'listConversations',
    method: 'GET',
    path: '/v1/conversations',
    tag,
    summary: 'List conversations, newest first',
    action: 'conversations:read',
    scope,
    input: {
      query: z.strictObject({
        ...pageQuery,
        user_id: idSchema('Only those this user began.').optional(),
        archived: flagText('Archived ones instead of living ones.').optional(),
        metadata: objectText('Only those whose metadata contains this JSON object.').optional(),
        participant: participantSchema('Only those this one takes part in.').optional(),
      }),
    },
    status: 200,
    output: pageSchema('ConversationPage', conversationSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ conversations }, { query: { user_id: userId, ...rest } }) =>
      presentPage(await conversations.list({ ...rest, userId }), presentConversation),
  }),
  define({
    operationId: 'getConversation',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}',
    tag,
    summary: 'Get a conversation',
    action: 'conversations:read',
    scope,
    input: { params },
    status: 200,
    output: conversationSchema,
    etag: true,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ conversations }, { params: { conversation_id: id } }) =>
      presentConversation(await conversations.get(id)),
  }),
  define({
    operationId: 'updateConversation',
    method: 'PATCH',
    path: '/v1/conversations/{conversation_id}',
    tag,
    summary: 'Change title or metadata, archive or bring back',
    action: 'conversations:write',
    scope,
    input: { params, body: conversationChangesSchema },
    status: 200,
    output: conversationSchema,
    etag: true,
    errors: [ConversationNotFound, RevisionConflict],
    idempotency: 'transaction',
    handle: async ({ conversations }, { params: { conversation_id: id }, body, ifRevision }) =>
      presentConversation(await conversations.update(id, body, ifRevision)),
  }),
  define({
    operationId: 'deleteConversation',
    method: 'DELETE',
    path: '/v1/conversations/{conversation_id}',
    tag,
    summary: 'Delete a conversation and its messages',
    action: 'conversations:write',
    scope,
    input: { params },
    status: 204,
    errors: [ConversationNotFound, ConversationIsForked],
    idempotency: 'transaction',
    handle: ({ conversations }, { params: { conversation_id: id } }) => conversations.delete(id),
  }),
  define({
    operationId: 'switchBranch',
    method: 'POST',
    path: '/v1/conversations/{conversation_id}/active-leaf',
    tag,
    summary: 'Choose the message that the next one follows',
    action: 'conversations:write',
    scope,
    input: { params, body: activeLeafSchema },
    status: 200,
    output: conversationSchema,
    errors: [ConversationNotFound, MessageNotFound],
    idempotency: 'transaction',
    async handle({ conversations }, { params: { conversation_id: id }, body }) {
      const { message_id: messageId, newest } = body
      return presentConversation(await conversations.setActiveLeaf(id, messageId, { newest }))
    },
  }),
  define({
    operationId: 'forkConversation',
    method: 'POST',
    path: '/v1/conversations/{conversation_id}/fork',
    tag,
    summary: 'Begin a conversation that shares the history up to a message',
    action: 'conversations:write',
    scope,
    input: { params, body: newForkSchema },
    status: 201,
    output: conversationSchema,
    errors: [ConversationNotFound, MessageNotFound, ConversationExists],
    idempotency: 'transaction',
    async handle({ conversations }, { params: { conversation_id: id }, body }) {
      const { message_id: messageId, ...given } = body
      return presentConversation(await conversations.fork(id, messageId, given))
    },
  }),
]
