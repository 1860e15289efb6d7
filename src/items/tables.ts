import { bytes, id, instant, integer, json, text } from '../database/columns.js'
import { type StoredRow, table } from '../database/table.js'

/** Values by namespace and key; those whose time is over are unseen, and swept later. */
export const items = table(
  'items',
  {
    organizationId: id(),
    /** As `encodeNamespace` writes it. */
    namespace: text(),
    key: text(),
    value: json(),
    /** At least the milliseconds of the clock at the first put; rises with each. */
    revision: integer(),
    /** How long it lives from a put, or a read that refreshes it. */
    ttlMs: integer().orNull(),
    createdAt: instant(),
    updatedAt: instant(),
    expiresAt: instant().orNull(),
    /** The person who put it last; null when it was a program. */
    writtenBy: text().orNull(),
  },
  { primaryKey: ['organizationId', 'namespace', 'key'] },
)

/** Results of work, as their frameworks wrote them. */
export const cacheEntries = table(
  'cache_entries',
  {
    organizationId: id(),
    /** As `encodeNamespace` writes it. */
    namespace: text(),
    key: text(),
    type: text(),
    bytes: bytes(),
    createdAt: instant(),
    expiresAt: instant().orNull(),
    /** The person who put it last; null when it was a program. */
    writtenBy: text().orNull(),
  },
  { primaryKey: ['organizationId', 'namespace', 'key'] },
)

/** The tables of this domain, for `Database`. */
export interface ItemTables {
  items: StoredRow<typeof items>
  cache_entries: StoredRow<typeof cacheEntries>
}
