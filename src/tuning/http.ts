export { type TuningContext, tuningRoutes } from './routes.js'
