import { type Expression, type RawBuilder, sql } from 'kysely'
import { type JsonComparison } from '../engine.js'

/** How each comparison of an order is written. */
const signs = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/** What stands at the path: through arrays, the operator with a text leads nowhere. */
const partAt = (column: Expression<unknown>, path: JsonComparison['path']) =>
  path.reduce<RawBuilder<unknown>>(
    (part, key) => sql`${part} -> ${key}::text`, sql`${column}::jsonb`)

/** See `Engine.jsonCompares`. */
export function jsonCompares(
  column: Expression<unknown>,
  { path, operator, value }: JsonComparison,
): RawBuilder<boolean> {
  const part = sql`(${partAt(column, path)})`
  const other = sql`${value}::jsonb`
  switch (operator) {
    case 'eq':
      return sql`coalesce(${part} = ${other}, false)`
    case 'ne':
      return sql`coalesce(${part} <> ${other}, true)`
    case 'in':
      return sql`coalesce(${part} = any(array(select jsonb_array_elements(${other}))), false)`
    case 'nin':
      return sql`coalesce(${part} <> all(array(select jsonb_array_elements(${other}))), true)`
    default:
      return compared(part, sql.raw(signs[operator]), value)
  }
}

/** The database's own order of JSON text is that of its language. */
function compared(part: RawBuilder<unknown>, sign: RawBuilder<unknown>, value: string) {
  const asked: unknown = JSON.parse(value)
  if (typeof asked === 'number') {
    return sql<boolean>`coalesce(jsonb_typeof(${part}) = 'number'
      and ${part} ${sign} ${value}::jsonb, false)`
  }
  if (typeof asked !== 'string') return sql<boolean>`false`
  return sql<boolean>`coalesce(jsonb_typeof(${part}) = 'string'
    and (${part} #>> '{}') collate "C" ${sign} ${asked}::text, false)`
}
