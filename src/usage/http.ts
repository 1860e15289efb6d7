export { type UsageContext, usageRoutes } from './routes.js'
