import { type Stored, text } from '../database/columns.js'
import { pageLimitDefault, pageLimitMax } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type ItemName, type Namespace } from './contract.js'
import { AnswerTooLarge } from './errors.js'
import { encodeNamespace } from './namespace.js'

/** Labels of a namespace at most. */
export const labelsMax = 32

/** Bytes of the text of a namespace, and of a key, at most: together they stand in one index. */
export const nameBytesMax = 1_024

/** Bytes of a value as JSON at most. */
export const valueBytesMax = 1024 * 1024

/** Bytes of a cached value at most. */
export const cachedBytesMax = 8 * 1024 * 1024

/** Items of one call at most. */
export const callMax = 1_000

/** Bytes of values that one call for them by name brings at most. */
export const answerBytesMax = 64 * 1024 * 1024

/** Rows left out at the beginning of a list at most. */
export const offsetMax = 100_000

/** Conditions of one search, and labels of one path, at most. */
export const conditionsMax = 32
export const pathMax = 16

/** Seconds that a value lives: at least, and at most. */
export const ttlSecondsMin = 0.001
export const ttlSecondsMax = 315_360_000

const column = text()

/** A name in stored form. */
export interface StoredName {
  readonly namespace: Stored<'text'>
  readonly key: Stored<'text'>
}

/** The stored form of a name; refuses one that breaks a rule. `place` is where it stands. */
export function storedName({ namespace, key }: ItemName, place = ''): StoredName {
  return {
    namespace: storedNamespace(namespace, { min: 1, field: `${place}namespace` }),
    key: withinBytes(column.encode(key, `${place}key`), `${place}key`),
  }
}

/** What a namespace may be, and what it is called in errors. */
export interface NamespaceRule {
  readonly min: 0 | 1
  readonly field: string
}

/** The stored form of a namespace, or of a prefix with `min` 0. */
export function storedNamespace(namespace: Namespace, rule: NamespaceRule): Stored<'text'> {
  checkLabels(namespace, rule)
  return withinBytes(encodeNamespace(namespace, rule.field), rule.field)
}

/** Refuses what is no array of labels. */
export function checkLabels(namespace: Namespace, { min, field }: NamespaceRule): void {
  const isList = Array.isArray(namespace) && namespace.length >= min &&
    namespace.length <= labelsMax
  if (!isList) refuse(field, `must be an array of ${min} to ${labelsMax} labels`)
  for (const [index, label] of namespace.entries()) {
    if (typeof label !== 'string') refuse(`${field}[${index}]`, 'must be a string')
    // One that is too long by itself is named; else it is all of them together.
    if (label.length > nameBytesMax) {
      refuse(`${field}[${index}]`, `must be at most ${nameBytesMax} bytes`)
    }
  }
}

function withinBytes(stored: Stored<'text'>, field: string): Stored<'text'> {
  // No character takes more than three bytes, so that most names need no counting.
  if (stored.length * 3 <= nameBytesMax || Buffer.byteLength(stored) <= nameBytesMax) return stored
  return refuse(field, `must be at most ${nameBytesMax} bytes in all`)
}

/** The milliseconds of a time to live; null for ever. */
export function ttlMsOf(seconds: number | null | undefined, place = ''): number | null {
  if (seconds === undefined || seconds === null) return null
  const isTime = typeof seconds === 'number' && seconds >= ttlSecondsMin && seconds <= ttlSecondsMax
  if (isTime) return Math.ceil(seconds * 1_000)
  return refuse(`${place}ttlSeconds`,
    `must be a number of seconds from ${ttlSecondsMin} to ${ttlSecondsMax}`)
}

/** Refuses a stored value that is too large. */
export function checkValue(stored: Stored<'json'>, field: string): Stored<'json'> {
  const fits = stored.length * 3 <= valueBytesMax || Buffer.byteLength(stored) <= valueBytesMax
  return fits ? stored : refuse(field, `must be at most ${valueBytesMax} bytes of JSON`)
}

/** Refuses what is no list of one call. */
export function checkCount(given: readonly unknown[], field: string): void {
  if (Array.isArray(given) && given.length <= callMax) return
  refuse(field, `must be an array of at most ${callMax}`)
}

/** Refuses names whose values are too much for one answer, each as often as it is named. */
export function checkAnswer(bytes: number): void {
  if (bytes <= answerBytesMax) return
  const rule = `bring ${bytes} bytes, and an answer has at most ${answerBytesMax}; ask for fewer`
  throw new AnswerTooLarge(`names ${rule}`, { field: 'names' })
}

/** Where a page of a list begins and how long it is. */
export function pageRule(
  { limit = pageLimitDefault, offset = 0, cursor }: {
    readonly limit?: number | undefined
    readonly offset?: number | undefined
    readonly cursor?: string | undefined
  },
): { readonly limit: number; readonly offset: number } {
  checkInteger('limit', limit, [1, pageLimitMax])
  checkInteger('offset', offset, [0, offsetMax])
  if (offset > 0 && cursor !== undefined) refuse('offset', 'must not stand beside cursor')
  return { limit, offset }
}

/** Refuses what is no integer of a range. */
export function checkInteger(
  field: string, value: number, [min, max]: readonly [number, number],
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  refuse(field, `must be an integer from ${min} to ${max}`)
}

/** Throws InvalidInput. */
export function refuse(field: string, rule: string): never {
  throw new InvalidInput(`${field} ${rule}`, { field })
}
