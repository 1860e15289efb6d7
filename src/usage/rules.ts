import { type Instant } from '../clock.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { costPattern } from './cost.js'
import { durationMsMax } from './histogram.js'
import { type UsageData } from './tables.js'

/** One thing that happened, as the caller has it. */
export interface NewUsageEvent {
  /** A UUID of the caller’s under which it counts once. @default a new one */
  readonly id?: string | undefined
  /** Such as `model_call`: letters, digits and `_ . : -`, 1 to 100. */
  readonly type: string
  /** Whose it is. @default the acting user, if there is one */
  readonly userId?: string | null | undefined
  /** @default null */
  readonly conversationId?: string | null | undefined
  /** @default null */
  readonly runId?: string | null | undefined
  /** 1 to 200 characters. @default null */
  readonly model?: string | null | undefined
  /** Up to 1,000,000,000. @default 0 */
  readonly tokensIn?: number | undefined
  /** Up to 1,000,000,000. @default 0 */
  readonly tokensOut?: number | undefined
  /** US dollars, an exact decimal such as `0.00125`. @default '0' */
  readonly costUsd?: string | undefined
  /** Whole milliseconds, up to 2,147,483,647. @default null */
  readonly durationMs?: number | null | undefined
  /** At most 16,384 characters of JSON. @default {} */
  readonly data?: UsageData | undefined
  /** From the year 2000 to 2099; late ones count on their day. @default now */
  readonly occurredAt?: Instant | undefined
}

/** A type of events. */
export const typePattern = /^[A-Za-z0-9_.:-]{1,100}$/
export const modelLengthMax = 200
export const tokensMax = 1_000_000_000
export const dataLengthMax = 16_384
/** Events of one call at most. */
export const eventsMax = 200
export const keyLengthMax = 255

/** Refuses an event that breaks a rule, naming the field behind `place`. */
export function checkEvent(event: NewUsageEvent, place: string): void {
  const { type, model = null, tokensIn = 0, tokensOut = 0 } = event
  const { costUsd = '0', durationMs = null, data = {}, occurredAt } = event
  checkType(type, `${place}type`)
  if (model !== null) checkModel(model, `${place}model`)
  const tokensRule = `must be an integer from 0 to ${tokensMax}`
  require(isWhole(tokensIn, tokensMax), `${place}tokens_in`, tokensRule)
  require(isWhole(tokensOut, tokensMax), `${place}tokens_out`, tokensRule)
  const isCost = typeof costUsd === 'string' && costPattern.test(costUsd)
  require(isCost, `${place}cost_usd`, 'must be a decimal such as 0.00125')
  const isDuration = durationMs === null || isWhole(durationMs, durationMsMax)
  require(isDuration, `${place}duration_ms`, `must be an integer from 0 to ${durationMsMax}`)
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
  require(isObject, `${place}data`, 'must be a JSON object')
  const isInTime = occurredAt === undefined || /^20\d\d/.test(occurredAt)
  require(isInTime, `${place}occurred_at`, 'must be from the year 2000 to 2099')
}

/** Refuses what is no type of events. */
export function checkType(type: string, field = 'type'): void {
  const rule = 'must be 1 to 100 letters, digits and _ . : -'
  require(typeof type === 'string' && typePattern.test(type), field, rule)
}

/** Refuses what is no name of a model. */
export function checkModel(model: string, field = 'model'): void {
  const isModel = typeof model === 'string' && model.length >= 1 && model.length <= modelLengthMax
  require(isModel, field, `must be 1 to ${modelLengthMax} characters`)
}

/** Refuses a number of events that no call may have. */
export function checkCount(count: number): void {
  require(count >= 1 && count <= eventsMax, 'events', `must be 1 to ${eventsMax}`)
}

/** Refuses an idempotency key that is empty or too long. */
export function checkKey(key: string): void {
  const isKey = key.length >= 1 && key.length <= keyLengthMax
  require(isKey, 'idempotency_key', `must be 1 to ${keyLengthMax} characters`)
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(isLimit, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}

/** Refuses what breaks a rule. */
export function require(holds: boolean, field: string, rule: string): void {
  if (!holds) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isWhole = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= max && !Object.is(value, -0)

const daysMax = 36_500

/**
 * Refuses what is no number of days. A repeated event is known by its row: with less than a day,
 * one sent again would count twice.
 */
export function checkDays(days: number): void {
  const isCount = Number.isInteger(days) && days >= 1 && days <= daysMax
  require(isCount, 'retention_days', `must be a whole number from 1 to ${daysMax}`)
}
