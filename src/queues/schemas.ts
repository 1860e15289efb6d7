import { z } from 'zod'
import { instantOf } from '../clock.js'
import { type JsonValue } from '../database/json.js'
import { idSchema, instantSchema, jsonSchema, named, shownAs } from '../http/schema.js'
import { type AttemptOutcome, type Heartbeat } from './attempts.js'
import { type NewJob } from './draft.js'
import {
  bounds, delayMaxMs, jobsMax, keyLengthMax, leaseSecondsDefault, queuePattern, waitMaxMs,
} from './rules.js'
import { type QueueChanges, type QueueStats } from './settings.js'
import { type Job, jobStates, type Queue } from './tables.js'

const integer = (kind: keyof typeof bounds) => {
  const [min, max] = bounds[kind]
  return z.int().min(min).max(max)
}

/** A queue's name in a path. */
export const queueSchema = shownAs(
  z.string().regex(queuePattern, 'must be 1 to 100 of a-z 0-9 . _ -'),
  { type: 'string', pattern: queuePattern.source, description: 'The queue.' },
)

const stateSchema = z.enum(jobStates)

/** A job's state in a query string. */
export const stateQuery = stateSchema.optional().describe('Only jobs in this state.')

const key = (description: string) =>
  z.string().min(1).max(keyLengthMax).nullable().describe(description)

const worker = z.string().min(1).max(keyLengthMax).describe('Who works on it, for people.')
const leaseSeconds = integer('lease_seconds')
  .describe(`How long the worker may be silent. Default ${leaseSecondsDefault}.`)
const attempt = z.int().min(1).describe('The job’s `attempt` as it was claimed.')
const delaySeconds = z.int().min(0).max(delayMaxMs / 1_000)

const momentPattern =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{1,3})(\d{0,6}))?(Z|[+-]\d\d:\d\d)$/

/** Milliseconds of a moment, rounded up so that nothing runs early; NaN for any other text. */
function momentMs(text: string): number {
  const match = momentPattern.exec(text)
  if (match === null) return NaN
  const [, , , rest = '', zone = ''] = match
  const whole = Date.parse(text.replace(/(\.\d{1,3})\d*/, '$1'))
  const ms = zone === '' ? NaN : whole + (/[1-9]/.test(rest) ? 1 : 0)
  return ms >= -62_135_596_800_000 && ms < 253_402_300_800_000 ? ms : NaN
}

const moment = shownAs(
  z.string()
    .refine((text) => !Number.isNaN(momentMs(text)), 'must be an RFC 3339 moment')
    .transform((text) => instantOf(momentMs(text))),
  {
    type: 'string', format: 'date-time',
    description: 'Not ready before this moment of the database’s clock.',
  },
)

const backoff = z.object({ base_ms: integer('base_ms'), cap_ms: integer('cap_ms') })

/** One job to enqueue. */
export const newJobSchema = named('NewJob', z.strictObject({
  payload: jsonSchema('Any JSON value, at most 1 Mi characters.'),
  priority: integer('priority').optional().describe('Higher first. Default 0.'),
  delay_seconds: delaySeconds.optional().describe('Ready after so long. Default 0.'),
  run_at: moment.optional(),
  dedupe_key: key('A second job with the same key and payload is the first one.').optional(),
  concurrency_key: key('Jobs of one key run one after another, in order.').optional(),
  attempts_max: integer('attempts_max').optional()
    .describe('Failed attempts until it is dead. Default 5.'),
  crashes_max: integer('crashes_max').optional()
    .describe('Leases that run out until it is dead. Default 3.'),
  backoff: backoff.partial().strict().optional()
    .describe('After the n-th failure a random time up to min(cap, base × 2ⁿ⁻¹).'),
}))

/** Several jobs to enqueue, all or none. */
export const newJobsSchema = named('NewJobs', z.strictObject({
  jobs: z.array(newJobSchema).min(1).max(jobsMax),
}))

