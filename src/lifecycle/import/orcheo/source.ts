import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import {
  ForeignFile, type ForeignRow, type ForeignTable, type ForeignValue, isForeignFile,
} from '../../../database/foreign.js'
import { HoldfastError, InvalidInput } from '../../../errors.js'
import { membersOf } from '../exact-json.js'
import { Ledger } from '../report.js'
import { pythonLine } from './python-json.js'
import { keptTables, knownTables } from './tables.js'

/** A table of the source, wherever it lies. */
export interface SourceTable extends ForeignTable {
  /** The file or folder it is in, as the report calls it. */
  readonly file: string
  /** Rows one at a time. Columns of JSON hold its text. May throw in the middle. */
  rows(): Iterable<ForeignRow>
  /** The row whose column has this value. */
  find(column: string, value: string): ForeignRow | undefined
}

/** Everything an Orcheo installation keeps, from its files or from what its own tool exported. */
export interface OrcheoSource {
  readonly tables: ReadonlyMap<string, SourceTable>
  close(): void
}

/**
 * Opens a folder with the files of an installation, one of the files, or a folder that Orcheo's own
 * tool wrote. Throws InvalidInput.
 */
export function openOrcheo(path: string, ledger: Ledger): OrcheoSource {
  if (!existsSync(path)) throw new InvalidInput(`there is nothing at ${path}`)
  if (statSync(path).isDirectory() && existsSync(join(path, 'manifest.json'))) {
    return exportSource(path, ledger)
  }
  const files = statSync(path).isDirectory()
    ? readdirSync(path).sort(usualFirst).map((name) => join(path, name))
      .filter((file) => isFile(file) && !/-(wal|shm|journal)$/.test(file))
    : [path]
  const opened: ForeignFile[] = []
  const tables = new Map<string, SourceTable>()
  for (const file of files) {
    if (statSync(file).size === 0 || !isForeignFile(file)) continue
    try {
      addTables(tables, open(file, opened), ledger)
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      ledger.damaged({ kind: 'files', place: basename(file), reason: error.message })
    }
  }
  if (tables.size === 0) throw new InvalidInput(`there is no database of Orcheo at ${path}`)
  return { tables, close: () => opened.forEach((each) => each.close()) }
}

/** What Orcheo calls its files. */
const usual = new Set(['workflows', 'chatkit', 'service_tokens', 'vault', 'checkpoints',
  'graph_store'].map((name) => `${name}.sqlite`))

/** Of two files with one table the first is taken: a copy that lies beside comes behind. */
const usualFirst = (one: string, other: string): number =>
  Number(usual.has(other)) - Number(usual.has(one)) || (one < other ? -1 : 1)

function open(path: string, opened: ForeignFile[]): ForeignFile {
  const file = new ForeignFile(path)
  opened.push(file)
  return file
}

function addTables(tables: Map<string, SourceTable>, file: ForeignFile, ledger: Ledger): void {
  const name = basename(file.path)
  for (const reason of file.faults()) {
    ledger.damaged({ kind: 'files', place: name, reason: `the check of the file says: ${reason}` })
  }
  for (const table of file.tables()) {
    const known = tables.get(table.name)
    if (known !== undefined) {
      const reason = `the table stands in ${known.file} as well, which was taken`
      ledger.skipped({ kind: table.name, place: name, reason })
      continue
    }
    const order = (knownTables[table.name]?.order ?? keptTables[table.name] ?? table.key)
      .filter((column) => table.columns.includes(column))
    tables.set(table.name, {
      ...table, file: name,
      rows: () => sorted(file, table, order),
      find: (column, value) => file.find(table, column, value),
    })
  }
}

/** Sorting gives nothing of a table with a damaged page: then what is readable is sorted here. */
function* sorted(
  file: ForeignFile, table: ForeignTable, order: readonly string[],
): Generator<ForeignRow> {
  let fault: unknown
  let isBegun = false
  try {
    for (const row of file.rows(table, order)) {
      isBegun = true
      yield row
    }
    return
  } catch (error) {
    fault = error
  }
  if (!isBegun) yield* inOrder([...whileReadable(file.rows(table))], order)
  throw fault
}

/** Rows up to the first that cannot be read, which whoever imports the table reports. */
export function* whileReadable(rows: Iterable<ForeignRow>): Generator<ForeignRow> {
  try {
    yield* rows
  } catch (error) {
    if (HoldfastError.isInstance(error)) throw error
  }
}

