import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely'
import { type Kind } from '../columns.js'
import {
  type Backend, type Engine, type IntrospectedColumn, type Result, type Session, type Statement,
} from '../engine.js'
import { closed, sqliteFailure, translated } from '../failures.js'
import { begin, runTransaction, TransactionSession } from '../transaction.js'
import { openSqlite, type SqliteConnection } from './sqlite-connection.js'
import { sqliteMoving } from './sqlite-moving.js'
import { SqliteThreads } from './sqlite-thread.js'
import { SqliteTurn } from './sqlite-turn.js'
import { sqliteWords } from './sqlite-words.js'
import { SqliteWriter } from './sqlite-writer.js'

const types: Record<Kind, string> = {
  id: 'text',
  text: 'text',
  json: 'text',
  instant: 'text',
  integer: 'integer',
  real: 'real',
  flag: 'integer',
  bytes: 'blob',
  terms: 'text',
}

/** SQLite 3.51.3 and newer, in a file or in memory. */
export const sqliteEngine: Engine = {
  name: 'sqlite',
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  },
  rowLocks: false,
  arrayParameters: false,
  writesInWith: false,
  justChanged: sql`changes() > 0`,
  shared: false,
  heldStill: () => [],
  skipLocked: sql``,
  now(offsetMs) {
    // The clock has milliseconds; the format has six digits.
    const format = sql.lit('%Y-%m-%dT%H:%M:%f000Z')
    // Every write asks for this one, and an offset of nothing would cost as much again.
    if (offsetMs === undefined) return sql`strftime(${format}, 'now')`
    const offset = typeof offsetMs === 'number' ? sql.lit(offsetMs) : offsetMs
    return sql`strftime(${format}, 'now', format('%+.3f seconds', ${offset} / 1000.0))`
  },
  jsonContains: (column, object) => sql`holdfast_json_contains(${column}, ${object})`,
  jsonCompares: (column, { path, operator, value }) => sql`holdfast_json_compares(${column},
    ${JSON.stringify([path, operator])}, ${value})`,
  jsonContainsIndex: () => undefined,
  jsonElements: (column) => sql`json_each(${column})`,
  types,
  rowSecurity: undefined,
  renewedKey: () => [],
  words: sqliteWords,
  moving: sqliteMoving,
  tableSuffix: 'strict',
  clusteredSuffix: 'strict, without rowid',
  rows(kinds, count, slot) {
    const names = Object.keys(kinds)
    const columns = names.map(
      (name, index) => sql`${sql.ref(`column${index + 1}`)} as ${sql.ref(name)}`,
    )
    const rows = Array.from({ length: count }, (_, row) => {
      const slots = names.map((_name, index) => slot(row * names.length + index))
      return sql`(${sql.join(slots)})`
    })
    return sql`(select ${sql.join(columns)} from (values ${sql.join(rows)}))`
  },
  rowParameters: (kinds, rows) => {
    const names = Object.keys(kinds)
    const parameters: unknown[] = []
    // Every write passes here: an array a row would cost three times as much.
    for (const row of rows) for (const name of names) parameters.push(row[name])
    return parameters
  },
}

/** Where the database is and how long it waits. */
export interface SqliteOptions {
  /** A file's path, or `:memory:`. */
  readonly path: string
  /** How long another process may hold the write lock before a call is refused. @default 5000 */
  readonly busyTimeoutMs?: number | undefined
  /** Whether foreign keys hold for what this writes. @default true */
  readonly references?: boolean | undefined
}

/**
 * The SQLite backend. One connection writes, one reads, so that reads never wait for an open
 * transaction; in memory there is only one connection and reads take their turn.
 */
export class SqliteBackend implements Backend {
  readonly engine: Engine
  readonly #writer: SqliteWriter
  readonly #reader: SqliteConnection | undefined
  readonly #path: string
  readonly #threads: SqliteThreads
  readonly #turn = new SqliteTurn()
  #closed = false

  private constructor(
    writer: SqliteWriter,
    reader: SqliteConnection | undefined,
    path: string,
  ) {
    this.#writer = writer
    this.#reader = reader
    this.#path = path
    this.#threads = new SqliteThreads(path)
    this.engine = { ...sqliteEngine, name: reader === undefined ? 'memory' : 'sqlite' }
  }

