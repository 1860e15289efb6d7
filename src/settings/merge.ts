import { isDeepStrictEqual } from 'node:util'
import { type JsonValue } from '../database/json.js'
import { type SettingsDocument } from './tables.js'

/** Stands in a document where a value is sealed. */
export const mask = { $secret: true, set: true } as const

type JsonObject = { [key: string]: JsonValue }

/** Whether a value is an object, and so is merged rather than replaced. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value claims to be a mask, whatever else it holds. */
export function isMask(value: JsonValue | undefined): boolean {
  return isObject(value) && Object.hasOwn(value, '$secret')
}

/** Whether a value is a mask as it is handed out. */
export function isWholeMask(value: JsonValue): boolean {
  return isObject(value) && value.$secret === true &&
    Object.keys(value).every((key) => Object.hasOwn(mask, key))
}

/** RFC 7396: null removes, objects merge, all else replaces. A mask is no object to merge into. */
export function mergePatch(
  target: SettingsDocument,
  patch: SettingsDocument,
): SettingsDocument {
  const merged = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergedValue(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

function mergedValue(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch) || isMask(patch)) return patch
  return mergePatch(isObject(target) && !isMask(target) ? target : {}, patch)
}

/** One document over another: objects merge, all else of the upper one wins, null included. */
export function layered(below: SettingsDocument, above: SettingsDocument): SettingsDocument {
  const merged = new Map(Object.entries(below))
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key)
    const isMerged = isObject(under) && isObject(value) && !isMask(under) && !isMask(value)
    merged.set(key, isMerged ? layered(under, value) : value)
  }
  return Object.fromEntries(merged)
}

/** Characters of a path that are told; the rest of a long one is cut. */
const pathLengthMax = 200

/** The places at which two documents differ, as `llm.model`, in order. */
export function changedPaths(before: SettingsDocument, after: SettingsDocument): string[] {
  const paths: string[] = []
  const compare = (left: JsonObject, right: JsonObject, place: string) => {
    const [mine, yours] = [new Map(Object.entries(left)), new Map(Object.entries(right))]
    for (const key of new Set([...mine.keys(), ...yours.keys()])) {
      const [one, other] = [mine.get(key), yours.get(key)]
      const path = place === '' ? key : `${place}.${key}`
      if (isObject(one) && isObject(other)) compare(one, other, path)
      else if (!isDeepStrictEqual(one, other)) paths.push(path.slice(0, pathLengthMax))
    }
  }
  compare(before, after, '')
  return paths
}
