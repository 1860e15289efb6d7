export {
  WebhookMethodRefused, WebhookNameTaken, WebhookNotFound, WebhookSecretUnavailable,
  WebhookUnauthenticated, WebhookWorkflowUnavailable,
} from './errors.js'
export {
  type WebhookCall, type WebhookJob, type WebhookReceipt, WebhookReceiver,
} from './receiver.js'
export { type NewWebhook, type WebhookChanges, WebhookStore } from './store.js'
export {
  type Authentication as WebhookAuthentication, type Webhook, webhookDeliveries,
  type WebhookRate, webhooks, type WebhookTables,
} from './tables.js'
