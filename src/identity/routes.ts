import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { type Action, isScope, type Principal, scopeCovers } from './access.js'
import { Forbidden, LoginFailed, ServiceTokenNotFound, SlugTaken } from './errors.js'
import { type ServiceTokenStore } from './service-tokens.js'
import { type IdentityStore } from './store.js'
import { type Organization, type ServiceToken, type User } from './tables.js'

/** What these endpoints need. */
export interface IdentityContext {
  readonly identity: IdentityStore
  readonly principal: Principal
  readonly serviceTokens: ServiceTokenStore
  /** Makes a change of credentials show at once in this process. */
  forgetCredentials(): void
}

const define = route<IdentityContext>()

const userSchema = named('User', z.object({
  id: idSchema('UUIDv7.'),
  email: z.string(),
  display_name: z.string().nullable(),
  created_at: instantSchema('When the user was created.'),
}))

const organizationSchema = named('Organization', z.object({
  id: idSchema('UUIDv7.'),
  slug: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'member']).nullable(),
  created_at: instantSchema('When it was created.'),
}))

const serviceTokenSchema = named('ServiceToken', z.object({
  id: idSchema('UUIDv7.'),
  name: z.string(),
  scopes: z.array(z.string()),
  user_id: idSchema('Who made it.').nullable(),
  created_at: instantSchema('When it was created.'),
  expires_at: instantSchema('When it ends by itself.').nullable(),
  revoked_at: instantSchema('When it was ended.').nullable(),
}))

const presentUser = (user: User) => ({
  id: user.id, email: user.email, display_name: user.displayName, created_at: user.createdAt,
})

const presentOrganization = (organization: Organization, role: string | null) => ({
  id: organization.id,
  slug: organization.slug,
  name: organization.name,
  role,
  created_at: organization.createdAt,
})

const presentServiceToken = (token: ServiceToken) => ({
  id: token.id,
  name: token.name,
  scopes: token.scopes,
  user_id: token.userId,
  created_at: token.createdAt,
  expires_at: token.expiresAt,
  revoked_at: token.revokedAt,
})

const sessionRoutes = [
  define({
    operationId: 'logIn',
    limitedAs: 'login',
    method: 'POST',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Log in with e-mail and password',
    action: 'public',
    scope: 'none',
    input: {
      body: named('Login', z.strictObject({
        email: z.string().max(320),
        password: z.string().max(1_000),
      })),
    },
    status: 201,
    output: named('NewSession', z.object({
      token: z.string().describe('The bearer token; shown this once.'),
      id: idSchema('The session.'),
      expires_at: instantSchema('When the session ends.'),
      user: userSchema,
    })),
    errors: [LoginFailed],
    idempotency: 'none',
    async handle({ identity }, { body, origin }) {
      const { token, session, user } = await identity.logIn(body, origin)
      return { token, id: session.id, expires_at: session.expiresAt, user: presentUser(user) }
    },
  }),
  define({
    operationId: 'logOut',
    method: 'DELETE',
    path: '/v1/sessions/current',
    tag: 'Sessions',
    summary: 'End this session',
    action: 'sessions:write',
    scope: 'person',
    input: {},
    status: 204,
    errors: [],
    idempotency: 'none',
    async handle({ identity, principal, forgetCredentials }) {
      if (principal.kind === 'session') await identity.logOut(principal.credentialId)
      forgetCredentials()
    },
  }),
]

const organizationRoutes = [
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
    async handle({ identity, principal }) {
      const userId = principal.userId ?? null
      const isPerson = principal.kind === 'session' && userId !== null
      const organizations = isPerson ? await identity.listOrganizations(userId) : []
      return {
        actor: principal.id,
        user: userId === null ? null : presentUser(await identity.getUser(userId)),
        organizations: organizations.map((each) => presentOrganization(each, each.role)),
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
    async handle({ identity, principal }, { body }) {
      const created = await identity.createOrganization(body, principal.userId ?? undefined)
      return presentOrganization(created, principal.userId == null ? null : 'owner')
    },
  }),
]

const scopeSchema = shownAs(z.string().max(100).refine(isScope, 'is no scope'), {
  type: 'string', maxLength: 100, pattern: '^(\\*|[a-z_]+:(\\*|read|write))$',
  description: '`*`, `conversations:*` or `conversations:read`.',
})

/** A service token hands out no more than it may do itself; a person may hand out everything. */
function refuseEscalation(principal: Principal, scopes: readonly string[]): void {
  if (principal.kind !== 'service_token') return
  const isOwn = (scope: string) =>
    principal.scopes.some((own) => scopeCovers(own, scope as Action))
  if (scopes.every(isOwn)) return
  const message = 'A service token may give another no scope that it does not have itself.'
  throw new Forbidden(message, { field: 'scopes' })
}

const serviceTokenRoutes = [
  define({
    operationId: 'createServiceToken',
    method: 'POST',
    path: '/v1/service-tokens',
    tag: 'Service tokens',
    summary: 'Create a token for a program',
    action: 'service_tokens:write',
    scope: 'organization',
    input: {
      body: named('NewServiceToken', z.strictObject({
        name: z.string().min(1).max(200),
        scopes: z.array(scopeSchema).min(1).max(50),
        expires_at: instantSchema('When it ends by itself.').nullable().optional(),
      })),
    },
    status: 201,
    output: named('CreatedServiceToken', serviceTokenSchema.extend({
      token: z.string().nullable().describe('Shown this once; null when the call is repeated.'),
    })),
    errors: [],
    idempotency: 'transaction',
    secretFields: ['token'],
    async handle({ serviceTokens, principal }, { body: { expires_at: expiresAt, ...rest } }) {
      refuseEscalation(principal, rest.scopes)
      const created = await serviceTokens.create({ ...rest, expiresAt }, principal.userId ?? null)
      return { ...presentServiceToken(created.serviceToken), token: created.token }
    },
  }),
  define({
    operationId: 'listServiceTokens',
    method: 'GET',
    path: '/v1/service-tokens',
    tag: 'Service tokens',
    summary: 'List service tokens, newest first',
    action: 'service_tokens:read',
    scope: 'organization',
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('ServiceTokenPage', serviceTokenSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ serviceTokens }, { query }) =>
      presentPage(await serviceTokens.list(query), presentServiceToken),
  }),
  define({
    operationId: 'revokeServiceToken',
    method: 'DELETE',
    path: '/v1/service-tokens/{service_token_id}',
    tag: 'Service tokens',
    summary: 'End a service token at once',
    action: 'service_tokens:write',
    scope: 'organization',
    input: { params: z.strictObject({ service_token_id: idSchema('The service token.') }) },
    status: 204,
    errors: [ServiceTokenNotFound],
    idempotency: 'transaction',
    async handle({ serviceTokens, forgetCredentials }, { params: { service_token_id: id } }) {
      await serviceTokens.revoke(id)
      forgetCredentials()
    },
  }),
]

/** Log in and out, organizations, service tokens. */
export const identityRoutes: readonly Route<IdentityContext>[] = [
  ...sessionRoutes, ...organizationRoutes, ...serviceTokenRoutes,
]
