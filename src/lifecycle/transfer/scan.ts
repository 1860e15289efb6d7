import { type Backend, type IntrospectedColumn } from '../../database/engine.js'
import {
  type MovedColumn, type MovedTable, moverTables, type Soundness,
} from '../../database/moving.js'
import { ledger } from '../../database/migrate.js'
import { keyColumns, staying } from './catalogue.js'
import { asideOn, rowsOn } from './ends.js'
import { failure, type Finding, valueFinding, type ValueRule } from './findings.js'
import {
  behind, type Key, keyAfter, type Readable, release, type RowSizes, steadyCount,
} from './pages.js'
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
  /** Whether only that is looked for which stops a copy. */
  readonly failuresOnly: boolean
  readonly isVouched: Vouched
  readonly sizes: RowSizes
}

/** Whether the engine itself says of a column that its values are of its type. */
type Vouched = (table: MovedTable, column: MovedColumn) => boolean

/** What the engine of an undamaged database vouches for. */
export async function vouchedBy(backend: Backend): Promise<Vouched> {
  const { moving: { vouched }, types } = backend.engine
  const rows = vouched === undefined ? [] : (await backend.run(vouched)).rows
  const known = new Map(rows.map((row) => [`${row.table as string}.${row.column as string}`, row]))
  return (table, { name, kind, nullable }) => {
    const column = known.get(`${table.name}.${name}`)
    return column !== undefined && column.type === types[kind] &&
      (nullable || column.required === 1)
  }
}

/** What values of a table the target could not hold, one finding for each column and rule. */
export async function valueFindings(
  backend: Backend,
  table: MovedTable,
  { indexBytesMax, shape, failuresOnly, isVouched, sizes }: Rules,
): Promise<Finding[]> {
  const { moving } = backend.engine
  const faults = table.columns.flatMap((column) => {
    const fault = moving.fault(column)
    return fault === undefined ? [] : [{ column: column.name, fault }]
  })
  const long = indexBytesMax === undefined ? []
    : longEntries(backend, table, { indexBytesMax, shape })
  faults.push(...long)
  if (faults.length === 0) return []
  const soundness = failuresOnly
    ? moving.soundness?.(table, (column) => isVouched(table, column)) : undefined
  const tooLong = long.map(({ fault }) => `(${fault}) is not null`)
  if (soundness !== undefined && await isSound(backend, table, { soundness, tooLong, sizes })) {
    return []
  }
  const keys = keyColumns(table).map(({ kind, name }, index) =>
    `${moving.read(kind, name)} as k${index}`)
  const columns = faults.map(({ fault }, index) => `${fault} as f${index}`)
  const sound = failuresOnly ? moving.sound?.(table) : undefined
  const unsound = sound === undefined ? '1 = 1'
    : `not (${[sound, ...long.map(({ fault }) => `${fault} is null`)].join(' and ')})`
  const rows = await rowsOn(backend, `
    select * from (select ${[...keys, ...columns].join(', ')} from "${table.name}"
      where ${unsound}) as looked
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
  return [...found.values()].filter(({ level }) => !failuresOnly || level === 'failure')
}

interface Looked {
  readonly soundness: Soundness
  /** Conditions of entries that an index of the target does not take. */
  readonly tooLong: readonly string[]
  readonly sizes: RowSizes
}

/** Lumps that are read while another is looked at. */
const lumpsAhead = 4

/** Whether all rows are seen to be sound, many at a time. */
async function isSound(
  backend: Backend,
  table: MovedTable,
  looked: Looked,
): Promise<boolean> {
  const { moving } = backend.engine
  const count = await steadyCount(
    { session: asideOn(backend), moving, sizes: looked.sizes }, table)
  if (count === undefined) return false
  const lumps: Promise<boolean>[] = []
  let sound = true
  for (let after: Key | undefined, isLast = false; sound && (!isLast || lumps.length > 0);) {
    if (!isLast) {
      const from = { session: backend, moving }
      const until = await keyAfter(from, table, { after, count })
      isLast = until === undefined
      const session = isLast ? backend : asideOn(backend)
      const lump = isLumpSound({ session, moving, until }, table, { ...looked, after, backend })
      lump.catch(() => undefined)
      lumps.push(lump)
      after = until
    }
    if (isLast || lumps.length > lumpsAhead) sound = await lumps.shift()!
  }
  await Promise.allSettled(lumps)
  return sound
}

async function isLumpSound(
  from: Readable,
  table: MovedTable,
  { soundness: { fields, gathered, isSound: judge }, tooLong, after, backend }:
    Looked & { readonly after: Key | undefined; readonly backend: Backend },
): Promise<boolean> {
  const { where, parameters } = behind(from, table, after)
  const isLong = ['0', ...tooLong].join(' or ')
  const [row] = await rowsOn(from.session, `
    select ${gathered}, total(is_long) as is_long
    from (select ${fields}, ${isLong} as is_long from "${table.name}" where ${where})`, parameters)
  const sound = row!.is_long === 0 && judge(row!)
  for (const value of Object.values(row!)) release(backend, value)
  return sound
}

const textOf = (value: unknown): string | null => {
  if (value === null || typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : `${value as number}`
}

/** Indexes whose entries may be longer than the target takes. */
function longEntries(
  backend: Backend,
  table: MovedTable,
  { indexBytesMax, shape }: Pick<Rules, 'indexBytesMax' | 'shape'>,
) {
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
    const rows = await rowsOn(asideOn(backend), `
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
