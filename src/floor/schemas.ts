import { z } from 'zod'
import { idSchema, instantSchema, named } from '../http/schema.js'
import {
  holdSecondsMax, holdSecondsMin, priorityMax, queueCeiling, reasonLengthMax, revocationTokens,
  speakerUriLengthMax,
} from './rules.js'
import { floorPolicies } from './tables.js'

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
