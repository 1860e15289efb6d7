import { z } from 'zod'
import { type HoldfastError, InvalidValue } from '../errors.js'
import { RateLimited } from '../http/problem.js'
import { type RawInput, type RawRoute, rawRoute } from '../http/raw.js'
import { type RouteInput } from '../http/route.js'
import { idSchema } from '../http/schema.js'
import {
  OtherMethodsTaken, WebhookMethodRefused, WebhookNotFound, WebhookSecretUnavailable,
  WebhookUnauthenticated, WebhookWorkflowUnavailable,
} from './errors.js'
import { type WebhookReceiver } from './receiver.js'
import { webhookBodyMax, webhookMethods } from './rules.js'

/** What the endpoint that outsiders call needs. */
export interface WebhookReceiverContext {
  readonly webhookReceiver: WebhookReceiver
}

const define = rawRoute<WebhookReceiverContext>()

const names = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const

/** Who calls proves it as the webhook wants, not with a token. */
export const rawWebhookRoutes: readonly RawRoute<WebhookReceiverContext>[] =
  webhookMethods.map((method) => define({
    operationId: `${names[method]}Hook`,
    method,
    path: '/v1/hooks/{webhook_id}',
    tag: 'Webhooks',
    summary: 'Call a webhook from outside; repeated, it has no further effect',
    action: 'public',
    scope: 'none',
    input: {
      params: z.strictObject({ webhook_id: idSchema('The id of the webhook.') }),
      query: z.looseObject({}),
    },
    ...(method === 'GET' ? {} : { bodyBytesMax: webhookBodyMax }),
    answers: {
      202: {
        description: 'Kept: a job or a run was made of it, now or before',
        content: 'application/json',
      },
    },
    errors: [
      WebhookNotFound, WebhookMethodRefused, WebhookUnauthenticated, RateLimited,
      WebhookSecretUnavailable, WebhookWorkflowUnavailable, InvalidValue,
    ],
    idempotency: 'own',
    refusalHeaders: (error: HoldfastError): Record<string, string> =>
      (error instanceof OtherMethodsTaken ? { allow: error.methods.join(', ') } : {}),
    async handle({ webhookReceiver }, input) {
      const { deliveryId, isRepeated } =
        await webhookReceiver.receive(input.params.webhook_id, callOf(method, input))
      const body = { delivery_id: deliveryId, repeated: isRepeated }
      return {
        status: 202,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: Buffer.from(JSON.stringify(body)),
      }
    },
  }))

function callOf(method: string, { query, headers, header, body }: RawInput<RouteInput>) {
  const given = Object.entries((query ?? {}) as Record<string, string | string[]>)
  const last = given.map(([name, value]) => [name, [value].flat().at(-1) ?? ''])
  return { method, query: Object.fromEntries(last), headers, header, body }
}
