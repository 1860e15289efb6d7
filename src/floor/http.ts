export { type FloorEventContext, rawFloorRoutes } from './raw-routes.js'
export { type FloorContext, floorRoutes } from './routes.js'
