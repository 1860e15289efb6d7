import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type TuningObject } from './tables.js'

/** What one try gave, as the caller has it. */
export interface NewTuningCheckpoint {
  /** The configuration that was tried. At most 1 MiB of JSON, as all three. */
  readonly runnableConfig: TuningObject
  /** How it did; those that are numbers can be asked for by range. */
  readonly metrics: TuningObject
  /** @default {} */
  readonly metadata?: TuningObject | undefined
  /** Where what it made lies; 1 to 2,000 characters. @default null */
  readonly artifactUrl?: string | null | undefined
  /** Makes it the best of its workflow, instead of another. @default false */
  readonly best?: boolean | undefined
}

/** Options of `list`; those that are given must all hold. */
export interface TuningListing extends PageRequest {
  /** A metric that must be there as a number. */
  readonly metric?: string | undefined
  /** That number at least; needs `metric`. */
  readonly min?: number | undefined
  /** That number at most; needs `metric`. */
  readonly max?: number | undefined
  /** An object that the metadata contains; at most 2,000 characters of JSON. */
  readonly metadata?: TuningObject | undefined
  /** Only the best one, or none of it. */
  readonly best?: boolean | undefined
}

export const artifactUrlLengthMax = 2_000
export const metricNameLengthMax = 200
export const metadataFilterMax = 2_000
/** Numbers among the metrics of one checkpoint at most. */
export const numbersMax = 500
const documentLengthMax = 1024 * 1024

/** Refuses what breaks a rule. */
export function checkNew(given: NewTuningCheckpoint): void {
  const { runnableConfig, metrics, metadata = {}, artifactUrl = null } = given
  for (const [field, value] of Object.entries({
    runnable_config: runnableConfig, metrics, metadata,
  })) require(isObject(value), field, 'must be a JSON object')
  const isUrl = artifactUrl === null || isText(artifactUrl, artifactUrlLengthMax)
  require(isUrl, 'artifact_url', `must be 1 to ${artifactUrlLengthMax} characters`)
  const numbers = numbersIn(metrics)
  require(numbers.length <= numbersMax, 'metrics', `must hold at most ${numbersMax} numbers`)
  const isShort = numbers.every(([name]) => name.length <= metricNameLengthMax)
  const rule = `must name numbers in at most ${metricNameLengthMax} characters`
  require(isShort, 'metrics', rule)
}

/** Refuses a stored document that is too long. */
export function checkLength(stored: string, field: string): void {
  const rule = `must be at most ${documentLengthMax} characters of JSON`
  require(stored.length <= documentLengthMax, field, rule)
}

/** Refuses filters that make no sense. */
export function checkListing({ metric, min, max, metadata }: TuningListing): void {
  const nameRule = `must be 1 to ${metricNameLengthMax} characters`
  require(metric === undefined || isText(metric, metricNameLengthMax), 'metric', nameRule)
  for (const [field, value] of Object.entries({ min, max })) {
    if (value === undefined) continue
    require(Number.isFinite(value), field, 'must be a finite number')
    require(metric !== undefined, field, 'must stand beside metric')
  }
  require(metadata === undefined || isObject(metadata), 'metadata', 'must be a JSON object')
}

/** The metrics at the top that are numbers. */
export const numbersIn = (metrics: TuningObject): [string, number][] =>
  Object.entries(metrics).filter((each): each is [string, number] =>
    typeof each[1] === 'number' && each[0] !== '')

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

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= max
