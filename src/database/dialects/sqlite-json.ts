import { type JsonComparison } from '../engine.js'
import { type JsonValue } from '../json.js'

/** Reads a JSON text anew only when it is another one than last time. */
function remembering<V extends JsonValue>(): (text: string) => V {
  let lastText: string | undefined
  let lastValue: JsonValue = null
  return (text) => {
    if (text !== lastText) [lastText, lastValue] = [text, JSON.parse(text) as JsonValue]
    return lastValue as V
  }
}

// One statement asks for the same value row by row.
const readContained = remembering()

/** Whether one JSON text contains another, as PostgreSQL's `@>` has it for objects: 1 or 0. */
export function jsonContains(container: string, contained: string): number {
  return holds(JSON.parse(container) as JsonValue, readContained(contained)) ? 1 : 0
}

type Composite = Exclude<JsonValue, string | number | boolean | null>

const isComposite = (value: JsonValue): value is Composite =>
  typeof value === 'object' && value !== null

function holds(container: JsonValue, contained: JsonValue): boolean {
  if (!isComposite(contained)) return container === contained
  if (!isComposite(container) || Array.isArray(container) !== Array.isArray(contained)) return false
  if (Array.isArray(contained)) return holdsElements(container as JsonValue[], contained)
  const members = container as { readonly [key: string]: JsonValue }
  return Object.entries(contained).every(([key, value]) =>
    Object.hasOwn(members, key) && holds(members[key]!, value))
}

/** Each element is held by some element; how often, and where, does not matter. */
function holdsElements(container: readonly JsonValue[], contained: readonly JsonValue[]): boolean {
  const scalars = new Set(container.filter((value) => !isComposite(value)))
  const composites = container.filter(isComposite)
  return contained.every((value) => (isComposite(value)
    ? composites.some((each) => holds(each, value)) : scalars.has(value)))
}

// The rows of one statement are compared by several conditions, one after the other.
const readWhole = remembering()
const readQuestion = remembering<[string[], JsonComparison['operator']]>()

/** See `Engine.jsonCompares`: 1 or 0. A question is path and operator. */
export function jsonCompares(whole: string, question: string, value: string): number {
  const [path, operator] = readQuestion(question)
  const part = partAt(readWhole(whole), path)
  return compares(part, operator, JSON.parse(value) as JsonValue) ? 1 : 0
}

/** What stands at a path of keys, which leads through objects only. */
function partAt(whole: JsonValue, path: readonly string[]): JsonValue | undefined {
  let part: JsonValue | undefined = whole
  for (const key of path) {
    if (part === undefined || !isComposite(part) || Array.isArray(part)) return undefined
    part = Object.hasOwn(part, key) ? part[key] : undefined
  }
  return part
}

function compares(
  part: JsonValue | undefined, operator: JsonComparison['operator'], value: JsonValue,
): boolean {
  const isIn = () => (value as JsonValue[]).some((each) => isEqual(part, each))
  switch (operator) {
    case 'eq': return isEqual(part, value)
    case 'ne': return !isEqual(part, value)
    case 'in': return isIn()
    case 'nin': return !isIn()
  }
  const order = orderOf(part, value)
  if (order === undefined) return false
  switch (operator) {
    case 'gt': return order > 0
    case 'gte': return order >= 0
    case 'lt': return order < 0
    case 'lte': return order <= 0
  }
}

/** Negative, 0 or positive; undefined for what has no order. */
function orderOf(one: JsonValue | undefined, other: JsonValue): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') {
    return one < other ? -1 : one > other ? 1 : 0
  }
  if (typeof one !== 'string' || typeof other !== 'string') return undefined
  // By code point, which the bytes keep and the units of a string do not.
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

function isEqual(one: JsonValue | undefined, other: JsonValue): boolean {
  if (one === undefined || !isComposite(one) || !isComposite(other)) return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [keys, members] = [Object.keys(one), other as { readonly [key: string]: JsonValue }]
  return keys.length === Object.keys(other).length && keys.every((key) =>
    Object.hasOwn(members, key) &&
    isEqual((one as { readonly [key: string]: JsonValue })[key], members[key]!))
}
