import { type AuditTables } from '../audit/index.js'
import { type IdentityTables } from './tables.js'

export { type IdentitySource } from './store.js'

/** The tables that changes of identity touch: its own, and the record of who made them. */
export interface IdentityDatabase extends IdentityTables, AuditTables {}
