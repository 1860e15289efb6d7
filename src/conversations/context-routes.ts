import { z } from 'zod'
import { RevisionConflict } from '../errors.js'
import { type Route, route } from '../http/route.js'
import { idSchema, instantSchema, integerText, named } from '../http/schema.js'
import { type ContextStore, type ModelContext } from './context.js'
import {
  ConversationNotFound, MessageNotFound, SummaryExists, SummaryNotFound,
} from './errors.js'
import {
  contextLimitDefault, contextLimitMax, modelLengthMax, summaryLengthMax,
} from './rules.js'
import {
  conversationSchema, messageSchema, presentConversation, presentMessage,
} from './schemas.js'
import { type Summary } from './tables.js'

/** What these endpoints need. */
export interface ContextContext {
  readonly contexts: ContextStore
}

const text = z.string().min(1).max(summaryLengthMax)
const model = z.string().min(1).max(modelLengthMax).nullable()

const newSummarySchema = named('NewSummary', z.strictObject({
  text,
  up_to_message_id: idSchema('The last message it covers.').nullable().optional(),
  model: model.optional(),
}))

const summarySchema = named('Summary', z.object({
  conversation_id: idSchema('Its conversation.'),
  text,
  up_to_message_id: idSchema('The last message it covers.').nullable(),
  up_to_position: z.int().nullable().describe('The position of that message.'),
  model: model.describe('The model that wrote it.'),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it was set first.'),
  updated_at: instantSchema('The last change.'),
}))

const contextSchema = named('ModelContext', z.object({
  conversation: conversationSchema,
  messages: z.array(messageSchema).describe('The last ones of the active path, oldest first.'),
  has_more: z.boolean().describe('Whether the path has messages before these.'),
  summary: summarySchema.nullable(),
}))

/** A summary in the API's names. */
function presentSummary(summary: Summary) {
  return {
    conversation_id: summary.conversationId,
    text: summary.text,
    up_to_message_id: summary.upToMessageId,
    up_to_position: summary.upToPosition,
    model: summary.model,
    revision: summary.revision,
    created_at: summary.createdAt,
    updated_at: summary.updatedAt,
  }
}

/** A context in the API's names. */
function presentContext({ conversation, messages, hasMore, summary }: ModelContext) {
  return {
    conversation: presentConversation(conversation),
    messages: messages.map(presentMessage),
    has_more: hasMore,
    summary: summary && presentSummary(summary),
  }
}

const define = route<ContextContext>()
const scope = 'organization'
const params = z.strictObject({ conversation_id: idSchema('The conversation.') })
const ofSummary = {
  path: '/v1/conversations/{conversation_id}/summary', tag: 'Conversations', scope,
} as const

/** Recent messages and the running summary of a conversation, in one call. */
export const contextRoutes: readonly Route<ContextContext>[] = [
  define({
    operationId: 'getContext',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/context',
    tag: 'Conversations',
    summary: 'Get what a model is told: the last messages of the active path, and the summary',
    action: 'conversations:read',
    scope,
    input: {
      params,
      query: z.strictObject({
        limit: integerText(
          { min: 1, max: contextLimitMax }, `Messages at most. Default ${contextLimitDefault}.`,
        ).optional(),
      }),
    },
    status: 200,
    output: contextSchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ contexts }, { params: { conversation_id: id }, query }) =>
      presentContext(await contexts.get(id, query)),
  }),
  define({
    ...ofSummary,
    operationId: 'getSummary',
    method: 'GET',
    summary: 'Get the running summary of a conversation',
    action: 'conversations:read',
    input: { params },
    status: 200,
    output: summarySchema,
    etag: true,
    errors: [SummaryNotFound],
    idempotency: 'none',
    handle: async ({ contexts }, { params: { conversation_id: id } }) =>
      presentSummary(await contexts.getSummary(id)),
  }),
  define({
    ...ofSummary,
    operationId: 'putSummary',
    method: 'PUT',
    summary: 'Set or replace the running summary of a conversation',
    action: 'conversations:write',
    input: { params, body: newSummarySchema },
    status: 200,
    output: summarySchema,
    etag: true,
    ifNoneMatch: true,
    errors: [ConversationNotFound, MessageNotFound, RevisionConflict, SummaryExists],
    idempotency: 'transaction',
    async handle({ contexts }, { params: { conversation_id: id }, body, ifRevision, ifAbsent }) {
      const { up_to_message_id: upToMessageId, ...rest } = body
      const given = { ...rest, upToMessageId }
      return presentSummary(await contexts.putSummary(id, given, { ifRevision, ifAbsent }))
    },
  }),
  define({
    ...ofSummary,
    operationId: 'deleteSummary',
    method: 'DELETE',
    summary: 'Delete the running summary of a conversation',
    action: 'conversations:write',
    input: { params },
    status: 204,
    ifMatch: true,
    errors: [SummaryNotFound, RevisionConflict],
    idempotency: 'transaction',
    handle: ({ contexts }, { params: { conversation_id: id }, ifRevision }) =>
      contexts.deleteSummary(id, { ifRevision }),
  }),
]
