import { type ConversationTables } from '../../conversations/index.js'
import { id, instant, json, text } from '../../database/columns.js'
import { type JsonValue } from '../../database/json.js'
import { type StoredRow, table } from '../../database/table.js'

/** Threads of ChatKit; their items are messages of the conversation. */
export const chatkitThreads = table(
  'chatkit_threads',
  {
    organizationId: id(),
    conversationId: id(),
    /** As ChatKit calls it. */
    threadId: text(),
    /** The thread's own `created_at`, by which threads are listed. */
    createdAt: instant(),
    /** The last change of the thread or one of its items; appends are told by the conversation. */
    updatedAt: instant(),
    /** The thread as it was given. */
    thread: json<{ [key: string]: JsonValue }>(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** What ChatKit knows of attachments; their bytes are elsewhere. */
export const chatkitAttachments = table(
  'chatkit_attachments',
  {
    organizationId: id(),
    /** As ChatKit calls it. */
    attachmentId: text(),
    /** The conversation of its thread, with which it goes; null while there is none. */
    conversationId: id().orNull(),
    updatedAt: instant(),
    /** The attachment as it was given. */
    attachment: json<{ [key: string]: JsonValue }>(),
  },
  { primaryKey: ['organizationId', 'attachmentId'] },
)

/** The tables of this adapter, for `Database`. */
export interface ChatKitTables extends ConversationTables {
  chatkit_threads: StoredRow<typeof chatkitThreads>
  chatkit_attachments: StoredRow<typeof chatkitAttachments>
}
