import { type PageRequest } from '../database/page.js'
import { dayBefore, daysBetween, daysMax, isDay, type Span, Zone } from './days.js'
import { checkModel, checkType, require } from './rules.js'
import { usageEvents } from './tables.js'

/** By what events are grouped; the order of groups follows this order. */
export const dimensions = ['day', 'user', 'model', 'type'] as const
export type UsageDimension = (typeof dimensions)[number]

/** What groups can be ranked by. */
export const metrics = [
  'events', 'tokens', 'tokens_in', 'tokens_out', 'cost', 'duration',
] as const
export type UsageMetric = (typeof metrics)[number]

/** Which events are asked about, and how they are grouped. */
export interface UsageQuestion {
  /** `2026-01-01`. @default 30 days, the last one included */
  readonly firstDay?: string | undefined
  /** Included. @default today */
  readonly lastDay?: string | undefined
  /** Whose days are meant, a name such as `Europe/Berlin`. @default 'UTC' */
  readonly timeZone?: string | undefined
  /** Group by these, in any order. @default none: one group of all */
  readonly by?: readonly UsageDimension[] | undefined
  readonly userId?: string | undefined
  readonly model?: string | undefined
  readonly type?: string | undefined
  /** Tell percentiles of durations as well. @default false */
  readonly latency?: boolean | undefined
}

/** A question, one page of whose groups is asked for. */
export interface UsageSummaryQuestion extends UsageQuestion, PageRequest {}

/** A question, the largest groups of which are asked for. */
export interface UsageTopQuestion extends UsageQuestion {
  /** @default 'cost' */
  readonly of?: UsageMetric | undefined
  /** Groups at most, 1 to 200. @default 10 */
  readonly limit?: number | undefined
}

/** A question that was checked. */
export interface CheckedQuestion {
  readonly grain: 'day' | 'quarter'
  readonly spans: readonly Span[]
  readonly by: readonly UsageDimension[]
  readonly userId: string | undefined
  readonly model: string | undefined
  readonly type: string | undefined
  readonly latency: boolean
  /** What makes a list of groups that of this question. */
  readonly list: readonly unknown[]
}

/** The question with its defaults. Throws InvalidInput, InvalidValue. */
export function checked(question: UsageQuestion, nowMs: number): CheckedQuestion {
  const { timeZone = 'UTC', userId, model, type, latency = false } = question
  const zone = new Zone(timeZone)
  const { firstDay, lastDay } = daysOf(question, zone.dayAt(nowMs))
  const by = dimensions.filter((each) => question.by?.includes(each) === true)
  const unknown = question.by?.find((each) => !dimensions.includes(each))
  require(unknown === undefined, 'by', `must be of ${dimensions.join(', ')}`)
  if (model !== undefined) checkModel(model)
  if (type !== undefined) checkType(type)
  const { columns } = usageEvents
  const user = userId === undefined ? undefined : columns.userId.encode(userId, 'user_id')!
  const spans = zone.spans(firstDay, lastDay)
  const whole = {
    day: '', startsAt: spans[0]!.startsAt, endsAt: spans.at(-1)!.endsAt,
  }
  return {
    grain: zone.isUtc ? 'day' : 'quarter',
    spans: by.includes('day') ? spans : [whole],
    by, userId: user, model, type, latency,
    list: ['usage', firstDay, lastDay, timeZone, by, user ?? null, model ?? null, type ?? null],
  }
}

function daysOf({ firstDay, lastDay }: UsageQuestion, today: string) {
  for (const [field, day] of [['first_day', firstDay], ['last_day', lastDay]] as const) {
    require(day === undefined || (isDay(day) && inRange(day)), field,
      'must be a day from 2000 to 2099 such as 2026-01-31')
  }
  const last = lastDay ?? (firstDay !== undefined && firstDay > today ? firstDay : today)
  const first = firstDay ?? dayBefore(last, 29)
  require(first <= last, 'first_day', 'must not be after last_day')
  require(daysBetween(first, last) <= daysMax, 'first_day',
    `must be at most ${daysMax} days before the end`)
  return { firstDay: first, lastDay: last }
}

const inRange = (day: string): boolean => /^20\d\d/.test(day)

