import { bytes, flag, id, instant, integer, text } from '../database/columns.js'
import { type StoredRow, table } from '../database/table.js'

/** A stream; its row hands out the offsets of what is appended. */
export const streams = table(
  'streams',
  {
    organizationId: id(),
    /** Of this stream alone: another one at the same path later has another. */
    id: id(),
    /** What it is called by; any words with slashes between them. */
    path: text(),
    /** As it was given when the stream was created. */
    contentType: text(),
    /** The same in lower case and without parameters; appends must match it. */
    mediaType: text(),
    /** Bytes ever appended, inherited ones included; the next chunk begins there. */
    tail: integer(),
    /** The last `Stream-Seq`; a next one must be greater. */
    sequence: text().orNull(),
    closed: flag(),
    /** Producer, epoch and number of the append that closed it, so that its repetition is known. */
    closedBy: text().orNull(),
    /** Why it ended early; null when it did not. */
    failure: text().orNull(),
    /** It expires when nobody has read or written for so long. */
    ttlSeconds: integer().orNull(),
    /** From then on it is unseen, and swept some time later. */
    expiresAt: instant().orNull(),
    /** The stream it was forked from, and where. */
    sourceId: id().orNull(),
    sourceOffset: integer().orNull(),
    sourceSubOffset: integer().orNull(),
    /** Which append changed it last: what belongs to that append is written only behind it. */
    lastAppend: id().orNull(),
    /** The conversation it is for, as was said or once it is a message there. */
    conversationId: id().orNull(),
    /** The message it became. */
    messageId: id().orNull(),
    createdAt: instant(),
    updatedAt: instant(),
    /** Set when it was deleted while forks of it live: they still hold its path. */
    deletedAt: instant().orNull(),
    /** The actor who made it; null for older ones. */
    createdBy: text().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** What one call appended. */
export const streamChunks = table(
  'stream_chunks',
  {
    organizationId: id(),
    streamId: id(),
    /** The offset behind it; it begins as many bytes before. */
    endOffset: integer(),
    /** In a JSON stream: its messages as they were written, commas between them. */
    data: bytes(),
  },
  { primaryKey: ['organizationId', 'streamId', 'endOffset'] },
)

/** How far each producer of a stream has come. */
export const streamProducers = table(
  'stream_producers',
  {
    organizationId: id(),
    streamId: id(),
    producerId: text(),
    epoch: integer(),
    lastSeq: integer(),
  },
  { primaryKey: ['organizationId', 'streamId', 'producerId'] },
)

/** The tables of this domain, for `Database`. */
export interface StreamTables {
  streams: StoredRow<typeof streams>
  stream_chunks: StoredRow<typeof streamChunks>
  stream_producers: StoredRow<typeof streamProducers>
}
