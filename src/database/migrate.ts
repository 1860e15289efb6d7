import { type Clock, nowOf, systemClock } from '../clock.js'
import { defineError, InvalidInput } from '../errors.js'
import { type Kind } from './columns.js'
import { Database, statementBuilder } from './database.js'
import { type Backend, type Engine, type Session, type WordTables } from './engine.js'
import { DatabaseMoved, SchemaMismatch } from './failures.js'
import { reachAll } from './reach.js'

/** The database holds a migration that this version does not know: it is newer than the program. */
export const MigrationUnknown = defineError('MigrationUnknown', {
  code: 'migration_unknown', status: 500,
})

/** The database is being filled by a transfer that has not ended: it is not whole yet. */
export const TransferUnfinished = defineError('TransferUnfinished', {
  code: 'transfer_unfinished', status: 503, retryable: true,
})

/**
 * Lines of the ledger that are no migrations: they keep every server out, older ones included,
 * which take them for migrations of a newer version. What follows says where the data is.
 */
export const ledgerMarks = {
  moved: '~moved to ',
  unfinished: '~unfinished transfer from ',
} as const

/** What a migration step works with: a statement builder and the engine's column types. */
export class SchemaEditor {
  readonly database: Database<Record<string, Record<string, unknown>>>
  readonly #engine: Engine

  constructor(session: Session, engine: Engine) {
    this.#engine = engine
    const write = statementBuilder<Record<string, Record<string, unknown>>>(engine)
    this.database = new Database({ session, engine, write, reach: reachAll })
  }

  /** Creates a table; `{id}`, `{json}`, … in the body become the engine's column types. */
  async createTable(name: string, body: string): Promise<void> {
    await this.execute(`create table ${name} (${body}) ${this.#engine.tableSuffix}`)
  }

  /**
   * Creates a table of small rows that lie in the order of their key where the engine can do that,
   * so that the key is stored once.
   */
  async createClusteredTable(name: string, body: string): Promise<void> {
    await this.execute(`create table ${name} (${body}) ${this.#engine.clusteredSuffix}`)
  }

  /**
   * Lets only the organizations in a statement's reach see and write the rows of a table, where the
   * engine can; `key` is the column with the organization's id. Every new table that has one needs
   * it, else the schema test fails.
   */
  async secureTable(name: string, key = 'organization_id'): Promise<void> {
    await this.#all(this.#engine.rowSecurity?.secure(name, key) ?? [])
  }

  /** Indexes a JSON column for containment, where the engine can. */
  async indexContainment(name: string, table: string, column: string): Promise<void> {
    const index = this.#engine.jsonContainsIndex(column)
    if (index !== undefined) await this.execute(`create index ${name} on ${table} using ${index}`)
  }

  /**
   * Makes the primary key the index by which rows are found, after others were added that begin
   * with the same column. No other table may refer to this one.
   */
  async renewKey(table: string, key: string, columns: readonly string[]): Promise<void> {
    await this.#all(this.#engine.renewedKey(table, key, columns))
  }

  /** Takes back what `secureTable` did. */
  async releaseTable(name: string): Promise<void> {
    await this.#all(this.#engine.rowSecurity?.release(name) ?? [])
  }

  /** The tables here that hold rows of organizations, with the column of their ids. */
  async organizationTables(): Promise<{ readonly name: string; readonly key: string }[]> {
    const text = this.#engine.rowSecurity?.tables
    if (text === undefined) return []
    const { rows } = await this.database.execute({ sql: text, parameters: [], readOnly: true })
    return rows.map(({ name, key }) => ({ name: String(name), key: String(key) }))
  }

  /** Lets the words of a table of texts be found; its table of terms must be there. */
  async createWords(tables: WordTables): Promise<void> {
    await this.#all(this.#engine.words.create(tables))
  }

  /** Takes back what `createWords` did, and the table of terms. */
  async dropWords(tables: WordTables): Promise<void> {
    await this.#all(this.#engine.words.drop(tables))
  }

  /** Lets words wait that leave the index of a table of texts. */
  async postponeWords(tables: WordTables): Promise<void> {
    await this.#all(this.#engine.words.postpone(tables))
  }

  /** Takes back what `postponeWords` did. */
  async hurryWords(tables: WordTables): Promise<void> {
    await this.#all(this.#engine.words.hurry(tables))
  }

  async #all(texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.database.execute({ sql: text, parameters: [] })
  }

  /** Runs SQL text that both engines understand, kinds in braces as in `createTable`. */
  async execute(text: string): Promise<void> {
    const typed = text.replace(/\{(\w+)\}/g, (_, kind: Kind) => this.#engine.types[kind])
    await this.database.execute({ sql: typed, parameters: [] })
  }
}

/** One step of the schema's history. Written once, never changed. */
export interface Migration {
  /** Sorts by number: `0001_identity`. */
  readonly name: string
  up(schema: SchemaEditor): Promise<void>
  down(schema: SchemaEditor): Promise<void>
}

/** One line of `migrate status`. */
export interface MigrationStatus {
  readonly name: string
  /** When it was applied; null when it is pending. */
  readonly appliedAt: string | null
}

/** The table of what was applied. */
export const ledger = 'holdfast_migrations'

