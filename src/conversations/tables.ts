import { id, instant, integer, json, text } from '../database/columns.js'
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
    parentMessageId: id().orNull(),
    role: text(),
    content: json(),
    metadata: json<Metadata>(),
    tokensUsed: integer().orNull(),
    /** Rises with each change of metadata. */
    revision: integer(),
    createdAt: instant(),
    deletedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'id'] },
)

/** A conversation as stores return it. */
export type Conversation = Row<typeof conversations>

/** A message as stores return it. */
export type Message = Omit<Row<typeof messages>, 'deletedAt'>

/** The tables of this domain, for `Database`. */
export interface ConversationTables extends IdempotencyTables {
  conversations: StoredRow<typeof conversations>
  messages: StoredRow<typeof messages>
}
