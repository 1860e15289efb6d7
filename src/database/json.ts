import { InvalidValue } from '../errors.js'

/** Any value that JSON text can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue }

/** How many arrays and objects may stand inside one another. */
export const jsonDepthMax = 200

type Escape = (text: string) => string

/**
 * JSON text of a value, keys in their own order. Plain values go through JSON.stringify; only
 * what it would change (-0, strings that need an escape) takes the slow path.
 */
export function writeJson(value: unknown, field: string, escape: Escape): string {
  return isPlain(value, { field, escape, depth: 0 })
    ? JSON.stringify(value)
    : write(value as JsonValue, escape)
}

interface Place {
  readonly field: string
  readonly escape: Escape
  readonly depth: number
}

/** Checks a value all the way down; false when JSON.stringify alone would change it. */
function isPlain(value: unknown, place: Place): boolean {
  switch (typeof value) {
    case 'string':
      return place.escape(value) === value
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value, place)
    case 'object':
      return value === null || isPlainContainer(value, place)
    default:
      throw refused(place, `is ${typeof value}, which JSON cannot hold`)
  }
}

function isPlainNumber(value: number, place: Place): boolean {
  if (!Number.isFinite(value)) throw refused(place, `is ${value}, which JSON cannot hold`)
  return !Object.is(value, -0)
}

function isPlainContainer(value: object, place: Place): boolean {
  if (place.depth >= jsonDepthMax) {
    throw refused(place, `is nested deeper than ${jsonDepthMax} levels`)
  }
  return Array.isArray(value) ? isPlainArray(value, place) : isPlainObject(value, place)
}

function isPlainArray(values: readonly unknown[], place: Place): boolean {
  let plain = true
  const depth = place.depth + 1
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value === 'string') plain = place.escape(value) === value && plain
    else plain = isPlain(value, { ...place, field: `${place.field}[${index}]`, depth }) && plain
  }
  return plain
}

function isPlainObject(value: object, place: Place): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(place, 'is not a plain object; convert it to plain JSON first')
  }
  if (typeof Reflect.get(value, 'toJSON') === 'function') {
    throw refused(place, 'has a toJSON method; convert it to plain JSON first')
  }
  let plain = true
  const depth = place.depth + 1
  for (const key of Object.keys(value)) {
    const item: unknown = (value as Record<string, unknown>)[key]
    if (place.escape(key) !== key) plain = false
    if (typeof item === 'string') plain = place.escape(item) === item && plain
    else plain = isPlain(item, { ...place, field: `${place.field}.${key}`, depth }) && plain
  }
  return plain
}

/** Characters of a path shown at most; the rest of a very deep one is cut. */
const fieldLengthMax = 200

function refused(place: Place, rule: string): Error {
  const whole = place.field
  const field = whole.length > fieldLengthMax ? `${whole.slice(0, fieldLengthMax)}…` : whole
  return new InvalidValue(`${field} ${rule}`, { field })
}

function write(value: JsonValue, escape: Escape): string {
  if (typeof value === 'string') return JSON.stringify(escape(value))
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, escape)).join(',')}]`
  const members = Object.keys(value).map(
    (key) => `${JSON.stringify(escape(key))}:${write(value[key]!, escape)}`,
  )
  return `{${members.join(',')}}`
}
