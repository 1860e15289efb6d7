import { type Session } from '../../database/engine.js'
import { columnList, type Moved, type MovedTable, type Moving } from '../../database/moving.js'
import { isHeavy, keyColumns } from './catalogue.js'
import { rowsOn } from './ends.js'

/** Rows of one batch at most. */
export const batchRowsMax = 2_000

/** Bytes of one batch at most, unless one row alone has more. */
export const batchBytesMax = 4 * 1024 * 1024

/** What is read on: a session, and how its engine is asked. */
export interface Readable {
  readonly session: Session
  readonly moving: Moving
  /** Rows of one batch at most. @default batchRowsMax */
  readonly rowsMax?: number | undefined
  /** The last key that is read; all when undefined. */
  readonly until?: Key | undefined
}

/** Values of a primary key. */
export type Key = readonly Moved[]

/** The condition on rows behind a key, and not behind the last one, with its values. */
export function behind({ moving, until }: Readable, table: MovedTable, after: Key | undefined) {
  const keys = keyColumns(table)
  const parameters: unknown[] = []
  const compared = (sign: string, key: Key | undefined) => {
    if (key === undefined) return '1 = 1'
    const from = parameters.length
    parameters.push(...keys.map(({ kind }, index) => moving.bound(kind, key[index]!)))
    const slots = keys.map(({ kind }, index) => moving.slot(kind, from + index + 1))
    return `(${columnList(table.primaryKey)}) ${sign} (${slots.join(', ')})`
  }
  return { where: `${compared('>', after)} and ${compared('<=', until)}`, parameters }
}

/** The highest key of a table; undefined when it is empty. */
export async function lastKey(
  { session, moving }: Readable,
  table: MovedTable,
): Promise<Key | undefined> {
  const keys = keyColumns(table)
  const columns = keys.map(({ kind, name }, index) => `${moving.read(kind, name)} as k${index}`)
  const order = table.primaryKey.map((key) => `"${key}" desc`).join(', ')
  const [row] = await rowsOn(session, `select ${columns.join(', ')} from "${table.name}"
    order by ${order} limit 1`)
  return row && keys.map(({ kind }, index) => moving.moved(kind, row[`k${index}`]))
}

/** How many of the next rows one batch takes: sizes are asked for, not the values. */
export async function countOfNext(
  from: Readable,
  table: MovedTable,
  after: Key | undefined,
): Promise<number> {
  const { rowsMax = batchRowsMax } = from
  if (!isHeavy(table)) return rowsMax
  const { where, parameters } = behind(from, table, after)
  const keys = columnList(table.primaryKey)
  const size = table.columns.map(({ kind, name }) => from.moving.size(kind, name)).join(' + ')
  const [row] = await rowsOn(from.session, `
    select count(*) as rows from (
      select sum(bytes) over (order by ${keys} rows unbounded preceding) as running,
        row_number() over (order by ${keys}) as place
      from (select ${keys}, ${size} as bytes from "${table.name}" where ${where}
        order by ${keys} limit ${rowsMax}) as sized) as summed
    where running <= ${batchBytesMax} or place = 1`, parameters)
  return Number(row!.rows)
}

/** The next rows in the order of the primary key; empty at the end. */
export async function nextRows(
  from: Readable,
  table: MovedTable,
  after: Key | undefined,
): Promise<Moved[][]> {
  const count = await countOfNext(from, table, after)
  if (count === 0) return []
  const { moving, session } = from
  const { where, parameters } = behind(from, table, after)
  const columns = table.columns.map(({ kind, name }, index) =>
    `${moving.read(kind, name)} as c${index}`)
  const rows = await rowsOn(session, `select ${columns.join(', ')} from "${table.name}"
    where ${where} order by ${columnList(table.primaryKey)} limit ${count}`, parameters)
  return rows.map((row) => movedRow(moving, table, row))
}

/** A row read as c0, c1, …, as it travels. */
export function movedRow(
  moving: Moving,
  { columns }: MovedTable,
  row: Record<string, unknown>,
): Moved[] {
  return columns.map(({ kind }, index) => moving.moved(kind, row[`c${index}`]))
}

/** The primary key of a row. */
export function keyOf(table: MovedTable, row: readonly Moved[]): Moved[] {
  return keyColumns(table).map((column) => row[table.columns.indexOf(column)]!)
}
