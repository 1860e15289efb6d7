import { createRequire } from 'node:module'
import { InvalidConfiguration } from '../../errors.js'

/** The part of `node:sqlite` that Holdfast uses; the fallback package has the same shape. */
export interface SqliteDriver {
  readonly DatabaseSync: new (path: string, options: object) => SqliteDatabase
  /** Binds fractions as text, which SQLite reads exactly; set where the binding rounds them. */
  readonly fractionsAsText: boolean
  /** What another thread of this process has to `require` to get the same. */
  readonly module: string
}

/** A connection of the driver. */
export interface SqliteDatabase {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  function(
    name: string,
    options: { readonly deterministic: boolean },
    work: (...values: never[]) => unknown,
  ): void
  close(): void
}

/** A compiled statement of the driver. */
export interface SqliteStatement {
  all(...parameters: unknown[]): Record<string, unknown>[]
  /**
   * Rows one at a time. Whoever reads them holds the statement, too, until the last one: the
   * fallback package frees a statement that nobody holds, and its iterator reads what is freed.
   */
  iterate(...parameters: unknown[]): IterableIterator<Record<string, unknown>>
  run(...parameters: unknown[]): { changes: number | bigint }
  /** Hands out integers as bigint from now on. */
  setReadBigInts(enabled: boolean): void
  columns(): unknown[]
}

/**
 * Versions before this may lose committed writes when two connections write and checkpoint a WAL
 * at the same moment (the "WAL-reset" defect, mended in 3.51.3).
 */
const versionMin = [3, 51, 3] as const

let loaded: SqliteDriver | undefined

/** The driver of this machine: Node's own where its SQLite is sound, otherwise the fallback. */
export function sqliteDriver(): SqliteDriver {
  loaded ??= builtIn() ?? fallback()
  if (loaded !== undefined) return loaded
  throw new InvalidConfiguration(
    'No SQLite for this machine: use Node 22.22 or newer, or install @photostructure/sqlite, ' +
      'or choose PostgreSQL.',
  )
}

function builtIn(): SqliteDriver | undefined {
  const driver = withoutExperimentalWarning(() => required('node:sqlite'))
  if (driver === undefined || !isSound(driver)) return undefined
  return { ...driver, fractionsAsText: false }
}

function fallback(): SqliteDriver | undefined {
  const driver = required('@photostructure/sqlite')
  if (driver === undefined || !isSound(driver)) return undefined
  return { ...driver, fractionsAsText: true }
}

function required(name: string): Pick<SqliteDriver, 'DatabaseSync' | 'module'> | undefined {
  try {
    const require = createRequire(import.meta.url)
    const { DatabaseSync } = require(name) as SqliteDriver
    return { DatabaseSync, module: require.resolve(name) }
  } catch {
    return undefined
  }
}

/** New enough, with full-text search and column facts. */
function isSound({ DatabaseSync }: Pick<SqliteDriver, 'DatabaseSync'>): boolean {
  const database = new DatabaseSync(':memory:', {})
  try {
    const statement = database.prepare('select sqlite_version() as version')
    const version = String(statement.all()[0]!.version).split('.').map(Number)
    database.exec('create virtual table probe using fts5(text)')
    return statement.columns().length === 1 && !isOlder(version)
  } catch {
    return false
  } finally {
    database.close()
  }
}

function isOlder(version: readonly number[]): boolean {
  for (const [index, least] of versionMin.entries()) {
    const part = version[index] ?? 0
    if (part !== least) return part < least
  }
  return false
}

/** How the program of a thread loads the driver named by `workerData.module`, as quietly. */
export const driverOfThread = `
const { emitWarning } = process
process.emitWarning = () => undefined
const { DatabaseSync } = require(workerData.module)
process.emitWarning = emitWarning`

/** Node 22 announces its own module as experimental at each start; ours is tested on it. */
function withoutExperimentalWarning<R>(load: () => R): R {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
