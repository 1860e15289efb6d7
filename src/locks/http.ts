export { type LockContext, lockRoutes } from './routes.js'
