export { type Action, isAllowed, isScope, type Principal } from './access.js'
export { Authenticator } from './authenticate.js'
export {
  createFirstLogin, defaultOrganizationId, ensureDefaultOrganization, type FirstLogin,
} from './bootstrap.js'
export {
  EmailTaken, Forbidden, LoginFailed, OrganizationNotFound, ServiceTokenNotFound, SlugTaken,
  Unauthenticated, UserNotFound,
} from './errors.js'
export { OrganizationStore } from './organizations.js'
export { type NewServiceToken, ServiceTokenStore } from './service-tokens.js'
export { type IdentitySource, IdentityStore, type LoginOrigin, type NewUser } from './store.js'
export {
  type IdentityTables, type LoginSession, loginSessions, type Organization,
  organizationMemberships, organizations, type Role, type ServiceToken, serviceTokens, type User,
  users,
} from './tables.js'
export { type IdentityContext } from './context.js'
export { identityRoutes } from './routes.js'
