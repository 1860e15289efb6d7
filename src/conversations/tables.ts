import { id, instant, integer, json, terms, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'
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
    /** Rises with each change of metadata. */
    revision: integer(),
    createdAt: instant(),
    deletedAt: instant().orNull(),
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

/**
 * The words of a message, for search: what was taken from its content, as the engine keeps it. A
 * message that says nothing has no row, and one that is erased loses it.
 */
export const messageTerms = table(
  'message_terms',
  {
    organizationId: id(),
    conversationId: id(),
    messageId: id(),
    /** Rises with the moment of the message. */
    sequence: integer(),
    terms: terms(),
  },
  { primaryKey: ['organizationId', 'messageId'] },
)

/** How far the words of messages from before there was search have been taken. */
export const indexings = table(
  'indexings',
  {
    name: text(),
    /** The key of the last message taken; null before the first. */
    place: json<string[]>().orNull(),
    /** Messages looked at so far. */
    messages: integer(),
    finishedAt: instant().orNull(),
  },
  { primaryKey: ['name'] },
)

/** A conversation as stores return it. */
export type Conversation = Omit<
  Row<typeof conversations>, 'branchCount' | 'previousLeafId' | 'activeBranch' | 'activeDepth'>

/** A message as stores return it. */
export type Message = Omit<Row<typeof messages>, 'deletedAt' | 'branch'>

/** The tables of this domain, for `Database`. */
export interface ConversationTables extends IdempotencyTables {
  conversations: StoredRow<typeof conversations>
  messages: StoredRow<typeof messages>
  message_branches: StoredRow<typeof messageBranches>
  message_terms: StoredRow<typeof messageTerms>
  indexings: StoredRow<typeof indexings>
}
