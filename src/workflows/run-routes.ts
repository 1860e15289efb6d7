import { z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, integerText, momentText } from '../http/schema.js'
import {
  RunAttemptStale, RunNotFound, RunStatusConflict, WorkflowArchived, WorkflowNotFound,
  WorkflowVersionNotFound,
} from './errors.js'
import { tagLengthMax } from './rules.js'
import { presentRun, presentRunEntry, presentStatistics } from './presented.js'
import {
  cancellationSchema, newRunOf, newRunSchema, rerunSchema, runEntrySchema, runFailureSchema,
  runSchema, runStatusSchema, startSchema, statisticsSchema, successSchema,
} from './run-schemas.js'
import { type RunStore } from './run-store.js'
import { workflowSchema } from './schemas.js'

/** What these endpoints need. */
export interface RunContextOfRoutes {
  readonly runs: RunStore
}

const define = route<RunContextOfRoutes>()
const tag = 'Workflow runs'
const scope = 'organization'
const params = z.strictObject({ run_id: idSchema('The run.') })
const path = '/v1/runs/{run_id}'
const reading = { tag, scope, action: 'runs:read', status: 200, idempotency: 'none' } as const
const changing = {
  tag, scope, action: 'runs:write', output: runSchema, idempotency: 'transaction',
} as const
const speaking = { ...changing, method: 'POST', status: 200 } as const
const milliseconds = (description: string) =>
  integerText({ min: 0, max: Number.MAX_SAFE_INTEGER }, description).optional()
const making = [WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound]
const refusing = [RunNotFound, RunStatusConflict, RunAttemptStale]

/** Make, read and list runs, and what becomes of them. */
export const runRoutes: readonly Route<RunContextOfRoutes>[] = [
  define({
    ...changing,
    operationId: 'createRun',
    method: 'POST',
    path: '/v1/workflows/{workflow}/runs',
    summary: 'Make a run of a workflow; by default it waits for a worker',
    input: { params: z.strictObject({ workflow: workflowSchema }), body: newRunSchema },
    status: 201,
    errors: making,
    handle: async ({ runs }, { params: { workflow }, body, origin: { trace } }) => {
      const isTraced = body.traceparent === undefined && body.tracestate === undefined
      const run = { ...newRunOf(body), ...(isTraced ? trace : {}) }
      return presentRun(await runs.create(workflow, run))
    },
  }),
  define({
    ...reading,
    operationId: 'listRuns',
    method: 'GET',
    path: '/v1/runs',
    summary: 'List runs without input, output and configuration, newest first',
    input: {
      query: z.strictObject({
        ...pageQuery,
        workflow: workflowSchema.optional(),
        status: runStatusSchema.optional(),
        tag: z.string().min(1).max(tagLengthMax).optional().describe('Only those with this tag.'),
        from: momentText('Only those made at this moment or later.').optional(),
        to: momentText('Only those made before this moment.').optional(),
        duration_ms_min: milliseconds('Only those that are over and took so long, or longer.'),
        duration_ms_max: milliseconds('Only those that are over and took no longer.'),
        parent_run_id: idSchema('Only those that repeat or belong to this run.').optional(),
      }),
    },
    output: pageSchema('WorkflowRunPage', runEntrySchema),
    errors: [WorkflowNotFound, InvalidCursor],
    async handle({ runs }, { query }) {
      const { duration_ms_min, duration_ms_max, parent_run_id, ...rest } = query
      return presentPage(await runs.list({
        ...rest, durationMsMin: duration_ms_min, durationMsMax: duration_ms_max,
        parentRunId: parent_run_id,
      }), presentRunEntry)
    },
  }),
  define({
    ...reading,
    operationId: 'getRunStatistics',
    method: 'GET',
    path: '/v1/run-statistics',
    summary: 'How runs fared: counts, durations and failure rate, over all and day by day',
    input: {
      query: z.strictObject({
        workflow: workflowSchema.optional(),
        from: momentText('Runs made at this moment or later. Default 30 days before `to`.')
          .optional(),
        to: momentText('Runs made before this moment, at most 366 days later. Default now.')
          .optional(),
      }),
    },
    output: statisticsSchema,
    errors: [WorkflowNotFound],
    handle: async ({ runs }, { query }) => presentStatistics(await runs.statistics(query)),
  }),
  define({
    ...reading,
    operationId: 'getRun',
    method: 'GET',
    path,
    summary: 'Get a run',
    input: { params },
    output: runSchema,
    errors: [RunNotFound],
    handle: async ({ runs }, { params: { run_id: id } }) => presentRun(await runs.get(id)),
  }),
  define({
    ...speaking,
    operationId: 'startRun',
    path: `${path}/start`,
    summary: 'Begin a run that waits',
    input: { params, body: startSchema },
    errors: refusing,
    handle: async ({ runs }, { params: { run_id: id }, body }) =>
      presentRun(await runs.start(id, body)),
  }),
  define({
    ...speaking,
    operationId: 'succeedRun',
    path: `${path}/succeed`,
    summary: 'End a running run well',
    input: { params, body: successSchema },
    errors: refusing,
    handle: async ({ runs }, { params: { run_id: id }, body: { output, attempt } }) =>
      presentRun(await runs.succeed(id, (output ?? null) as JsonValue, { attempt })),
  }),
  define({
    ...speaking,
    operationId: 'failRun',
    path: `${path}/fail`,
    summary: 'End a running run badly, or let it wait for another attempt',
    input: { params, body: runFailureSchema },
    errors: refusing,
    handle: async ({ runs }, { params: { run_id: id }, body: { error, ...rest } }) =>
      presentRun(await runs.fail(id, error as JsonValue, rest)),
  }),
  define({
    ...speaking,
    operationId: 'cancelRun',
    path: `${path}/cancel`,
    summary: 'Cancel a run that is not over; its worker learns it with its next heartbeat',
    input: { params, body: cancellationSchema },
    errors: [RunNotFound, RunStatusConflict],
    handle: async ({ runs }, { params: { run_id: id }, body: { reason } }) =>
      presentRun(await runs.cancel(id, (reason ?? null) as JsonValue)),
  }),
  define({
    ...changing,
    operationId: 'rerunRun',
    method: 'POST',
    path: `${path}/rerun`,
    summary: 'Make a run of what another one was made of; from a step on, or changed: a fork',
    input: { params, body: rerunSchema },
    status: 201,
    errors: [RunNotFound, ...making],
    async handle({ runs }, { params: { run_id: id }, body: { from_step: fromStep, ...body } }) {
      return presentRun(await runs.rerun(id, { ...newRunOf(body), fromStep }))
    },
  }),
]
