import { type Database } from '../database/database.js'
import { AuditKeys } from './keys.js'
import { type AuditSource } from './record.js'
import { Sealing } from './sealing.js'
import { type AuditParts } from './store.js'
import { type AuditTables } from './tables.js'

/** What audit logs share; `database` sees every organization. */
export function auditParts(
  database: Database<AuditTables>,
  source: AuditSource,
  auditKey: string | undefined,
): AuditParts {
  const keys = new AuditKeys(auditKey)
  const { clock } = source
  const sealing = new Sealing({ database, clock, keys })
  return { database, clock, keys, source, sealing, auditKey }
}
