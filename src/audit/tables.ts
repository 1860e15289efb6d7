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

export type AuditEvent = Row<typeof auditEvents>

/** The tables of this domain, for `Database`. */
export interface AuditTables {
  audit_events: StoredRow<typeof auditEvents>
}
