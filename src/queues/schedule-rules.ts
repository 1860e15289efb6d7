import { type Instant, instantOf, millisecondsOf } from '../clock.js'
import { InvalidInput } from '../errors.js'
import { checkInteger, checkKey, checkQueue } from './rules.js'
import { Recurrence } from './schedule-cron.js'
import { type MissedPolicy, type Schedule, type ScheduledJobOptions } from './schedule-tables.js'

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
  Schedule, 'queue' | 'cron' | 'timeZone' | 'job' | 'missed' | 'overlap' | 'enabled'
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
  const next = recurrence.next(nowMs)
  const due = recurrence.latest(nowMs, ticksMax).filter((tick) => tick >= dueMs)
  const timely = due.filter((tick) => nowMs - tick <= missedAfterMs)
  const ticks = ticksOf(schedule, due, timely)
  return {
    ticks: (schedule.overlap ? ticks : ticks.slice(-1)).map(instantOf),
    nextRunAt: next === undefined ? null : instantOf(next),
  }
}

function ticksOf({ missed }: Schedule, due: readonly number[], timely: readonly number[]) {
  if (missed === 'all') return due
  // One job makes up for all that was missed, unless one in time does so anyway.
  return missed === 'once' && timely.length === 0 ? due.slice(-1) : timely
}

/** The first tick after a moment, as it is stored. */
export function nextRunOf(
  { cron, timeZone, enabled }: Pick<Schedule, 'cron' | 'timeZone' | 'enabled'>,
  nowMs: number,
): Instant | null {
  const next = Recurrence.of(cron, timeZone).next(nowMs)
  return enabled && next !== undefined ? instantOf(next) : null
}
