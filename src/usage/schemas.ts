import { z } from 'zod'
import {
  flagText, idSchema, instantSchema, metadataSchema, momentText, named, shownAs,
} from '../http/schema.js'
import { type UsageGroup } from './answers.js'
import { costPattern } from './cost.js'
import { dayPattern } from './days.js'
import { durationMsMax } from './histogram.js'
import { type UsageEvent } from './listing.js'
import { type UsageDimension, dimensions, metrics, type UsageQuestion } from './questions.js'
import { eventsMax, modelLengthMax, type NewUsageEvent, tokensMax, typePattern } from './rules.js'
import { type RecordedUsage } from './store.js'

const typeSchema = shownAs(
  z.string().regex(typePattern, 'must be 1 to 100 letters, digits and _ . : -'),
  { type: 'string', pattern: typePattern.source, description: 'Such as `model_call`.' },
)
const modelSchema = z.string().min(1).max(modelLengthMax).describe('1 to 200 characters.')
const costSchema = shownAs(z.string().regex(costPattern, 'must be a decimal such as 0.00125'), {
  type: 'string', pattern: costPattern.source,
  description: 'US dollars, an exact decimal such as 0.00125.',
})
const tokens = () => z.int().min(0).max(tokensMax)

/** One event in the body of `POST /v1/usage/events`. */
export const newUsageEventSchema = named('NewUsageEvent', z.strictObject({
  id: idSchema('An id of yours, under which it counts once.').optional(),
  type: typeSchema,
  user_id: idSchema('Whose it is. Default: the caller, if it is a person.').nullable().optional(),
  conversation_id: idSchema('The conversation.').nullable().optional(),
  run_id: idSchema('The run.').nullable().optional(),
  model: modelSchema.nullable().optional(),
  tokens_in: tokens().optional(),
  tokens_out: tokens().optional(),
  cost_usd: costSchema.optional(),
  duration_ms: z.int().min(0).max(durationMsMax).nullable().optional(),
  data: metadataSchema().optional(),
  occurred_at: momentText('When it occurred, from 2000 to 2099. Default: now.').optional(),
}))

/** Body of `POST /v1/usage/events`. */
export const newUsageEventsSchema = named('NewUsageEvents', z.strictObject({
  events: z.array(newUsageEventSchema).min(1).max(eventsMax),
}))

const event = {
  id: idSchema('Its id.'),
  type: z.string(),
  user_id: z.string().nullable(),
  conversation_id: z.string().nullable(),
  run_id: z.string().nullable(),
  model: z.string().nullable(),
  tokens_in: z.int(),
  tokens_out: z.int(),
  cost_usd: z.string().describe('An exact decimal.'),
  duration_ms: z.int().nullable(),
  data: metadataSchema(),
  occurred_at: instantSchema('When it occurred.'),
  recorded_at: instantSchema('When it was recorded.'),
}

/** An event in a list. */
export const usageEventSchema = named('UsageEvent', z.object(event))

/** What recording answers. */
export const recordedUsageSchema = named('RecordedUsage', z.object({
  data: z.array(named('RecordedUsageEvent', z.object({
    ...event, duplicate: z.boolean().describe('Whether it had been recorded before.'),
  }))),
}))

/** An event of a body, in the names of the store. */
export function newEventOf(body: z.output<typeof newUsageEventSchema>): NewUsageEvent {
  return {
    id: body.id, type: body.type, userId: body.user_id, conversationId: body.conversation_id,
    runId: body.run_id, model: body.model, tokensIn: body.tokens_in, tokensOut: body.tokens_out,
    costUsd: body.cost_usd, durationMs: body.duration_ms, data: body.data,
    occurredAt: body.occurred_at,
  }
}

/** An event in the API's names. */
export function presentEvent(given: UsageEvent) {
  return {
    id: given.id, type: given.type, user_id: given.userId,
    conversation_id: given.conversationId, run_id: given.runId, model: given.model,
    tokens_in: given.tokensIn, tokens_out: given.tokensOut, cost_usd: given.costUsd,
    duration_ms: given.durationMs, data: given.data, occurred_at: given.occurredAt,
    recorded_at: given.recordedAt,
  }
}

/** What was recorded, in the API's names. */
export const presentRecorded = (given: RecordedUsage) =>
  ({ ...presentEvent(given), duplicate: given.isDuplicate })

const day = (description: string) => shownAs(
  z.string().regex(dayPattern, 'must be a day such as 2026-01-31'),
  { type: 'string', format: 'date', pattern: dayPattern.source, description },
)

const isDimensions = (text: string): boolean =>
  text.split(',').every((each) => (dimensions as readonly string[]).includes(each))

const bySchema = shownAs(
  z.string().refine(isDimensions, `must be some of ${dimensions.join(', ')}, joined by commas`)
    .transform((text) => text.split(',') as UsageDimension[]),
  {
    type: 'string', pattern: '^(day|user|model|type)(,(day|user|model|type))*$',
    description: 'Groups by these, such as `day,model`. Default: one group of all.',
  },
)

/** What questions about usage have in common. */
export const questionQuery = {
  first_day: day('Default: 30 days.').optional(),
  last_day: day('Included. Default: today.').optional(),
  time_zone: z.string().min(1).max(100).optional()
    .describe('Whose days are meant, such as `Europe/Berlin`. Default UTC.'),
  by: bySchema.optional(),
  user_id: idSchema('Only of this user.').optional(),
  model: modelSchema.optional(),
  type: typeSchema.optional(),
  latency: flagText('Also percentiles of durations. Default false.').optional(),
}

/** What the largest groups are the largest of. */
export const metricSchema = z.enum(metrics)

const asked = z.strictObject(questionQuery)

/** A question in the names of the store. */
export function questionOf(query: z.output<typeof asked>): UsageQuestion {
  return {
    firstDay: query.first_day, lastDay: query.last_day, timeZone: query.time_zone, by: query.by,
    userId: query.user_id, model: query.model, type: query.type, latency: query.latency,
  }
}

const milliseconds = z.int().describe('Off by a 32nd of the true one at most.')

/** Sums over a group of events. */
export const usageGroupSchema = named('UsageGroup', z.object({
  day: z.string().optional().describe('Where grouped by it.'),
  user_id: z.string().nullable().optional().describe('Where grouped by it; null for nobody.'),
  model: z.string().nullable().optional().describe('Where grouped by it; null for none.'),
  type: z.string().optional().describe('Where grouped by it.'),
  events: z.int(),
  tokens_in: z.int(),
  tokens_out: z.int(),
  cost_usd: z.string().describe('An exact decimal.'),
  duration_ms: z.int().describe('The sum of durations.'),
  latency: z.object({
    events: z.int().describe('Those with a duration.'),
    mean_ms: z.number(),
    p50_ms: milliseconds, p90_ms: milliseconds, p95_ms: milliseconds, p99_ms: milliseconds,
  }).nullable().optional().describe('Where asked for; null where no event has a duration.'),
}))

/** A group in the API's names. */
export function presentGroup(group: UsageGroup) {
  const { userId, tokensIn, tokensOut, costUsd, durationMs, latency, ...rest } = group
  return {
    ...rest,
    ...(userId === undefined ? {} : { user_id: userId }),
    tokens_in: tokensIn, tokens_out: tokensOut, cost_usd: costUsd, duration_ms: durationMs,
    ...(latency === undefined ? {} : { latency: latency && {
      events: latency.events, mean_ms: latency.meanMs, p50_ms: latency.p50Ms,
      p90_ms: latency.p90Ms, p95_ms: latency.p95Ms, p99_ms: latency.p99Ms,
    } }),
  }
}
