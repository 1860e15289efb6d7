import { type WorkflowRunEntry } from './run-listing.js'
import { type RunFigures, type RunStatistics } from './run-statistics.js'
import { type WorkflowRun, type WorkflowStep } from './run-tables.js'
import { type Workflow, type WorkflowVersion, type WorkflowVersionEntry } from './tables.js'
import { type VersionDiff } from './versions.js'

/** A run of a list in the API's names. */
export function presentRunEntry(run: WorkflowRunEntry) {
  return {
    id: run.id,
    workflow_id: run.workflowId,
    version: run.version,
    status: run.status,
    error: run.error,
    trigger: run.triggerKind,
    tags: run.tags,
    metadata: run.metadata,
    parent_run_id: run.parentRunId,
    from_step: run.fromStep,
    traceparent: run.traceparent,
    tracestate: run.tracestate,
    attempt: run.attempt,
    attempts_max: run.attemptsMax,
    crashes_max: run.crashesMax,
    step_count: run.stepCount,
    queue: run.queue,
    job_id: run.jobId,
    priority: run.priority,
    concurrency_key: run.concurrencyKey,
    backoff: { base_ms: run.backoff.baseMs ?? null, cap_ms: run.backoff.capMs ?? null },
    created_by: run.createdBy,
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    duration_ms: run.durationMs,
  }
}

/** A run in the API's names. */
export function presentRun(run: WorkflowRun) {
  const { input, output, configuration } = run
  return { ...presentRunEntry(run), input, output, configuration }
}

/** A step in the API's names. */
export function presentStep(step: WorkflowStep) {
  return {
    run_id: step.runId,
    number: step.number,
    name: step.name,
    key: step.key,
    status: step.status,
    attempt: step.attempt,
    run_attempt: step.runAttempt,
    input: step.input,
    output: step.output,
    error: step.error,
    metadata: step.metadata,
    tokens_used: step.tokensUsed,
    cost_usd: step.costUsd,
    span_id: step.spanId,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
  }
}

function presentFigures(given: RunFigures) {
  return {
    total: given.total,
    by_status: given.byStatus,
    failure_rate: given.failureRate,
    duration_ms_p50: given.durationMsP50,
    duration_ms_p95: given.durationMsP95,
  }
}

/** How runs fared in the API's names. */
export function presentStatistics(statistics: RunStatistics) {
  return {
    from: statistics.from,
    to: statistics.to,
    ...presentFigures(statistics),
    days: statistics.days.map(({ day, ...rest }) => ({ day, ...presentFigures(rest) })),
  }
}

/** A workflow in the API's names. */
export function presentWorkflow(workflow: Workflow) {
  return {
    id: workflow.id,
    handle: workflow.handle,
    name: workflow.name,
    description: workflow.description,
    tags: workflow.tags,
    metadata: workflow.metadata,
    access: workflow.access,
    published_at: workflow.publishedAt,
    published_by: workflow.publishedBy,
    version_count: workflow.versionCount,
    created_by: workflow.createdBy,
    revision: workflow.revision,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
    archived_at: workflow.archivedAt,
  }
}

/** A version without its graph in the API's names. */
export function presentVersionEntry(version: WorkflowVersionEntry) {
  return {
    workflow_id: version.workflowId,
    number: version.number,
    configuration: version.configuration,
    notes: version.notes,
    checksum: version.checksum,
    created_by: version.createdBy,
    revision: version.revision,
    created_at: version.createdAt,
    updated_at: version.updatedAt,
  }
}

/** A version in the API's names. */
export function presentVersion(version: WorkflowVersion) {
  return { ...presentVersionEntry(version), graph: version.graph }
}

/** A difference in the API's names, which are the store's. */
export function presentDiff({ base, target, changes, unified }: VersionDiff) {
  return { base, target, changes, unified }
}
