export { type CheckpointContext } from './keeping-routes.js'
export { checkpointRoutes } from './routes.js'
