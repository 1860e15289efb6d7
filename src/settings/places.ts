import { InvalidInput } from '../errors.js'
import { type JsonValue } from '../database/json.js'
import { isMask, isObject } from './merge.js'
import { type SettingsDocument } from './tables.js'

/** The keys that lead to a secret field; `*` stands for any key. */
export type Pattern = readonly string[]

/** What becomes of a document's parts on a walk along the secret fields. */
export interface Walk {
  /** The value to stand in a secret field. */
  secret(value: JsonValue, keys: readonly string[]): JsonValue
  /** An array that stands on the way to secret fields; keys cannot lead through it. */
  array(value: JsonValue, keys: readonly string[]): JsonValue
  /** An object outside every secret field that looks like a mask. */
  strayMask(value: JsonValue, keys: readonly string[]): JsonValue
}

/** The document with its secret fields replaced; everything else stays. */
export function walked(
  document: SettingsDocument,
  patterns: readonly Pattern[],
  walk: Walk,
): SettingsDocument {
  return new Walker(walk).object(document, patterns, [])
}

class Walker {
  readonly #walk: Walk

  constructor(walk: Walk) {
    this.#walk = walk
  }

  object(
    object: SettingsDocument,
    patterns: readonly Pattern[],
    keys: readonly string[],
  ): SettingsDocument {
    return Object.fromEntries(Object.entries(object).map(([key, child]) => {
      const leading = patterns.filter(([first]) => first === key || first === '*')
      return [key, this.#value(child, leading.map(([, ...rest]) => rest), [...keys, key])]
    }))
  }

  #value(value: JsonValue, patterns: readonly Pattern[], keys: readonly string[]): JsonValue {
    if (patterns.some(({ length }) => length === 0)) return this.#walk.secret(value, keys)
    if (isMask(value)) return this.#walk.strayMask(value, keys)
    if (isObject(value)) return this.object(value, patterns, keys)
    if (!Array.isArray(value)) return value
    if (patterns.length > 0) return this.#walk.array(value, keys)
    return value.map((each, index) => this.#value(each, [], [...keys, String(index)]))
  }
}

/** A place as a JSON pointer without its first slash: one text for one place. */
export function pointerOf(keys: readonly string[]): string {
  return keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
}

/** A place as people write it. */
export function placeOf(keys: readonly string[]): string {
  return keys.join('.').slice(0, 200)
}

/** Characters of a marked place at most. */
export const secretFieldLengthMax = 200

/** Marked places of one document at most. */
export const secretFieldsMax = 100

/** Keys separated by dots; `*` alone stands for any key. */
export const secretFieldPattern = /^[^.]+(\.[^.]+){0,19}$/

/** The keys of a marked place. Throws InvalidInput. */
export function patternOf(field: string): Pattern {
  const isPlace = typeof field === 'string' && field.length <= secretFieldLengthMax &&
    secretFieldPattern.test(field)
  if (isPlace) return field.split('.')
  const rule = `must be keys joined by dots, ${secretFieldLengthMax} characters at most`
  throw new InvalidInput(`secret_fields ${rule}`, { field: 'secret_fields' })
}
