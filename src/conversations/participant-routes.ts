import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, instantSchema, metadataSchema, named, shownAs } from '../http/schema.js'
import { ConversationNotFound, ParticipantNotFound } from './errors.js'
import { isParticipant, participantLengthMax, participantPattern } from './participant-rules.js'
import { type ParticipantName, type ParticipantStore } from './participants.js'
import { type Participant, participantRoles } from './tables.js'

/** What these endpoints need. */
export interface ParticipantContext {
  readonly participants: ParticipantStore
}

/** The name of a participant, in a path or a query. */
export const participantSchema = (description: string) => shownAs(
  z.string().refine(isParticipant, 'must be user:<uuid>, agent:<id> or a URI'),
  {
    type: 'string', maxLength: participantLengthMax, pattern: participantPattern.source,
    description,
  },
)

const role = z.enum(participantRoles)
const displayName = z.string().min(1).max(participantLengthMax).nullable()

const draftSchema = named('ParticipantDraft', z.strictObject({
  role,
  display_name: displayName.optional(),
  metadata: metadataSchema().optional(),
}))

const readingSchema = named('Reading', z.strictObject({
  position: z.int().nonnegative().optional()
    .describe('The last message read. Default, and at most, the newest one.'),
}))

const outputSchema = named('Participant', z.object({
  conversation_id: idSchema('The conversation.'),
  participant: z.string().describe('`user:<uuid>`, `agent:<id>`, or a speaker URI.'),
  role,
  display_name: displayName,
  metadata: metadataSchema(),
  read_position: z.int().describe('Messages up to this one were read; only moves forward.'),
  unread_count: z.int().describe('Messages after it, erased ones included.'),
  revision: z.int().describe('Rises with each change but reading; also the ETag.'),
  created_at: instantSchema('When it was added.'),
  updated_at: instantSchema('The last change but reading.'),
}))

function presentParticipant(participant: Participant) {
  return {
    conversation_id: participant.conversationId,
    participant: participant.participant,
    role: participant.role,
    display_name: participant.displayName,
    metadata: participant.metadata,
    read_position: participant.readPosition,
    unread_count: participant.unreadCount,
    revision: participant.revision,
    created_at: participant.createdAt,
    updated_at: participant.updatedAt,
  }
}

const define = route<ParticipantContext>()
const tag = 'Participants'
const scope = 'organization'
const inConversation = z.strictObject({ conversation_id: idSchema('The conversation.') })
const params = inConversation.extend({
  participant: participantSchema(
    'Percent-encoded: `user:<uuid>`, `agent:<id>`, or a speaker URI.'),
})
const all = '/v1/conversations/{conversation_id}/participants'
const ofOne = { path: `${all}/{participant}`, tag, scope } as const

interface Params {
  readonly conversation_id: string
  readonly participant: string
}

const nameIn = ({ conversation_id: conversationId, participant }: Params): ParticipantName =>
  ({ conversationId, participant })

/** Who takes part in a conversation, and how far they have read. */
export const participantRoutes: readonly Route<ParticipantContext>[] = [
  define({
    operationId: 'listParticipants',
    method: 'GET',
    path: all,
    tag,
    summary: 'List a conversation’s participants by name',
    action: 'conversations:read',
    scope,
    input: { params: inConversation, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('ParticipantPage', outputSchema),
    errors: [ConversationNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ participants }, { params: { conversation_id: id }, query }) =>
      presentPage(await participants.list(id, query), presentParticipant),
  }),
  define({
    ...ofOne,
    operationId: 'getParticipant',
    method: 'GET',
    summary: 'Get a participant',
    action: 'conversations:read',
    input: { params },
    status: 200,
    output: outputSchema,
    etag: true,
    errors: [ParticipantNotFound],
    idempotency: 'none',
    handle: async ({ participants }, given) =>
      presentParticipant(await participants.get(nameIn(given.params))),
  }),
  define({
    ...ofOne,
    operationId: 'putParticipant',
    method: 'PUT',
    summary: 'Add a participant, or replace role, display name and metadata',
    action: 'conversations:write',
    input: { params, body: draftSchema },
    status: 200,
    output: outputSchema,
    etag: true,
    errors: [ConversationNotFound, RevisionConflict],
    idempotency: 'transaction',
    async handle({ participants }, { params: name, body, ifRevision }) {
      const { display_name, ...rest } = body
      const draft = { ...rest, displayName: display_name }
      return presentParticipant(await participants.put(nameIn(name), draft, { ifRevision }))
    },
  }),
  define({
    ...ofOne,
    operationId: 'markRead',
    method: 'POST',
    path: `${ofOne.path}/read`,
    summary: 'Note how far a participant has read',
    action: 'conversations:write',
    input: { params, body: readingSchema },
    status: 200,
    output: outputSchema,
    errors: [ParticipantNotFound],
    idempotency: 'transaction',
    handle: async ({ participants }, { params: name, body: { position } }) =>
      presentParticipant(await participants.markRead(nameIn(name), position)),
  }),
  define({
    ...ofOne,
    operationId: 'removeParticipant',
    method: 'DELETE',
    summary: 'Take a participant out of a conversation',
    action: 'conversations:write',
    input: { params },
    status: 204,
    errors: [ParticipantNotFound],
    idempotency: 'transaction',
    handle: ({ participants }, given) => participants.remove(nameIn(given.params)),
  }),
]
