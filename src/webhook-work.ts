import { Recorder } from './audit/index.js'
import { type Database } from './database/database.js'
import { HoldfastError } from './errors.js'
import { type JobLog, QueueStore } from './queues/index.js'
import { programActor } from './scope.js'
import { type WebhookJob, WebhookWorkflowUnavailable } from './webhooks/index.js'
import {
  type RunLog, RunStore, WorkflowArchived, WorkflowNotFound, WorkflowVersionNotFound,
} from './workflows/index.js'

/** What becomes of calls of webhooks. */
export interface WebhookWorks {
  readonly jobs: JobLog
  readonly runLog: RunLog
}

/** A caller whose call starts nothing may try again when this has passed. */
const retryAfterSeconds = 60

/**
 * The job, or the run and its job, that a call of a webhook becomes, on the caller's transaction.
 * Throws WebhookWorkflowUnavailable.
 */
export async function workOfCall<T>(
  { jobs, runLog }: WebhookWorks,
  transaction: Database<T>,
  { organizationId, queue, workflow, payload, trace }: WebhookJob,
): Promise<void> {
  const scope = { organizationId, actor: programActor }
  if (workflow === null) {
    const witness = new Recorder(scope, runLog)
    const store = new QueueStore(jobs, scope, { witness, transaction: transaction.as() })
    await store.enqueue(queue, { payload })
    return
  }
  try {
    const runs = new RunStore(runLog, scope, transaction.as())
    await runs.create(workflow, { input: payload, queue, trigger: 'webhook', ...trace })
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new WebhookWorkflowUnavailable('The webhook starts a workflow that cannot run now.', {
      cause, retryAfterSeconds,
    })
  }
}

const isMissing = (error: unknown): boolean =>
  [WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound]
    .some((kind) => HoldfastError.isInstance(error) && error instanceof kind)
