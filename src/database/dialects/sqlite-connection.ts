import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { type Result } from '../engine.js'
import { Busy, sqliteFailure, translated } from '../failures.js'
import { jsonCompares, jsonContains } from './sqlite-json.js'
import { isPlain, jsonTextFault, textFault } from './sqlite-faults.js'
import { type SqliteDatabase, sqliteDriver, type SqliteStatement } from './sqlite-driver.js'

/** Compiled statements kept per connection at most. */
const statementsMax = 512

/** How long opening waits for other processes that set up the same file. */
const openTimeoutMs = 10_000

/**
 * How every connection is set. WAL with FULL: a commit is on disk before it is acknowledged.
 * The short busy time-out covers instants such as a checkpoint; longer waits are the writer's.
 */
const settings = [
  'pragma busy_timeout = 100',
  'pragma synchronous = full',
  'pragma foreign_keys = on',
  'pragma wal_autocheckpoint = 4000',
  'pragma trusted_schema = off',
  'pragma cache_size = -16000',
]

/** Opens a file (made with mode 0600 when missing) or `:memory:`. */
export async function openSqlite(path: string): Promise<SqliteConnection> {
  if (path !== ':memory:') prepareFile(path)
  const deadline = Date.now() + openTimeoutMs
  for (;;) {
    try {
      return new SqliteConnection(path)
    } catch (cause) {
      // Several processes may switch a new file to WAL at once; all but one must wait.
      const error = translated(cause, sqliteFailure)
      if (!(error instanceof Busy) || Date.now() >= deadline) throw error
      await new Promise((done) => setTimeout(done, 5 + Math.random() * 20))
    }
  }
}

/**
 * Makes the file when it is missing. One that is there is never opened outside SQLite: closing it
 * would drop the locks of every connection of this process, and another process could then take
 * itself for the last user and remove the WAL in use.
 */
function prepareFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (statSync(path).isDirectory()) throw isFolder(path)
    accessSync(path, constants.R_OK | constants.W_OK)
  }
}

function isFolder(path: string): Error {
  return Object.assign(new Error(`EISDIR: ${path} is a folder`), { code: 'EISDIR' })
}

interface Prepared {
  readonly statement: SqliteStatement
  readonly returnsRows: boolean
}

/** One connection to a SQLite database; everything on it is synchronous. */
export class SqliteConnection {
  readonly #database: SqliteDatabase
  readonly #fractionsAsText: boolean
  readonly #statements = new Map<string, Prepared>()
  #open = true

  constructor(path: string) {
    const driver = sqliteDriver()
    this.#database = new driver.DatabaseSync(path, {})
    this.#fractionsAsText = driver.fractionsAsText
    try {
      for (const setting of settings) this.#database.exec(setting)
      this.#database.function('holdfast_json_contains', { deterministic: true }, jsonContains)
      this.#database.function('holdfast_json_compares', { deterministic: true }, jsonCompares)
      this.#database.function('holdfast_text_fault', { deterministic: true }, textFault)
      this.#database.function('holdfast_json_fault', { deterministic: true }, jsonTextFault)
      this.#database.function('holdfast_plain', { deterministic: true }, isPlain)
      if (path !== ':memory:') this.#useWal()
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  /** Runs a statement that takes no values, such as `begin immediate`. */
  exec(sql: string): void {
    this.#database.exec(sql)
  }

  run(sql: string, parameters: readonly unknown[]): Result {
    const { statement, returnsRows } = this.#prepared(sql)
    const bound = parameters.some(isEmpty) ? parameters.map(keptEmpty) : parameters
    const values = this.#fractionsAsText ? bound.map(asText) : bound
    if (!returnsRows) return { rows: [], changed: Number(statement.run(...values).changes) }
    const rows = statement.all(...values)
    return { rows, changed: rows.length }
  }

  /** Takes back an open transaction, then closes; a second call does nothing. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#statements.clear()
    if (this.#database.isTransaction) this.#database.exec('rollback')
    this.#database.close()
  }

  /** The switch can fail silently while another process sets up the file: read it back. */
  #useWal(): void {
    const [row] = this.#database.prepare('pragma journal_mode = wal').all()
    if (row?.journal_mode !== 'wal') throw new Busy('The file could not be switched to WAL yet.')
  }

  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= statementsMax) {
      this.#statements.delete(this.#statements.keys().next().value!)
    }
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#statements.set(sql, prepared)
    return prepared
  }
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value instanceof Uint8Array && value.byteLength === 0

/** Node.js 22 binds empty bytes without a place in memory, such as those it read, as null. */
const keptEmpty = (value: unknown): unknown => (isEmpty(value) ? new Uint8Array(0) : value)

/** The fallback's binding rounds small fractions to zero; as text they arrive exactly. */
function asText(value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? String(value) : value
}
