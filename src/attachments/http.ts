export { type AttachmentContext, attachmentRoutes } from './routes.js'
export { rawAttachmentRoutes } from './raw-routes.js'
