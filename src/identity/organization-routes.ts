import { z } from 'zod'
import { route } from '../http/route.js'
import { named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { SlugTaken } from './errors.js'
import {
  organizationSchema, presentOrganization, presentUser, userSchema,
} from './user-schemas.js'

const define = route<IdentityContext>()

/** Who calls, and the organizations there are for the caller. */
export const organizationRoutes = [
  define({
    operationId: 'getMe',
    method: 'GET',
    path: '/v1/me',
    tag: 'Organizations',
    summary: 'Who the token stands for',
    action: 'organizations:read',
    scope: 'person',
    input: {},
    status: 200,
    output: named('Me', z.object({
      actor: z.string(),
      user: userSchema.nullable(),
      organizations: z.array(organizationSchema),
    })),
    errors: [],
    idempotency: 'none',
    async handle({ identity, organizations, principal }) {
      const userId = principal.userId ?? null
      const isPerson = principal.kind === 'session' && userId !== null
      const own = isPerson ? await organizations.list(userId) : []
      return {
        actor: principal.id,
        user: userId === null ? null : presentUser(await identity.getUser(userId)),
        organizations: own.map((each) => presentOrganization(each, each.role)),
      }
    },
  }),
  define({
    operationId: 'createOrganization',
    method: 'POST',
    path: '/v1/organizations',
    tag: 'Organizations',
    summary: 'Create an organization; the caller becomes its owner',
    action: 'organizations:write',
    scope: 'person',
    input: {
      body: named('NewOrganization', z.strictObject({
        name: z.string().min(1).max(200),
        slug: z.string().max(63).optional(),
      })),
    },
    status: 201,
    output: organizationSchema,
    errors: [SlugTaken],
    idempotency: 'transaction',
    async handle({ organizations, principal }, { body }) {
      const created = await organizations.create(body, principal.userId ?? undefined)
      return presentOrganization(created, principal.userId == null ? null : 'owner')
    },
  }),
]
