import { z } from 'zod'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import {
  headerPattern, webhookMethods, webhookNamePattern, webhookSecretBounds,
} from './rules.js'
import { type NewWebhook, type WebhookChanges } from './store.js'
import { type Authentication, type Webhook } from './tables.js'

const nameSchema = (description: string) =>
  shownAs(z.string().regex(webhookNamePattern, `must match ${webhookNamePattern.source}`), {
    type: 'string', pattern: webhookNamePattern.source, description,
  })

const headerSchema = (description: string) =>
  shownAs(z.string().regex(headerPattern, 'must be the name of a header, lower case'), {
    type: 'string', pattern: headerPattern.source, description,
  })

const authenticationSchema = named('WebhookAuthentication', z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none').describe('Whoever knows the address may call.') }),
  z.strictObject({
    kind: z.literal('shared_secret'), header: headerSchema('Carries the secret itself.'),
  }),
  z.strictObject({
    kind: z.enum(['standard', 'github', 'slack', 'stripe'])
      .describe('`standard`: Standard Webhooks 1.0.0; the others as those services sign.'),
  }),
  z.strictObject({
    kind: z.literal('hmac'),
    header: headerSchema('Carries the signature.'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional().describe('Default `sha256`.'),
    encoding: z.enum(['hex', 'base64']).optional().describe('Default `hex`.'),
    prefix: z.string().max(32).optional().describe('What stands before it, as `sha256=`.'),
    timestamp_header: headerSchema(
      'Carries the Unix time in seconds; what is signed is then `{time}.{body}`.').optional(),
  }),
])).describe('How a caller proves who it is.')

const requirements = (description: string) =>
  shownAs(z.record(z.string(), z.string().nullable()), {
    type: 'object', additionalProperties: { type: ['string', 'null'] }, description,
  })

const settings = {
  queue: nameSchema(
    'Where its jobs, or those of its runs, go. Default `webhooks`, with a workflow `runs`.'),
  workflow: z.string().min(1).max(100).nullable()
    .describe('The workflow, by handle or id, of which each call starts a run; null makes jobs.'),
  authentication: authenticationSchema,
  methods: z.array(z.enum(webhookMethods)).min(1).max(webhookMethods.length)
    .describe('Methods it takes. Default `POST`.'),
  required_headers: requirements(
    'Headers that must be there, lower case, and what they must be; null for anything.'),
  required_query: requirements('The same of the query.'),
  tolerance_seconds: z.int().min(1).max(86_400)
    .describe('How far a signed time may be from ours. Default 300.'),
  replay_seconds: z.int().min(1).max(2_592_000)
    .describe('How long a repeated call is recognized. Default 86400.'),
  rate: z.strictObject({
    limit: z.int().min(1).max(1_000_000), window_seconds: z.int().min(1).max(86_400),
  }).nullable().describe('Calls in any window. Default 60 in 60 s; null for no limit of its own.'),
  enabled: z.boolean(),
}

const [secretMin, secretMax] = webhookSecretBounds
const optional = {
  secret: z.string().min(secretMin).max(secretMax).optional()
    .describe('What sender and webhook both know; kept sealed and never shown.'),
  workflow: settings.workflow.optional(),
  methods: settings.methods.optional(),
  required_headers: settings.required_headers.optional(),
  required_query: settings.required_query.optional(),
  tolerance_seconds: settings.tolerance_seconds.optional(),
  replay_seconds: settings.replay_seconds.optional(),
  rate: settings.rate.optional(),
  enabled: settings.enabled.optional(),
}

/** Body of `POST /v1/webhooks`. */
export const newWebhookSchema = named('NewWebhook', z.strictObject({
  name: nameSchema('Unique in the organization.'),
  queue: settings.queue.optional(),
  authentication: settings.authentication,
  ...optional,
}))

/** Body of `PATCH /v1/webhooks/{webhook_id}`. */
export const webhookChangesSchema = named('WebhookChanges', z.strictObject({
  name: nameSchema('Unique in the organization.').optional(),
  queue: settings.queue.optional(),
  authentication: settings.authentication.optional(),
  ...optional,
}))

/** A webhook as the API shows it. */
export const webhookSchema = named('Webhook', z.object({
  id: idSchema('Its address is `/v1/hooks/{id}`.'),
  name: nameSchema('Unique in the organization.'),
  ...settings,
  has_secret: z.boolean(),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last change.'),
}))

type Body = z.output<typeof webhookChangesSchema>

/** A new webhook in the store's names. */
export function newWebhookOf({ name, ...body }: z.output<typeof newWebhookSchema>): NewWebhook {
  return { ...webhookChangesOf(body), name, authentication: proofOf(body.authentication) }
}

/** Changes in the store's names; what the body leaves out stays out. */
export function webhookChangesOf(
  { authentication, required_headers: headers, required_query: query, ...body }: Body,
): WebhookChanges {
  const { tolerance_seconds: tolerance, replay_seconds: replay, rate, ...same } = body
  return {
    ...same,
    authentication: authentication && proofOf(authentication),
    requiredHeaders: headers,
    requiredQuery: query,
    toleranceSeconds: tolerance,
    replaySeconds: replay,
    rate: rate && { limit: rate.limit, windowSeconds: rate.window_seconds },
  } as WebhookChanges
}

function proofOf(given: z.output<typeof authenticationSchema>): Authentication {
  if (given.kind !== 'hmac') return given
  const { timestamp_header: timestampHeader, ...same } = given
  const proof = timestampHeader === undefined ? same : { ...same, timestampHeader }
  return proof as Authentication
}

/** A webhook in the API's names. */
export function presentWebhook(webhook: Webhook) {
  const { authentication, rate } = webhook
  return {
    id: webhook.id,
    name: webhook.name,
    queue: webhook.queue,
    workflow: webhook.workflow,
    authentication: presentProof(authentication),
    methods: webhook.methods,
    required_headers: webhook.requiredHeaders,
    required_query: webhook.requiredQuery,
    tolerance_seconds: webhook.toleranceSeconds,
    replay_seconds: webhook.replaySeconds,
    rate: rate && { limit: rate.limit, window_seconds: rate.windowSeconds },
    enabled: webhook.enabled,
    has_secret: webhook.hasSecret,
    revision: webhook.revision,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  }
}

function presentProof(authentication: Authentication) {
  if (authentication.kind !== 'hmac') return authentication
  const { timestampHeader, ...same } = authentication
  return timestampHeader === undefined ? same : { ...same, timestamp_header: timestampHeader }
}
