import { type Route } from '../http/route.js'
import { type IdentityContext } from './context.js'
import { invitationRoutes } from './invitation-routes.js'
import { memberRoutes } from './member-routes.js'
import { meRoutes } from './me-routes.js'
import { organizationRoutes } from './organization-routes.js'
import { serviceTokenRoutes } from './service-token-routes.js'
import { sessionRoutes } from './session-routes.js'
import { userRoutes, userSessionRoutes } from './user-routes.js'

/** Log in and out, users, organizations and who belongs to them, service tokens. */
export const identityRoutes: readonly Route<IdentityContext>[] = [
  ...sessionRoutes, ...meRoutes, ...userRoutes, ...userSessionRoutes, ...organizationRoutes,
  ...memberRoutes, ...invitationRoutes,
  ...serviceTokenRoutes,
]
