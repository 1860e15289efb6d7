export {
  accessMatrix, type AccessRow, type Action, isAllowed, isScope, type Principal,
} from './access.js'
export { Authenticator, believedMs, type Standing } from './authenticate.js'
export { createFirstLogin, ensureDefaultOrganization, type FirstLogin } from './bootstrap.js'
export {
  AlreadyMember, EmailTaken, Forbidden, InvitationNotFound, LastOwner, LoginFailed, LoginThrottled,
  MemberNotFound, OrganizationLimitReached, OrganizationNotFound, OrganizationProtected,
  PasswordWrong, ServiceTokenNotFound, SessionNotFound, SlugTaken, Unauthenticated, UsernameTaken,
  UserNotFound,
} from './errors.js'
export { InvitationStore, type NewInvitation } from './invitations.js'
export { checkIpRanges, isInRanges } from './ip-ranges.js'
export { type LoginLimit, type LoginLimits, loginLimitsOf } from './login-limits.js'
export { type LoggedIn, type Login } from './logins.js'
export { type Member, MemberStore } from './members.js'
export {
  type OrganizationChanges, OrganizationStore, type OwnOrganization,
} from './organizations.js'
export { isPasswordPrintOf, passwordPrintOf } from './passwords.js'
export { OrganizationRates, type Rate } from './rates.js'
export {
  type NewServiceToken, type ServiceTokenChanges, ServiceTokenStore,
} from './service-tokens.js'
export {
  type BegunSession, type LoginOrigin, type SessionTimes, sessionTimesOf,
} from './sessions.js'
export {
  type CredentialListener, type IdentityDatabase, type IdentitySource,
} from './source.js'
export { IdentityStore } from './store.js'
export {
  defaultOrganizationId, defaultOrganizations, type IdentityTables, type Invitation, invitations,
  loginAttempts, type LoginSession, loginSessions, type Organization, organizationMemberships,
  organizations, personalOrganizations, type Preferences, type Role, type ServiceToken,
  serviceTokens, type User, users,
} from './tables.js'
export { TokenUsage } from './token-usage.js'
export { type NewUser, type UserChanges } from './users.js'
export { type IdentityContext } from './context.js'
