import { type JsonInput } from '../database/json.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { jobStates } from './tables.js'

/** Jobs of one call at most: enqueued, redriven or purged. */
export const jobsMax = 1_000

/** Jobs one claim gives out at most. */
export const claimMax = 100

/** A queue's name. */
export const queuePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/

/** Characters of a dedupe key, a concurrency key or a worker's name at most. */
export const keyLengthMax = 255

/** Characters of JSON of a payload, a progress, a result or an error at most: 1 Mi. */
export const jsonLengthMax = 1024 * 1024

/** A lease at most: 12 hours, in seconds. */
export const leaseSecondsMax = 12 * 60 * 60

/** A lease when the worker names none, in seconds. */
export const leaseSecondsDefault = 30

/** The longest delay or backoff: 366 days, in milliseconds. */
export const delayMaxMs = 366 * 24 * 60 * 60 * 1_000

/** Finished jobs are kept at most ten years, in seconds. */
export const retentionSecondsMax = 3_653 * 24 * 60 * 60

/** Waiting for a job at most, in milliseconds. */
export const waitMaxMs = 30_000

/** What holds for every job and queue until somebody says otherwise. */
export const defaults = {
  attemptsMax: 5,
  crashesMax: 3,
  baseMs: 1_000,
  capMs: 600_000,
  concurrencyPerKey: 1,
  retentionSeconds: 24 * 60 * 60,
  deadRetentionSeconds: 30 * 24 * 60 * 60,
} as const

/** Bounds of the numbers of a job or queue. */
export const bounds = {
  priority: [-1_000, 1_000],
  attempts_max: [1, 100],
  crashes_max: [1, 100],
  base_ms: [0, delayMaxMs],
  cap_ms: [0, delayMaxMs],
  concurrency_per_key: [1, 100],
  retention_seconds: [0, retentionSecondsMax],
  dead_retention_seconds: [0, retentionSecondsMax],
  lease_seconds: [1, leaseSecondsMax],
  limit: [1, claimMax],
  delay_ms: [0, delayMaxMs],
  wait_ms: [0, waitMaxMs],
} as const

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Refuses a number that is no integer within the bounds of its kind. */
export function checkInteger(kind: keyof typeof bounds, value: number, field: string = kind): void {
  const { 0: min, 1: max } = bounds[kind]
  if (Number.isInteger(value) && value >= min && value <= max) return
  require(false, field, `must be an integer from ${min} to ${max}`)
}

/** Refuses what is no queue's name. */
export function checkQueue(name: string): void {
  const valid = typeof name === 'string' && queuePattern.test(name)
  require(valid, 'queue', 'must be 1 to 100 of a-z 0-9 . _ - and begin with a letter or digit')
}

/** Refuses a key or name that is empty or too long. */
export function checkKey(key: string, field: string): void {
  const valid = typeof key === 'string' && key.length >= 1 && key.length <= keyLengthMax
  require(valid, field, `must be 1 to ${keyLengthMax} characters`)
}

/** Refuses JSON that is too long, once it is encoded. */
export function checkLength(json: string | null, field: string): void {
  const valid = json === null || json.length <= jsonLengthMax
  require(valid, field, `must be at most ${jsonLengthMax} characters of JSON`)
}

/** Refuses a call of none or too many. */
export function checkCount(given: readonly unknown[], field: string): void {
  const valid = Array.isArray(given) && given.length >= 1 && given.length <= jobsMax
  require(valid, field, `must hold 1 to ${jobsMax}`)
}

/** Refuses a payload that is missing. */
export function checkPayload(payload: JsonInput | undefined, field: string): void {
  require(payload !== undefined, field, 'is missing')
}

/** Refuses what is no state of a job. */
export function checkState(state: string): void {
  const known: readonly string[] = jobStates
  require(known.includes(state), 'state', `must be one of ${jobStates.join(', ')}`)
}

/** The rows of a page a request asks for. */
export function checkPageLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
