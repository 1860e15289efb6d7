import { type JsonValue } from '../../database/json.js'

/** The version of the Inter-Agent Message specification that is sent. */
export const versionSent = '1.1.0'

/** Every kind of event of the specification 1.1.0. */
export const eventTypes = [
  'invite', 'uninvite', 'acceptInvite', 'declineInvite', 'utterance', 'bye', 'getManifests',
  'publishManifests', 'requestFloor', 'grantFloor', 'revokeFloor', 'yieldFloor',
] as const

/** A kind of event. */
export type EventType = (typeof eventTypes)[number]

/** Any JSON object. */
export type JsonObject = { [key: string]: JsonValue }

/** Whom an event is for; nobody named is everybody. */
export interface Addressee {
  readonly speakerUri?: string
  readonly serviceUrl?: string
  /** Honoured for utterances alone. */
  readonly private?: boolean
}

/** One event, in the form in which it is sent. */
export interface EnvelopeEvent {
  readonly eventType: EventType
  readonly to?: Addressee
  readonly reason?: string
  readonly parameters?: JsonObject
}

/** Who sends an envelope. */
export interface Sender {
  readonly speakerUri: string
  readonly serviceUrl?: string
}

/** Who an agent is, as manifests and conversants tell it. */
export interface Identification {
  readonly speakerUri: string
  readonly serviceUrl: string
  readonly organization: string
  readonly conversationalName: string
  readonly synopsis: string
  readonly department?: string
  readonly role?: string
  readonly openFloorRoles?: { readonly [role: string]: boolean }
}

/** What came in, once it is checked; what the floor manager owns is left out. */
export interface ParsedEnvelope {
  /** As it was written. */
  readonly version: string
  readonly conversationId: string
  readonly sender: Sender
  /** What the sender says of itself, if it does. */
  readonly identification: Identification | undefined
  readonly events: readonly EnvelopeEvent[]
}

/** A conversation as the floor manager tells it. */
export interface ConversationSection {
  readonly id: string
  readonly conversants: readonly Identification[]
  readonly convener: string | null
  readonly floorGranted: readonly string[]
}
