import { z } from 'zod'
import { type ServerEvent } from '../http/events.js'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type Floor, type FloorHolder, type FloorRequest, type FloorStanding } from './floor.js'
import {
  holdSecondsMax, holdSecondsMin, priorityMax, queueCeiling, reasonLengthMax, revocationTokens,
  speakerUriLengthMax,
} from './rules.js'
import { type FloorEvent, floorPolicies } from './tables.js'

const uri = z.string().min(1).max(speakerUriLengthMax)
const speakerUri = uri.describe('The agent: any text of 1 to 255 characters.')
const reason = z.string().max(reasonLengthMax)
const fence = z.int().min(1).optional().describe('Only the grant with this fence. Default any.')
const by = uri.optional().describe('The convener in whose name it is done.')

/** Body of `PUT …/floor`. */
export const settingsSchema = named('FloorSettings', z.strictObject({
  policy: z.enum(floorPolicies),
  hold_seconds: z.number().min(holdSecondsMin).max(holdSecondsMax).nullable().optional()
    .describe('How long a grant lasts; null for ever. Default 300; null for a shared floor.'),
  queue_max: z.int().min(0).max(queueCeiling).optional()
    .describe('Those who wait at most. Default 100.'),
  convener: uri.nullable().optional()
    .describe('The agent that may grant and revoke in its own name. Default null.'),
}))

/** Body of `POST …/floor/join`. */
export const joinSchema = named('FloorAgent', z.strictObject({ speaker_uri: speakerUri }))

/** Body of `POST …/floor/request`. */
export const wishSchema = named('FloorWish', z.strictObject({
  speaker_uri: speakerUri,
  priority: z.int().min(-priorityMax).max(priorityMax).optional()
    .describe('Higher ones are served first. Default 0.'),
  reason: reason.nullable().optional(),
}))

/** Body of `POST …/floor/cancel` and `…/leave`. */
export const farewellSchema = named('FloorFarewell', z.strictObject({
  speaker_uri: speakerUri, reason: reason.nullable().optional(),
}))

/** Body of `POST …/floor/yield`. */
export const yieldSchema = named('FloorYield', z.strictObject({
  speaker_uri: speakerUri, fence, reason: reason.optional().describe('Default `@complete`.'),
}))

/** Body of `POST …/floor/grant`. */
export const grantSchema = named('FloorGranting', z.strictObject({ speaker_uri: speakerUri, by }))

/** Body of `POST …/floor/revoke`. */
export const revokeSchema = named('FloorRevocation', z.strictObject({
  speaker_uri: speakerUri, fence, by,
  reason: reason.optional()
    .describe(`Holds one of ${revocationTokens.join(', ')}. Default \`@override\`.`),
}))

const grantOutput = {
  fence: z.int().describe('Larger than that of every grant before it.'),
  granted_at: instantSchema('When it was granted.'),
  expires_at: instantSchema('When it ends by itself.').nullable(),
}

const requestOutput = {
  position: z.int().describe('1 for who is next.'),
  ticket: z.int(),
  priority: z.int(),
  reason: z.string().nullable(),
  requested_at: instantSchema('When the agent began to wait.'),
}

/** A floor as it stands. */
export const floorSchema = named('Floor', z.object({
  conversation_id: idSchema('The conversation.'),
  policy: z.enum(floorPolicies),
  hold_seconds: z.number().nullable(),
  queue_max: z.int(),
  convener: z.string().nullable(),
  fence: z.int().describe('Of the last grant; 0 before the first.'),
  event_count: z.int().describe('The number of the last event.'),
  holders: z.array(z.object({ speaker_uri: z.string(), ...grantOutput })),
  queue: z.array(z.object({ speaker_uri: z.string(), ...requestOutput }))
    .describe('In the order in which they will be served.'),
  agents: z.array(z.string()).describe('Everybody in the conversation.'),
  updated_at: instantSchema('The last event; null before the first.').nullable(),
}))

