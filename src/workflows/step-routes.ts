import { z } from 'zod'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { InvalidCursor } from '../database/page.js'
import { eventHeaders, eventStream, type ServerEvent } from '../http/events.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type RawRoute, rawRoute } from '../http/raw.js'
import { type Route, route } from '../http/route.js'
import { flagText, idSchema, integerText } from '../http/schema.js'
import { type StreamTimes } from '../streams/http.js'
import {
  RunAttemptStale, RunNotFound, RunStatusConflict, StepFinished, StepKeyTaken, StepNotFound,
} from './errors.js'
import { type RunEvent } from './run-follow.js'
import { type RunContextOfRoutes } from './run-routes.js'
import { presentRun, presentStep } from './presented.js'
import {
  appendedStepsSchema, newStepOf, newStepsSchema, stepEndSchema, stepSchema,
} from './run-schemas.js'
import { numberText } from './schemas.js'
import { type StepEnd } from './step-draft.js'

/** What the endpoint of events needs. */
export interface RunEventContext extends RunContextOfRoutes {
  readonly streamTimes?: StreamTimes
}

const heartbeatDefaultMs = 15_000
const define = route<RunContextOfRoutes>()
const defineRaw = rawRoute<RunEventContext>()
const tag = 'Workflow runs'
const scope = 'organization'
const ofRun = z.strictObject({ run_id: idSchema('The run.') })
const params = ofRun.extend({ number: numberText('The number of the step.') })
const all = '/v1/runs/{run_id}/steps'
const reading = { tag, scope, action: 'runs:read', status: 200, idempotency: 'none' } as const
const writing = { tag, scope, action: 'runs:write', idempotency: 'transaction' } as const

/** Steps of runs: appended, ended, read. */
export const stepRoutes: readonly Route<RunContextOfRoutes>[] = [
  define({
    ...writing,
    operationId: 'appendSteps',
    method: 'POST',
    path: all,
    summary: 'Append steps to a running run, all or none; the run hands out their numbers',
    input: { params: ofRun, body: newStepsSchema },
    status: 201,
    output: appendedStepsSchema,
    errors: [RunNotFound, RunStatusConflict, RunAttemptStale, StepKeyTaken],
    async handle({ runs }, { params: { run_id: id }, body }) {
      const { steps, run_attempt: runAttempt } = body
      const appended = await runs.steps.appendMany(id, steps.map(newStepOf), { runAttempt })
      return { steps: appended.map(presentStep) }
    },
  }),
  define({
    ...reading,
    operationId: 'listSteps',
    method: 'GET',
    path: all,
    summary: 'List the steps of a run in order',
    input: {
      params: ofRun,
      query: z.strictObject({
        ...pageQuery,
        after: integerText({ min: 0, max: Number.MAX_SAFE_INTEGER },
          'Only steps behind this number. Default 0.').optional(),
      }),
    },
    output: pageSchema('WorkflowStepPage', stepSchema),
    errors: [RunNotFound, InvalidCursor],
    handle: async ({ runs }, { params: { run_id: id }, query }) =>
      presentPage(await runs.steps.list(id, query), presentStep),
  }),
  define({
    ...reading,
    operationId: 'getStep',
    method: 'GET',
    path: `${all}/{number}`,
    summary: 'Get one step of a run',
    input: { params },
    output: stepSchema,
    errors: [StepNotFound],
    handle: async ({ runs }, { params: { run_id: id, number } }) =>
      presentStep(await runs.steps.get(id, number)),
  }),
  define({
    ...writing,
    operationId: 'finishStep',
    method: 'PATCH',
    path: `${all}/{number}`,
    summary: 'End a step that runs',
    input: { params, body: stepEndSchema },
    status: 200,
    output: stepSchema,
    errors: [
      RunNotFound, RunStatusConflict, RunAttemptStale, StepNotFound, StepFinished, StepKeyTaken,
    ],
    async handle({ runs }, { params: { run_id: id, number }, body }) {
      const { run_attempt: runAttempt, tokens_used, cost_usd, finished_at, ...rest } = body
      return presentStep(await runs.steps.finish(id, number, {
        ...rest as StepEnd, runAttempt, tokensUsed: tokens_used, costUsd: cost_usd,
        finishedAt: finished_at,
      }))
    },
  }),
]

/** Follow a run. */
export const rawRunRoutes: readonly RawRoute<RunEventContext>[] = [
  defineRaw({
    operationId: 'followRun',
    method: 'GET',
    path: '/v1/runs/{run_id}/events',
    tag,
    summary: 'Hear what happens to a run, as server-sent events, until it is over',
    action: 'runs:read',
    scope,
    input: {
      params: ofRun,
      query: z.strictObject({
        after: z.string().max(1_000).optional()
          .describe('The id of the last event seen; without it, from the first step on.'),
        live: flagText('false ends the answer once all that was missed is told. Default true.')
          .optional(),
      }),
    },
    headers: { 'Last-Event-ID': 'As `after`, and before it.' },
    answers: {
      200: {
        description: '`run` for how it stands, `step` for each step that begins or ends',
        content: 'text/event-stream',
      },
    },
    errors: [RunNotFound, StepNotFound],
    idempotency: 'none',
    async handle({ runs, streamTimes }, { params: { run_id: id }, query, header, signal }) {
      const after = header('last-event-id') || query.after
      // Before anything is answered: there may be no such run.
      const events = runs.follow(id, { after, live: query.live, signal })
      const first = await events.next()
      const { heartbeatMs = heartbeatDefaultMs } = streamTimes ?? {}
      return {
        status: 200,
        headers: eventHeaders,
        body: eventStream(written(first, events), { heartbeatMs, signal }),
      }
    },
  }),
]

type Events = AsyncGenerator<RunEvent, void, void>

async function* written(first: IteratorResult<RunEvent, void>, rest: Events) {
  try {
    if (first.done === true) return
    yield serverEventOf(first.value)
    for await (const event of rest) yield serverEventOf(event)
  } finally {
    await rest.return()
  }
}

function serverEventOf(event: RunEvent): ServerEvent {
  const data = event.kind === 'run' ? presentRun(event.run) : presentStep(event.step)
  return {
    event: event.kind, id: event.id, data: stringifyJson(data as unknown as JsonValue),
  }
}
