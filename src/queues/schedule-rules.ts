import { type Instant, instantOf, millisecondsOf } from '../clock.js'
import { InvalidInput } from '../errors.js'
import { checkInteger, checkKey, checkQueue } from './rules.js'
import { Recurrence } from './schedule-cron.js'
import {
  type MissedPolicy, type Schedule, type ScheduledJobOptions, schedules,
} from './schedule-tables.js'

/** Names of schedules. */
export const scheduleNamePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/

/** What `missed` may be. */
export const missedPolicies = ['skip', 'once', 'all'] as const satisfies readonly MissedPolicy[]

/** Jobs that one firing makes at most; older ticks are dropped. */
export const ticksMax = 100

/** A tick fired later than this counts as missed. */
export const missedAfterMs = 60_000

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Refuses a name outside the pattern. */
export function checkScheduleName(name: string): void {
  const valid = typeof name === 'string' && scheduleNamePattern.test(name)
  require(valid, 'name', `must match ${scheduleNamePattern.source}`)
}

/** What a caller may set of a schedule, complete. */
export type ScheduleSettings = Pick<
  Schedule,
  'queue' | 'cron' | 'timeZone' | 'job' | 'missed' | 'overlap' | 'enabled' | 'startsAt' | 'endsAt'
>

/** Refuses settings that break a rule, alone or together. */
export function checkSettings(settings: ScheduleSettings): void {
  const { queue, cron, timeZone, job, missed, overlap, enabled } = settings
  checkQueue(queue)
  checkJob(job)
  for (const [field, text] of [['cron', cron], ['time_zone', timeZone]] as const) {
    require(typeof text === 'string', field, 'must be text')
  }
  Recurrence.of(cron, timeZone)
  require(missedPolicies.includes(missed), 'missed', `must be one of ${missedPolicies.join(', ')}`)
  require(typeof overlap === 'boolean', 'overlap', 'must be true or false')
  require(typeof enabled === 'boolean', 'enabled', 'must be true or false')
  const rule = 'may be all only with overlap, since all the missed jobs would run at once'
  require(missed !== 'all' || overlap, 'missed', rule)
  checkBounds(settings)
}

function checkBounds({ startsAt, endsAt }: Bounds): void {
  const { columns } = schedules
  columns.startsAt.encode(startsAt, 'starts_at')
  columns.endsAt.encode(endsAt, 'ends_at')
  const isInOrder = startsAt === null || endsAt === null || startsAt < endsAt
  require(isInOrder, 'ends_at', 'must be after starts_at')
}

function checkJob(job: ScheduledJobOptions): void {
  const isObject = typeof job === 'object' && job !== null && !Array.isArray(job)
  require(isObject, 'job', 'must be an object')
  const { priority, attemptsMax, concurrencyKey, ...rest } = job
  const [unknown] = Object.keys(rest)
  require(unknown === undefined, `job.${unknown}`, 'is not known here')
  if (priority !== undefined) checkInteger('priority', priority, 'job.priority')
  if (attemptsMax !== undefined) checkInteger('attempts_max', attemptsMax, 'job.attempts_max')
  if (concurrencyKey !== undefined) checkKey(concurrencyKey, 'job.concurrency_key')
}

/** What one firing does. */
export interface Firing {
  /** The ticks that become jobs, oldest first. */
  readonly ticks: readonly Instant[]
  /** When the schedule is due again. */
  readonly nextRunAt: Instant | null
}

/** What is to be fired at a moment for a schedule that is due. */
export function firingOf(schedule: Schedule, nowMs: number): Firing {
  const recurrence = Recurrence.of(schedule.cron, schedule.timeZone)
  const dueMs = millisecondsOf(schedule.nextRunAt!)
  const until = Math.min(nowMs, lastOf(schedule))
  const due = recurrence.latest(until, ticksMax).filter((tick) => tick >= dueMs)
  const timely = due.filter((tick) => nowMs - tick <= missedAfterMs)
  const ticks = ticksOf(schedule, due, timely)
  return {
    ticks: (schedule.overlap ? ticks : ticks.slice(-1)).map(instantOf),
    nextRunAt: nextTick(schedule, nowMs),
  }
}

function ticksOf({ missed }: Schedule, due: readonly number[], timely: readonly number[]) {
  if (missed === 'all') return due
  // One job makes up for all that was missed, unless one in time does so anyway.
  return missed === 'once' && timely.length === 0 ? due.slice(-1) : timely
}

/** The first tick after a moment, as it is stored. */
export function nextRunOf(
  schedule: Pick<Schedule, 'cron' | 'timeZone' | 'enabled'> & Bounds, nowMs: number,
): Instant | null {
  return schedule.enabled ? nextTick(schedule, nowMs) : null
}

type Bounds = Pick<Schedule, 'startsAt' | 'endsAt'>

/** The first tick after a moment within the bounds of the schedule; null when there is none. */
function nextTick(
  schedule: Pick<Schedule, 'cron' | 'timeZone'> & Bounds, nowMs: number,
): Instant | null {
  const { cron, timeZone, startsAt } = schedule
  // Ticks are whole seconds: from the last millisecond before the start on none is missed.
  const afterMs = startsAt === null ? nowMs : Math.max(nowMs, startMsOf(startsAt) - 1)
  const next = Recurrence.of(cron, timeZone).next(afterMs)
  return next === undefined || next > lastOf(schedule) ? null : instantOf(next)
}

/** Microseconds are rounded up: a tick that lies before them is one before the start. */
function startMsOf(startsAt: Instant): number {
  const ms = millisecondsOf(startsAt)
  return instantOf(ms) < startsAt ? ms + 1 : ms
}

const lastOf = ({ endsAt }: Bounds): number =>
  (endsAt === null ? Infinity : millisecondsOf(endsAt))
