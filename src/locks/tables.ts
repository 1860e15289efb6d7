import { id, instant, integer, text } from '../database/columns.js'
import { type StoredRow, table } from '../database/table.js'

/**
 * A lock by its name. The row stays for ever, also when nobody holds the lock, since its fence must
 * go on growing. It hands out the tickets of the queue.
 */
export const locks = table(
  'locks',
  {
    organizationId: id(),
    name: text(),
    /** Who holds it; null while it is free. */
    owner: text().orNull(),
    /** The acquisition that holds it. */
    claim: text().orNull(),
    /** The process that holds it, which can be told. */
    listener: text().orNull(),
    /** Grows by one with each acquisition, for ever. */
    fence: integer(),
    /** The ticket given out last. */
    lastTicket: integer(),
    /** Up to this ticket everybody was served or had gone; equal to the last one: nobody waits. */
    servedTicket: integer(),
    /** How many left the queue unserved; tells a release that what it saw of the queue is old. */
    departures: integer(),
    acquiredAt: instant().orNull(),
    /** On the database's clock; from then on the lock is free, whatever the row says. */
    expiresAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'name'] },
)

/** One who waits for a lock. */
export const lockWaiters = table(
  'lock_waiters',
  {
    organizationId: id(),
    name: text(),
    ticket: integer(),
    owner: text(),
    claim: text(),
    /** The process that waits. */
    listener: text(),
    /** How long it wants to hold the lock. */
    ttlMs: integer(),
    /** When its process was last heard of; one that was silent for a while is passed over. */
    seenAt: instant(),
  },
  { primaryKey: ['organizationId', 'name', 'ticket'] },
)

/** The tables of this domain, for `Database`. */
export interface LockTables {
  locks: StoredRow<typeof locks>
  lock_waiters: StoredRow<typeof lockWaiters>
}
