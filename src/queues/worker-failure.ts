import { type JsonValue } from '../database/json.js'
import { HoldfastError } from '../errors.js'
import { delayMaxMs } from './rules.js'

/** How a handler wants its job's failure treated. */
export interface JobFailedOptions {
  /** False: no further attempt, the job goes to the dead letters. @default true */
  readonly retry?: boolean
  /**
   * When to try again, in milliseconds from now; rounded up, at most 366 days.
   * @default the job's own backoff
   */
  readonly delayMs?: number
  readonly cause?: unknown
}

/** What a handler throws to say how its job failed; any other error is tried again as well. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed'
  readonly retry: boolean
  readonly delayMs: number | undefined

  constructor(message: string, { retry = true, delayMs, cause }: JobFailedOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.retry = retry
    this.delayMs = delayMs === undefined ? undefined : wholeDelay(delayMs)
  }
}

/** How a worker gives a job back that it cannot do. */
export interface JobDeclinedOptions {
  /** Nobody gets it before so long, in milliseconds; rounded up, at most 366 days. @default 1000 */
  readonly delayMs?: number
  /** False: the worker's listener is not told why. @default true */
  readonly told?: boolean
}

/** What a handler throws to leave its job to other workers: nothing is counted as failed. */
export class JobDeclined extends Error {
  override readonly name = 'JobDeclined'
  readonly delayMs: number
  readonly told: boolean

  constructor(message: string, { delayMs = 1_000, told = true }: JobDeclinedOptions = {}) {
    super(message)
    this.delayMs = wholeDelay(delayMs) ?? 1_000
    this.told = told
  }
}

/** One that the queue takes: for `2 ** attempt * 0.7` nobody is to lose the job. */
function wholeDelay(delayMs: number): number | undefined {
  const isNumber = typeof delayMs === 'number' && !Number.isNaN(delayMs)
  return isNumber ? Math.min(delayMaxMs, Math.max(0, Math.ceil(delayMs))) : undefined
}

/** What is kept of a failure. */
export interface Failure {
  readonly error: JsonValue
  readonly retry: boolean
  readonly delayMs: number | undefined
}

/** Characters of a message or stack that are kept. */
const textMax = 4_000

/** What to keep of whatever a handler threw. */
export function failureOf(thrown: unknown): Failure {
  const { retry, delayMs } = thrown instanceof JobFailed
    ? thrown
    : { retry: true, delayMs: undefined }
  return { error: errorOf(thrown), retry, delayMs }
}

/** Even what cannot be made text must not end the worker. */
function errorOf(thrown: unknown): JsonValue {
  try {
    return partsOf(thrown)
  } catch {
    return { name: 'Error', message: 'something that cannot be written down was thrown' }
  }
}

function partsOf(thrown: unknown): JsonValue {
  if (!(thrown instanceof Error)) return { name: 'Error', message: textOf(thrown) }
  const told: Record<string, JsonValue> = {
    name: cut(String(thrown.name)), message: cut(String(thrown.message)),
  }
  const named = thrown instanceof JobFailed ? thrown.cause : thrown
  if (HoldfastError.isInstance(named)) told.code = named.code
  if (typeof thrown.stack === 'string') told.stack = cut(thrown.stack)
  return told
}

const textOf = (thrown: unknown): string =>
  cut(typeof thrown === 'string' ? thrown : JSON.stringify(thrown) ?? String(thrown))

const cut = (text: string): string => text.slice(0, textMax)
