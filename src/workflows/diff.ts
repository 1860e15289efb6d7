import { type JsonValue } from '../database/json.js'
import { plainText } from './plain-text.js'

/** One place where two graphs differ. */
export interface GraphChange {
  /** JSON pointer (RFC 6901), such as `/nodes/3/name`; empty for the whole graph. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** What was there; absent where something was added. */
  readonly before?: JsonValue
  /** What is there; absent where something was removed. */
  readonly after?: JsonValue
}

/**
 * Where two JSON values differ, as deep down as they are of one kind. Members are compared by key,
 * elements of arrays by place. In the order of the paths: keys sorted, elements by place.
 */
export function changesOf(before: JsonValue, after: JsonValue): GraphChange[] {
  const changes: GraphChange[] = []
  compare({ before, after, path: '' }, changes)
  return changes
}

interface Pair {
  readonly before: JsonValue
  readonly after: JsonValue
  readonly path: string
}

type Composite = JsonValue[] | { [key: string]: JsonValue }

const isComposite = (value: JsonValue): value is Composite =>
  typeof value === 'object' && value !== null

function compare({ before, after, path }: Pair, changes: GraphChange[]): void {
  const isAlike = isComposite(before) && isComposite(after) &&
    Array.isArray(before) === Array.isArray(after)
  if (!isAlike) {
    if (isSame(before, after)) return
    changes.push({ path, kind: 'changed', before, after })
    return
  }
  const [old, young] = [membersOf(before), membersOf(after)]
  for (const key of keysOf(before, after)) {
    const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const [was, is] = [old.get(key), young.get(key)]
    if (is === undefined) changes.push({ path: place, kind: 'removed', before: was! })
    else if (was === undefined) changes.push({ path: place, kind: 'added', after: is })
    else compare({ before: was, after: is, path: place }, changes)
  }
}

const membersOf = (value: Composite): ReadonlyMap<string, JsonValue> =>
  new Map(Object.entries(value))

function keysOf(before: Composite, after: Composite): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return Array.isArray(before) ? keys : keys.sort()
}

function isSame(before: JsonValue, after: JsonValue): boolean {
  if (!isComposite(before) || !isComposite(after)) return Object.is(before, after)
  return plainText(before) === plainText(after)
}
