import { type AuditTables } from '../audit/index.js'
import { type Clock } from '../clock.js'
import { type IdGenerator } from '../ids.js'
import { type LoginLimits } from './login-limits.js'
import { type SessionTimes } from './sessions.js'
import { type IdentityTables } from './tables.js'

/** The tables that changes of identity touch: its own, and the record of who made them. */
export interface IdentityDatabase extends IdentityTables, AuditTables {}

/** Parts that identity takes from outside. */
export interface IdentitySource {
  readonly clock: Clock
  readonly ids: IdGenerator
  /** Hears of every change of what credentials are good for, once it is committed. */
  readonly credentials?: CredentialListener
  /** Takes out of the index of search what is gone with an organization. */
  discardWords?(): Promise<void>
  /** @default a day without activity, seven days in all */
  readonly sessionTimes?: SessionTimes
  /** @default see LoginLimits */
  readonly loginLimits?: LoginLimits
}

/** Whoever remembers what credentials are good for. */
export interface CredentialListener {
  /**
   * Forgets what is remembered here and in other processes: of `user:{id}`, `session:{id}` or
   * `service_token:{id}`, or of everybody.
   */
  changed(who?: string): void
}
