export { jobRoutes } from './job-routes.js'
export { type QueueContext, queueRoutes } from './routes.js'
export { type ScheduleContext, scheduleRoutes } from './schedule-routes.js'
