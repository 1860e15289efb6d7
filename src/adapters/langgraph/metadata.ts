import { type JsonObject } from '../../checkpoints/index.js'
import { type JsonValue } from '../../database/json.js'

/** Levels of metadata that are kept as JSON; what refers to itself has no end of them. */
const depthMax = 100

/** Whether JSON holds a value without any change. */
export function isPlainJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || (depth < depthMax && isPlainObject(value, depth + 1))
    default:
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
  const isPlain = (member: unknown) => isPlainJson(member, depth)
  if (Array.isArray(value)) {
    return value.every(isPlain) && Object.keys(value).length === value.length
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Reflect.ownKeys(value).every((key) => typeof key === 'string')
    && Object.values(value).every(isPlain)
}

/** What JSON holds of a value, for filters; members that it cannot hold are left out. */
export function jsonObjectOf(value: object | undefined): JsonObject {
  if (value === undefined) return {}
  if (isPlainJson(value) && !Array.isArray(value)) {
    return JSON.parse(JSON.stringify(value)) as JsonObject
  }
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => {
    const json = jsonOf(member)
    return json === undefined ? [] : [[key, json]]
  }))
}

function jsonOf(value: unknown): JsonValue | undefined {
  try {
    const text = JSON.stringify(value, (_key, member: unknown) => (
      typeof member === 'bigint' ? String(member) : member)) as string | undefined
    const json = text === undefined ? undefined : JSON.parse(text) as JsonValue
    return isPlainJson(json) ? json : undefined
  } catch {
    // It refers to itself, or has a method of its own for JSON that fails.
    return undefined
  }
}
