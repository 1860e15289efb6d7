import { type Backend, type IntrospectedColumn } from '../../database/engine.js'
import { type MovedTable, moverTables } from '../../database/moving.js'
import { ledger } from '../../database/migrate.js'
import { keyColumns, staying } from './catalogue.js'
import { rowsOn } from './ends.js'
import { failure, type Finding, valueFinding, type ValueRule } from './findings.js'
import { type Reference, type Shape } from './shape.js'

/** Faulty rows of one table looked at. */
const faultsMax = 1_000

/** Compares the tables and columns that are there with those that should be. */
export function schemaFindings(
  tables: readonly MovedTable[],
  live: readonly IntrospectedColumn[],
): { findings: Finding[]; readable: MovedTable[] } {
  const findings: Finding[] = []
  const readable: MovedTable[] = []
  const columnsOf = new Map<string, Set<string>>()
  for (const { table, column } of live) {
    columnsOf.set(table, (columnsOf.get(table) ?? new Set()).add(column))
  }
  for (const table of tables) {
    const there = columnsOf.get(table.name)
    columnsOf.delete(table.name)
    if (there === undefined) {
      findings.push(failure('missing_table', `There is no table ${table.name}.`,
        { table: table.name }))
      continue
    }
    const missing = table.columns.filter(({ name }) => !there.delete(name))
    for (const { name: column } of missing) {
      findings.push(failure('missing_column', `${table.name} has no column ${column}.`,
        { table: table.name, column }))
    }
    for (const column of there) {
      findings.push(failure('unknown_column', `${table.name}.${column} is not known here and ` +
        'would stay behind.', { table: table.name, column }))
    }
    if (missing.length === 0) readable.push(table)
  }
  const ours = new Set<string>([ledger, ...Object.values(moverTables), ...Object.keys(staying)])
  for (const table of columnsOf.keys()) {
    if (ours.has(table)) continue
    findings.push({ level: 'warning', rule: 'unknown_table', table,
      message: `The table ${table} is none of Holdfast’s and stays behind.` })
  }
  return { findings, readable }
}

interface Rules {
  readonly indexBytesMax: number | undefined
  readonly shape: Shape
}

/** What values of a table the target could not hold, one finding for each column and rule. */
export async function valueFindings(
  backend: Backend,
  table: MovedTable,
  { indexBytesMax, shape }: Rules,
): Promise<Finding[]> {
  const { moving } = backend.engine
  const faults = table.columns.flatMap((column) => {
    const fault = moving.fault(column)
    return fault === undefined ? [] : [{ column: column.name, fault }]
  })
  if (indexBytesMax !== undefined) {
    faults.push(...longEntries(backend, table, { indexBytesMax, shape }))
  }
  if (faults.length === 0) return []
  const keys = keyColumns(table).map(({ kind, name }, index) =>
    `${moving.read(kind, name)} as k${index}`)
  const columns = faults.map(({ fault }, index) => `${fault} as f${index}`)
  const rows = await rowsOn(backend, `
    select * from (select ${[...keys, ...columns].join(', ')} from "${table.name}") as looked
    where ${faults.map((_fault, index) => `f${index} is not null`).join(' or ')}
    limit ${faultsMax}`)
  const found = new Map<string, Finding>()
  for (const row of rows) {
    const key = keys.map((_key, index) => textOf(row[`k${index}`]))
    for (const [index, { column }] of faults.entries()) {
      const rule = row[`f${index}`] as ValueRule | null
      if (rule === null) continue
      const before = found.get(`${column} ${rule}`)
      found.set(`${column} ${rule}`, valueFinding(rule, {
        table: table.name, column, key: before?.key ?? key, rows: (before?.rows ?? 0) + 1,
      }))
    }
  }
  return [...found.values()]
}

const textOf = (value: unknown): string | null => {
  if (value === null || typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : `${value as number}`
}

/** Indexes whose entries may be longer than the target takes. */
function longEntries(backend: Backend, table: MovedTable, { indexBytesMax, shape }: Rules) {
  const { moving } = backend.engine
  return shape.indexes.filter((index) => index.table === table.name).flatMap(({ columns }) => {
    const texts = table.columns.filter(({ name, kind }) => columns.includes(name) &&
      kind === 'text')
    if (texts.length === 0) return []
    const size = texts.map(({ kind, name }) => moving.size(kind, name)).join(' + ')
    const fault = `case when ${size} > ${indexBytesMax} then 'index_entry' end`
    return [{ column: texts.at(-1)!.name, fault }]
  })
}

/** Rows that refer to rows which are not there. */
export async function orphans(
  backend: Backend,
  tables: readonly MovedTable[],
  references: readonly Reference[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { table: name, columns, parent, parentColumns } of references) {
    const table = tables.find((each) => each.name === name)!
    const known = [...columns].every((column) =>
      table.columns.some((each) => each.name === column))
    if (!known) continue
    const filled = columns.map((column) => `c."${column}" is not null`).join(' and ')
    const same = columns.map((column, index) => `p."${parentColumns[index]}" = c."${column}"`)
    const rows = await rowsOn(backend, `
      select ${keyColumns(table).map(({ kind, name: key }) =>
        `${backend.engine.moving.read(kind, key)} as "${key}"`).join(', ')} from "${name}" c
      where ${filled} and not exists (
        select 1 from "${parent}" p where ${same.join(' and ')})
      limit ${faultsMax}`)
    const [first] = rows
    if (first === undefined) continue
    findings.push(failure('orphan', `${name} has rows whose ${parent} is not there (by ` +
      `${columns.join(', ')}); delete them or bring it back.`, {
      table: name, column: columns.at(-1)!, rows: rows.length,
      key: table.primaryKey.map((key) => textOf(first[key])),
    }))
  }
  return findings
}
