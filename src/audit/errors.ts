import { defineError } from '../errors.js'

/** Entries of the log are not as they were sealed, so that none may be pruned. */
export const AuditChainBroken = defineError('AuditChainBroken', {
  code: 'audit_chain_broken', status: 409,
})
