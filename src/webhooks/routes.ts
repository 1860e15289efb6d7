import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema } from '../http/schema.js'
import { WebhookNameTaken, WebhookNotFound, WebhookSecretUnavailable } from './errors.js'
import {
  newWebhookOf, newWebhookSchema, presentWebhook, webhookChangesOf, webhookChangesSchema,
  webhookSchema,
} from './schemas.js'
import { type WebhookStore } from './store.js'

/** What these endpoints need. */
export interface WebhookContext {
  readonly webhooks: WebhookStore
}

const define = route<WebhookContext>()
const tag = 'Webhooks'
const scope = 'organization'
const params = z.strictObject({ webhook_id: idSchema('The id of the webhook.') })
const path = '/v1/webhooks/{webhook_id}'

/** Create, read, list, change and delete webhooks. */
export const webhookRoutes: readonly Route<WebhookContext>[] = [
  define({
    operationId: 'createWebhook',
    method: 'POST',
    path: '/v1/webhooks',
    tag,
    summary: 'Make an address that turns calls from outside into jobs',
    action: 'webhooks:write',
    scope,
    input: { body: newWebhookSchema },
    status: 201,
    output: webhookSchema,
    etag: true,
    errors: [WebhookNameTaken, WebhookSecretUnavailable],
    idempotency: 'transaction',
    sensitive: true,
    handle: async ({ webhooks }, { body }) =>
      presentWebhook(await webhooks.create(newWebhookOf(body))),
  }),
  define({
    operationId: 'listWebhooks',
    method: 'GET',
    path: '/v1/webhooks',
    tag,
    summary: 'List webhooks by name',
    action: 'webhooks:read',
    scope,
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('WebhookPage', webhookSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ webhooks }, { query }) =>
      presentPage(await webhooks.list(query), presentWebhook),
  }),
  define({
    operationId: 'getWebhook',
    method: 'GET',
    path,
    tag,
    summary: 'Get a webhook',
    action: 'webhooks:read',
    scope,
    input: { params },
    status: 200,
    output: webhookSchema,
    etag: true,
    errors: [WebhookNotFound],
    idempotency: 'none',
    handle: async ({ webhooks }, { params: { webhook_id: id } }) =>
      presentWebhook(await webhooks.get(id)),
  }),
  define({
    operationId: 'updateWebhook',
    method: 'PATCH',
    path,
    tag,
    summary: 'Change, stop or start a webhook; its address stays',
    action: 'webhooks:write',
    scope,
    input: { params, body: webhookChangesSchema },
    status: 200,
    output: webhookSchema,
    etag: true,
    errors: [WebhookNotFound, WebhookNameTaken, RevisionConflict, WebhookSecretUnavailable],
    idempotency: 'transaction',
    sensitive: true,
    handle: async ({ webhooks }, { params: { webhook_id: id }, body, ifRevision }) =>
      presentWebhook(await webhooks.update(id, webhookChangesOf(body), ifRevision)),
  }),
  define({
    operationId: 'deleteWebhook',
    method: 'DELETE',
    path,
    tag,
    summary: 'Delete a webhook; its jobs stay',
    action: 'webhooks:write',
    scope,
    input: { params },
    status: 204,
    errors: [WebhookNotFound],
    idempotency: 'transaction',
    handle: ({ webhooks }, { params: { webhook_id: id } }) => webhooks.delete(id),
  }),
]
