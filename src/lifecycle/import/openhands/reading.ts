import { HoldfastError } from '../../../errors.js'
import { type ExactJson, exactJson, firstJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type Home } from './home.js'

/** What was found in a file of JSON. */
export type ReadJson =
  | { readonly is: 'whole'; readonly json: ExactJson; readonly text: string }
  /** The first object is whole, and something stands behind it. */
  | { readonly is: 'tailed'; readonly json: ExactJson; readonly text: string
    readonly rest: number }
  | { readonly is: 'damaged'; readonly reason: string }

/** Reads the object in a file; what stands behind it is told. */
export function readObject(home: Home, path: string): ReadJson {
  const bytes = home.find(path)
  if (bytes === undefined) return { is: 'damaged', reason: home.whyNot(path) }
  if (bytes.length === 0) return { is: 'damaged', reason: 'the file has 0 bytes' }
  return objectIn(home.textOf(path, bytes))
}

/** The first of several files that is whole, and which one it is. */
export function wholeAmong(
  home: Home, paths: readonly string[],
): { readonly json: ExactJson; readonly from: string } | undefined {
  for (const path of paths) {
    const read = readObject(home, path)
    if (read.is !== 'damaged') return { json: read.json, from: home.placeOf(path) }
  }
  return undefined
}

/** Reads the object in a text. */
export function objectIn(text: string): ReadJson {
  try {
    const { json: first, rest } = firstJson(text.startsWith('\uFEFF') ? text.slice(1) : text)
    const json = exactJson(first)
    if (!isObject(json.value)) return { is: 'damaged', reason: 'the file holds no object' }
    return rest === 0
      ? { is: 'whole', json, text: first } : { is: 'tailed', json, text: first, rest }
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error
    return { is: 'damaged', reason: error.message }
  }
}
