import {
  closeSync, constants, copyFileSync, existsSync, mkdtempSync, openSync, readSync, rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInput } from '../errors.js'
import {
  type SqliteDatabase, sqliteDriver, type SqliteStatement,
} from './dialects/sqlite-driver.js'

/** A value as the file holds it; integers come whole, however large. */
export type ForeignValue = string | number | bigint | Uint8Array | null

/** One row, by column. */
export type ForeignRow = Readonly<Record<string, ForeignValue>>

/** A table of the file and its columns, as the file itself declares them. */
export interface ForeignTable {
  readonly name: string
  readonly columns: readonly string[]
  /** Names of the columns of the primary key, in its order; none when there is none. */
  readonly key: readonly string[]
  /** Columns that are declared to hold integers. */
  readonly integers: readonly string[]
}

const magic = 'SQLite format 3\0'

/** Whether a file is a database of the embedded engine: what it says in its first bytes. */
export function isForeignFile(path: string): boolean {
  const bytes = Buffer.alloc(magic.length)
  const file = openSync(path, 'r')
  try {
    return readSync(file, bytes, 0, bytes.length, 0) === bytes.length &&
      bytes.toString('latin1') === magic
  } finally {
    closeSync(file)
  }
}

/**
 * A database file of another program. A copy is read, with the log of changes that lies beside it:
 * the file itself, and whoever has it open, are left alone.
 */
export class ForeignFile {
  readonly path: string
  readonly #folder: string
  readonly #database: SqliteDatabase
  readonly #finding = new Map<string, SqliteStatement>()
  /** Statements that are being read; see `SqliteStatement.iterate`. */
  readonly #reading = new Set<SqliteStatement>()

  /** Throws InvalidInput for what is no such file or cannot be opened. */
  constructor(path: string) {
    this.path = path
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-read-'))
    try {
      const copy = join(this.#folder, 'copy')
      for (const part of ['', '-wal', '-journal']) {
        if (part !== '' && !existsSync(`${path}${part}`)) continue
        copyFileSync(`${path}${part}`, `${copy}${part}`, constants.COPYFILE_FICLONE)
      }
      const { DatabaseSync } = sqliteDriver()
      this.#database = new DatabaseSync(copy, { enableForeignKeyConstraints: false })
      this.#database.prepare('select count(*) from sqlite_schema').all()
    } catch (cause) {
      rmSync(this.#folder, { recursive: true, force: true })
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new InvalidInput(`${path} cannot be read as a database (${why})`, { cause })
    }
  }

  /** Its own tables, without what the engine keeps for itself. */
  tables(): ForeignTable[] {
    const names = this.#database.prepare(`
      select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'
      order by name`).all()
    return names.map(({ name }) => {
      const facts = this.#database.prepare(`pragma table_info(${quoted(String(name))})`).all()
      const key = facts.filter(({ pk }) => Number(pk) > 0)
        .sort((one, other) => Number(one.pk) - Number(other.pk))
      const nameOf = (fact: Record<string, unknown>) => String(fact.name)
      // As the engine itself decides it: by the declared type alone.
      const integers = facts.filter(({ type }) => /int/i.test(String(type))).map(nameOf)
      return { name: String(name), columns: facts.map(nameOf), key: key.map(nameOf), integers }
    })
  }

  /** What the engine's own check of the file finds; nothing for a sound one. */
  faults(): string[] {
    try {
      return this.#database.prepare('pragma quick_check(20)').all()
        .map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  }

  /** All rows of a table, one at a time, in the order of these columns. */
  *rows({ name, columns }: Pick<ForeignTable, 'name' | 'columns'>, order: readonly string[] = []) {
    const listed = columns.map(quoted).join(', ')
    const sorted = order.length === 0 ? '' : ` order by ${order.map(quoted).join(', ')}`
    const statement = this.#database.prepare(`select ${listed} from ${quoted(name)}${sorted}`)
    statement.setReadBigInts(true)
    this.#reading.add(statement)
    try {
      for (const row of statement.iterate()) yield valuesOf(row)
    } finally {
      this.#reading.delete(statement)
    }
  }

  /** The first row whose column has this value. */
  find({ name, columns }: Pick<ForeignTable, 'name' | 'columns'>, column: string, value: string) {
    const key = `${name} ${column}`
    let statement = this.#finding.get(key)
    if (statement === undefined) {
      const listed = columns.map(quoted).join(', ')
      statement = this.#database.prepare(
        `select ${listed} from ${quoted(name)} where ${quoted(column)} = ? limit 1`)
      statement.setReadBigInts(true)
      this.#finding.set(key, statement)
    }
    const [row] = statement.all(value)
    return row === undefined ? undefined : valuesOf(row)
  }

  close(): void {
    this.#database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Integers that a number holds exactly become numbers. */
function valuesOf(row: Record<string, unknown>): ForeignRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => {
    const isSmall = typeof value === 'bigint' && Number.isSafeInteger(Number(value))
    return [name, (isSmall ? Number(value) : value) as ForeignValue]
  }))
}
