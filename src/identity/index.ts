export {
  accessMatrix, type AccessRow, type Action, isAllowed, isScope, type Principal,
} from './access.js'
export { Authenticator } from './authenticate.js'
export { createFirstLogin, ensureDefaultOrganization, type FirstLogin } from './bootstrap.js'
export {
  AlreadyMember, EmailTaken, Forbidden, InvitationNotFound, LastOwner, LoginFailed, MemberNotFound,
  OrganizationLimitReached, OrganizationNotFound, OrganizationProtected, ServiceTokenNotFound,
  SlugTaken, Unauthenticated, UserNotFound,
} from './errors.js'
export { InvitationStore, type NewInvitation } from './invitations.js'
export { isInRanges } from './ip-ranges.js'
export { type Member, MemberStore } from './members.js'
export {
  type OrganizationChanges, OrganizationStore, type OwnOrganization,
} from './organizations.js'
export { OrganizationRates, type Rate } from './rates.js'
export {
  type NewServiceToken, type ServiceTokenChanges, ServiceTokenStore,
} from './service-tokens.js'
export { type IdentityDatabase } from './source.js'
export { type IdentitySource, IdentityStore, type LoginOrigin, type NewUser } from './store.js'
export {
  defaultOrganizationId, defaultOrganizations, type IdentityTables, type Invitation, invitations,
  type LoginSession, loginSessions, type Organization, organizationMemberships, organizations,
  personalOrganizations, type Role, type ServiceToken, serviceTokens, type User, users,
} from './tables.js'
export { TokenUsage } from './token-usage.js'
export { type IdentityContext } from './context.js'
export { identityRoutes } from './routes.js'
