import { type JsonObject } from '../../checkpoints/index.js'
import { type JsonValue } from '../../database/json.js'

/** Whether JSON holds a value without any change. */
export function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || isPlainObject(value)
    default:
      return false
  }
}

function isPlainObject(value: object): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
  if (Array.isArray(value)) {
    return value.every(isPlainJson) && Object.keys(value).length === value.length
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Reflect.ownKeys(value).every((key) => typeof key === 'string')
    && Object.values(value).every(isPlainJson)
}

/** What JSON holds of a value, for filters; members that it cannot hold are left out. */
export function jsonObjectOf(value: object | undefined): JsonObject {
  if (value === undefined) return {}
  // A replacer is called for each member; where JSON holds all of them, there is nothing for it.
  const text = isPlainJson(value) ? JSON.stringify(value)
    : JSON.stringify(value, (_key, member: unknown) => (
      typeof member === 'bigint' ? String(member) : member))
  const parsed = JSON.parse(text) as JsonValue
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {}
}
