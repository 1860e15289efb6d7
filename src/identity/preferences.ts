import { type JsonValue, stringifyJson } from '../database/json.js'
import { InvalidInput } from '../errors.js'
import { type Preferences, users } from './tables.js'

/** Bytes of a user's preferences at most, as JSON text. */
export const preferencesBytesMax = 64 * 1024

type JsonObject = { [key: string]: JsonValue }

/** Refuses what is no JSON object. Throws InvalidInput, InvalidValue. */
export function checkPatch(patch: Preferences): void {
  if (!isObject(patch)) throw refused('must be a JSON object')
  // Before anything goes through it level by level.
  users.columns.preferences.encode(patch, 'preferences')
}

/**
 * The preferences after a merge patch (RFC 7396): null removes, objects merge, all else replaces.
 * Throws InvalidInput when they are too large.
 */
export function patched(preferences: Preferences, patch: Preferences): Preferences {
  const merged = merge(preferences, patch)
  if (Buffer.byteLength(stringifyJson(merged)) <= preferencesBytesMax) return merged
  throw refused(`must be at most ${preferencesBytesMax} bytes of JSON`)
}

function merge(target: JsonObject, patch: JsonObject): JsonObject {
  // Through a map: a key such as __proto__ is one like any other.
  const merged = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key)
    if (value === null) merged.delete(key)
    else if (isObject(value)) merged.set(key, merge(isObject(before) ? before : {}, value))
    else merged.set(key, value)
  }
  return Object.fromEntries(merged)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const refused = (rule: string) =>
  new InvalidInput(`preferences ${rule}`, { field: 'preferences' })
