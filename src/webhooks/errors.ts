import { defineError } from '../errors.js'

/** No such webhook in this organization, or it is switched off. */
export const WebhookNotFound = defineError('WebhookNotFound', {
  code: 'webhook_not_found', status: 404,
})

/** The organization has a webhook of this name. */
export const WebhookNameTaken = defineError('WebhookNameTaken', {
  code: 'webhook_name_taken', status: 409,
})

/** No root key is configured, so that the webhook's secret cannot be kept. */
export const WebhookSecretUnavailable = defineError('WebhookSecretUnavailable', {
  code: 'webhook_secret_unavailable', status: 503,
})

/** The call is not signed as the webhook wants it, or too early or too late. */
export const WebhookUnauthenticated = defineError('WebhookUnauthenticated', {
  code: 'webhook_unauthenticated', status: 401,
})

/** The workflow of which the webhook starts runs is not there, is archived or has no version. */
export const WebhookWorkflowUnavailable = defineError('WebhookWorkflowUnavailable', {
  code: 'webhook_workflow_unavailable', status: 503,
})

/** The webhook takes other methods. */
export const WebhookMethodRefused = defineError('WebhookMethodRefused', {
  code: 'webhook_method_refused', status: 405,
})

/** The same, with the methods it takes. */
export class OtherMethodsTaken extends WebhookMethodRefused {
  readonly methods: readonly string[]

  constructor(methods: readonly string[]) {
    super(`The webhook takes ${methods.join(', ')}.`)
    this.methods = methods
  }
}
