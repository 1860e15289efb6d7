import { z } from 'zod'
import { type AuditEvent } from '../audit/index.js'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { RevisionConflict } from '../errors.js'
import { route } from '../http/route.js'
import { idSchema, instantSchema, metadataSchema, named, shownAs } from '../http/schema.js'
import { isScope, scopes } from './access.js'
import { type IdentityContext } from './context.js'
import { refuseEscalation, refuseOthersOwn } from './delegation.js'
import { OrganizationLimitReached, ServiceTokenNotFound } from './errors.js'
import { ipRangesMax } from './ip-ranges.js'
import { rateColumns, rateOf } from './rates.js'
import { overlapSecondsMax } from './service-tokens.js'
import { type ServiceToken } from './tables.js'
import { presentRate, rateFrom, rateSchema } from './user-schemas.js'

const define = route<IdentityContext>()

const serviceTokenSchema = named('ServiceToken', z.object({
  id: idSchema('UUIDv7.'),
  name: z.string(),
  scopes: z.array(z.string()),
  user_id: idSchema('Who made it.').nullable(),
  created_at: instantSchema('When it was created.'),
  expires_at: instantSchema('When it ends by itself.').nullable(),
  revoked_at: instantSchema('When it was ended.').nullable(),
  revoked_reason: z.string().nullable(),
  allowed_ip_ranges: z.array(z.string()).nullable(),
  rate_limit: rateSchema.nullable(),
  rotated_at: instantSchema('When it got its present text, if not at first.').nullable(),
  previous_expires_at: instantSchema('The text before that is good until then.').nullable(),
  use_count: z.int().describe('Calls with it; may be a minute behind.'),
  last_used_at: instantSchema('May be a minute behind.').nullable(),
  last_used_ip: z.string().nullable(),
  revision: z.int(),
}))

const presentServiceToken = (token: ServiceToken) => ({
  id: token.id,
  name: token.name,
  scopes: token.scopes,
  user_id: token.userId,
  created_at: token.createdAt,
  expires_at: token.expiresAt,
  revoked_at: token.revokedAt,
  revoked_reason: token.revokedReason,
  allowed_ip_ranges: token.allowedIpRanges,
  rate_limit: presentRate(rateOf(token)),
  rotated_at: token.rotatedAt,
  previous_expires_at: token.previousExpiresAt,
  use_count: token.useCount,
  last_used_at: token.lastUsedAt,
  last_used_ip: token.lastUsedIp,
  revision: token.revision,
})

const escaped = scopes.map((scope) => scope.replace('*', '\\*'))

const scopeSchema = shownAs(z.string().max(100).refine(isScope, 'is no scope'), {
  type: 'string', maxLength: 100, pattern: `^(${escaped.join('|')})$`,
  description: '`*`, `conversations:*` or `conversations:read`.',
})

const rangesSchema = z.array(z.string().max(50)).min(1).max(ipRangesMax).nullable()
  .describe('Addresses and CIDR ranges it may be used from; null for everywhere.')

const paramsSchema = z.strictObject({ service_token_id: idSchema('The service token.') })

const createdSchema = named('CreatedServiceToken', serviceTokenSchema.extend({
  token: z.string().nullable().describe('Shown this once; null when the call is repeated.'),
}))

