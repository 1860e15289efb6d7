import { type JsonValue } from '../database/json.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'
import { WorkflowNotFound } from './errors.js'
import { accessLevels } from './tables.js'

/** Words of a-z and 0-9 joined by single hyphens, in any case. */
export const handlePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/i

/** Characters of a handle at most. */
export const handleLengthMax = 64

/** Characters of a name at most. */
export const nameLengthMax = 200

/** Characters of a description, or of the notes of a version, at most. */
export const textLengthMax = 10_000

/** Tags of one workflow or run at most. */
export const tagsMax = 50

/** Characters of a tag at most. */
export const tagLengthMax = 100

/** Characters of a graph as JSON at most: 8 Mi. */
export const graphLengthMax = 8 * 1024 * 1024

/** Characters of any other JSON value at most: 1 Mi. */
export const jsonLengthMax = 1024 * 1024

/** Characters of a filter by metadata at most. */
export const metadataFilterMax = 2_000

/** Refuses, naming the field and the rule, where the condition does not hold. */
export function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isText = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'string' && value.length >= min && value.length <= max

/** Refuses text that is too short or too long. */
export function checkText(value: unknown, field: string, [min, max]: readonly [number, number]) {
  require(isText(value, min, max), field, min === 0
    ? `must be at most ${max} characters`
    : `must be ${min} to ${max} characters`)
}

/** The handle in lower case. Refuses what is none, or what might be an id. */
export function checkedHandle(handle: string): string {
  const isHandle = isText(handle, 1, handleLengthMax) && handlePattern.test(handle)
  const isFree = isHandle && !isUuid(handle)
  require(isFree, 'handle',
    `must be words of a-z and 0-9 joined by hyphens, at most ${handleLengthMax} characters, ` +
    'and no UUID')
  return handle.toLowerCase()
}

/** A handle that a workflow is asked for by. Throws WorkflowNotFound. */
export function checkedReference(workflow: string): string {
  try {
    return checkedHandle(workflow)
  } catch {
    // Whatever is neither id nor handle names no workflow.
    throw new WorkflowNotFound('There is no such workflow here.')
  }
}

/** Tags, each once. Refuses tags that are too many or too long. */
export function checkedTags(tags: readonly string[]): string[] {
  const isFew = Array.isArray(tags) && tags.length <= tagsMax
  require(isFew, 'tags', `must hold at most ${tagsMax} tags`)
  tags.forEach((tag, index) => checkText(tag, `tags[${index}]`, [1, tagLengthMax]))
  return [...new Set(tags)]
}

/** Refuses what is no JSON object. */
export function checkObject(value: JsonValue, field: string): void {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  require(isObject, field, 'must be a JSON object')
}

/** Refuses JSON that is too long, once it is encoded. */
export function checkLength(json: string | null, field: string, max = jsonLengthMax): void {
  require(json === null || json.length <= max, field, `must be at most ${max} characters of JSON`)
}

/** Refuses what is no level of access. */
export function checkAccess(access: string): void {
  const known: readonly string[] = accessLevels
  require(known.includes(access), 'access', `must be one of ${known.join(', ')}`)
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
