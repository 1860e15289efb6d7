import { type Database } from '../../database/database.js'
import {
  ConstraintViolation, ForeignKeyViolation, UniqueViolation, ValueRefused,
} from '../../database/failures.js'
import { type Table } from '../../database/table.js'
import { type AnyTables, type ImportParts } from './parts.js'
import { type Ledger } from './report.js'

/** A row in stored form, and what to call it in the report. */
export interface ImportRow {
  readonly row: Readonly<Record<string, unknown>>
  readonly place: string
}

/** What a batch of rows came to. */
export interface Added {
  /** Rows that are in the table by now and were not before. */
  readonly added: readonly ImportRow[]
  readonly present: readonly ImportRow[]
}

/** What is written in the transaction that adds rows. */
type Beside = (database: Database<AnyTables>, added: readonly ImportRow[]) => Promise<void>

/** Adds rows that are not there yet; what is there stays as it is. */
export class RowAdder {
  readonly #parts: ImportParts
  readonly #ledger: Ledger

  constructor(parts: ImportParts, ledger: Ledger) {
    this.#parts = parts
    this.#ledger = ledger
  }

  /**
   * Adds the rows that have no row of their primary key, in one transaction, and counts them under
   * `kind`. One that breaks a rule of the table, such as a name that is taken, or that the database
   * cannot hold, is reported as damaged, and the others are added. `beside` runs in the same
   * transaction.
   */
  async add(
    kind: string,
    table: Table,
    { rows, beside }: {
      readonly rows: readonly ImportRow[]
      readonly beside?: Beside
    },
  ): Promise<Added> {
    if (rows.length === 0) return { added: [], present: [] }
    const known = await this.#known(table, rows)
    const present = rows.filter(({ row }) => known.has(keyOf(table, row)))
    const fresh = rows.filter(({ row }) => !known.has(keyOf(table, row)))
    this.#ledger.present(kind, present.length)
    if (this.#ledger.isDry || fresh.length === 0) {
      this.#ledger.imported(kind, fresh.length)
      return { added: fresh, present }
    }
    const tried = await this.#insert(kind, table, { rows: fresh, beside })
    this.#ledger.imported(kind, tried.added.length)
    return { added: tried.added, present: [...present, ...tried.present] }
  }

  async #insert(
    kind: string,
    table: Table,
    given: {
      readonly rows: readonly ImportRow[]
      readonly beside?: Beside | undefined
    },
  ): Promise<Added> {
    try {
      await this.#parts.database.transaction(async (database) => {
        await insertAll(database, table, given.rows)
        await given.beside?.(database, given.rows)
      }, { repeatable: true })
      return { added: given.rows, present: [] }
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (given.rows.length > 1) {
        const [added, present]: [ImportRow[], ImportRow[]] = [[], []]
        for (const row of given.rows) {
          const one = await this.#insert(kind, table, { ...given, rows: [row] })
          added.push(...one.added)
          present.push(...one.present)
        }
        return { added, present }
      }
      const [{ row, place }] = given.rows as [ImportRow]
      const isThere = (await this.#known(table, given.rows)).has(keyOf(table, row))
      // Somebody else's import was first.
      if (isThere) this.#ledger.present(kind)
      else this.#ledger.damaged({ kind, place, reason: reasonOf(error) })
      return { added: [], present: isThere ? given.rows : [] }
    }
  }

  async #known(table: Table, rows: readonly ImportRow[]): Promise<Set<string>> {
    const { database } = this.#parts
    const known = new Set<string>()
    for (let from = 0; from < rows.length; from += 100) {
      const found = await database.all(database.write.selectFrom(table.name)
        .select([...table.primaryKey])
        .where(({ or, and }) => or(rows.slice(from, from + 100).map(({ row }) =>
          and(Object.fromEntries(table.primaryKey.map((name) => [name, row[name]])))))))
      for (const row of found) known.add(keyOf(table, row))
    }
    return known
  }
}

/** Whether a row was refused, of however many; anything else is no fault of a row. */
const isRefusal = (error: unknown): error is Error => error instanceof UniqueViolation ||
  error instanceof ConstraintViolation || error instanceof ForeignKeyViolation ||
  error instanceof ValueRefused

const reasonOf = (error: Error): string => (error instanceof UniqueViolation
  ? 'stands in the way of another row here' : error.message)

/** Inserts rows, some at a time: statements have a limit of parameters. */
export async function insertAll(
  database: Database<AnyTables>, table: Table, rows: readonly ImportRow[],
): Promise<void> {
  const step = Math.max(1, Math.floor(900 / table.columnNames.length))
  for (let from = 0; from < rows.length; from += step) {
    await database.run(database.write.insertInto(table.name)
      .values(rows.slice(from, from + step).map(({ row }) => row)))
  }
}

const keyOf = ({ primaryKey }: Table, row: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(primaryKey.map((name) => {
    const value = row[name]
    return typeof value === 'string' ? value : String(value)
  }))
