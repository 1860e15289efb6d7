import { z } from 'zod'
import { RevisionConflict } from '../errors.js'
import { route } from '../http/route.js'
import { named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import {
  OrganizationNotFound, OrganizationProtected, SlugTaken,
} from './errors.js'
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
  define({
    operationId: 'getOrganization',
    method: 'GET',
    path: '/v1/organizations/current',
    tag: 'Organizations',
    summary: 'The organization of this call',
    action: 'organizations:read',
    scope: 'organization',
    input: {},
    status: 200,
    output: organizationSchema,
    etag: true,
    errors: [],
    idempotency: 'none',
    async handle({ organizations, organizationId, role }) {
      return presentOrganization(await organizations.get(organizationId), role)
    },
  }),
  define({
    operationId: 'updateOrganization',
    method: 'PATCH',
    path: '/v1/organizations/current',
    tag: 'Organizations',
    summary: 'Change name or slug',
    action: 'organizations:update',
    scope: 'organization',
    input: {
      body: named('OrganizationChanges', z.strictObject({
        name: z.string().min(1).max(200).optional(),
        slug: z.string().max(63).optional(),
      })),
    },
    status: 200,
    output: organizationSchema,
    etag: true,
    errors: [SlugTaken, OrganizationProtected, RevisionConflict],
    idempotency: 'transaction',
    async handle({ organizations, organizationId, role }, { body, ifRevision }) {
      const changed = await organizations.update(organizationId, body, ifRevision)
      return presentOrganization(changed, role)
    },
  }),
  define({
    operationId: 'deleteOrganization',
    method: 'DELETE',
    path: '/v1/organizations/current',
    tag: 'Organizations',
    summary: 'Delete the organization and everything in it; for owners',
    action: 'organizations:delete',
    scope: 'organization',
    input: {
      query: z.strictObject({
        confirm: z.string().max(63).describe('The slug of the organization.'),
      }),
    },
    status: 204,
    errors: [OrganizationProtected],
    // Once it is gone, whoever calls again is told so: nothing is there that could happen twice.
    idempotency: 'own',
    async handle({ organizations, organizationId, forgetCredentials }, { query }) {
      await organizations.delete(organizationId, query.confirm)
      forgetCredentials()
    },
  }),
  define({
    operationId: 'chooseOrganization',
    method: 'PATCH',
    path: '/v1/me/organization',
    tag: 'Organizations',
    summary: 'Choose the organization of calls that name none',
    action: 'organizations:choose',
    scope: 'person',
    input: {
      body: named('OrganizationChoice', z.strictObject({
        organization: z.string().min(1).max(63).nullable()
          .describe('Id or slug of one of your organizations; null for none.'),
      })),
    },
    status: 200,
    output: named('ChosenOrganization', z.object({ organization: organizationSchema.nullable() })),
    errors: [OrganizationNotFound],
    idempotency: 'transaction',
    async handle({ organizations, principal }, { body }) {
      const chosen = await organizations.choose(principal.userId!, body.organization)
      const organization = chosen === undefined ? null : presentOrganization(chosen, chosen.role)
      return { organization }
    },
  }),
]