  /** Opens, or creates, the database. */
  static async open(options: SqliteOptions): Promise<SqliteBackend> {
    const inMemory = options.path === ':memory:'
    try {
      const connection = await openSqlite(options.path)
      if (options.references === false) connection.exec('pragma foreign_keys = off')
      const reader = inMemory ? undefined : await openSqlite(options.path)
      const writer = new SqliteWriter(connection, options.busyTimeoutMs ?? 5_000)
      return new SqliteBackend(writer, reader, options.path)
    } catch (cause) {
      throw translated(cause, sqliteFailure)
    }
  }

  async run(statement: Statement): Promise<Result> {
    if (this.#closed) throw closed()
    if (statement.readOnly !== true) return this.#writer.submit([statement]).then(([only]) => only!)
    const begun = this.#turn.begun
    if (begun !== undefined) {
      await begun
      if (this.#closed) throw closed()
    }
    if (this.#reader === undefined) return this.#writer.readBetween(statement)
    return this.#execute(this.#reader, statement)
  }

  get handsOver(): boolean {
    return this.#reader !== undefined
  }

  async aside(statement: Statement): Promise<Result> {
    if (this.#closed) throw closed()
    return this.handsOver ? this.#threads.run(statement) : this.run(statement)
  }

  async atomic(statements: readonly Statement[]): Promise<Result[]> {
    if (this.#closed) throw closed()
    return this.#writer.submit(statements)
  }

  async transaction<R>(work: (session: Session) => Promise<R>): Promise<R> {
    if (this.#closed) throw closed()
    return this.#writer.hold((connection, sinceMs) => {
      const run = async (statement: Statement) => {
        if (statement === begin) return this.#writer.begin(sinceMs)
        const begun = this.#turn.begun
        if (begun !== undefined) await begun
        return this.#execute(connection, statement)
      }
      return runTransaction({ run }, work)
    })
  }

  /** On a connection of its own, else other readers would not see what was written since. */
  async snapshot<R>(work: (session: Session) => Promise<R>): Promise<R> {
    if (this.#closed) throw closed()
    if (this.#reader === undefined) return this.transaction(work)
    const connection = await openSqlite(this.#path)
    try {
      connection.exec('begin')
      return await work(new TransactionSession({
        run: async (statement) => {
          const begun = this.#turn.begun
          if (begun !== undefined) await begun
          return this.#execute(connection, statement)
        },
      }))
    } finally {
      connection.close()
    }
  }

  async exclusive<R>(work: (session: Session) => Promise<R>): Promise<R> {
    return this.transaction(work)
  }

  async introspect(): Promise<IntrospectedColumn[]> {
    const { rows } = await this.run({ sql: introspection, parameters: [], readOnly: true })
    return rows.map((row) => ({
      table: String(row.table),
      column: String(row.column),
      type: String(row.type).toLowerCase(),
      nullable: row.nullable === 1,
      keyPlace: Number(row.key_place),
    }))
  }

  async definitions(): Promise<string[]> {
    const { rows } = await this.run({ sql: definitions, parameters: [], readOnly: true })
    return rows.map((row) => String(row.definition))
  }

  async walls(): Promise<undefined> {
    return undefined
  }

  /** Deleted bytes stay in pages that are used again only in part: all are written anew. */
  async scrub(): Promise<readonly string[]> {
    if (this.#closed) throw closed()
    await this.#writer.hold(async (connection) => {
      this.#execute(connection, { sql: 'vacuum', parameters: [] })
      await this.#writer.emptyLog()
    })
    return []
  }

  async ping(): Promise<void> {
    await this.run({ sql: 'select 1', parameters: [], readOnly: true })
  }

  pool(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#threads.close()
    await this.#writer.close()
    this.#reader?.close()
  }

  #execute(connection: SqliteConnection, statement: Statement): Result {
    try {
      return connection.run(statement.sql, statement.parameters)
    } catch (cause) {
      throw translated(cause, sqliteFailure)
    }
  }
}

const introspection = `
select t.name as "table", c.name as "column", c.type as "type",
  c."notnull" = 0 as "nullable", c.pk as key_place
from pragma_table_list t, pragma_table_info(t.name) c
where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite_%'
order by t.name, c.cid`

const definitions = `
select type || ' ' || name || ' ' || sql as definition from sqlite_schema
where sql is not null order by 1`
