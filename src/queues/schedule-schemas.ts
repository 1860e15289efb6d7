import { z } from 'zod'
import { idSchema, instantSchema, jsonSchema, momentText, named, shownAs } from '../http/schema.js'
import { bounds, keyLengthMax } from './rules.js'
import { cronLengthMax } from './schedule-cron.js'
import { missedPolicies, scheduleNamePattern } from './schedule-rules.js'
import { type NewSchedule, type ScheduleChanges } from './schedule-store.js'
import { type Schedule } from './schedule-tables.js'

/** The name of a schedule or queue. */
export const scheduleNameSchema = (description: string) =>
  shownAs(z.string().regex(scheduleNamePattern, `must match ${scheduleNamePattern.source}`), {
    type: 'string', pattern: scheduleNamePattern.source, description,
  })

const jobSchema = z.strictObject({
  priority: z.int().min(bounds.priority[0]).max(bounds.priority[1]).optional(),
  attempts_max: z.int().min(bounds.attempts_max[0]).max(bounds.attempts_max[1]).optional(),
  concurrency_key: z.string().min(1).max(keyLengthMax).optional(),
}).describe('Options of its jobs, as when a job is enqueued.')

const settings = {
  queue: scheduleNameSchema('Where its jobs go.'),
  cron: z.string().max(cronLengthMax)
    .describe('Five fields, six with seconds first, or `@hourly`, `@daily`, `@weekly`, ….'),
  time_zone: z.string().max(100).describe('The IANA time zone in which `cron` is read.'),
  payload: jsonSchema('Any JSON value, the same for every job.'),
  job: jobSchema,
  missed: z.enum(missedPolicies).describe(
    'Ticks more than a minute late: `skip` drops them, `once` makes one job for all of them, ' +
      '`all` one each for the latest 100, which needs `overlap`.'),
  overlap: z.boolean()
    .describe('Whether a job is made while the one before is unfinished. Default false.'),
  enabled: z.boolean(),
}

const optional = {
  time_zone: settings.time_zone.optional(),
  payload: settings.payload.optional(),
  job: settings.job.optional(),
  missed: settings.missed.optional(),
  overlap: settings.overlap.optional(),
  enabled: settings.enabled.optional(),
  starts_at: momentText('No tick is before it. Default null.').nullable().optional(),
  ends_at: momentText('No tick is after it, which is after `starts_at`. Default null.')
    .nullable().optional(),
}

/** Body of `POST /v1/schedules`. */
export const newScheduleSchema = named('NewSchedule', z.strictObject({
  name: scheduleNameSchema('Unique in the organization.'),
  queue: settings.queue,
  cron: settings.cron,
  ...optional,
}))

/** Body of `PATCH /v1/schedules/{schedule}`. */
export const scheduleChangesSchema = named('ScheduleChanges', z.strictObject({
  queue: settings.queue.optional(),
  cron: settings.cron.optional(),
  ...optional,
}))

/** A schedule as the API shows it. */
export const scheduleSchema = named('Schedule', z.object({
  name: scheduleNameSchema('Unique in the organization.'),
  ...settings,
  starts_at: instantSchema('No tick is before it.').nullable(),
  ends_at: instantSchema('No tick is after it.').nullable(),
  next_run_at: instantSchema('Null while disabled, or when it has ended.').nullable(),
  last_run_at: instantSchema('The last tick that was fired.').nullable(),
  last_job_id: idSchema('The job it became.').nullable(),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last change by a caller.'),
}))

type SettingsBody = z.output<typeof scheduleChangesSchema>

/** A new schedule in the store's names. */
export function newScheduleOf({ name, ...body }: z.output<typeof newScheduleSchema>): NewSchedule {
  return { ...scheduleChangesOf(body), name, queue: body.queue, cron: body.cron }
}

/** Changes in the store's names; what the body leaves out stays out. */
export function scheduleChangesOf(
  { time_zone, job, starts_at, ends_at, ...body }: SettingsBody,
): ScheduleChanges {
  const changes = {
    ...body,
    timeZone: time_zone,
    startsAt: starts_at,
    endsAt: ends_at,
    job: job && given({
      priority: job.priority,
      attemptsMax: job.attempts_max,
      concurrencyKey: job.concurrency_key,
    }),
  }
  return given(changes) as ScheduleChanges
}

/** A schedule in the API's names. */
export function presentSchedule(schedule: Schedule) {
  const { priority, attemptsMax, concurrencyKey } = schedule.job
  return {
    name: schedule.name,
    queue: schedule.queue,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    payload: schedule.payload,
    job: given({ priority, attempts_max: attemptsMax, concurrency_key: concurrencyKey }),
    missed: schedule.missed,
    overlap: schedule.overlap,
    enabled: schedule.enabled,
    starts_at: schedule.startsAt,
    ends_at: schedule.endsAt,
    next_run_at: schedule.nextRunAt,
    last_run_at: schedule.lastRunAt,
    last_job_id: schedule.lastJobId,
    revision: schedule.revision,
    created_at: schedule.createdAt,
    updated_at: schedule.updatedAt,
  }
}

/** The object without what is undefined. */
function given<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>
}
