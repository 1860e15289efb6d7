import { z } from 'zod'
import { type Delivery, type KeptEnvelope, resendMax } from '../../envelopes/index.js'
import { idSchema, instantSchema, named, shownAs } from '../../http/schema.js'
import { type ConversationAnalysis } from './analysis.js'

/** Anything at all; what is wrong in it is told with a JSON pointer. */
export const envelopeSchema = named('OpenFloorEnvelope', shownAs(z.unknown(), {
  type: 'object', required: ['openFloor'],
  description: 'An envelope of the Inter-Agent Message specification 1.1.0 or 1.0.0.',
  properties: {
    openFloor: {
      type: 'object', required: ['schema', 'conversation', 'sender', 'events'],
      properties: {
        schema: {
          type: 'object', required: ['version'], properties: { version: { type: 'string' } },
        },
        conversation: {
          type: 'object', required: ['id'], properties: { id: { type: 'string' } },
        },
        sender: {
          type: 'object', required: ['speakerUri'],
          properties: { speakerUri: { type: 'string' }, serviceUrl: { type: 'string' } },
        },
        events: { type: 'array', items: { type: 'object', additionalProperties: true } },
      },
    },
  },
}))

const body = z.looseObject({}).describe('The envelope.')

/** An envelope that was kept. */
export const keptSchema = named('KeptEnvelope', z.object({
  number: z.int().describe('1, 2, 3, … in the conversation.'),
  id: idSchema('The envelope.'),
  sender: z.string(),
  reply_to: z.int().nullable().describe('The delivery that it answers.'),
  received_at: instantSchema('When it came.'),
  routed_at: instantSchema('When all of it was done.').nullable(),
  envelope: body,
}))

/** An envelope for an agent. */
export const deliverySchema = named('EnvelopeDelivery', z.object({
  conversation_id: idSchema('The conversation.'),
  number: z.int().describe('1, 2, 3, … in the conversation.'),
  id: idSchema('The agent sees it as `Idempotency-Key` with every attempt.'),
  recipient: z.string(),
  service_url: z.string().nullable(),
  envelope_number: z.int().describe('The envelope that it follows from.'),
  state: z.enum(['waiting', 'delivered', 'dead', 'kept'])
    .describe('`dead`: given up. `kept`: for an agent that is not called.'),
  attempts: z.int().describe('Attempts that failed.'),
  note: z.string().nullable().describe('What was wrong last.'),
  created_at: instantSchema('When it was made.'),
  settled_at: instantSchema('When it was delivered or given up.').nullable(),
  envelope: body,
}))

/** What came, behind a number. */
export const keptListSchema = named('KeptEnvelopeList', z.object({ data: z.array(keptSchema) }))

/** What went, behind a number. */
export const deliveryListSchema =
  named('EnvelopeDeliveryList', z.object({ data: z.array(deliverySchema) }))

/** Body of `POST /v1/envelopes/resend`. */
export const resendSchema = named('EnvelopeResending', z.strictObject({
  ids: z.array(idSchema('A delivery.')).min(1).max(resendMax).optional()
    .describe('Default all that were given up.'),
}))

/** How many are sent again. */
export const resentSchema = named('EnvelopesResent', z.object({ count: z.int() }))

const seconds = z.number()

/** How a conversation went. */
export const analysisSchema = named('ConversationAnalysis', z.object({
  utterances: z.int().describe('Public ones.'),
  turns: z.int().describe('Times that somebody spoke behind somebody else.'),
  whole: z.boolean().describe('False when only the beginning was looked at.'),
  agents: z.array(z.object({
    speaker_uri: z.string(),
    utterances: z.int(), turns: z.int(), words: z.int(), characters: z.int(),
    talk_seconds: seconds.describe('As its utterances tell of themselves.'),
    requests: z.int(), grants: z.int(), revocations: z.int(),
    wait_seconds: seconds.describe('From its requests to the grants that followed.'),
    wait_seconds_max: seconds,
    held_seconds: seconds.describe('How long it held the floor.'),
  })),
}))

/** A kept envelope as the API writes it. */
export function presentKept(envelope: KeptEnvelope) {
  return {
    number: envelope.number, id: envelope.id, sender: envelope.sender,
    reply_to: envelope.replyTo, received_at: envelope.receivedAt, routed_at: envelope.routedAt,
    envelope: envelope.body,
  }
}

/** A delivery as the API writes it. */
export function presentDelivery(delivery: Delivery) {
  return {
    conversation_id: delivery.conversationId, number: delivery.number, id: delivery.id,
    recipient: delivery.recipient, service_url: delivery.serviceUrl,
    envelope_number: delivery.envelopeNumber, state: delivery.state, attempts: delivery.attempts,
    note: delivery.note, created_at: delivery.createdAt, settled_at: delivery.settledAt,
    envelope: delivery.body,
  }
}

/** An analysis as the API writes it. */
export function presentAnalysis({ utterances, turns, isWhole, agents }: ConversationAnalysis) {
  return {
    utterances, turns, whole: isWhole,
    agents: agents.map((agent) => ({
      speaker_uri: agent.speakerUri, utterances: agent.utterances, turns: agent.turns,
      words: agent.words, characters: agent.characters, talk_seconds: agent.talkSeconds,
      requests: agent.requests, grants: agent.grants, revocations: agent.revocations,
      wait_seconds: agent.waitSeconds, wait_seconds_max: agent.waitSecondsMax,
      held_seconds: agent.heldSeconds,
    })),
  }
}
