import { type Column, type Kind } from '../../database/columns.js'
import { type Table } from '../../database/table.js'
import { InvalidArchive } from './errors.js'

/** A row as the database has it. */
export type StoredValues = Readonly<Record<string, unknown>>

type AnyColumn = Column<unknown, unknown>

/** Tables that follow from others, or say what goes on at this moment. */
export const leftOut: ReadonlySet<string> = new Set([
  'search_progress', 'search_dirty', 'search_horizon', 'message_terms', 'processes',
  'lock_waiters', 'login_attempts', 'idempotency_keys',
])

/**
 * The line of a row: an object of its columns. JSON stands as it is stored, with every digit; bytes
 * are base64.
 */
export function lineOf({ columnNames, columns }: Table, row: StoredValues): string {
  const kinds = Object.values(columns) as AnyColumn[]
  const members = columnNames.map((name, index) =>
    `${JSON.stringify(name)}:${written(kinds[index]!, row[name] ?? null)}`)
  return `{${members.join(',')}}`
}

function written(column: AnyColumn, stored: unknown): string {
  if (stored === null) return 'null'
  // A line has no line feeds; in JSON they only stand between values.
  if (column.kind === 'json') return String(stored).replace(/[\r\n]/g, ' ')
  const value = column.decode(stored)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  return JSON.stringify(value)
}

/** The row of a line. `members` are its columns, each as the text that stands there. */
export function rowOf(
  { columnNames, columns, name }: Table, members: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const kinds = Object.values(columns) as AnyColumn[]
  const isWhole = members.size === columnNames.length &&
    columnNames.every((column) => members.has(column))
  if (!isWhole) throw new InvalidArchive(`a row of ${name} has other columns than the table`)
  return Object.fromEntries(columnNames.map((column, index) =>
    [column, read(kinds[index]!, members.get(column)!, `${name}.${column}`)]))
}

function read(column: AnyColumn, text: string, field: string): unknown {
  if (text === 'null' && column.nullable) return null
  if (column.kind === 'json') return text
  const value: unknown = JSON.parse(text)
  const isBytes = (column.kind as Kind) === 'bytes'
  return column.encode(isBytes ? Buffer.from(String(value), 'base64') : value, field)
}
