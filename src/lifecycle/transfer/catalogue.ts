import { type Kind } from '../../database/columns.js'
import { snakeCase, type Table } from '../../database/table.js'
import { type MovedColumn, type MovedTable } from '../../database/moving.js'

/** Tables that stay where they are, and why. */
export const staying: Readonly<Record<string, string>> = {
  processes: 'the servers of a database are its own',
  message_terms_leaving: 'words of conversations that are gone, on their way out of the index',
  search_horizon: 'how far the rows of this database were looked at, in its own order of them',
}

/** The tables that move, parents before children. */
export function movedTables(tables: readonly Table[]): MovedTable[] {
  return tables.filter(({ name }) => staying[name] === undefined).map((table) => ({
    name: table.name,
    primaryKey: table.primaryKey,
    columns: Object.entries(table.columns).map(([name, { kind, nullable }]) => (
      { name: snakeCase(name), kind, nullable })),
  }))
}

/** The columns of the primary key, in its order. */
export function keyColumns({ columns, primaryKey }: MovedTable): MovedColumn[] {
  return primaryKey.map((key) => columns.find(({ name }) => name === key)!)
}

/** The columns whose values are the same everywhere: the place of words is an engine's own. */
export function comparedColumns({ columns }: MovedTable): readonly MovedColumn[] {
  const isOfWords = columns.some(({ kind }) => kind === 'terms')
  return isOfWords ? columns.filter(({ name }) => name !== 'sequence') : columns
}

/** Kinds whose values may be of any size. */
export const heavyKinds: ReadonlySet<string> = new Set<Kind>(['text', 'json', 'bytes', 'terms'])

/** Whether rows may be of any size. */
export function isHeavy({ columns }: MovedTable): boolean {
  return columns.some(({ kind }) => heavyKinds.has(kind))
}
