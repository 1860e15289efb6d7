import { type IntrospectedColumn } from '../../database/engine.js'
import { type MovedTable, moverTables } from '../../database/moving.js'
import { ledger } from '../../database/migrate.js'
import { keyColumns, staying } from '../transfer/catalogue.js'
import { type Reading } from '../transfer/ends.js'
import { countsOf } from '../transfer/pages.js'
import { contentOf } from '../transfer/verify.js'
import { BackupMismatch, BackupRefused } from './errors.js'
import { type BackupWatch, rowMeter } from './events.js'
import { type BackupKeys } from './keys.js'
import { type BackupTable } from './manifest.js'

/** The tables as a database has them, which may be of an older schema. */
export function tablesThere(
  catalogue: readonly MovedTable[], live: readonly IntrospectedColumn[],
): MovedTable[] {
  const columnsOf = new Map<string, Set<string>>()
  for (const { table, column } of live) {
    columnsOf.set(table, (columnsOf.get(table) ?? new Set()).add(column))
  }
  return catalogue.flatMap((table) => {
    const there = columnsOf.get(table.name)
    const columns = table.columns.filter(({ name }) => there?.has(name) === true)
    return columns.length === 0 ? [] : [{ ...table, columns }]
  })
}

/**
 * What stays behind when rows are copied: tables that are none of Holdfast's. Throws BackupRefused
 * for a column that this version knows nothing of.
 */
export function strangers(
  tables: readonly MovedTable[], live: readonly IntrospectedColumn[],
): string[] {
  const known = new Map(tables.map(({ name, columns }) =>
    [name, new Set(columns.map((column) => column.name))]))
  const ours = new Set<string>([ledger, ...Object.values(moverTables), ...Object.keys(staying)])
  const others = new Set<string>()
  for (const { table, column } of live) {
    const columns = known.get(table)
    if (ours.has(table) || columns?.has(column) === true) continue
    if (columns === undefined) others.add(table)
    else {
      throw new BackupRefused(`The column ${table}.${column} is not known to this version and ` +
        'would be missing; use the version that made it.')
    }
  }
  return [...others]
}

/** Counts and hashes the rows of each table, by the code that compares databases. */
export async function digested(
  { reading, tables, keys }: {
    readonly reading: Reading
    readonly tables: readonly MovedTable[]
    readonly keys: BackupKeys | undefined
  },
  watch: BackupWatch,
): Promise<BackupTable[]> {
  const counts = await countsOf(reading, tables)
  const add = rowMeter(watch, [...counts.values()].reduce((sum, rows) => sum + rows, 0))
  const found: BackupTable[] = []
  for (const table of tables) {
    const { rows, sha256 } = await contentOf(reading, table, (count) => add(table.name, count))
    const columns = table.columns.map(({ name }) => name)
    found.push({ table: table.name, columns, rows, digest: keys?.digestOf(sha256) ?? sha256 })
  }
  return found
}

/**
 * Holds what was restored to what the manifest says. Throws BackupMismatch, which names the table.
 * Returns the tables of which only the rows could be counted: this version knows them otherwise.
 */
export async function compareContent(
  { reading, said, catalogue, keys }: {
    readonly reading: Reading
    readonly said: readonly BackupTable[]
    readonly catalogue: readonly MovedTable[]
    readonly keys: BackupKeys | undefined
  },
  watch: BackupWatch,
): Promise<string[]> {
  const wanted = said.map((each) => asSaid(each, catalogue))
  const known = wanted.flatMap((table) => (table === undefined ? [] : [table]))
  const found = await digested({ reading, tables: known, keys }, watch)
  const onlyCounted: string[] = []
  for (const [index, { table, rows, digest }] of said.entries()) {
    const there = wanted[index] === undefined ? undefined : found.shift()!
    if (there === undefined) onlyCounted.push(table)
    const count = there?.rows ?? (await countsOf(reading, [{ name: table }])).get(table)
    if (count !== rows) {
      throw new BackupMismatch(`The restored table ${table} has ${count} rows, and was read with ` +
        `${rows}.`)
    }
    if (there === undefined || there.digest === digest) continue
    throw new BackupMismatch(`The restored rows of ${table} are not those that were read.`)
  }
  return onlyCounted
}

/** A table with the columns it was read with; undefined when not all of them are known. */
function asSaid(
  { table, columns: names }: BackupTable, catalogue: readonly MovedTable[],
): MovedTable | undefined {
  const declared = catalogue.find(({ name }) => name === table)
  if (declared === undefined) return undefined
  const columns = declared.columns.filter(({ name }) => names.includes(name))
  const whole = columns.length === names.length &&
    keyColumns({ ...declared, columns }).every((column) => column !== undefined)
  return whole ? { ...declared, columns } : undefined
}