/** A job as the API shows it. */
export const jobSchema = named('Job', z.object({
  id: idSchema('UUIDv7.'),
  queue: queueSchema,
  state: stateSchema,
  priority: z.int(),
  payload: jsonSchema('As it was enqueued.'),
  progress: jsonSchema('What its worker said last with a heartbeat.'),
  result: jsonSchema('What the completing worker said.'),
  error: jsonSchema('What the last failed attempt said.'),
  dedupe_key: key('Unique in the queue while the job is kept.'),
  concurrency_key: key('Jobs of one key run one after another.'),
  attempt: z.int().describe('How often it was claimed; the fencing token of its worker.'),
  attempts_max: z.int(),
  failures: z.int().describe('Failed attempts so far.'),
  crashes: z.int().describe('Leases that ran out so far.'),
  crashes_max: z.int(),
  backoff: z.object({ base_ms: z.int(), cap_ms: z.int() }),
  worker: z.string().nullable().describe('Who claimed it last.'),
  lease_expires_at: instantSchema('When another may have it.').nullable(),
  run_at: instantSchema('When it is, or was, to run.'),
  created_at: instantSchema('When it was enqueued.'),
  started_at: instantSchema('When the last attempt began.').nullable(),
  finished_at: instantSchema('When it ended.').nullable(),
  cancelled_at: instantSchema('When it was cancelled.').nullable(),
  redrives: z.int().describe('How often it came back from the dead.'),
  redriven_at: instantSchema('When it last did.').nullable(),
}))

/** Several jobs. */
export const jobsSchema = named('Jobs', z.object({ jobs: z.array(jobSchema) }))

/** Body of `POST …/claims`. */
export const claimSchema = named('Claim', z.strictObject({
  limit: integer('limit').optional().describe('Jobs at most. Default 1.'),
  lease_seconds: leaseSeconds.optional(),
  worker,
  wait_seconds: z.int().min(0).max(waitMaxMs / 1_000).optional()
    .describe('How long to wait for a first job. Default 0.'),
}))

/** Body of `POST …/heartbeat`. */
export const heartbeatSchema = named('Heartbeat', z.strictObject({
  attempt,
  lease_seconds: leaseSeconds.optional(),
  progress: jsonSchema('Any JSON value.').optional(),
}))

/** Answer to a heartbeat. */
export const heartbeatAnswerSchema = named('HeartbeatAnswer', z.object({
  cancelled: z.boolean().describe('True: stop, then release the job.'),
  lease_expires_at: instantSchema('When another may have it.'),
}))

/** Body of `POST …/complete`. */
export const completionSchema = named('Completion', z.strictObject({
  attempt, result: jsonSchema('Any JSON value. Default null.').optional(),
}))

/** Body of `POST …/fail`. */
export const failureSchema = named('Failure', z.strictObject({
  attempt,
  error: jsonSchema('Any JSON value.'),
  retry: z.boolean().optional().describe('False: dead at once. Default true.'),
  delay_seconds: delaySeconds.optional().describe('Instead of the job’s backoff.'),
}))

/** Body of `POST …/release`. */
export const releaseSchema = named('Release', z.strictObject({
  attempt,
  delay_seconds: delaySeconds.optional().describe('Nobody gets it before so long. Default 0.'),
}))

/** What became of an attempt's job. */
export const outcomeSchema = named('AttemptOutcome', z.object({
  id: idSchema('The job.'),
  attempt: z.int(),
  state: stateSchema,
  run_at: instantSchema('When it is tried again, if it is.'),
}))

/** Body of `POST …/redrive`. */
export const redriveSchema = named('Redrive', z.strictObject({
  job_ids: z.array(idSchema('A dead job.')).min(1).max(jobsMax).optional()
    .describe('Default: all, 1000 a call.'),
}))

/** Body of `POST …/purge`. */
export const purgeSchema = named('Purge', z.strictObject({
  states: z.array(stateSchema).min(1).max(jobStates.length).optional()
    .describe('Default: ready, scheduled and blocked.'),
}))

/** How many jobs a call changed. */
export const countSchema = named('JobCount', z.object({
  count: z.int().describe('At most 1000; call again until 0.'),
}))

const settings = {
  paused: z.boolean().describe('A paused queue gives out nothing.'),
  concurrency_per_key: integer('concurrency_per_key')
    .describe('Jobs of one concurrency key under way at once. Default 1.'),
  retention_seconds: integer('retention_seconds')
    .describe('How long completed and cancelled jobs are kept. Default 86400.'),
  dead_retention_seconds: integer('dead_retention_seconds')
    .describe('How long dead jobs are kept. Default 2592000.'),
}

