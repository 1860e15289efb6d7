import { HoldfastClientError, invalidValue } from './errors.js'

/** Any value that JSON text can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue }

/** What may be given for it: a type that is an interface has no index signature. */
export type JsonInput = string | number | boolean | null | object

/**
 * JSON text of a body. Refuses with `invalid_value`, naming the place, what JSON.stringify would
 * send as something else without a word: NaN, a Date, a Map, a hole in an array. -0 stays -0.
 * Members that are undefined are left out.
 */
export function writeJson(body: unknown): string {
  try {
    const text = JSON.stringify(body)
    check(body, 'body')
    return holdsNegativeZero(body) ? write(body) : text
  } catch (error) {
    if (error instanceof HoldfastClientError) throw error
    throw invalidValue('body', `cannot be written as JSON: ${(error as Error).message}`)
  }
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(holdsNegativeZero)
}

/** The slow way, for a checked value that JSON.stringify would change. */
function write(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`)
  return `{${members.join(',')}}`
}

function check(value: unknown, field: string): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw invalidValue(field, `is ${value}, which JSON cannot hold`)
      return
    case 'object':
      if (value !== null) checkContainer(value, field)
      return
    default:
      throw invalidValue(field, `is ${typeof value}, which JSON cannot hold`)
  }
}

function checkContainer(value: object, field: string): void {
  if (!isPlain(value)) throw invalidValue(field, 'is not a plain object; convert it to JSON first')
  if (Array.isArray(value)) {
    // By index, so that holes are seen too.
    for (let index = 0; index < value.length; index++) check(value[index], `${field}[${index}]`)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) check(member, `${field}.${key}`)
  }
}

/** Arrays and objects without a class, of any realm: those of a frame have another Object. */
function isPlain(value: object): boolean {
  if (typeof Reflect.get(value, 'toJSON') === 'function') return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
