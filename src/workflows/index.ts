export { type GraphChange } from './diff.js'
export {
  RunAttemptStale, RunNotFound, RunStatusConflict, StepFinished, StepKeyTaken, StepNotFound,
  WorkflowArchived, WorkflowHandleTaken, WorkflowNotFound, WorkflowVersionNotFound,
} from './errors.js'
export { type WorkflowListing } from './listing.js'
export { plainText } from './plain-text.js'
export {
  presentRun, presentRunEntry, presentStep, presentVersion, presentWorkflow,
} from './presented.js'
export { type NewRun } from './run-draft.js'
export { type RunEvent, type RunFollowing } from './run-follow.js'
export { RunKeeper, type RunKeeperEvent, type RunKeeperOptions } from './run-keeper.js'
export { type RunListing, type WorkflowRunEntry } from './run-listing.js'
export { RunLog, type RunName, type RunSource, runTopic } from './run-log.js'
export { runOfPayload } from './run-payload.js'
export { type Rerun } from './run-rerun.js'
export { runQueueDefault } from './run-rules.js'
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
export { type NewStep, type StepEnd } from './step-draft.js'
export { type StepListing, type StepSpeaking, StepStore } from './step-store.js'
export { type NewWorkflow, type WorkflowChanges, WorkflowStore } from './store.js'
export {
  accessLevels, type AccessLevel, type Metadata as WorkflowMetadata, type Workflow, workflows,
  type WorkflowTables, type WorkflowVersion, type WorkflowVersionEntry, workflowVersions,
} from './tables.js'
export {
  type NewVersion, type VersionChanges, type VersionDiff, type VersionNumber,
} from './versions.js'