/** Body of `PATCH /v1/queues/{queue}`. */
export const queueChangesSchema = named('QueueChanges', z.strictObject(settings).partial())

const queueShape = {
  name: queueSchema,
  ...settings,
  revision: z.int().describe('Rises with each change of a setting; also the ETag.'),
  created_at: instantSchema('When it came to be.'),
  updated_at: instantSchema('The last change of a setting.'),
}

/** A queue in a list. */
export const queueSummarySchema = named('QueueSummary', z.object(queueShape))

/** A queue as the API shows it. */
export const queueWithStatsSchema = named('Queue', z.object({
  ...queueShape,
  stats: z.object({
    counts: z.object(Object.fromEntries(jobStates.map((state) => [state, z.int()]))),
    count_max: z.int().describe('Counting ends here.'),
    oldest_ready_seconds: z.number().nullable()
      .describe('How long the oldest ready job has been due.'),
  }),
}))

/** A job in the store's names. */
export function newJobOf(body: z.output<typeof newJobSchema>): NewJob {
  const { base_ms: baseMs, cap_ms: capMs } = body.backoff ?? {}
  return {
    payload: body.payload as JsonValue,
    priority: body.priority,
    delayMs: millisecondsOf(body.delay_seconds),
    runAt: body.run_at,
    dedupeKey: body.dedupe_key,
    concurrencyKey: body.concurrency_key,
    attemptsMax: body.attempts_max,
    crashesMax: body.crashes_max,
    backoff: {
      ...(baseMs === undefined ? {} : { baseMs }),
      ...(capMs === undefined ? {} : { capMs }),
    },
  }
}

/** Seconds as milliseconds. */
export function millisecondsOf(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000
}

/** Settings in the store's names. */
export function queueChangesOf(body: z.output<typeof queueChangesSchema>): QueueChanges {
  return {
    paused: body.paused,
    concurrencyPerKey: body.concurrency_per_key,
    retentionSeconds: body.retention_seconds,
    deadRetentionSeconds: body.dead_retention_seconds,
  }
}

/** A job in the API's names. */
export function presentJob(job: Job) {
  return {
    id: job.id,
    queue: job.queue,
    state: job.state,
    priority: job.priority,
    payload: job.payload,
    progress: job.progress,
    result: job.result,
    error: job.error,
    dedupe_key: job.dedupeKey,
    concurrency_key: job.concurrencyKey,
    attempt: job.attempt,
    attempts_max: job.attemptsMax,
    failures: job.failures,
    crashes: job.crashes,
    crashes_max: job.crashesMax,
    backoff: { base_ms: job.backoff.baseMs, cap_ms: job.backoff.capMs },
    worker: job.worker,
    lease_expires_at: job.leaseExpiresAt,
    run_at: job.runAt,
    created_at: job.createdAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
    cancelled_at: job.cancelledAt,
    redrives: job.redrives,
    redriven_at: job.redrivenAt,
  }
}

/** An outcome in the API's names. */
export function presentOutcome({ id, attempt: number, state, runAt }: AttemptOutcome) {
  return { id, attempt: number, state, run_at: runAt }
}

/** A heartbeat's answer in the API's names. */
export function presentHeartbeat({ cancelled, leaseExpiresAt }: Heartbeat) {
  return { cancelled, lease_expires_at: leaseExpiresAt }
}

/** A queue in the API's names. */
export function presentQueue(queue: Queue) {
  return {
    name: queue.name,
    paused: queue.pausedAt !== null,
    concurrency_per_key: queue.concurrencyPerKey,
    retention_seconds: queue.retentionSeconds,
    dead_retention_seconds: queue.deadRetentionSeconds,
    revision: queue.revision,
    created_at: queue.createdAt,
    updated_at: queue.updatedAt,
  }
}

/** A queue and how it fares in the API's names. */
export function presentWithStats(queue: Queue, stats: QueueStats) {
  const { counts, countMax, oldestReadySeconds } = stats
  return {
    ...presentQueue(queue),
    stats: { counts, count_max: countMax, oldest_ready_seconds: oldestReadySeconds },
  }
}