interface LedgerTables {
  [ledger]: { name: string; applied_at: string }
}

export interface MigratorOptions {
  readonly migrations: readonly Migration[]
  /** @default systemClock */
  readonly clock?: Clock
  /** True for who makes the marks of `ledgerMarks`; everybody else is refused by them. */
  readonly marksAllowed?: boolean
}

/**
 * Applies migrations under a lock, all pending ones in one transaction: any number of processes
 * may start at once, and a failed step leaves the schema as it was.
 */
export class Migrator {
  readonly #backend: Backend
  readonly #migrations: readonly Migration[]
  readonly #clock: Clock
  readonly #marksAllowed: boolean

  constructor(backend: Backend, options: MigratorOptions) {
    this.#marksAllowed = options.marksAllowed ?? false
    this.#backend = backend
    this.#migrations = options.migrations
    this.#clock = options.clock ?? systemClock
  }

  /** Every known migration and when it was applied. */
  async status(): Promise<MigrationStatus[]> {
    const applied = await this.#applied(this.#backend)
    return this.#migrations.map(({ name }) => ({ name, appliedAt: applied.get(name) ?? null }))
  }

  /** Applies what is pending; the names applied. */
  async up(): Promise<string[]> {
    const before = await this.#applied(this.#backend)
    if (this.#pending(before).length === 0) return []
    return this.#backend.exclusive(async (session) => {
      await this.#createLedger(session)
      const pending = this.#pending(await this.#applied(session))
      for (const migration of pending) await this.#step(session, migration, 'up')
      return pending.map(({ name }) => name)
    })
  }

  /** Takes back the newest `count` migrations; the names taken back, newest first. */
  async down(count: number): Promise<string[]> {
    if (!Number.isInteger(count) || count < 0) {
      throw new InvalidInput('count must be an integer of 0 or more', { field: 'count' })
    }
    return this.#backend.exclusive(async (session) => {
      await this.#createLedger(session)
      const applied = await this.#applied(session)
      this.#pending(applied)
      const chosen = this.#migrations.filter(({ name }) => applied.has(name)).reverse()
      const taken = chosen.slice(0, count)
      for (const migration of taken) await this.#step(session, migration, 'down')
      return taken.map(({ name }) => name)
    })
  }

  /** Throws SchemaMismatch unless everything is applied. */
  async check(): Promise<void> {
    const pending = this.#pending(await this.#applied(this.#backend))
    if (pending.length === 0) return
    const names = pending.map(({ name }) => name).join(', ')
    throw new SchemaMismatch(`Migrations are pending (${names}); run: holdfast migrate up`)
  }

  #pending(applied: ReadonlyMap<string, string>): Migration[] {
    const known = new Set(this.#migrations.map(({ name }) => name))
    const unknown = [...applied.keys()].filter((name) => !known.has(name))
    if (unknown.length > 0) {
      const message = `The database holds migrations of a newer version (${unknown.join(', ')}); ` +
        'run that version or a newer one.'
      throw new MigrationUnknown(message)
    }
    return this.#migrations.filter(({ name }) => !applied.has(name))
  }

  async #step(session: Session, migration: Migration, way: 'up' | 'down'): Promise<void> {
    const schema = new SchemaEditor(session, this.#backend.engine)
    await migration[way](schema)
    const database = this.#ledgerOn(session)
    if (way === 'up') {
      const row = { name: migration.name, applied_at: nowOf(this.#clock) }
      await database.run(database.write.insertInto(ledger).values(row))
    } else {
      await database.run(database.write.deleteFrom(ledger).where('name', '=', migration.name))
    }
  }

  async #createLedger(session: Session): Promise<void> {
    const schema = new SchemaEditor(session, this.#backend.engine)
    const body = 'name {text} not null primary key, applied_at {text} not null'
    await schema.createTable(`if not exists ${ledger}`, body)
  }

  async #applied(session: Session): Promise<Map<string, string>> {
    const database = this.#ledgerOn(session)
    try {
      const query = database.write.selectFrom(ledger).selectAll().orderBy('name')
      const rows = await database.all(query)
      const marks = rows.filter(({ name }) => name.startsWith('~'))
      if (!this.#marksAllowed) for (const { name } of marks) throw refusalOf(name)
      return new Map(rows.filter((row) => !marks.includes(row))
        .map((row) => [row.name, row.applied_at]))
    } catch (error) {
      if (error instanceof SchemaMismatch) return new Map()
      throw error
    }
  }

  #ledgerOn(session: Session): Database<LedgerTables> {
    const { engine } = this.#backend
    const write = statementBuilder<LedgerTables>(engine)
    return new Database({ session, engine, write, reach: reachAll })
  }
}

/** Why nobody may work on a database with this mark. */
function refusalOf(mark: string): Error {
  const { moved, unfinished } = ledgerMarks
  if (mark.startsWith(moved)) {
    return new DatabaseMoved(`What this database held has moved to ${mark.slice(moved.length)}; ` +
      'use that one, or bring it back: holdfast transfer back')
  }
  return new TransferUnfinished('A transfer into this database has not ended ' +
    `(from ${mark.slice(unfinished.length)}); run it again, or make the database anew.`)
}
