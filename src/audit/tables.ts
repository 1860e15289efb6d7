import { id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What happened: written in the transaction of the change itself, sealed into a chain later. */
export const auditEvents = table(
  'audit_events',
  {
    id: id(),
    /** Whose chain it belongs to; `installationId` when no organization is concerned. */
    organizationId: id(),
    recordedAt: instant(),
    /** Who did it, kept though the user or token is deleted. */
    actorId: text(),
    userId: id().orNull(),
    /** `secret.revealed`: a noun and what happened to it. */
    action: text(),
    resourceKind: text(),
    resourceId: text().orNull(),
    /** `succeeded`, `denied` or `failed`. */
    outcome: text(),
    requestId: text().orNull(),
    ipAddress: text().orNull(),
    userAgent: text().orNull(),
    /** Never a secret. */
    details: json<{ [key: string]: JsonValue }>(),
    /** Place in the chain, from 1; null until sealed. */
    sequence: integer().orNull(),
    /** The hash of this entry and of the one before it; null until sealed. */
    hash: text().orNull(),
  },
  { primaryKey: ['id'] },
)

/** How far each chain has come. */
export const auditChains = table(
  'audit_chains',
  {
    organizationId: id(),
    /** Entries sealed so far, pruned ones included; the place of the newest. */
    sequence: integer(),
    /** Of the newest entry; the genesis hash before the first. */
    hash: text(),
    sealedAt: instant().orNull(),
    /** The newest head that was signed; 0 before the first. */
    signedSequence: integer(),
    signedAt: instant().orNull(),
    /** In the row of the installation: which process seals, and until when it may be silent. */
    claimedBy: text().orNull(),
    claimedUntil: instant().orNull(),
    /** Days that its entries are kept; null for what the installation says. */
    retentionDays: integer().orNull(),
  },
  { primaryKey: ['organizationId'] },
)

/** Signed statements of how a chain stood; kept elsewhere they tell a cut tail and a rewrite. */
export const auditHeads = table(
  'audit_heads',
  {
    organizationId: id(),
    sequence: integer(),
    hash: text(),
    signedAt: instant(),
    keyId: text(),
    signature: text(),
  },
  { primaryKey: ['organizationId', 'sequence'] },
)

/** What stands where entries were pruned; the chain goes on from its hash. */
export const auditTombstones = table(
  'audit_tombstones',
  {
    organizationId: id(),
    firstSequence: integer(),
    lastSequence: integer(),
    /** Of the last entry that went. */
    hash: text(),
    prunedAt: instant(),
    /** The actor. */
    prunedBy: text(),
    keyId: text(),
    signature: text(),
  },
  { primaryKey: ['organizationId', 'firstSequence'] },
)

export type AuditEvent = Row<typeof auditEvents>
export type AuditHead = Row<typeof auditHeads>
export type AuditTombstone = Row<typeof auditTombstones>

/** The tables of this domain, for `Database`. */
export interface AuditTables {
  audit_events: StoredRow<typeof auditEvents>
  audit_chains: StoredRow<typeof auditChains>
  audit_heads: StoredRow<typeof auditHeads>
  audit_tombstones: StoredRow<typeof auditTombstones>
}