/** How one agent stands. */
export const standingSchema = named('FloorStanding', z.object({
  conversation_id: idSchema('The conversation.'),
  speaker_uri: z.string(),
  state: z.enum(['absent', 'present', 'waiting', 'holding']),
  request: z.object(requestOutput).nullable().describe('While it waits.'),
  grant: z.object(grantOutput).nullable().describe('While it holds the floor.'),
}))

/** What became of a farewell. */
export const leftSchema = named('FloorLeft', z.object({
  left: z.boolean().describe('False when the agent was not there.'),
}))

/** One event. */
export const eventSchema = named('FloorEvent', z.object({
  number: z.int().describe('1, 2, 3, … without gaps.'),
  type: z.enum([
    'configured', 'joined', 'requested', 'cancelled', 'granted', 'yielded', 'revoked', 'left',
  ]),
  speaker_uri: z.string().nullable(),
  at: instantSchema('On the database’s clock.'),
  by: z.string().nullable().describe('The convener in whose name it was done.'),
  ticket: z.int().nullable(),
  priority: z.int().nullable(),
  reason: z.string().nullable(),
  fence: z.int().nullable(),
  expires_at: instantSchema('The end of a grant; of a revocation by the clock the end that came.')
    .nullable(),
  policy: z.enum(floorPolicies).nullable(),
  hold_seconds: z.number().nullable(),
  queue_max: z.int().nullable(),
  convener: z.string().nullable(),
}))

/** Events behind a number. */
export const historySchema = named('FloorHistory', z.object({ data: z.array(eventSchema) }))

const presentGrant = ({ fence: number, grantedAt, expiresAt }: Omit<FloorHolder, 'speakerUri'>) =>
  ({ fence: number, granted_at: grantedAt, expires_at: expiresAt })

function presentRequest(request: Omit<FloorRequest, 'speakerUri'>) {
  const { position, ticket, priority, reason: why, requestedAt } = request
  return { position, ticket, priority, reason: why, requested_at: requestedAt }
}

/** A floor as the API writes it. */
export function presentFloor(floor: Floor) {
  return {
    conversation_id: floor.conversationId,
    policy: floor.policy,
    hold_seconds: floor.holdSeconds,
    queue_max: floor.queueMax,
    convener: floor.convener,
    fence: floor.fence,
    event_count: floor.eventCount,
    holders: floor.holders.map((holder) =>
      ({ speaker_uri: holder.speakerUri, ...presentGrant(holder) })),
    queue: floor.queue.map((request) =>
      ({ speaker_uri: request.speakerUri, ...presentRequest(request) })),
    agents: [...floor.agents],
    updated_at: floor.updatedAt,
  }
}

/** An agent's standing as the API writes it. */
export function presentStanding(standing: FloorStanding) {
  const { conversationId, speakerUri: name, state, request, grant } = standing
  return {
    conversation_id: conversationId,
    speaker_uri: name,
    state,
    request: request && presentRequest(request),
    grant: grant && presentGrant(grant),
  }
}

/** An event as the API writes it. */
export function presentEvent(event: FloorEvent) {
  return {
    number: event.number,
    type: event.type,
    speaker_uri: event.speakerUri,
    at: event.at,
    by: event.givenBy,
    ticket: event.ticket,
    priority: event.priority,
    reason: event.reason,
    fence: event.fence,
    expires_at: event.expiresAt,
    policy: event.policy,
    hold_seconds: event.holdMs === null ? null : event.holdMs / 1_000,
    queue_max: event.queueMax,
    convener: event.convener,
  }
}

/** As server-sent events: where it begins, then what happens. */
export function serverEventOf(told: number | FloorEvent, conversationId: string): ServerEvent {
  const where = { conversation_id: conversationId }
  if (typeof told === 'number') {
    return { event: 'ready', id: String(told), data: JSON.stringify(where) }
  }
  const data = JSON.stringify({ ...where, ...presentEvent(told) })
  return { event: told.type, id: String(told.number), data }
}
