import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type JsonInput } from '../database/json.js'
import { type NewJob } from '../queues/index.js'
import { checkedTags, checkLength, checkObject } from './rules.js'
import {
  attemptsMaxDefault, checkTrace, checkTries, checkTrigger, crashesMaxDefault, runQueueDefault,
  checkWaiting, type RunWaiting, storedMetadata, storedValue,
} from './run-rules.js'
import { type RunKey } from './run-standing.js'
import { type RunTables, workflowRunTags, workflowRuns as table } from './run-tables.js'
import { type Metadata } from './tables.js'

/** How the job of a queued run waits, as for any job. */
type Waiting = RunWaiting & Pick<NewJob, 'delayMs' | 'runAt'>

/** A run to be made. */
export interface NewRun extends Waiting {
  /** Any JSON value, at most 1 Mi characters. @default null */
  readonly input?: JsonInput | undefined
  /** @default the latest */
  readonly version?: number | undefined
  /** @default that of the version */
  readonly configuration?: Metadata | undefined
  /** What starts it, a lower-case word. @default 'manual' */
  readonly trigger?: string | undefined
  /** At most 50 of at most 100 characters. @default [] */
  readonly tags?: readonly string[] | undefined
  /** At most 64 Ki characters of JSON. @default {} */
  readonly metadata?: Metadata | undefined
  /** The run that it belongs to. @default null */
  readonly parentRunId?: string | null | undefined
  /** W3C trace context of whoever starts it; kept and handed on. @default null */
  readonly traceparent?: string | null | undefined
  readonly tracestate?: string | null | undefined
  /** Where it waits for a worker; null when the application runs it itself. @default 'runs' */
  readonly queue?: string | null | undefined
  /** Failed attempts until it has failed, 1 to 50. @default 3 */
  readonly attemptsMax?: number | undefined
  /** Workers that may die over it until it has failed, 1 to 50. @default 3 */
  readonly crashesMax?: number | undefined
}

/** What is known of a run beside what was asked for. */
export interface RunPlace extends RunKey {
  readonly workflowId: Stored<'id'>
  readonly version: number
  /** The configuration of the version, in stored form. */
  readonly configuration: Stored<'json'>
  readonly createdBy: string
  readonly now: Instant
  readonly fromStep?: number
}

/** A run in stored form. */
export type RunRow = RunTables['workflow_runs']

const { columns } = table

/** The stored form of a run that has not begun. Throws InvalidInput, InvalidValue. */
export function runRow(run: NewRun, place: RunPlace): RunRow {
  const { input = null, trigger = 'manual', tags = [], metadata = {} } = run
  const { traceparent = null, tracestate = null, queue = runQueueDefault } = run
  const { attemptsMax = attemptsMaxDefault, crashesMax = crashesMaxDefault } = run
  checkTrigger(trigger)
  checkTrace(traceparent, tracestate)
  checkTries(attemptsMax, 'attempts_max')
  checkTries(crashesMax, 'crashes_max')
  checkWaiting(run)
  return {
    organization_id: place.organization_id,
    id: place.id,
    workflow_id: place.workflowId,
    version: columns.version.encode(place.version, 'version'),
    status: columns.status.encode('pending'),
    input: storedValue(input, 'input'),
    configuration: run.configuration === undefined
      ? place.configuration
      : storedConfiguration(run.configuration),
    trigger_kind: columns.triggerKind.encode(trigger, 'trigger'),
    tags: columns.tags.encode(checkedTags(tags), 'tags'),
    metadata: storedMetadata(metadata),
    parent_run_id: columns.parentRunId.encode(run.parentRunId ?? null, 'parent_run_id'),
    from_step: columns.fromStep.encode(place.fromStep ?? null, 'from_step'),
    traceparent: columns.traceparent.encode(traceparent, 'traceparent'),
    tracestate: columns.tracestate.encode(tracestate, 'tracestate'),
    attempts_max: columns.attemptsMax.encode(attemptsMax, 'attempts_max'),
    crashes_max: columns.crashesMax.encode(crashesMax, 'crashes_max'),
    queue: columns.queue.encode(queue, 'queue'),
    created_by: columns.createdBy.encode(place.createdBy, 'actor'),
    created_at: columns.createdAt.encode(place.now),
    day: columns.day.encode(place.now.slice(0, 10)),
    ...storedWaiting(run),
    ...unbegun,
  }
}

const storedWaiting = ({ priority, concurrencyKey, backoff }: RunWaiting) => ({
  priority: columns.priority.encode(priority ?? null, 'priority'),
  concurrency_key: columns.concurrencyKey.encode(concurrencyKey ?? null, 'concurrency_key'),
  backoff_base_ms: columns.backoffBaseMs.encode(backoff?.baseMs ?? null, 'backoff.base_ms'),
  backoff_cap_ms: columns.backoffCapMs.encode(backoff?.capMs ?? null, 'backoff.cap_ms'),
})

const unbegun = {
  output: null, error: null, job_id: null, started_at: null, started_ms: null, finished_at: null,
  duration_ms: null, withdrawn_at: null, by_hand: columns.byHand.encode(false),
  attempt: columns.attempt.encode(0), step_count: columns.stepCount.encode(0),
}

function storedConfiguration(configuration: Metadata): Stored<'json'> {
  checkObject(configuration, 'configuration')
  const stored = columns.configuration.encode(configuration, 'configuration')
  checkLength(stored, 'configuration')
  return stored
}

/** The rows by which a run is found by its tags. */
export function tagRows(row: RunRow): RunTables['workflow_run_tags'][] {
  return columns.tags.decode(row.tags).map((tag) => ({
    organization_id: row.organization_id, tag: workflowRunTags.columns.tag.encode(tag),
    created_at: row.created_at, run_id: row.id,
  }))
}

/** Deaths of workers that a job survives more than its run, whose first worker then fails it. */
const crashesBeyond = 10

/** The job in which a run waits for a worker. */
export function jobOfRun(row: RunRow, run: NewRun): NewJob {
  return {
    payload: { run_id: row.id, workflow_id: row.workflow_id },
    attemptsMax: Number(row.attempts_max),
    crashesMax: Number(row.crashes_max) + crashesBeyond,
    ...(run.priority === undefined ? {} : { priority: run.priority }),
    ...(run.delayMs === undefined ? {} : { delayMs: run.delayMs }),
    ...(run.runAt === undefined ? {} : { runAt: run.runAt }),
    ...(run.concurrencyKey === undefined ? {} : { concurrencyKey: run.concurrencyKey }),
    ...(run.backoff === undefined ? {} : { backoff: run.backoff }),
  }
}
