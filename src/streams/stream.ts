import { type Row } from '../database/table.js'
import { offsetOf } from './offset.js'
import { type streams } from './tables.js'

/** A stream as stores return it. */
export interface Stream {
  readonly organizationId: string
  /** Of this stream alone; another one at the same path has another. */
  readonly id: string
  readonly path: string
  readonly contentType: string
  /** Its end: the next append begins there. */
  readonly offset: string
  readonly closed: boolean
  /** Why it ended early; null when it did not. */
  readonly failure: string | null
  readonly ttlSeconds: number | null
  readonly expiresAt: string | null
  /** The message it became. */
  readonly conversationId: string | null
  readonly messageId: string | null
  readonly createdAt: string
  /** The last append. */
  readonly updatedAt: string
}

/** What callers see of a row. */
export function streamFrom(row: Row<typeof streams>): Stream {
  return {
    organizationId: row.organizationId,
    id: row.id,
    path: row.path,
    contentType: row.contentType,
    offset: offsetOf(row.tail),
    closed: row.closed,
    failure: row.failure,
    ttlSeconds: row.ttlSeconds,
    expiresAt: row.expiresAt,
    conversationId: row.conversationId,
    messageId: row.messageId,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}
