import { type EnvelopeEvent, type JsonObject, type Sender } from './shape.js'

/** In whose name an event is done. */
export type Authority =
  /** An agent's own, which the convener decides on. */
  | 'agent'
  /** The convener's, who has decided. */
  | 'convener'
  /** The floor manager's. */
  | 'manager'

/** An event that is still to be done. */
export interface PendingEvent {
  readonly event: EnvelopeEvent
  readonly sender: Sender
  readonly by: Authority
}

/** What of an envelope is still to be done. */
export interface Pending {
  readonly events: readonly PendingEvent[]
  /** Questions that the convener was asked so far. */
  readonly asked: number
  /** Whether the first event is with the convener. */
  readonly isAsking: boolean
  /** How often it was asked about that one without an answer. @default 0 */
  readonly unanswered?: number | undefined
  /** An agent that was invited by its address alone and has told its name. */
  readonly renamed?: { readonly from: string; readonly to: string } | undefined
}

/** The stored form. */
export const storedPending = (pending: Pending): JsonObject =>
  JSON.parse(JSON.stringify(pending)) as JsonObject

/** What was stored. */
export const pendingOf = (stored: JsonObject): Pending => stored as unknown as Pending

/** All events of an envelope, none of them done. */
export const allPending = (
  events: readonly EnvelopeEvent[], sender: Sender, by: Authority,
): Pending => ({
  events: events.map((event) => ({ event, sender, by })), asked: 0, isAsking: false,
})
