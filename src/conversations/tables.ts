import { id, instant, integer, json, terms, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, type Row, type StoredRow, table } from '../database/table.js'
import { type IdempotencyTables } from '../idempotency/index.js'

/** Free JSON beside a conversation or a message. */
export type Metadata = { [key: string]: JsonValue }

/** A conversation; its row hands out the positions of its messages. */
export const conversations = table(
  'conversations',
  {
    organizationId: id(),
    id: id(),
    /** Who began it; null for a service, or once the user was deleted. */
    userId: id().orNull(),
    title: text().orNull(),
    metadata: json<Metadata>(),
    /** Messages ever appended, deleted ones included; the newest message's position. */
    messageCount: integer(),
    /** Rises with each change of title, metadata or archive state. */
    revision: integer(),
    createdAt: instant(),
    /** The last change or append. */
    updatedAt: instant(),
    /** Set while archived: hidden from lists, otherwise as before. */
    archivedAt: instant().orNull(),
    /** Branches ever begun; the next one's number. */
    branchCount: integer(),
    /** The message that the next one follows; null before the first, or where a new root goes. */
    activeLeafId: id().orNull(),
    /** The active leaf before the last append, which hands it to what it inserts. */
    previousLeafId: id().orNull(),
    /** Where the next message goes: this branch, one deeper. */
    activeBranch: integer(),
    activeDepth: integer(),
    /** Where a fork left another conversation. */
    forkedFromConversationId: id().orNull(),
    forkedFromMessageId: id().orNull(),
    /** Changes ever made of what was there; appends are counted by `messageCount`. */
    changeCount: integer(),
    /** The last change of title, metadata or archive state, and the messages before it. */
    updatedChange: integer().orNull(),
    updatedAfter: integer().orNull(),
    /** The last change of the active leaf but by an append, the messages before it, the leaf. */
    switchedChange: integer().orNull(),
    switchedAfter: integer().orNull(),
    switchedLeafId: id().orNull(),
    /** The stream that the next message is being written to, as its writer calls it. */
    activeStream: text().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** A message of a conversation. Deleting one leaves its empty row, so that the tree holds. */
export const messages = table(
  'messages',
  {
    organizationId: id(),
    conversationId: id(),
    id: id(),
    /** 1, 2, 3, … in order of arrival, without gaps. */
    position: integer(),
    /** Messages of a branch follow each other; 0 is the first branch. */
    branch: integer(),
    /** 1 for a root, else one more than the parent. */
    depth: integer(),
    parentMessageId: id().orNull(),
    /** `message`, `tool_call`, `widget`, … */
    kind: text(),
    role: text(),
    content: json(),
    metadata: json<Metadata>(),
    /** Who wrote it: `user:…`, `agent:…`, or a speaker URI. */
    author: text().orNull(),
    model: text().orNull(),
    tokensUsed: integer().orNull(),
    /** Exact decimal, in US dollars. */
    costUsd: text().orNull(),
    /** Rises with each change. */
    revision: integer(),
    createdAt: instant(),
    deletedAt: instant().orNull(),
    /** The change of its conversation that was the last of this message; null before any. */
    change: integer().orNull(),
    /** The messages of its conversation before that change. */
    changedAfter: integer().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'id'] },
)

/** Where a branch leaves another; the first branch has none, unless its conversation is a fork. */
export const messageBranches = table(
  'message_branches',
  {
    organizationId: id(),
    conversationId: id(),
    branch: integer(),
    /** Another conversation for the first branch of a fork. */
    parentConversationId: id(),
    /** -1 for a branch that begins at a root. */
    parentBranch: integer(),
    /** The depth at which it leaves: its own first message stands one deeper. */
    parentDepth: integer(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'branch'] },
)

/** What a conversation said before its recent messages; its row outlives a deletion, empty. */
export const conversationSummaries = table(
  'conversation_summaries',
  {
    organizationId: id(),
    conversationId: id(),
    text: text(),
    /** The last message it covers. */
    upToMessageId: id().orNull(),
    upToPosition: integer().orNull(),
    /** The model that wrote it. */
    model: text().orNull(),
    /** Rises with each change, and goes on after a deletion. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
    deletedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** What participants may be. */
export const participantRoles = ['owner', 'member', 'observer'] as const
export type ParticipantRole = (typeof participantRoles)[number]

/** Who takes part in a conversation, and how far they have read. */
export const conversationParticipants = table(
  'conversation_participants',
  {
    organizationId: id(),
    conversationId: id(),
    /** `user:<uuid>`, `agent:<id>`, or a speaker URI. */
    participant: text(),
    role: text(),
    displayName: text().orNull(),
    metadata: json<Metadata>(),
    /** The position of the last message read; only moves forward. */
    readPosition: integer(),
    /** Rises with each change but reading. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'participant'] },
)

/**
 * The words of a message, for search: what was taken from its content, as the engine keeps it. One
 * that says nothing has no row; one that changes or is erased loses it in the same transaction.
 */
export const messageTerms = table(
  'message_terms',
  {
    organizationId: id(),
    conversationId: id(),
    messageId: id(),
    /** That of the message. */
    createdAt: instant(),
    /** Rises with the second of the message. */
    sequence: integer(),
    terms: terms(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'messageId'] },
)

/** How far the words of a conversation's messages have been taken; no row before the first. */
export const searchProgress = table(
  'search_progress',
  {
    organizationId: id(),
    conversationId: id(),
    /** The last message whose words were taken, and of all before it; 0 for none. */
    position: integer(),
    /** Rises with each step, and whenever the content of a message changes. */
    version: integer(),
    /** Names the step that was the last to get on. */
    claim: id().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** Messages whose content changed, so that their words have to be taken anew. */
export const searchDirty = table(
  'search_dirty',
  { organizationId: id(), conversationId: id(), messageId: id() },
  { primaryKey: ['organizationId', 'conversationId', 'messageId'] },
)

/**
 * One row, where the engine numbers messages as they come: it and all before it were looked at.
 */
export const searchHorizon = table(
  'search_horizon',
  {
    name: text(),
    ofOrganizationId: id().orNull(),
    ofConversationId: id().orNull(),
    /** Null where none is left. */
    messageId: id().orNull(),
  },
  { primaryKey: ['name'] },
)

/** Columns of a conversation that only its tree and its events need. */
export const innerColumns = [
  'branchCount', 'previousLeafId', 'activeBranch', 'activeDepth', 'changeCount', 'updatedChange',
  'updatedAfter', 'switchedChange', 'switchedAfter', 'switchedLeafId',
] as const

/** A conversation as stores return it. */
export type Conversation = Omit<Row<typeof conversations>, (typeof innerColumns)[number]>

/** A stored conversation without what only its tree and its events need. */
export function conversationOf(stored: Record<string, unknown>): Conversation {
  const row: Record<string, unknown> = decodeRow(conversations, stored)
  for (const name of innerColumns) delete row[name]
  return row as Conversation
}

/** A summary as stores return it. */
export type Summary = Omit<Row<typeof conversationSummaries>, 'deletedAt'>

/** A participant as stores return it. */
export type Participant = Omit<Row<typeof conversationParticipants>, 'role'> & {
  readonly role: ParticipantRole
  /** Messages behind the last one read, erased ones included. */
  readonly unreadCount: number
}

/** A message as stores return it. */
export type Message = Omit<
  Row<typeof messages>, 'deletedAt' | 'branch' | 'change' | 'changedAfter'>

/** The tables of this domain, for `Database`. */
export interface ConversationTables extends IdempotencyTables {
  conversations: StoredRow<typeof conversations>
  messages: StoredRow<typeof messages>
  message_branches: StoredRow<typeof messageBranches>
  conversation_summaries: StoredRow<typeof conversationSummaries>
  conversation_participants: StoredRow<typeof conversationParticipants>
  message_terms: StoredRow<typeof messageTerms>
  search_progress: StoredRow<typeof searchProgress>
  search_dirty: StoredRow<typeof searchDirty>
  search_horizon: StoredRow<typeof searchHorizon>
}
