import { MessageChannel } from 'node:worker_threads'
import { type Backend, type Session } from '../../database/engine.js'
import { columnList, type Moved, type MovedTable, type Moving } from '../../database/moving.js'
import { heavyKinds, isHeavy, keyColumns } from './catalogue.js'
import { rowsOn } from './ends.js'

/** Rows of one batch at most. */
export const batchRowsMax = 1_000

/** Bytes of one batch at most, unless one row alone has more. */
export const batchBytesMax = 4 * 1024 * 1024

/** What is read on: a session, and how its engine is asked. */
export interface Readable {
  readonly session: Pick<Session, 'run'>
  readonly moving: Moving
  /** Rows of one batch at most. @default batchRowsMax */
  readonly rowsMax?: number | undefined
  /** The last key that is read; all when undefined. */
  readonly until?: Key | undefined
  /** Keeps what was found once, where rows are read again and none comes meanwhile. */
  readonly sizes?: RowSizes | undefined
}

/** Bytes of the largest row of a table. */
export type RowSizes = Map<string, number>

/** Values of a primary key. */
export type Key = readonly Moved[]

/**
 * The condition on rows behind a key, and not behind the last one, with its values. What both keys
 * begin with stands by itself: PostgreSQL ends a scan by the first column of compared rows alone,
 * and would read on to the end of an organization.
 */
export function behind({ moving, until }: Readable, table: MovedTable, after: Key | undefined) {
  const keys = keyColumns(table)
  const parameters: unknown[] = []
  const slotOf = (key: Key, index: number) => {
    const { kind } = keys[index]!
    return moving.slot(kind, parameters.push(moving.bound(kind, key[index]!)))
  }
  let same = 0
  if (after !== undefined && until !== undefined) {
    while (same < keys.length && after[same] === until[same]) same += 1
  }
  const shared = table.primaryKey.slice(0, same)
    .map((name, index) => `"${name}" = ${slotOf(after!, index)}`)
  const rest = table.primaryKey.slice(same)
  const compared = (sign: string, key: Key | undefined) => {
    if (key === undefined) return []
    if (rest.length === 0) return sign === '>' ? ['1 = 0'] : []
    const slots = rest.map((_name, index) => slotOf(key, same + index))
    return [`(${columnList(rest)}) ${sign} (${slots.join(', ')})`]
  }
  const conditions = [...shared, ...compared('>', after), ...compared('<=', until)]
  return { where: conditions.length === 0 ? '1 = 1' : conditions.join(' and '), parameters }
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

/** Rows of each table of a database. */
export async function countsOf(
  session: Pick<Session, 'run'>,
  tables: readonly Pick<MovedTable, 'name'>[],
): Promise<Map<string, number>> {
  const counts = tables.map(({ name }) =>
    `select '${name}' as name, count(*) as rows from "${name}"`)
  const rows = counts.length === 0 ? [] : await rowsOn(session, counts.join(' union all '))
  return new Map(rows.map(({ name, rows: count }) => [String(name), Number(count)]))
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
  const size = sizeOf(from.moving, table)
  const [row] = await rowsOn(from.session, `
    select count(*) as rows from (
      select sum(bytes) over (order by ${keys} rows unbounded preceding) as running,
        row_number() over (order by ${keys}) as place
      from (select ${keys}, ${size} as bytes from "${table.name}" where ${where}
        order by ${keys} limit ${rowsMax}) as sized) as summed
    where running <= ${batchBytesMax} or place = 1`, parameters)
  return Number(row!.rows)
}

/** The bytes of a row, as an expression: of values of any size, and a guess for the others. */
export const sizeOf = (moving: Moving, { columns }: MovedTable): string => {
  const heavy = columns.filter(({ kind }) => heavyKinds.has(kind))
  const sizes = heavy.map(({ kind, name }) => moving.size(kind, name))
  return [...sizes, String(lightBytes * (columns.length - heavy.length))].join(' + ')
}

/** An id has 36. */
const lightBytes = 30

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

/**
 * How many rows of a table one batch takes whichever they are, since the largest of them are small
 * enough; undefined when sizes have to be asked for before each.
 */
export async function steadyCount(
  from: Readable,
  table: MovedTable,
): Promise<number | undefined> {
  const { rowsMax = batchRowsMax, sizes } = from
  if (!isHeavy(table)) return rowsMax
  const largest = sizes?.get(table.name) ?? await largestOf(from, table)
  sizes?.set(table.name, largest)
  const count = Math.min(rowsMax, Math.floor(batchBytesMax / largest))
  return count < Math.min(rowsMax, steadyMin) ? undefined : count
}

async function largestOf({ session, moving }: Readable, table: MovedTable): Promise<number> {
  const [row] = await rowsOn(session,
    `select max(${sizeOf(moving, table)}) as bytes from "${table.name}"`)
  return Math.max(Number(row!.bytes ?? 0), 1)
}

/** With fewer rows a batch it pays to ask for their sizes. */
const steadyMin = 500

/** The last key of the next so many rows; undefined when there are fewer. */
export async function keyAfter(
  from: Readable,
  table: MovedTable,
  { after, count }: { readonly after: Key | undefined; readonly count: number },
): Promise<Key | undefined> {
  const { moving, session } = from
  const { where, parameters } = behind(from, table, after)
  const keys = keyColumns(table)
  const columns = keys.map(({ kind, name }, index) => `${moving.read(kind, name)} as k${index}`)
  const [row] = await rowsOn(session, `select ${columns.join(', ')} from "${table.name}"
    where ${where} order by ${columnList(table.primaryKey)}
    limit 1 offset ${count - 1}`, parameters)
  return row && keys.map(({ kind }, index) => moving.moved(kind, row[`k${index}`]))
}

/** Rows of a table, gathered by the engine itself. */
export interface Lump {
  readonly rows: number
  /** One text, as bytes where the engine hands it out so; null of no rows. */
  readonly gathered: string | Uint8Array | null
}

/** The rows behind a key and not behind `until`, at most `count`. */
export async function lumpOf(
  from: Readable,
  table: MovedTable,
  { line, gathered, after, count }: {
    /** The expression of one row. */
    readonly line: string
    /** The expression that gathers the column `line` of many. */
    readonly gathered: string
    readonly after: Key | undefined
    readonly count: number
  },
): Promise<Lump> {
  const { where, parameters } = behind(from, table, after)
  const [row] = await rowsOn(from.session, `
    select count(*) as rows, ${gathered} as gathered from (
      select ${line} as line from "${table.name}"
      where ${where} order by ${columnList(table.primaryKey)} limit ${count}) as lines`, parameters)
  return { rows: Number(row!.rows), gathered: row!.gathered as Lump['gathered'] }
}

/** A port with nobody behind it: what is handed over to it is gone. */
let nowhere: MessageChannel['port1'] | undefined

/**
 * Frees the bytes of a lump that nobody reads any more: the collector would let some 64 MB of them
 * come together first.
 */
export function release({ handsOver }: Backend, gathered: unknown): void {
  if (handsOver !== true || !(gathered instanceof Uint8Array)) return
  const { buffer, byteLength } = gathered
  if (byteLength === 0 || byteLength !== buffer.byteLength) return
  if (nowhere === undefined) {
    nowhere = new MessageChannel().port1
    nowhere.close()
  }
  nowhere.postMessage(null, [buffer as ArrayBuffer])
}
