import { type JsonInput } from '../database/json.js'
import { type Stored } from '../database/columns.js'
import { checkLength, checkObject, checkText, require } from './rules.js'
import { runStatuses, stepStatuses, workflowRuns, workflowSteps } from './run-tables.js'
import { type NewJob } from '../queues/index.js'
import { type Metadata } from './tables.js'

/** How the job of a run waits, and that of its rerun. */
export type RunWaiting = Pick<NewJob, 'priority' | 'concurrencyKey' | 'backoff'>

/** The queue of runs that name none. */
export const runQueueDefault = 'runs'

/** Failed attempts until a run has failed, unless it says otherwise. */
export const attemptsMaxDefault = 3

/** Workers that may die over a run until it has failed, unless it says otherwise. */
export const crashesMaxDefault = 3

/** Attempts, or deaths of workers, of a run at most. */
export const triesCeiling = 50

/** Characters of an error, or of the metadata of a run or step, as JSON at most: 64 Ki. */
export const smallJsonMax = 64 * 1024

/** Steps of one call at most. */
export const stepsMax = 1_000

/** Days that runs may be kept. */
const daysMax = 36_500

/** Characters of a step's name or key at most. */
export const stepNameMax = 255

/** A lower-case word of 1 to 64 characters. */
export const triggerPattern = /^[a-z][a-z0-9_-]{0,63}$/

/** W3C trace context: version, trace id, parent id and flags. */
export const traceparentPattern =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Characters of a tracestate at most. */
export const tracestateMax = 512

/** W3C span id, not all zeros. */
export const spanPattern = /^(?!0{16})[0-9a-f]{16}$/

/** An exact decimal, not negative: 12 digits before the point and 12 behind it at most. */
export const costPattern = /^\d{1,12}(?:\.\d{1,12})?$/

/** Refuses what is no number of days to keep runs. */
export function checkDays(days: number): void {
  const isCount = Number.isInteger(days) && days >= 1 && days <= daysMax
  require(isCount, 'retention_days', `must be a whole number from 1 to ${daysMax}`)
}

/** Refuses what is no status of a run. */
export function checkStatus(status: string): void {
  const known: readonly string[] = runStatuses
  require(known.includes(status), 'status', `must be one of ${known.join(', ')}`)
}

/** Refuses what is no status in which a step ends. */
export function checkStepStatus(status: string, field: string): void {
  const known: readonly string[] = stepStatuses
  require(known.includes(status), field, `must be one of ${known.join(', ')}`)
}

/** Refuses a word that names no trigger. */
export function checkTrigger(trigger: string): void {
  const valid = typeof trigger === 'string' && triggerPattern.test(trigger)
  require(valid, 'trigger', 'must be a lower-case word of at most 64 characters')
}

/** Refuses a number of tries out of bounds. */
export function checkTries(value: number, field: string): void {
  const valid = Number.isInteger(value) && value >= 1 && value <= triesCeiling
  require(valid, field, `must be an integer from 1 to ${triesCeiling}`)
}

/** Milliseconds that a job waits at most: 366 days, as for any job. */
const waitMaxMs = 366 * 24 * 60 * 60 * 1_000

/** Refuses what the job of a run could not wait by. */
export function checkWaiting({ priority = 0, concurrencyKey, backoff = {} }: RunWaiting): void {
  const isPriority = Number.isInteger(priority) && Math.abs(priority) <= 1_000
  require(isPriority, 'priority', 'must be an integer from -1000 to 1000')
  if (concurrencyKey != null) checkText(concurrencyKey, 'concurrency_key', [1, 255])
  for (const [field, value] of [['base_ms', backoff.baseMs], ['cap_ms', backoff.capMs]] as const) {
    const valid = value === undefined ||
      (Number.isInteger(value) && value >= 0 && value <= waitMaxMs)
    require(valid, `backoff.${field}`, `must be an integer from 0 to ${waitMaxMs}`)
  }
}

/** Refuses what is no trace context. */
export function checkTrace(traceparent: string | null, tracestate: string | null): void {
  const isTrace = traceparent === null ||
    (typeof traceparent === 'string' && traceparentPattern.test(traceparent))
  require(isTrace, 'traceparent', 'must be a W3C traceparent such as 00-<32 hex>-<16 hex>-01')
  if (tracestate === null) return
  checkText(tracestate, 'tracestate', [1, tracestateMax])
}

/** Refuses a filter by duration that cannot be. */
export function checkDuration(value: number | undefined, field: string): void {
  const valid = value === undefined || (Number.isSafeInteger(value) && value >= 0)
  require(valid, field, 'must be a whole number of milliseconds, not negative')
}

/** Refuses a call of no steps or too many. */
export function checkStepCount(steps: readonly unknown[]): void {
  const valid = Array.isArray(steps) && steps.length >= 1 && steps.length <= stepsMax
  require(valid, 'steps', `must hold 1 to ${stepsMax} steps`)
}

/** The stored form of a value of at most 1 Mi characters of JSON. */
export function storedValue(value: JsonInput, field: string): Stored<'json'> {
  require(value !== undefined, field, 'is missing')
  const stored = workflowRuns.columns.input.encode(value, field)
  checkLength(stored, field)
  return stored
}

/** The stored form of an error: at most 64 Ki characters of JSON. */
export function storedError(error: JsonInput, field = 'error'): Stored<'json'> {
  require(error !== undefined, field, 'is missing')
  const stored = workflowRuns.columns.input.encode(error, field)
  checkLength(stored, field, smallJsonMax)
  return stored
}

/** The stored form of metadata: an object of at most 64 Ki characters of JSON. */
export function storedMetadata(metadata: Metadata, field = 'metadata'): Stored<'json'> {
  checkObject(metadata, field)
  const stored = workflowSteps.columns.metadata.encode(metadata, field)
  checkLength(stored, field, smallJsonMax)
  return stored
}
