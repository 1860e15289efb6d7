export { rawWebhookRoutes, type WebhookReceiverContext } from './raw-routes.js'
export { type WebhookContext, webhookRoutes } from './routes.js'
