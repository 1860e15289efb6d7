import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { route } from '../http/route.js'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { type Action, isScope, type Principal, scopeCovers } from './access.js'
import { type IdentityContext } from './context.js'
import { Forbidden, ServiceTokenNotFound } from './errors.js'
import { type ServiceToken } from './tables.js'

const define = route<IdentityContext>()

const serviceTokenSchema = named('ServiceToken', z.object({
  id: idSchema('UUIDv7.'),
  name: z.string(),
  scopes: z.array(z.string()),
  user_id: idSchema('Who made it.').nullable(),
  created_at: instantSchema('When it was created.'),
  expires_at: instantSchema('When it ends by itself.').nullable(),
  revoked_at: instantSchema('When it was ended.').nullable(),
}))

const presentServiceToken = (token: ServiceToken) => ({
  id: token.id,
  name: token.name,
  scopes: token.scopes,
  user_id: token.userId,
  created_at: token.createdAt,
  expires_at: token.expiresAt,
  revoked_at: token.revokedAt,
})

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

/** The tokens of programs. */
export const serviceTokenRoutes = [
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
