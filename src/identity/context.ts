import { type Actor } from '../scope.js'
import { type Principal } from './access.js'
import { type OrganizationStore } from './organizations.js'
import { type ServiceTokenStore } from './service-tokens.js'
import { type IdentityStore } from './store.js'

/** What the endpoints of identity need. */
export interface IdentityContext {
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly principal: Principal
  /** Who acts and from where, for the audit. */
  readonly actor: Actor
  readonly serviceTokens: ServiceTokenStore
  /**
   * Makes a change of credentials show at once, here and in other processes, as soon as it is
   * committed: of `user:{id}`, `session:{id}` or `service_token:{id}`, or of everybody.
   */
  forgetCredentials(who?: string): void
}
