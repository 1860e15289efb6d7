export {
  type Attempt, type AttemptOutcome, type Extension, type Failure, type Heartbeat, type Release,
} from './attempts.js'
export { type Beside } from './beside.js'
export { type NewJob } from './draft.js'
export {
  AttemptStale, DedupeKeyReused, JobCancelled, JobFinished, JobNotFound, QueueNotFound,
} from './errors.js'
export { type ClaimAny, JobLog, type JobSource } from './job-log.js'
export { type QueueChanges, type QueueStats } from './settings.js'
export { ScheduleNameTaken, ScheduleNotFound } from './schedule-errors.js'
export { type NewSchedule, type ScheduleChanges, ScheduleStore } from './schedule-store.js'
export {
  type MissedPolicy, type Schedule, type ScheduledJobOptions, schedules, type ScheduleTables,
} from './schedule-tables.js'
export {
  Scheduler, type SchedulerEvent, type SchedulerOptions, type SchedulerTables,
} from './scheduler.js'
export { QueueStore } from './store.js'
export { type Claim, type JobListing } from './store-options.js'
export { type Swept } from './sweep.js'
export {
  type Backoff, type Job, jobKeys, jobs, type JobState, jobStates, type Queue, queues,
  type QueueTables,
} from './tables.js'
export { QueueWorker, type WorkerFigures } from './worker.js'
export {
  failureOf, JobDeclined, type JobDeclinedOptions, JobFailed, type JobFailedOptions,
} from './worker-failure.js'
export {
  type JobContext, type JobHandler, type JointContext, type WorkerEvent, type WorkerOptions,
  workerSettings,
} from './worker-options.js'
export { type WorkerParts, WorkerSource } from './worker-source.js'
export { wakeUpName } from './wake-ups.js'
export { type Told, type Witness } from './witness.js'
