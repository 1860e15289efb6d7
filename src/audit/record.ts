import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { encodeRow, type StoredRow } from '../database/table.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { auditEvents, type AuditTables } from './tables.js'

/** Stands for "no organization": logins, users, keys of the whole installation. */
export const installationId = '00000000-0000-7000-8000-000000000000'

/** One thing that happened, to be recorded. */
export interface AuditRecord {
  /** A noun and what happened to it, `secret.revealed`. */
  readonly action: string
  readonly resourceKind: string
  readonly resourceId?: string | null
  /** @default 'succeeded' */
  readonly outcome?: 'succeeded' | 'denied' | 'failed'
  /** Never a secret, a password or a token. @default {} */
  readonly details?: { readonly [key: string]: JsonValue }
}

/** Parts that the audit takes from outside. */
export interface AuditSource {
  readonly clock: Clock
  readonly ids: IdGenerator
}

/** What happened, where, and in whose name. */
export type AuditTold = Scope & { readonly record: AuditRecord }

/** The row of an event, not sealed yet. */
export function auditRow(
  { clock, ids }: AuditSource,
  { organizationId, actor, record }: AuditTold,
): StoredRow<typeof auditEvents> {
  return encodeRow(auditEvents, {
    id: ids.next(),
    organizationId,
    recordedAt: instantOf(clock.now()),
    actorId: actor.id,
    userId: actor.userId ?? null,
    action: record.action,
    resourceKind: record.resourceKind,
    resourceId: record.resourceId ?? null,
    outcome: record.outcome ?? 'succeeded',
    requestId: actor.requestId ?? null,
    ipAddress: actor.ipAddress ?? null,
    userAgent: actor.userAgent ?? null,
    details: record.details ?? {},
    sequence: null,
    hash: null,
  })
}

/** The statement that records an event, for a batch that holds the change as well. */
export function auditInsert(
  database: Database<AuditTables>,
  source: AuditSource,
  told: AuditTold,
) {
  return database.write.insertInto('audit_events').values(auditRow(source, told))
}

/** Records an event on the transaction that makes the change: both stand, or neither. */
export async function recordAudit(
  database: Database<AuditTables>,
  source: AuditSource,
  told: AuditTold,
): Promise<void> {
  const own = database.within([told.organizationId])
  await own.run(auditInsert(own, source, told))
}
