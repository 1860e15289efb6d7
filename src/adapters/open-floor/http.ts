export { type OpenFloorContext, openFloorRoutes } from './routes.js'
