import { id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

type JsonObject = { [key: string]: JsonValue }

/** A conversation in which envelopes go to and fro; its row hands out their numbers. */
export const envelopeConversations = table(
  'envelope_conversations',
  {
    organizationId: id(),
    conversationId: id(),
    /** As the agents call it. */
    externalId: text(),
    /** Envelopes so far; the number of the last one. */
    envelopeCount: integer(),
    /** Deliveries so far; the number of the last one. */
    deliveryCount: integer(),
    /** The last event of the floor of which the agents were told. */
    floorNumber: integer(),
    createdAt: instant(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** Where an agent is and who it is; whether it is there, its floor says. */
export const envelopeConversants = table(
  'envelope_conversants',
  {
    organizationId: id(),
    conversationId: id(),
    speakerUri: text(),
    /** Null for one that is not called, and reads what is for it. */
    serviceUrl: text().orNull(),
    identification: json<JsonObject>(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'speakerUri'] },
)

/** An envelope that came: to us, or as the reply of an agent that was called. */
export const envelopes = table(
  'envelopes',
  {
    organizationId: id(),
    conversationId: id(),
    number: integer(),
    id: id(),
    /** The same for an envelope that came again; null where nothing tells. */
    repetitionKey: text().orNull(),
    /** The speaker URI of its sender. */
    sender: text(),
    /** The number of the delivery that it replies to. */
    replyTo: integer().orNull(),
    /** As it came, in the form in which it would be sent. */
    body: json<JsonObject>(),
    /** What of it is still to be done; null when nothing is. */
    pending: json<JsonObject>().orNull(),
    receivedAt: instant(),
    routedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'number'] },
)

/** What becomes of a delivery. */
export type DeliveryState =
  /** It is tried, or waits for those before it. */
  | 'waiting'
  | 'delivered'
  /** Given up; it may be sent again by hand. */
  | 'dead'
  /** For an agent that is not called: it is there to be read. */
  | 'kept'

/** An envelope for one agent. */
export const envelopeDeliveries = table(
  'envelope_deliveries',
  {
    organizationId: id(),
    conversationId: id(),
    number: integer(),
    /** The recipient sees it with every attempt. */
    id: id(),
    /** The speaker URI of who gets it. */
    recipient: text(),
    serviceUrl: text().orNull(),
    /** The envelope that it follows from. */
    envelopeNumber: integer(),
    body: json<JsonObject>(),
    state: text(),
    /** Attempts that failed. */
    attempts: integer(),
    /** What was wrong last. */
    note: text().orNull(),
    createdAt: instant(),
    /** Since when it is delivered or dead. */
    settledAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'number'] },
)

/** A conversation with envelopes. */
export type EnvelopeConversation = Row<typeof envelopeConversations>
/** An agent of a conversation. */
export type Conversant = Row<typeof envelopeConversants>
/** An envelope that was kept. */
export type KeptEnvelope = Row<typeof envelopes>
/** An envelope for one agent. */
export type Delivery = Omit<Row<typeof envelopeDeliveries>, 'state'> & {
  readonly state: DeliveryState
}

/** The tables of this domain, for `Database`. */
export interface EnvelopeTables {
  envelope_conversations: StoredRow<typeof envelopeConversations>
  envelope_conversants: StoredRow<typeof envelopeConversants>
  envelopes: StoredRow<typeof envelopes>
  envelope_deliveries: StoredRow<typeof envelopeDeliveries>
}
