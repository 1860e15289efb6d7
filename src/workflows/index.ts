export { type GraphChange } from './diff.js'
export {
  RunAttemptStale, RunNotFound, RunStatusConflict, StepFinished, StepKeyTaken, StepNotFound,
  WorkflowArchived, WorkflowHandleTaken, WorkflowNotFound, WorkflowVersionNotFound,
} from './errors.js'
export { type WorkflowListing } from './listing.js'
export { plainText } from './plain-text.js'
export { type WorkflowContext, workflowRoutes } from './routes.js'
export { type NewRun } from './run-draft.js'
export { type RunEvent, type RunFollowing } from './run-follow.js'
export { type RunListing, type WorkflowRunEntry } from './run-listing.js'
export { RunLog, type RunName, type RunSource, runTopic } from './run-log.js'
export { runOfPayload } from './run-payload.js'
export { type Rerun } from './run-rerun.js'
export { type RunContextOfRoutes, runRoutes } from './run-routes.js'
export { runQueueDefault } from './run-rules.js'
export { presentRun, presentRunEntry, presentStep } from './run-schemas.js'
export {
  type RunFigures, type RunStatistics, type StatisticsListing,
} from './run-statistics.js'
export { RunStore, type Speaking } from './run-store.js'
export { RunSweep } from './run-sweep.js'
export {
  type RunStatus, runStatuses, type RunTables, type StepStatus, stepStatuses, type WorkflowRun,
  workflowRuns, workflowRunTags, type WorkflowStep, workflowSteps,
} from './run-tables.js'
export {
  checkRunHandlers, type RunContext, runHandler, type RunHandler, type RunHandlers,
  type RunnerParts,
} from './runner.js'
export {
  type StepContext, type StepNotes, type StepWork, type TransactedWork,
} from './runner-steps.js'
export { presentVersion, presentWorkflow, workflowSchema } from './schemas.js'
export { type NewStep, type StepEnd } from './step-draft.js'
export { rawRunRoutes, type RunEventContext, stepRoutes } from './step-routes.js'
export { type StepListing, type StepSpeaking, StepStore } from './step-store.js'
export { type NewWorkflow, type WorkflowChanges, WorkflowStore } from './store.js'
export {
  accessLevels, type AccessLevel, type Metadata as WorkflowMetadata, type Workflow, workflows,
  type WorkflowTables, type WorkflowVersion, type WorkflowVersionEntry, workflowVersions,
} from './tables.js'
export {
  type NewVersion, type VersionChanges, type VersionDiff, type VersionNumber,
} from './versions.js'
export { workflowVersionRoutes } from './version-routes.js'
