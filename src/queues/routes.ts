import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { InvalidValue, RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { DedupeKeyReused, JobNotFound, QueueNotFound } from './errors.js'
import {
  claimSchema, countSchema, jobSchema, jobsSchema, millisecondsOf, newJobOf, newJobSchema,
  newJobsSchema, presentJob, presentQueue, presentWithStats, purgeSchema, queueChangesOf,
  queueChangesSchema, queueSchema, queueSummarySchema, queueWithStatsSchema, redriveSchema,
  stateQuery,
} from './schemas.js'
import { type QueueStore } from './store.js'

/** What these endpoints need. */
export interface QueueContext {
  readonly queues: QueueStore
}

const define = route<QueueContext>()
const tag = 'Queues'
const scope = 'organization'
const params = z.strictObject({ queue: queueSchema })
const path = '/v1/queues/{queue}'

const isBatch = (raw: unknown): boolean => typeof raw === 'object' && raw !== null && 'jobs' in raw

/** Enqueue, list and claim jobs; look after queues. */
export const queueRoutes: readonly Route<QueueContext>[] = [
  define({
    operationId: 'enqueueJobs',
    method: 'POST',
    path: `${path}/jobs`,
    tag,
    summary: 'Enqueue one job, or several in order, all or none',
    action: 'jobs:write',
    scope,
    input: {
      params,
      body: {
        options: [newJobSchema, newJobsSchema],
        choose: (raw) => (isBatch(raw) ? newJobsSchema : newJobSchema),
      },
    },
    status: 201,
    output: z.union([jobSchema, jobsSchema]),
    errors: [DedupeKeyReused, InvalidValue],
    idempotency: 'transaction',
    async handle({ queues }, { params: { queue }, body }) {
      if (!isBatch(body)) {
        return presentJob(await queues.enqueue(queue, newJobOf(body as OneJob)))
      }
      const many = (body as z.output<typeof newJobsSchema>).jobs.map(newJobOf)
      return { jobs: (await queues.enqueueMany(queue, many)).map(presentJob) }
    },
  }),
  define({
    operationId: 'listJobs',
    method: 'GET',
    path: `${path}/jobs`,
    tag,
    summary: 'List a queue’s jobs, newest first',
    action: 'jobs:read',
    scope,
    input: { params, query: z.strictObject({ ...pageQuery, state: stateQuery }) },
    status: 200,
    output: pageSchema('JobPage', jobSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ queues }, { params: { queue }, query }) =>
      presentPage(await queues.list(queue, query), presentJob),
  }),
  define({
    operationId: 'claimJobs',
    method: 'POST',
    path: `${path}/claims`,
    tag,
    summary: 'Claim ready jobs under a lease, waiting for a first one if asked to',
    action: 'jobs:work',
    scope,
    input: { params, body: claimSchema },
    status: 200,
    output: jobsSchema,
    errors: [InvalidValue],
    idempotency: 'none',
    async handle({ queues }, { params: { queue }, body, signal }) {
      const claimed = await queues.claim(queue, {
        worker: body.worker,
        limit: body.limit,
        leaseSeconds: body.lease_seconds,
        waitMs: millisecondsOf(body.wait_seconds),
        signal,
      })
      if (!signal.aborted) return { jobs: claimed.map(presentJob) }
      // Nobody works on them: others need not wait until the lease ends.
      await Promise.allSettled(claimed.map((job) => queues.release(job)))
      return { jobs: [] }
    },
  }),
  define({
    operationId: 'redriveJobs',
    method: 'POST',
    path: `${path}/redrive`,
    tag,
    summary: 'Bring dead jobs back, all or those named',
    action: 'jobs:write',
    scope,
    input: { params, body: redriveSchema },
    status: 200,
    output: countSchema,
    errors: [JobNotFound],
    idempotency: 'transaction',
    handle: async ({ queues }, { params: { queue }, body }) =>
      ({ count: await queues.redrive(queue, body.job_ids) }),
  }),
  define({
    operationId: 'purgeJobs',
    method: 'POST',
    path: `${path}/purge`,
    tag,
    summary: 'Delete jobs by state, never active ones',
    action: 'jobs:write',
    scope,
    input: { params, body: purgeSchema },
    status: 200,
    output: countSchema,
    errors: [],
    idempotency: 'transaction',
    handle: async ({ queues }, { params: { queue }, body }) =>
      ({ count: await queues.purge(queue, body.states) }),
  }),
  define({
    operationId: 'listQueues',
    method: 'GET',
    path: '/v1/queues',
    tag,
    summary: 'List queues by name',
    action: 'jobs:read',
    scope,
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('QueuePage', queueSummarySchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ queues }, { query }) =>
      presentPage(await queues.listQueues(query), presentQueue),
  }),
  define({
    operationId: 'getQueue',
    method: 'GET',
    path,
    tag,
    summary: 'Get a queue and how it fares',
    action: 'jobs:read',
    scope,
    input: { params },
    status: 200,
    output: queueWithStatsSchema,
    etag: true,
    errors: [QueueNotFound],
    idempotency: 'none',
    handle: async ({ queues }, { params: { queue } }) =>
      presentWithStats(await queues.getQueue(queue), await queues.stats(queue)),
  }),
  define({
    operationId: 'updateQueue',
    method: 'PATCH',
    path,
    tag,
    summary: 'Pause or resume a queue, change its settings; makes it when it is missing',
    action: 'jobs:write',
    scope,
    input: { params, body: queueChangesSchema },
    status: 200,
    output: queueWithStatsSchema,
    etag: true,
    errors: [QueueNotFound, RevisionConflict],
    idempotency: 'transaction',
    async handle({ queues }, { params: { queue }, body, ifRevision }) {
      const changed = await queues.configure(queue, queueChangesOf(body), ifRevision)
      return presentWithStats(changed, await queues.stats(queue))
    },
  }),
]

type OneJob = z.output<typeof newJobSchema>
