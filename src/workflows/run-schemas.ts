import { z } from 'zod'
import {
  idSchema, instantSchema, jsonSchema, metadataSchema, momentText, named, shownAs,
} from '../http/schema.js'
import { type NewRun } from './run-draft.js'
import {
  costPattern, spanPattern, stepNameMax, stepsMax, traceparentPattern, tracestateMax,
  triesCeiling, triggerPattern,
} from './run-rules.js'
import { runStatuses, stepStatuses } from './run-tables.js'
import { tagsSchema } from './schemas.js'
import { type NewStep } from './step-draft.js'

/** A run's status. */
export const runStatusSchema = z.enum(runStatuses)

const pattern = (expression: RegExp, rule: string, description: string) => shownAs(
  z.string().regex(expression, rule),
  { type: 'string', pattern: expression.source, description },
)

const trigger = pattern(triggerPattern, 'must be a lower-case word of at most 64 characters',
  'What starts it: `manual`, `webhook`, `cron`, or another lower-case word. Default `manual`.')
const traceparent = pattern(traceparentPattern, 'must be a W3C traceparent',
  'W3C trace context of whoever starts it; kept and handed on.')
const tracestate = z.string().min(1).max(tracestateMax)
const tries = z.int().min(1).max(triesCeiling)
const milliseconds = z.int().min(0).max(366 * 24 * 60 * 60 * 1_000)
const version = z.int().min(1)

const newRun = {
  input: jsonSchema('Any JSON value, at most 1 Mi characters. Default null.').optional(),
  version: version.optional().describe('Default: the latest.'),
  configuration: metadataSchema().optional(),
  trigger: trigger.optional(),
  tags: tagsSchema.optional(),
  metadata: metadataSchema().optional(),
  traceparent: traceparent.nullable().optional(),
  tracestate: tracestate.nullable().optional(),
  queue: z.string().min(1).max(100).nullable().optional()
    .describe('Where it waits for a worker; null when you run it yourself. Default `runs`.'),
  attempts_max: tries.optional().describe('Failed attempts until it has failed. Default 3.'),
  crashes_max: tries.optional()
    .describe('Workers that may die over it until it has failed. Default 3.'),
  priority: z.int().min(-1_000).max(1_000).optional().describe('Higher first. Default 0.'),
  delay_ms: milliseconds.optional().describe('Not begun before so long. Default 0.'),
  run_at: momentText('Not begun before this moment.').optional(),
  concurrency_key: z.string().min(1).max(255).nullable().optional()
    .describe('Runs of one key go one after another, in order.'),
  backoff: z.strictObject({
    base_ms: milliseconds.optional(), cap_ms: milliseconds.optional(),
  }).optional().describe('After the n-th failure a random time up to min(cap, base × 2ⁿ⁻¹).'),
}

/** Body of `POST /v1/workflows/{workflow}/runs`. */
export const newRunSchema = named('NewWorkflowRun', z.strictObject({
  ...newRun,
  parent_run_id: idSchema('The run that it belongs to.').nullable().optional(),
  traceparent: traceparent.nullable().optional().describe('W3C trace context of whoever starts ' +
    'it; kept and handed on. Default: the headers `traceparent` and `tracestate`, if valid.'),
}))

/** Body of `POST /v1/runs/{run_id}/rerun`. */
export const rerunSchema = named('WorkflowRerun', z.strictObject({
  ...newRun,
  from_step: z.int().min(1).optional()
    .describe('Steps before this one that succeeded are those of the new run already.'),
}))

const attempt = z.int().min(1).optional()
  .describe('The attempt that says so; refused unless the run is at it.')

/** Body of `POST …/start`. */
export const startSchema = named('WorkflowRunStart', z.strictObject({
  attempt: z.int().min(1).optional()
    .describe('The attempt of its job, as it was claimed; earlier attempts say no more. ' +
      'Without it the run is begun by hand, and its job waits until it is over or given back.'),
}))

/** Body of `POST …/succeed`. */
export const successSchema = named('WorkflowRunSuccess', z.strictObject({
  attempt,
  output: jsonSchema('Any JSON value, at most 1 Mi characters. Default null.').optional(),
}))

/** Body of `POST …/fail`. */
export const runFailureSchema = named('WorkflowRunFailure', z.strictObject({
  attempt,
  error: jsonSchema('Any JSON value, at most 64 Ki characters.'),
  retry: z.boolean().optional().describe('True: it waits for another ' +
    'attempt, unless it has no queue and has had `attempts_max` of them. Default false.'),
}))

/** Body of `POST …/cancel`. */
export const cancellationSchema = named('WorkflowRunCancellation', z.strictObject({
  reason: jsonSchema('Any JSON value, at most 64 Ki characters. Default null.').optional(),
}))

const entry = {
  id: idSchema('UUIDv7.'),
  workflow_id: idSchema('The workflow.'),
  version,
  status: runStatusSchema,
  error: jsonSchema('Why it failed or was cancelled, or how the last attempt failed; or null.'),
  trigger,
  tags: tagsSchema,
  metadata: metadataSchema(),
  parent_run_id: idSchema('The run that it repeats or belongs to.').nullable(),
  from_step: z.int().nullable().describe('The step of its parent from which on it is done anew.'),
  traceparent: traceparent.nullable(),
  tracestate: tracestate.nullable(),
  attempt: z.int().describe('How often it was begun.'),
  attempts_max: tries,
  crashes_max: tries,
  step_count: z.int().describe('Steps so far; the number of the last one.'),
  queue: z.string().nullable(),
  job_id: idSchema('The job in which it waits for a worker.').nullable(),
  priority: z.int().nullable().describe('Of its job; null for the default, as all three here.'),
  concurrency_key: z.string().nullable(),
  backoff: z.object({ base_ms: z.int().nullable(), cap_ms: z.int().nullable() }),
  created_by: z.string(),
  created_at: instantSchema('When it was made.'),
  started_at: instantSchema('When it was begun first.').nullable(),
  finished_at: instantSchema('When it ended.').nullable(),
  duration_ms: z.int().nullable().describe('From when it was begun first to its end.'),
}

