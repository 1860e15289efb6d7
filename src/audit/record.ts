import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { encodeRow } from '../database/table.js'
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

/** The statement that records an event, for a batch that holds the change as well. */
export function auditInsert(
  database: Database<AuditTables>,
  source: AuditSource,
  { organizationId, actor, record }: Scope & { readonly record: AuditRecord },
) {
  const row = encodeRow(auditEvents, {
    id: source.ids.next(),
    organizationId,
    recordedAt: instantOf(source.clock.now()),
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
  return database.write.insertInto('audit_events').values(row)
}

/** Records an event on the transaction that makes the change: both stand, or neither. */
export async function recordAudit(
  database: Database<AuditTables>,
  source: AuditSource,
  what: Scope & { readonly record: AuditRecord },
): Promise<void> {
  const own = database.within([what.organizationId])
  await own.run(auditInsert(own, source, what))
}
