import { type AuditLog } from '../audit/index.js'
import { type Actor } from '../scope.js'
import { type Principal } from './access.js'
import { type InvitationStore } from './invitations.js'
import { type MemberStore } from './members.js'
import { type OrganizationStore } from './organizations.js'
import { type ServiceTokenStore } from './service-tokens.js'
import { type IdentityStore } from './store.js'
import { type Role } from './tables.js'

/** What the endpoints of identity need. */
export interface IdentityContext {
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly members: MemberStore
  readonly invitations: InvitationStore
  readonly principal: Principal
  /** The organization of the call; meaningless outside one. */
  readonly organizationId: string
  /** The role of the person who calls, in that organization. */
  readonly role: Role | null
  /** Who acts and from where, for the audit. */
  readonly actor: Actor
  readonly serviceTokens: ServiceTokenStore
  readonly audit: AuditLog
  /**
   * Makes a change of credentials show at once, here and in other processes, as soon as it is
   * committed: of `user:{id}`, `session:{id}` or `service_token:{id}`, or of everybody.
   */
  forgetCredentials(who?: string): void
}
