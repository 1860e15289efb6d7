export {
  type Attempt, type AttemptOutcome, type Extension, type Failure, type Heartbeat,
} from './attempts.js'
export { type NewJob } from './draft.js'
export {
  AttemptStale, DedupeKeyReused, JobCancelled, JobFinished, JobNotFound, QueueNotFound,
} from './errors.js'
export { type ClaimAny, JobLog, type JobSource } from './job-log.js'
export { jobRoutes } from './job-routes.js'
export { type QueueContext, queueRoutes } from './routes.js'
export { type QueueChanges, type QueueStats } from './settings.js'
export { type Claim, type JobListing, QueueStore } from './store.js'
export { type Swept } from './sweep.js'
export {
  type Backoff, type Job, jobKeys, jobs, type JobState, jobStates, type Queue, queues,
  type QueueTables,
} from './tables.js'
export { wakeUpName } from './wake-ups.js'
