export {
  auditInsert, type AuditRecord, type AuditSource, installationId, recordAudit,
} from './record.js'
export { type AuditEvent, auditEvents, type AuditTables } from './tables.js'
