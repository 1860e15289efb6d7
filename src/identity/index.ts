export { type Action, isAllowed, isScope, type Principal } from './access.js'
export { Authenticator, type Standing } from './authenticate.js'
export {
  createFirstLogin, defaultOrganizationId, ensureDefaultOrganization, type FirstLogin,
} from './bootstrap.js'
export {
  EmailTaken, Forbidden, LastOwner, LoginFailed, LoginThrottled, OrganizationNotFound,
  PasswordWrong, ServiceTokenNotFound, SessionNotFound, SlugTaken, Unauthenticated, UsernameTaken,
  UserNotFound,
} from './errors.js'
export { OrganizationStore } from './organizations.js'
export { type NewServiceToken, ServiceTokenStore } from './service-tokens.js'
export { type LoginLimit, type LoginLimits, loginLimitsOf } from './login-limits.js'
export { type LoggedIn, type Login } from './logins.js'
export {
  type BegunSession, type LoginOrigin, type SessionTimes, sessionTimesOf,
} from './sessions.js'
export {
  type CredentialListener, type IdentityDatabase, type IdentitySource,
} from './source.js'
export { IdentityStore } from './store.js'
export {
  type IdentityTables, loginAttempts, type LoginSession, loginSessions, type Organization,
  organizationMemberships, organizations, type Preferences, type Role, type ServiceToken,
  serviceTokens, type User, users,
} from './tables.js'
export { type NewUser, type UserChanges } from './users.js'
export { type IdentityContext } from './context.js'
export { identityRoutes } from './routes.js'
