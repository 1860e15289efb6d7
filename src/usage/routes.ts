import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, integerText, momentText } from '../http/schema.js'
import { UsageEventConflict } from './errors.js'
import {
  metricSchema, newEventOf, newUsageEventsSchema, presentEvent, presentGroup, presentRecorded,
  questionOf, questionQuery, recordedUsageSchema, usageEventSchema, usageGroupSchema,
} from './schemas.js'
import { typePattern } from './rules.js'
import { type UsageStore } from './store.js'

/** What these endpoints need. */
export interface UsageContext {
  readonly usage: UsageStore
}

const define = route<UsageContext>()
const tag = 'Usage'
const scope = 'organization'

/** Recording what was used, and questions about it. */
export const usageRoutes: readonly Route<UsageContext>[] = [
  define({
    operationId: 'recordUsage',
    method: 'POST',
    path: '/v1/usage/events',
    tag,
    summary: 'Record events of usage, all or none; one recorded before counts once',
    action: 'usage:write',
    scope,
    input: { body: newUsageEventsSchema },
    status: 201,
    output: recordedUsageSchema,
    errors: [UsageEventConflict],
    idempotency: 'own',
    async handle({ usage }, { body, idempotencyKey }) {
      const events = body.events.map(newEventOf)
      return { data: (await usage.recordMany(events, { idempotencyKey })).map(presentRecorded) }
    },
  }),
  define({
    operationId: 'listUsageEvents',
    method: 'GET',
    path: '/v1/usage/events',
    tag,
    summary: 'List events of usage that are kept, the last that occurred first',
    action: 'usage:read',
    scope,
    input: {
      query: z.strictObject({
        ...pageQuery,
        user_id: idSchema('Only of this user.').optional(),
        conversation_id: idSchema('Only of this conversation.').optional(),
        run_id: idSchema('Only of this run.').optional(),
        type: z.string().regex(typePattern).optional().describe('Only of this type.'),
        from: momentText('Occurred then or later.').optional(),
        to: momentText('Occurred before then.').optional(),
      }),
    },
    status: 200,
    output: pageSchema('UsageEventPage', usageEventSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    async handle({ usage }, { query }) {
      const { user_id: userId, conversation_id: conversationId, run_id: runId, ...rest } = query
      return presentPage(
        await usage.listEvents({ ...rest, userId, conversationId, runId }), presentEvent)
    },
  }),
  define({
    operationId: 'summarizeUsage',
    method: 'GET',
    path: '/v1/usage/summary',
    tag,
    summary: 'Sums over events by day, user, model and type; all that was recorded is counted',
    action: 'usage:read',
    scope,
    input: { query: z.strictObject({ ...questionQuery, ...pageQuery }) },
    status: 200,
    output: pageSchema('UsageGroupPage', usageGroupSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ usage }, { query: { limit, cursor, ...query } }) => presentPage(
      await usage.summarize({ ...questionOf(query), limit, cursor }), presentGroup),
  }),
  define({
    operationId: 'topUsage',
    method: 'GET',
    path: '/v1/usage/top',
    tag,
    summary: 'The groups of the largest sums: who or what used most',
    action: 'usage:read',
    scope,
    input: {
      query: z.strictObject({
        ...questionQuery,
        of: metricSchema.optional().describe('Default cost.'),
        limit: integerText({ min: 1, max: 200 }, 'Groups at most. Default 10.').optional(),
      }),
    },
    status: 200,
    output: z.object({ data: z.array(usageGroupSchema) }),
    errors: [],
    idempotency: 'none',
    handle: async ({ usage }, { query: { of, limit, ...query } }) =>
      ({ data: (await usage.top({ ...questionOf(query), of, limit })).map(presentGroup) }),
  }),
]
