import { z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { InvalidValue } from '../errors.js'
import { type Route, route } from '../http/route.js'
import { idSchema } from '../http/schema.js'
import { AttemptStale, JobCancelled, JobFinished, JobNotFound } from './errors.js'
import { type QueueContext } from './routes.js'
import {
  completionSchema, failureSchema, heartbeatAnswerSchema, heartbeatSchema, jobSchema,
  millisecondsOf, outcomeSchema, presentHeartbeat, presentJob, presentOutcome, releaseSchema,
} from './schemas.js'

const define = route<QueueContext>()
const tag = 'Queues'
const scope = 'organization'
const params = z.strictObject({ job_id: idSchema('The job.') })
const path = '/v1/jobs/{job_id}'

/** Look at one job, cancel it, or work on it from afar. */
export const jobRoutes: readonly Route<QueueContext>[] = [
  define({
    operationId: 'getJob',
    method: 'GET',
    path,
    tag,
    summary: 'Get a job',
    action: 'jobs:read',
    scope,
    input: { params },
    status: 200,
    output: jobSchema,
    errors: [JobNotFound],
    idempotency: 'none',
    handle: async ({ queues }, { params: { job_id: id } }) => presentJob(await queues.get(id)),
  }),
  define({
    operationId: 'cancelJob',
    method: 'POST',
    path: `${path}/cancel`,
    tag,
    summary: 'Cancel a job; its worker learns it with the next heartbeat',
    action: 'jobs:write',
    scope,
    input: { params },
    status: 200,
    output: jobSchema,
    errors: [JobNotFound, JobFinished],
    idempotency: 'transaction',
    handle: async ({ queues }, { params: { job_id: id } }) => presentJob(await queues.cancel(id)),
  }),
  define({
    operationId: 'extendJob',
    method: 'POST',
    path: `${path}/heartbeat`,
    tag,
    summary: 'Extend the lease, report progress, learn of a cancellation',
    action: 'jobs:work',
    scope,
    input: { params, body: heartbeatSchema },
    status: 200,
    output: heartbeatAnswerSchema,
    errors: [JobNotFound, AttemptStale, InvalidValue],
    idempotency: 'none',
    async handle({ queues }, { params: { job_id: id }, body }) {
      const progress = body.progress as JsonValue | undefined
      return presentHeartbeat(await queues.extend({ id, attempt: body.attempt }, {
        leaseSeconds: body.lease_seconds,
        ...(progress === undefined ? {} : { progress }),
      }))
    },
  }),
  define({
    operationId: 'completeJob',
    method: 'POST',
    path: `${path}/complete`,
    tag,
    summary: 'Complete a job',
    action: 'jobs:work',
    scope,
    input: { params, body: completionSchema },
    status: 200,
    output: outcomeSchema,
    errors: [JobNotFound, AttemptStale, JobCancelled, InvalidValue],
    idempotency: 'transaction',
    async handle({ queues }, { params: { job_id: id }, body }) {
      const result = (body.result ?? null) as JsonValue
      return presentOutcome(await queues.complete({ id, attempt: body.attempt }, result))
    },
  }),
  define({
    operationId: 'failJob',
    method: 'POST',
    path: `${path}/fail`,
    tag,
    summary: 'Report a failed attempt: tried again after its backoff, or dead',
    action: 'jobs:work',
    scope,
    input: { params, body: failureSchema },
    status: 200,
    output: outcomeSchema,
    errors: [JobNotFound, AttemptStale, InvalidValue],
    idempotency: 'transaction',
    async handle({ queues }, { params: { job_id: id }, body }) {
      const delayMs = millisecondsOf(body.delay_seconds)
      const failure = { retry: body.retry, ...(delayMs === undefined ? {} : { delayMs }) }
      const attempt = { id, attempt: body.attempt }
      return presentOutcome(await queues.fail(attempt, body.error as JsonValue, failure))
    },
  }),
  define({
    operationId: 'releaseJob',
    method: 'POST',
    path: `${path}/release`,
    tag,
    summary: 'Give a job back unfinished, without counting a failure',
    action: 'jobs:work',
    scope,
    input: { params, body: releaseSchema },
    status: 200,
    output: outcomeSchema,
    errors: [JobNotFound, AttemptStale],
    idempotency: 'transaction',
    async handle({ queues }, { params: { job_id: id }, body }) {
      const delayMs = millisecondsOf(body.delay_seconds)
      const release = delayMs === undefined ? {} : { delayMs }
      return presentOutcome(await queues.release({ id, attempt: body.attempt }, release))
    },
  }),
]
