import { type JsonValue } from '../json.js'

let lastText: string | undefined
let lastValue: JsonValue = null

/**
 * Whether one JSON text contains another, as PostgreSQL's `@>` has it for objects: 1 or 0. One
 * statement asks for the same object row by row, so that it is read once.
 */
export function jsonContains(container: string, contained: string): number {
  if (contained !== lastText) [lastText, lastValue] = [contained, JSON.parse(contained)]
  return holds(JSON.parse(container) as JsonValue, lastValue) ? 1 : 0
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
