import { id, instant, json, text } from '../database/columns.js'
import { type StoredRow, table } from '../database/table.js'

/** One row a key: who used it for what, and the result to give again. */
export const idempotencyKeys = table(
  'idempotency_keys',
  {
    organizationId: id(),
    actorId: text(),
    key: text(),
    /** SHA-256 of the call; the same key with another fingerprint is refused. */
    fingerprint: text(),
    /** Names the one call that owns the key. */
    claim: id(),
    /** Null only inside the transaction that claimed the key. */
    result: json().orNull(),
    createdAt: instant(),
    expiresAt: instant(),
  },
  { primaryKey: ['organizationId', 'actorId', 'key'] },
)

/** The tables of this domain, for `Database`. */
export interface IdempotencyTables {
  idempotency_keys: StoredRow<typeof idempotencyKeys>
}
