export { AuditChainBroken } from './errors.js'
export { csvHead, csvLine, type ExportLine, headLine, jsonLine } from './export.js'
export { AuditKeys, newAuditKey } from './keys.js'
export { auditParts } from './parts.js'
export {
  auditInsert, type AuditRecord, type AuditSource, type AuditTold, installationId, recordAudit,
} from './record.js'
export { type Insertion, Recorder } from './recorder.js'
export { Sealer, type SealerEvent, type SealerOptions } from './sealer.js'
export { Sealing } from './sealing.js'
export {
  type AuditListing, AuditLog, type AuditOutcome, type AuditParts, type VerifyOptions,
} from './store.js'
export {
  auditChains, type AuditEvent, auditEvents, type AuditHead, auditHeads, type AuditTables,
  type AuditTombstone, auditTombstones,
} from './tables.js'
export { type AuditVerdict } from './verify.js'
export { type ExportVerification, headOf, verifyExport } from './verify-export.js'
export { type AuditFault, type AuditFaultKind } from './walk.js'
