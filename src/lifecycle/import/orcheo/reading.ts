import { type ForeignRow, type ForeignValue } from '../../../database/foreign.js'
import { type Instant } from '../../../clock.js'
import { HoldfastError, InvalidInput } from '../../../errors.js'
import { isUuid } from '../../../ids.js'
import { namedId } from '../../../named-ids.js'
import { type ExactJson, exactJson, objectOf } from '../exact-json.js'
import { type Keeping } from '../keeping.js'
import { momentIn } from '../moments.js'
import { type ImportParts } from '../parts.js'
import { type Ledger } from '../report.js'
import { RowAdder } from '../rows.js'
import { type OrcheoSource, RowDigest, type SourceTable } from './source.js'
import { keyOfTable, knownTables } from './tables.js'

/** Ids that are no UUIDs become UUIDs in it; it never changes. */
const idSpace = '0d8a6f0e-6f0b-4d9b-9d57-8f8d4f1f5a27'

/** Tables whose rows hold secrets in plain: a broken row of them is reported, and not copied. */
const secretTables = new Set(['webhook_triggers', 'service_tokens', 'credentials'])

/** JSON by the column it stands in. */
export type JsonColumns = Readonly<Record<string, ExactJson | undefined>>

/** A row of the source, and how to read it. */
export class SourceRow {
  readonly cells: ForeignRow
  /** For the report: the file, the table and the key. */
  readonly place: string
  readonly key: string

  constructor({ name, file }: SourceTable, key: readonly string[], cells: ForeignRow) {
    this.cells = cells
    this.key = key.map((column) => String(cells[column] ?? '')).join('/')
    this.place = file === name ? `${name}/${this.key}` : `${file}/${name}/${this.key}`
  }

  /** The text of a column; null where there is none. Throws InvalidInput for another value. */
  text(column: string): string | null {
    const value = this.cells[column] ?? null
    if (value === null || typeof value === 'string') return value
    if (value instanceof Uint8Array) throw new InvalidInput(`${column} holds bytes, not text`)
    return String(value)
  }

  needed(column: string): string {
    const text = this.text(column)
    if (text === null || text === '') throw new InvalidInput(`${column} is empty`)
    return text
  }

  /** A whole number; null where there is none. */
  integer(column: string): number | null {
    const value = this.cells[column] ?? null
    if (value === null || (typeof value === 'number' && Number.isSafeInteger(value))) return value
    if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
    throw new InvalidInput(`${column} holds no whole number that can be kept exactly`)
  }

  /** The JSON of a column; undefined where there is none. */
  json(column: string): ExactJson | undefined {
    const text = this.text(column)
    if (text === null || text.trim() === '') return undefined
    try {
      return exactJson(text)
    } catch (error) {
      if (!HoldfastError.isInstance(error)) throw error
      throw new InvalidInput(`${column} ${error.message}`, { cause: error })
    }
  }
}

/** What an import of Orcheo works with. */
export interface OrcheoWork {
  readonly parts: ImportParts
  readonly ledger: Ledger
  readonly keeping: Keeping
  readonly source: OrcheoSource
}

/** Reads tables of the source, row by row, and reports what is wrong with one. */
export class OrcheoReading {
  readonly rows: RowAdder
  readonly #work: OrcheoWork

  constructor(work: OrcheoWork) {
    this.#work = work
    this.rows = new RowAdder(work.parts, work.ledger)
  }

  /** Hands every row of a table on; one that breaks a rule is reported, and kept as an item. */
  async each(kind: string, take: (row: SourceRow) => Promise<void>): Promise<void> {
    const { source, ledger } = this.#work
    const table = source.tables.get(kind)
    if (table === undefined) return
    ledger.begin(kind)
    this.#compareColumns(kind, table)
    const key = keyOfTable(knownTables[kind]!)
    const digest = new RowDigest()
    for (const cells of this.#rowsOf(table)) {
      digest.add(cells, table.columns)
      ledger.found(kind)
      const row = new SourceRow(table, key, cells)
      await this.#keepUnknown(kind, table, row)
      try {
        await take(row)
      } catch (error) {
        if (!HoldfastError.isInstance(error) || error.retryable) throw error
        await this.broken(kind, row, error.message)
      }
    }
    ledger.count(kind).sha256 = digest.end()
  }

