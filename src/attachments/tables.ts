import { bytes, id, instant, integer, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What a storage keeps, or kept, or begins to keep. */
export const attachmentBlobs = table(
  'attachment_blobs',
  {
    organizationId: id(),
    id: id(),
    /** The name of the storage. */
    storage: text(),
    /** `staged` until an attachment is completed with it, `kept`, or `doomed`. */
    state: text(),
    /** Null until all of it is there. */
    sha256: text().orNull(),
    size: integer().orNull(),
    /** What its first bytes look like. */
    mediaType: text().orNull(),
    createdAt: instant(),
    /** When the sweep may look at it, unless it is kept. */
    sweepAfter: instant(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** Bytes that attachments have, by their SHA-256. */
export const attachmentContents = table(
  'attachment_contents',
  {
    organizationId: id(),
    sha256: text(),
    blobId: id(),
    size: integer(),
    mediaType: text(),
    createdAt: instant(),
  },
  { primaryKey: ['organizationId', 'sha256'] },
)

/** A named piece of bytes. */
export const attachments = table(
  'attachments',
  {
    organizationId: id(),
    id: id(),
    /** It goes when this conversation is deleted. */
    conversationId: id().orNull(),
    userId: id().orNull(),
    name: text(),
    /** What its creator said of its type; never what it is served as. */
    declaredType: text().orNull(),
    declaredSize: integer().orNull(),
    declaredSha256: text().orNull(),
    /** `pending` or `ready`. */
    state: text(),
    /** The bytes put last, until it is completed. */
    blobId: id().orNull(),
    sha256: text().orNull(),
    createdAt: instant(),
    completedAt: instant().orNull(),
    /** When it goes unless it is completed. */
    expiresAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** Pieces of 256 KiB of blobs that are kept in the database. */
export const attachmentChunks = table(
  'attachment_chunks',
  {
    organizationId: id(),
    blobId: id(),
    /** From 0. */
    number: integer(),
    bytes: bytes(),
  },
  { primaryKey: ['organizationId', 'blobId', 'number'] },
)

/** An attachment as stores return it. */
export interface Attachment
  extends Omit<Row<typeof attachments>, 'blobId' | 'declaredSize' | 'declaredSha256'> {
  /** Null until it is ready. */
  readonly size: number | null
  /** What its bytes look like, and what it is served as; null until it is ready. */
  readonly mediaType: string | null
}

/** The tables of this domain, for `Database`. */
export interface AttachmentTables {
  attachments: StoredRow<typeof attachments>
  attachment_contents: StoredRow<typeof attachmentContents>
  attachment_blobs: StoredRow<typeof attachmentBlobs>
  attachment_chunks: StoredRow<typeof attachmentChunks>
}
