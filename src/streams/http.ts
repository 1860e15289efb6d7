export { rawStreamRoutes } from './raw-routes.js'
export { type StreamContext, streamRoutes, type StreamTimes } from './routes.js'
export { streamPathSchema } from './schemas.js'
