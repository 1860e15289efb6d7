import {
  type ConversationSection, type EnvelopeEvent, type Identification, type JsonObject, type Sender,
  versionSent,
} from './shape.js'

/** What an envelope is made of. */
export interface EnvelopeParts {
  readonly conversation: ConversationSection
  readonly sender: Sender
  readonly events: readonly EnvelopeEvent[]
}

/** An envelope of 1.1.0 as the floor manager sends it. */
export function composeEnvelope({ conversation, sender, events }: EnvelopeParts): JsonObject {
  const { id, conversants, convener, floorGranted } = conversation
  const section = {
    id,
    ...(conversants.length === 0 ? {} : {
      conversants: conversants.map((identification) => ({ identification })),
      assignedFloorRoles: convener === null ? {} : { convener: [convener] },
      floorGranted: [...floorGranted],
    }),
  }
  const openFloor = { schema: { version: versionSent }, conversation: section, sender, events }
  return { openFloor } as unknown as JsonObject
}

/** An envelope that acknowledges another, and may answer it. */
export function answerEnvelope(
  { conversationId, sender, events = [] }: {
    readonly conversationId: string
    readonly sender: Sender
    readonly events?: readonly EnvelopeEvent[]
  },
): JsonObject {
  const conversation = { id: conversationId, conversants: [], convener: null, floorGranted: [] }
  return composeEnvelope({ conversation, sender, events })
}

/** Who an agent is of whom nothing is known but where it is. */
export const unknownAgent = (speakerUri: string, serviceUrl: string | null): Identification =>
  ({ speakerUri, serviceUrl: serviceUrl ?? '', organization: '', conversationalName: '',
    synopsis: '' })
