import { type RawBuilder, sql } from 'kysely'
import { text, type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonComparison } from '../database/engine.js'
import { cursorOf, keyOf, largeRowsOf, type Page } from '../database/page.js'
import { type ItemCondition, type ItemOperator, type SearchItems } from './contract.js'
import { isWithin, rangeBelow } from './namespace.js'
import {
  checkValue, conditionsMax, pageRule, pathMax, refuse, storedNamespace,
} from './rules.js'
import { isAlive } from './statements.js'
import { items as table, type ItemTables } from './tables.js'

const { columns } = table
const label = text()

/** What a condition may ask. */
export const itemOperators: readonly ItemOperator[] =
  ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']

type StoredRow = Record<string, unknown>

/** One page of an organization's items, in stored form. */
export async function searchItems(
  database: Database<ItemTables>, organizationId: Stored<'id'>, request: SearchItems,
): Promise<Page<StoredRow>> {
  const { limit, offset } = pageRule(request)
  const { prefix = [], filter = [], order = 'name', cursor } = request
  if (order !== 'name' && order !== 'updated') refuse('order', 'must be name or updated')
  storedNamespace(prefix, { min: 0, field: 'prefix' })
  const comparisons = comparisonsOf(filter)
  const list = ['items', organizationId, prefix, comparisons, order]
  const where = [
    sql`i.organization_id = ${organizationId}`,
    isWithin('i.namespace', rangeBelow(prefix, 'prefix')),
    isAlive(database.engine, 'i'),
    ...comparisons.map((each) => database.engine.jsonCompares(sql.ref('i.value'), each)),
  ]
  const sorting = order === 'name' ? sql`i.namespace, i.key`
    : sql`i.updated_at desc, i.namespace, i.key`
  const given = cursor === undefined ? undefined : keyOf(list, cursor)
  const { rows, more } = await largeRowsOf<StoredRow>(limit, {
    fetch(count, last) {
      const place = last === undefined ? given : placeOf(order, last)
      const behind = place === undefined ? [] : [isBehind(order, place)]
      return selected(database, sql<StoredRow>`
        select i.* from items i where ${sql.join([...where, ...behind], sql` and `)}
        order by ${sorting} limit ${sql.lit(count)}
        offset ${sql.lit(last === undefined ? offset : 0)}`)
    },
    lengthOf: ({ value }) => String(value).length,
  })
  return { data: rows, nextCursor: more ? cursorOf(list, placeOf(order, rows.at(-1)!)) : null }
}

/** The rows of a statement that changes nothing. */
export async function selected(
  database: Database<ItemTables>, statement: RawBuilder<StoredRow>,
): Promise<StoredRow[]> {
  const { sql: written, parameters } = statement.compile(database.write)
  return (await database.execute({ sql: written, parameters, readOnly: true })).rows
}

/** Where a row stands in the list. */
function placeOf(order: 'name' | 'updated', row: StoredRow): string[] {
  const name = [String(row.namespace), String(row.key)]
  return order === 'name' ? name : [columns.updatedAt.decode(row.updated_at), ...name]
}

/** That a row stands behind a place. */
function isBehind(order: 'name' | 'updated', place: readonly unknown[]): RawBuilder<unknown> {
  const [namespace, key] = place.slice(-2).map(storedAgain)
  const hasLaterName = sql`(i.namespace, i.key) > (${namespace}, ${key})`
  if (order === 'name') return hasLaterName
  const at = columns.updatedAt.encode(String(place[0]), 'cursor')
  return sql`(i.updated_at < ${at} or (i.updated_at = ${at} and ${hasLaterName}))`
}

/** A stored text out of a cursor, which somebody may have forged. */
export const storedAgain = (stored: unknown): Stored<'text'> =>
  label.encode(label.decode(String(stored)), 'cursor')

function comparisonsOf(filter: readonly ItemCondition[]): JsonComparison[] {
  if (!Array.isArray(filter) || filter.length > conditionsMax) {
    refuse('filter', `must be an array of at most ${conditionsMax} conditions`)
  }
  return filter.map((condition, index) => comparisonOf(condition, `filter[${index}]`))
}

function comparisonOf(
  { path, operator = 'eq', value }: ItemCondition, place: string,
): JsonComparison {
  if (!Array.isArray(path) || path.length === 0 || path.length > pathMax) {
    refuse(`${place}.path`, `must be an array of 1 to ${pathMax} keys`)
  }
  if (!itemOperators.includes(operator)) {
    refuse(`${place}.operator`, `must be one of ${itemOperators.join(', ')}`)
  }
  if ((operator === 'in' || operator === 'nin') && !Array.isArray(value)) {
    refuse(`${place}.value`, `must be an array, as the operator is ${operator}`)
  }
  return {
    path: path.map((key, index) => label.encode(key, `${place}.path[${index}]`)),
    operator,
    value: checkValue(columns.value.encode(value, `${place}.value`), `${place}.value`),
  }
}