const eventSchema = named('ServiceTokenEvent', z.object({
  id: idSchema('UUIDv7.'),
  action: z.string().describe('Such as `service_token.rotated`.'),
  actor_id: z.string(),
  user_id: idSchema('The user behind the actor.').nullable(),
  recorded_at: instantSchema('When it happened.'),
  request_id: z.string().nullable(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  details: metadataSchema(),
}))

const presentEvent = (event: AuditEvent) => ({
  id: event.id,
  action: event.action,
  actor_id: event.actorId,
  user_id: event.userId,
  recorded_at: event.recordedAt,
  request_id: event.requestId,
  ip_address: event.ipAddress,
  user_agent: event.userAgent,
  details: event.details,
})

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
        allowed_ip_ranges: rangesSchema.optional(),
        rate_limit: rateSchema.nullable().optional(),
      })),
    },
    status: 201,
    output: createdSchema,
    errors: [OrganizationLimitReached],
    idempotency: 'transaction',
    secretFields: ['token'],
    async handle({ serviceTokens, principal }, { body }) {
      const { name, scopes: wanted, expires_at: expiresAt = null } = body
      const { allowed_ip_ranges: allowedIpRanges = null } = body
      const rate = rateFrom(body.rate_limit) ?? null
      const reach = { scopes: wanted, expiresAt, allowedIpRanges, ...rateColumns(rate) }
      refuseEscalation(principal, reach)
      const given = { name, scopes: wanted, expiresAt, allowedIpRanges, rate }
      const created = await serviceTokens.create(given)
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
    operationId: 'getServiceToken',
    method: 'GET',
    path: '/v1/service-tokens/{service_token_id}',
    tag: 'Service tokens',
    summary: 'A service token',
    action: 'service_tokens:read',
    scope: 'organization',
    input: { params: paramsSchema },
    status: 200,
    output: serviceTokenSchema,
    etag: true,
    errors: [ServiceTokenNotFound],
    idempotency: 'none',
    handle: async ({ serviceTokens }, { params }) =>
      presentServiceToken(await serviceTokens.get(params.service_token_id)),
  }),
  define({
    operationId: 'listServiceTokenEvents',
    method: 'GET',
    path: '/v1/service-tokens/{service_token_id}/audit',
    tag: 'Service tokens',
    summary: 'What was done to a service token, newest first',
    action: 'service_tokens:read',
    scope: 'organization',
    input: { params: paramsSchema, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('ServiceTokenEventPage', eventSchema),
    errors: [ServiceTokenNotFound, InvalidCursor],
    idempotency: 'none',
    async handle({ serviceTokens, audit }, { params, query }) {
      const { id: resourceId } = await serviceTokens.get(params.service_token_id)
      const events = await audit.list({ ...query, resourceKind: 'service_token', resourceId })
      return presentPage(events, presentEvent)
    },
  }),
  define({
    operationId: 'updateServiceToken',
    method: 'PATCH',
    path: '/v1/service-tokens/{service_token_id}',
    tag: 'Service tokens',
    summary: 'Change name, address ranges or rate limit; scopes and end never change',
    action: 'service_tokens:write',
    scope: 'organization',
    input: {
      params: paramsSchema,
      body: named('ServiceTokenChanges', z.strictObject({
        name: z.string().min(1).max(200).optional(),
        allowed_ip_ranges: rangesSchema.optional(),
        rate_limit: rateSchema.nullable().optional(),
      })),
    },
    status: 200,
    output: serviceTokenSchema,
    etag: true,
    errors: [ServiceTokenNotFound, RevisionConflict],
    idempotency: 'transaction',
    async handle({ serviceTokens, principal, forgetCredentials }, { params, body, ifRevision }) {
      const { service_token_id: id } = params
      const { name, allowed_ip_ranges: allowedIpRanges } = body
      const rate = rateFrom(body.rate_limit)
      const held = await serviceTokens.get(id)
      refuseEscalation(principal, {
        ...held,
        ...(allowedIpRanges === undefined ? {} : { allowedIpRanges }),
        ...(rate === undefined ? {} : rateColumns(rate)),
      })
      const changes = { name, allowedIpRanges, rate }
      const changed = await serviceTokens.update(id, changes, ifRevision)
      forgetCredentials()
      return presentServiceToken(changed)
    },
  }),
  define({
    operationId: 'rotateServiceToken',
    method: 'POST',
    path: '/v1/service-tokens/{service_token_id}/rotate',
    tag: 'Service tokens',
    summary: 'Give a service token a new text; the old one stays good for a while',
    action: 'service_tokens:write',
    scope: 'organization',
    input: {
      params: paramsSchema,
      body: named('Rotation', z.strictObject({
        overlap_seconds: z.int().min(0).max(overlapSecondsMax).optional()
          .describe('How long the old text stays good. Default: a day.'),
      })),
    },
    status: 200,
    output: createdSchema,
    errors: [ServiceTokenNotFound],
    idempotency: 'transaction',
    secretFields: ['token'],
    async handle({ serviceTokens, principal, forgetCredentials }, { params, body }) {
      const { service_token_id: id } = params
      // Who gets the text can do what it opens.
      const held = await serviceTokens.get(id)
      refuseEscalation(principal, held)
      refuseOthersOwn(principal, held)
      const rotated = await serviceTokens.rotate(id, { overlapSeconds: body.overlap_seconds })
      forgetCredentials()
      return { ...presentServiceToken(rotated.serviceToken), token: rotated.token }
    },
  }),
  define({
    operationId: 'revokeServiceToken',
    method: 'DELETE',
    path: '/v1/service-tokens/{service_token_id}',
    tag: 'Service tokens',
    summary: 'End a service token at once',
    action: 'service_tokens:write',
    scope: 'organization',
    input: {
      params: paramsSchema,
      query: z.strictObject({
        reason: z.string().min(1).max(500).optional().describe('Why, for the record.'),
      }),
    },
    status: 204,
    errors: [ServiceTokenNotFound],
    idempotency: 'transaction',
    async handle({ serviceTokens, forgetCredentials }, { params, query }) {
      await serviceTokens.revoke(params.service_token_id, query.reason ?? null)
      forgetCredentials()
    },
  }),
]
