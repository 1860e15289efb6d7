import { defineError } from '../errors.js'

/** No such workflow in this organization: none of this id, or no active one of this handle. */
export const WorkflowNotFound = defineError('WorkflowNotFound', {
  code: 'workflow_not_found', status: 404,
})

/** Another workflow that is not archived has the handle. */
export const WorkflowHandleTaken = defineError('WorkflowHandleTaken', {
  code: 'workflow_handle_taken', status: 409,
})

/** The workflow is archived: it gets no versions and no runs, and is not published. */
export const WorkflowArchived = defineError('WorkflowArchived', {
  code: 'workflow_archived', status: 409,
})

/** The workflow has no version of this number, or none at all. */
export const WorkflowVersionNotFound = defineError('WorkflowVersionNotFound', {
  code: 'workflow_version_not_found', status: 404,
})

/** No such run in this organization. */
export const RunNotFound = defineError('RunNotFound', { code: 'run_not_found', status: 404 })

/** The run is in a status from which this does not lead on. */
export const RunStatusConflict = defineError('RunStatusConflict', {
  code: 'run_status_conflict', status: 409,
})

/** A later attempt has the run; what this one says of it does not count. */
export const RunAttemptStale = defineError('RunAttemptStale', {
  code: 'run_attempt_stale', status: 409,
})

/** The run has no such step. */
export const StepNotFound = defineError('StepNotFound', { code: 'step_not_found', status: 404 })

/** The step is over already. */
export const StepFinished = defineError('StepFinished', { code: 'step_finished', status: 409 })

/** The run has succeeded in a step of this key before. */
export const StepKeyTaken = defineError('StepKeyTaken', { code: 'step_key_taken', status: 409 })
