export { type ItemContext, itemRoutes } from './routes.js'
