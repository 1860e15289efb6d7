import { type Route } from '../http/route.js'
import { type IdentityContext } from './context.js'
import { invitationRoutes } from './invitation-routes.js'
import { memberRoutes } from './member-routes.js'
import { organizationRoutes } from './organization-routes.js'
import { serviceTokenRoutes } from './service-token-routes.js'
import { sessionRoutes } from './session-routes.js'

/** Log in and out, organizations and who belongs to them, service tokens. */
export const identityRoutes: readonly Route<IdentityContext>[] = [
  ...sessionRoutes, ...organizationRoutes, ...memberRoutes, ...invitationRoutes,
  ...serviceTokenRoutes,
]