/** A run in a list. */
export const runEntrySchema = named('WorkflowRunEntry', z.object(entry))

/** A run as the API shows it. */
export const runSchema = named('WorkflowRun', z.object({
  ...entry,
  input: jsonSchema('As it was given.'),
  output: jsonSchema('What it came to; null until it succeeded.'),
  configuration: metadataSchema(),
}))

const stepName = z.string().min(1).max(stepNameMax)
const cost = pattern(costPattern, 'must be a decimal such as 0.00125',
  'What it cost in US dollars, an exact decimal such as 0.00125.')
const span = pattern(spanPattern, 'must be 16 hexadecimal digits, not all zeros', 'W3C span id.')
const tokens = z.int().nonnegative()

const ending = {
  output: jsonSchema('Any JSON value, at most 1 Mi characters. Default null.').optional(),
  error: jsonSchema('Any JSON value, at most 64 Ki characters. Default null.').optional(),
  tokens_used: tokens.nullable().optional(),
  cost_usd: cost.nullable().optional(),
  finished_at: momentText('When it ended. Default now.').optional(),
}

/** One step to append. */
export const newStepSchema = named('NewWorkflowStep', z.strictObject({
  name: stepName,
  key: stepName.nullable().optional()
    .describe('Of one key a run succeeds once; a later attempt finds what it came to.'),
  status: z.enum(stepStatuses).optional()
    .describe('`running` for one that begins; else it is over. Default `succeeded`.'),
  attempt: z.int().min(1).optional().describe('Which try of the step it is. Default 1.'),
  input: jsonSchema('Any JSON value, at most 1 Mi characters. Default null.').optional(),
  metadata: metadataSchema().optional(),
  span_id: span.nullable().optional(),
  started_at: momentText('When it began. Default now.').optional(),
  ...ending,
}))

/** Body of `POST …/steps`. */
export const newStepsSchema = named('NewWorkflowSteps', z.strictObject({
  run_attempt: attempt,
  steps: z.array(newStepSchema).min(1).max(stepsMax),
}))

/** Body of `PATCH …/steps/{number}`. */
export const stepEndSchema = named('WorkflowStepEnd', z.strictObject({
  run_attempt: attempt,
  status: z.enum(['succeeded', 'failed', 'cancelled']).optional().describe('Default `succeeded`.'),
  ...ending,
}))

/** A step as the API shows it. */
export const stepSchema = named('WorkflowStep', z.object({
  run_id: idSchema('The run.'),
  number: z.int().describe('1, 2, 3, … without gaps.'),
  name: stepName,
  key: stepName.nullable(),
  status: z.enum(stepStatuses),
  attempt: z.int().describe('Which try of the step it is.'),
  run_attempt: z.int().describe('The attempt of the run that made it; 0 for one that was copied.'),
  input: jsonSchema('What went in.'),
  output: jsonSchema('What came out.'),
  error: jsonSchema('How it failed; or null.'),
  metadata: metadataSchema(),
  tokens_used: tokens.nullable(),
  cost_usd: cost.nullable(),
  span_id: span.nullable(),
  started_at: instantSchema('When it began.'),
  finished_at: instantSchema('When it ended.').nullable(),
}))

/** Answer to an append. */
export const appendedStepsSchema = named('AppendedWorkflowSteps', z.object({
  steps: z.array(stepSchema),
}))

const figures = {
  total: z.int(),
  by_status: z.object({
    pending: z.int(), running: z.int(), succeeded: z.int(), failed: z.int(), cancelled: z.int(),
  }),
  failure_rate: z.number().nullable()
    .describe('Failed ones among those that succeeded or failed; null when none did.'),
  duration_ms_p50: z.int().nullable().describe('Half of those took no longer.'),
  duration_ms_p95: z.int().nullable().describe('Of a hundred, ninety-five took no longer.'),
}

/** How runs fared. */
export const statisticsSchema = named('WorkflowRunStatistics', z.object({
  from: instantSchema('Runs made at this moment or later.'),
  to: instantSchema('Runs made before this moment.'),
  ...figures,
  days: z.array(z.object({ day: z.string().describe('In UTC, `2026-01-31`.'), ...figures })),
}))

/** A run to be made, from the API's names. */
export function newRunOf(body: z.output<typeof newRunSchema> | z.output<typeof rerunSchema>) {
  const { attempts_max, crashes_max, delay_ms, run_at, concurrency_key, backoff, ...rest } = body
  const given: { [K in keyof NewRun]: NewRun[K] | undefined } = {
    ...rest as Pick<NewRun, 'input'>, attemptsMax: attempts_max, crashesMax: crashes_max,
    delayMs: delay_ms, runAt: run_at, concurrencyKey: concurrency_key,
    backoff: backoff && defined({ baseMs: backoff.base_ms, capMs: backoff.cap_ms }),
    ...('parent_run_id' in body ? { parentRunId: body.parent_run_id } : {}),
  }
  return defined(given) as NewRun
}

/** A step to be appended, from the API's names. */
export function newStepOf(body: z.output<typeof newStepSchema>): NewStep {
  const { tokens_used, cost_usd, finished_at, span_id, started_at, ...rest } = body
  return {
    ...rest, tokensUsed: tokens_used, costUsd: cost_usd, finishedAt: finished_at, spanId: span_id,
    startedAt: started_at,
  } as NewStep
}

/** What is given, without what is undefined. */
function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>
}
