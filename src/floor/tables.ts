import { id, instant, integer, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** Who gets the floor, and how. */
export const floorPolicies = ['exclusive', 'shared', 'moderated'] as const

/**
 * `exclusive`: one agent at a time, in the order of the queue. `shared`: everybody, on joining.
 * `moderated`: whom a convener grants it.
 */
export type FloorPolicy = (typeof floorPolicies)[number]

/**
 * The floor of a conversation. Whoever changes anything of it holds this row until the commit; it
 * hands out the numbers of events, tickets of requests and fences of grants.
 */
export const floors = table(
  'floors',
  {
    organizationId: id(),
    conversationId: id(),
    policy: text(),
    /** How long a grant lasts; null for as long as its holder likes. */
    holdMs: integer().orNull(),
    /** Those who wait at most. */
    queueMax: integer(),
    /** The agent that may grant and revoke in its own name. */
    convener: text().orNull(),
    /** Events so far; the number of the last one. */
    eventCount: integer(),
    /** The ticket given out last. */
    ticketCount: integer(),
    /** Of the last grant; grows by one with each, for ever. */
    fence: integer(),
    agentCount: integer(),
    waitingCount: integer(),
    /** Those whose time is over included, until that was written. */
    holderCount: integer(),
    /** When the first hold ends, on the database's clock. */
    dueAt: instant().orNull(),
    /** The last event. */
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** An agent in a conversation: it waits (ticket), holds the floor (fence), or is only there. */
export const floorAgents = table(
  'floor_agents',
  {
    organizationId: id(),
    conversationId: id(),
    speakerUri: text(),
    joinedAt: instant(),
    /** Of its open request. */
    ticket: integer().orNull(),
    priority: integer().orNull(),
    reason: text().orNull(),
    requestedAt: instant().orNull(),
    /** Of its grant. */
    fence: integer().orNull(),
    grantedAt: instant().orNull(),
    /** From then on it holds the floor no more, whatever the row says. */
    expiresAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'speakerUri'] },
)

/** What happened, in order and without gaps. All above follows from it. */
export const floorEvents = table(
  'floor_events',
  {
    organizationId: id(),
    conversationId: id(),
    number: integer(),
    type: text(),
    /** Whom it is about; null when it is about all. */
    speakerUri: text().orNull(),
    at: instant(),
    /** The agent in whose name it was done, where that is another. */
    givenBy: text().orNull(),
    ticket: integer().orNull(),
    priority: integer().orNull(),
    reason: text().orNull(),
    fence: integer().orNull(),
    expiresAt: instant().orNull(),
    policy: text().orNull(),
    holdMs: integer().orNull(),
    queueMax: integer().orNull(),
    convener: text().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'number'] },
)

/** The kinds of events. */
export type FloorEventType =
  | 'configured' | 'joined' | 'requested' | 'cancelled' | 'granted' | 'yielded' | 'revoked' | 'left'

/** An event as the store returns it. */
export type FloorEvent = Omit<Row<typeof floorEvents>, 'type' | 'policy'> & {
  readonly type: FloorEventType
  readonly policy: FloorPolicy | null
}

/** The tables of this domain, for `Database`. */
export interface FloorTables {
  floors: StoredRow<typeof floors>
  floor_agents: StoredRow<typeof floorAgents>
  floor_events: StoredRow<typeof floorEvents>
}
