import {
  type GetOperation, type ListNamespacesOperation, type Operation, type PutOperation,
  type SearchItem, type SearchOperation,
} from '@langchain/langgraph-checkpoint'
import { type JsonValue } from '../../database/json.js'
import { pageLimitMax, type PageRequest } from '../../database/page.js'
import { InvalidInput } from '../../errors.js'
import {
  type Item, type ItemChange, type ItemCondition, type ItemOperator, type ListNamespaces,
  type SearchItems,
} from '../../items/index.js'

/** Names of operators of filters, with those of conditions. */
const operators: Readonly<Record<string, ItemOperator>> = {
  $eq: 'eq', $ne: 'ne', $gt: 'gt', $gte: 'gte', $lt: 'lt', $lte: 'lte', $in: 'in', $nin: 'nin',
}

/** An operation by what it does. */
export type Sorted =
  | { readonly kind: 'get'; readonly operation: GetOperation }
  | { readonly kind: 'put'; readonly operation: PutOperation }
  | { readonly kind: 'search'; readonly operation: SearchOperation }
  | { readonly kind: 'namespaces'; readonly operation: ListNamespacesOperation }

/** What an operation of a batch does; LangGraph tells it by the members it has. */
export function sorted(operation: Operation): Sorted {
  if ('namespacePrefix' in operation) return { kind: 'search', operation }
  if ('value' in operation) return { kind: 'put', operation }
  if ('key' in operation) return { kind: 'get', operation }
  return { kind: 'namespaces', operation }
}

/** A put or a deletion; a value becomes what JSON holds of it, as in LangGraph's own stores. */
export function changeOf(
  { namespace, key, value }: PutOperation, ttlSeconds: number | undefined,
): ItemChange {
  if (value === null) return { delete: { namespace, key } }
  refuseReserved(namespace)
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidInput('value must be an object', { field: 'value' })
  }
  return { put: { namespace, key, value: jsonOf(value), ttlSeconds } }
}

/** What a search asks of the store, without its page. */
export function searchOf({ namespacePrefix, filter }: SearchOperation): SearchItems {
  return {
    prefix: namespacePrefix, order: 'updated',
    filter: Object.entries(filter ?? {}).flatMap(([key, wanted]) => conditionsOf(key, wanted)),
  }
}

/** What a list of namespaces asks of the store, and what is left to look at afterwards. */
export function namespacesOf({ matchConditions = [], maxDepth }: ListNamespacesOperation): {
  readonly request: ListNamespaces
  /** Whether one call cannot say all of it. */
  readonly isMore: boolean
  readonly matches: (namespace: readonly string[]) => boolean
} {
  const patternOf = (path: readonly string[]) => path.map((label) => (label === '*' ? null : label))
  const of = (type: 'prefix' | 'suffix') => matchConditions
    .filter(({ matchType }) => matchType === type).map(({ path }) => patternOf(path))
  const [prefixes, suffixes] = [of('prefix'), of('suffix')]
  const isMore = prefixes.length > 1 || suffixes.length > 1
  return {
    // Cut names cannot be looked at afterwards.
    request: { prefix: prefixes[0], suffix: suffixes[0], ...(isMore ? {} : { maxDepth }) },
    isMore,
    matches: (namespace) => prefixes.every((pattern) => beginsWith(namespace, pattern))
      && suffixes.every((pattern) => (
        beginsWith(namespace.toReversed(), pattern.toReversed()))),
  }
}

/** An item as LangGraph has it. */
export function itemOf(item: Item): SearchItem {
  return {
    namespace: [...item.namespace], key: item.key, value: item.value as Record<string, unknown>,
    createdAt: new Date(item.createdAt), updatedAt: new Date(item.updatedAt),
  }
}

/** Rows of a list from an offset on, as many as asked for, over as many pages as that takes. */
export async function taken<T>(
  page: (request: PageRequest & { readonly offset?: number }) => Promise<{
    readonly data: readonly T[]
    readonly nextCursor: string | null
  }>,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<T[]> {
  const rows: T[] = []
  let place: { cursor: string } | { offset: number } = { offset }
  while (rows.length < limit) {
    const { data, nextCursor } = await page({
      limit: Math.min(limit - rows.length, pageLimitMax), ...place,
    })
    rows.push(...data)
    if (nextCursor === null) break
    place = { cursor: nextCursor }
  }
  return rows
}

function conditionsOf(key: string, wanted: unknown): ItemCondition[] {
  // As in JSON, which leaves such members out.
  if (wanted === undefined) return []
  const isRecord = typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)
  const entries = isRecord ? Object.entries(wanted) : []
  if (entries.length === 0 || !entries.every(([name]) => Object.hasOwn(operators, name))) {
    return [{ path: [key], value: jsonOf(wanted) }]
  }
  return entries.map(([name, value]) => {
    const field = `filter.${key}.${name}`
    if (value === undefined) throw new InvalidInput(`${field} must be a JSON value`, { field })
    return { path: [key], operator: operators[name]!, value: jsonOf(value) }
  })
}

/** LangGraph keeps this root for itself. */
function refuseReserved(namespace: readonly string[]): void {
  if (namespace[0] !== 'langgraph') return
  throw new InvalidInput('namespace[0] must not be "langgraph"', { field: 'namespace[0]' })
}

function beginsWith(labels: readonly string[], pattern: readonly (string | null)[]): boolean {
  return pattern.length <= labels.length
    && pattern.every((label, place) => label === null || label === labels[place])
}

function jsonOf(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue
}
