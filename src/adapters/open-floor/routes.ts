import { z } from 'zod'
import { ConversationExists } from '../../conversations/index.js'
import { InvalidCursor } from '../../database/page.js'
import { DeliveryNotFound, envelopeLimitMax } from '../../envelopes/index.js'
import { ConversationNotFound } from '../../errors.js'
import { pageQuery, pageSchema, presentPage } from '../../http/page.js'
import { type Route, route } from '../../http/route.js'
import { idSchema, integerText } from '../../http/schema.js'
import { InvalidEnvelope } from './errors.js'
import { uriLengthMax } from './place.js'
import {
  analysisSchema, deliveryListSchema, deliverySchema, envelopeSchema, keptListSchema,
  presentAnalysis, presentDelivery, presentKept, resendSchema, resentSchema,
} from './schemas.js'
import { type OpenFloorStore } from './store.js'

/** What these endpoints need. */
export interface OpenFloorContext {
  readonly openFloor: OpenFloorStore
}

const define = route<OpenFloorContext>()
const common = { tag: 'Open Floor', scope: 'organization' } as const
const params = z.strictObject({ conversation_id: idSchema('The conversation.') })
const path = '/v1/conversations/{conversation_id}/envelopes'
const behind = {
  after: integerText({ min: 0, max: Number.MAX_SAFE_INTEGER },
    'The number of the last one seen. Default 0.').optional(),
  limit: integerText({ min: 1, max: envelopeLimitMax }, 'How many at most. Default 50.')
    .optional(),
}

const taking: readonly Route<OpenFloorContext>[] = [
  define({
    ...common,
    operationId: 'receiveEnvelope',
    method: 'POST',
    path: '/ofp',
    summary: 'Take an envelope of the Open Floor Protocol; the answer is an envelope',
    action: 'envelopes:write',
    input: { body: envelopeSchema },
    status: 200,
    output: envelopeSchema,
    errors: [InvalidEnvelope, ConversationExists],
    idempotency: 'transaction',
    handle: async ({ openFloor }, { body }) => (await openFloor.receive(body)).answer,
  }),
  define({
    ...common,
    operationId: 'sendEnvelope',
    method: 'POST',
    path,
    summary: 'Take an envelope of this conversation; the answer is an envelope',
    action: 'envelopes:write',
    input: { params, body: envelopeSchema },
    status: 200,
    output: envelopeSchema,
    errors: [InvalidEnvelope, ConversationNotFound, ConversationExists],
    idempotency: 'transaction',
    handle: async ({ openFloor }, { params: { conversation_id: conversationId }, body }) =>
      (await openFloor.receive(body, { conversationId })).answer,
  }),
]

const looking: readonly Route<OpenFloorContext>[] = [
  define({
    ...common,
    operationId: 'listEnvelopes',
    method: 'GET',
    path,
    summary: 'List the envelopes of a conversation as they came',
    action: 'envelopes:read',
    input: { params, query: z.strictObject(behind) },
    status: 200,
    output: keptListSchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ openFloor }, { params: { conversation_id: id }, query }) =>
      ({ data: (await openFloor.list(id, query)).map(presentKept) }),
  }),
  define({
    ...common,
    operationId: 'listEnvelopeDeliveries',
    method: 'GET',
    path: `${path}/deliveries`,
    summary: 'List the envelopes of a conversation as they went to agents',
    action: 'envelopes:read',
    input: {
      params,
      query: z.strictObject({
        ...behind,
        recipient: z.string().min(1).max(uriLengthMax).optional()
          .describe('Only those to this agent.'),
      }),
    },
    status: 200,
    output: deliveryListSchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ openFloor }, { params: { conversation_id: id }, query }) =>
      ({ data: (await openFloor.deliveries(id, query)).map(presentDelivery) }),
  }),
  define({
    ...common,
    operationId: 'analyseConversation',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/analysis',
    summary: 'See who spoke how much, waited and held the floor',
    action: 'envelopes:read',
    input: { params },
    status: 200,
    output: analysisSchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ openFloor }, { params: { conversation_id: id } }) =>
      presentAnalysis(await openFloor.analyse(id)),
  }),
]

const resending: readonly Route<OpenFloorContext>[] = [
  define({
    ...common,
    operationId: 'listDeadEnvelopes',
    method: 'GET',
    path: '/v1/envelopes/dead',
    summary: 'List the envelopes that no agent took, oldest first',
    action: 'envelopes:read',
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('DeadEnvelopePage', deliverySchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ openFloor }, { query }) =>
      presentPage(await openFloor.deadLetters(query), presentDelivery),
  }),
  define({
    ...common,
    operationId: 'resendEnvelopes',
    method: 'POST',
    path: '/v1/envelopes/resend',
    summary: 'Send envelopes again that no agent took',
    action: 'envelopes:write',
    input: { body: resendSchema },
    status: 200,
    output: resentSchema,
    errors: [DeliveryNotFound],
    idempotency: 'transaction',
    handle: async ({ openFloor }, { body: { ids } }) => ({ count: await openFloor.resend(ids) }),
  }),
]

/** Envelopes of the Open Floor Protocol: taken in, looked through, sent again. */
export const openFloorRoutes: readonly Route<OpenFloorContext>[] =
  [...taking, ...looking, ...resending]