interface ManifestTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly row_count: number
  readonly batches: readonly { readonly file: string; readonly rows: number;
    readonly checksum: string }[]
  readonly json_columns?: readonly string[]
}

function exportSource(path: string, ledger: Ledger): OrcheoSource {
  const manifest = manifestOf(path)
  const tables = new Map<string, SourceTable>()
  for (const [name, table] of Object.entries(manifest)) {
    const key = knownTables[name]?.order ?? keptTables[name] ?? []
    const quiet = new Ledger({})
    let found: Map<unknown, ForeignRow> | undefined
    tables.set(name, {
      name, columns: table.columns, key, integers: [], file: name,
      rows: () => inOrder(exportRows(path, { ...table, name }, ledger), key),
      find(column, value) {
        found ??= new Map([...exportRows(path, { ...table, name }, quiet)]
          .map((row) => [row[column], row]))
        return found.get(value)
      },
    })
  }
  return { tables, close: () => undefined }
}

function manifestOf(path: string): Readonly<Record<string, ManifestTable>> {
  try {
    const { version, tables } = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as
      { version?: unknown; tables?: Record<string, ManifestTable> }
    const isWhole = version === 1 && typeof tables === 'object' && tables !== null &&
      Object.values(tables).every((each) =>
        Array.isArray(each.columns) && Array.isArray(each.batches))
    if (isWhole) return tables
  } catch {
    // Fall through: what is no JSON is no manifest.
  }
  throw new InvalidInput(`${join(path, 'manifest.json')} is no manifest of an export, version 1`)
}

function* exportRows(path: string, table: ManifestTable, ledger: Ledger): Generator<ForeignRow> {
  const kind = table.name
  let rows = 0
  for (const { file, checksum, rows: said } of table.batches) {
    const place = resolve(path, file)
    if (!place.startsWith(resolve(path) + sep) || !existsSync(place)) {
      ledger.damaged({ kind, place: file, reason: `the batch of ${said} rows is not there` }, true)
      continue
    }
    const bytes = readFileSync(place)
    if (createHash('sha256').update(bytes).digest('hex') !== checksum) {
      const reason = 'the bytes are not those that the manifest has the checksum of'
      ledger.damaged({ kind, place: file, reason }, true)
    }
    for (const [index, line] of bytes.toString('utf8').split('\n').entries()) {
      if (line.trim() === '') continue
      try {
        yield rowOf(line, table)
        rows += 1
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error
        ledger.found(kind)
        ledger.damaged({ kind, place: `${file}:${index + 1}`, reason: error.message })
      }
    }
  }
  if (rows !== table.row_count) {
    const reason = `the manifest says ${table.row_count} rows, the batches hold ${rows}`
    ledger.damaged({ kind, place: dirname(table.batches[0]?.file ?? `${kind}/`), reason }, true)
  }
}

function rowOf(line: string, { columns, json_columns: json = [] }: ManifestTable): ForeignRow {
  const members = membersOf(line)
  const names = new Set([...columns, ...members.keys()])
  return Object.fromEntries([...names].map((name) => {
    const text = members.get(name) ?? 'null'
    if (text === 'null') return [name, null]
    if (json.includes(name) || text.startsWith('{') || text.startsWith('[')) return [name, text]
    if (/^-?\d+$/.test(text)) return [name, integerOf(text)]
    const value = JSON.parse(text) as string | number | boolean
    return [name, typeof value === 'boolean' ? Number(value) : value]
  }))
}

const integerOf = (text: string): number | bigint =>
  (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text))

/** Rows as the tables of the files hand them out: whoever reads them counts on it. */
function inOrder(rows: Iterable<ForeignRow>, order: readonly string[]): Iterable<ForeignRow> {
  if (order.length === 0) return rows
  const compare = (one: ForeignValue, other: ForeignValue): number => {
    if (one === other || one === null || other === null) {
      return Number(one !== null) - Number(other !== null)
    }
    return one < other ? -1 : one > other ? 1 : 0
  }
  return [...rows].sort((one, other) => order.reduce((found, column) =>
    (found !== 0 ? found : compare(one[column] ?? null, other[column] ?? null)), 0))
}

/** A link that leads nowhere, as locks are made of, is no file. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    return false
  }
}

/** A digest of rows: each as Python writes a list of its values, and a line feed. */
export class RowDigest {
  readonly #hash = createHash('sha256')

  add(row: ForeignRow, columns: readonly string[]): void {
    this.#hash.update(`${pythonLine(columns.map((name) => row[name] ?? null))}\n`)
  }

  end(): string {
    return this.#hash.digest('hex')
  }
}