  /** Reports a row that cannot be imported, and keeps it. */
  async broken(kind: string, row: SourceRow, reason: string): Promise<void> {
    const { keeping, ledger } = this.#work
    if (secretTables.has(kind)) return ledger.damaged({ kind, place: row.place, reason })
    await keeping.values(kind, [{ key: row.key, value: wholeRow(row.cells) }])
    ledger.damaged({ kind, place: row.place, reason, kept: `${keeping.nameOf(kind)} ${row.key}` })
  }

  /** Numbers and keys that a program loses that reads the row here as JavaScript values. */
  losses(kind: string, { place }: SourceRow, columns: JsonColumns): void {
    for (const [column, json] of Object.entries(columns)) {
      if (json !== undefined && json.losses.length > 0) this.#lose({ kind, place, column, json })
    }
  }

  #lose({ kind, place, column, json }: {
    readonly kind: string
    readonly place: string
    readonly column: string
    readonly json: ExactJson
  }): void {
    this.#work.ledger.detail('exact_values', {
      kind, place, column, values: json.losses,
    })
    this.#work.ledger.note('Some values are kept exactly as the source spells them, but are ' +
      'others to programs that read numbers as 64-bit fractions: details.exact_values.')
  }

  /** A moment of a column. Throws InvalidInput for what is none. */
  moment(row: SourceRow, column: string): Instant | null {
    const text = row.text(column)
    return text === null || text === '' ? null : this.momentOf(text, column)
  }

  /** A moment that a row cannot be without. Throws InvalidInput. */
  neededMoment(row: SourceRow, column: string): Instant {
    return this.momentOf(row.needed(column), column)
  }

  momentOf(text: string, column: string): Instant {
    const found = momentIn(text)
    if (found === undefined) throw new InvalidInput(`${column} is no moment`)
    if (found.isNaive) {
      this.#work.ledger.note(`Times without a zone in ${column} were read as UTC.`)
    }
    return found.instant
  }

  *#rowsOf(table: SourceTable): Generator<ForeignRow> {
    const { ledger } = this.#work
    try {
      yield* table.rows()
    } catch (error) {
      if (HoldfastError.isInstance(error)) throw error
      const why = error instanceof Error ? error.message : String(error)
      const reason = `the rest of the table cannot be read: ${why}`
      ledger.damaged({ kind: table.name, place: table.file, reason }, true)
    }
  }

  #compareColumns(kind: string, { columns, file }: SourceTable): void {
    const { columns: known, late = [] } = knownTables[kind]!
    const missing = known.filter((column) => !columns.includes(column))
    const older = missing.filter((column) => late.includes(column))
    if (older.length > 0) {
      const without = older.join(', ')
      this.#work.ledger.note(`${kind} of ${file} is of an older version: without ${without}.`)
    }
    for (const column of missing.filter((each) => !late.includes(each))) {
      const reason = `the column ${column} is missing`
      this.#work.ledger.damaged({ kind, place: file, reason }, true)
    }
  }

  async #keepUnknown(kind: string, { columns }: SourceTable, row: SourceRow): Promise<void> {
    const { keeping, ledger } = this.#work
    const known = knownTables[kind]!.columns
    const unknown = columns.filter((column) => !known.includes(column))
    if (unknown.length === 0) return
    const name = `${kind}.columns`
    for (const column of unknown) ledger.unmapped(kind, column, keeping.nameOf(name))
    const cells = Object.fromEntries(unknown.map((column) => [column, row.cells[column] ?? null]))
    await keeping.values(name, [{ key: row.key, value: wholeRow(cells) }])
  }
}

/** A UUID for an id of Orcheo: itself when it is one. */
export const idOf = (id: string): string =>
  (isUuid(id) ? id.toLowerCase() : namedId(idSpace, id))

/** A row as JSON: text that is JSON stands as such, bytes as base64. */
export function wholeRow(cells: ForeignRow): ExactJson {
  return exactJson(objectOf(Object.entries(cells).map(([name, value]) => [name, cell(value)])))
}

function cell(value: ForeignValue): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) {
    return JSON.stringify({ $bytes: Buffer.from(value).toString('base64') })
  }
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      exactJson(value)
      return value
    } catch {
      // Fall through: it is kept as the text it is.
    }
  }
  return JSON.stringify(value)
}
