import type pg from 'pg'
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { type Kind } from '../columns.js'
import {
  type Backend, type Engine, type IntrospectedColumn, type PoolFigures, type Result, type RowKinds,
  type Session, type SlotMaker, type Statement, type Walls,
} from '../engine.js'
import {
  closed, DatabaseFailure, postgresFailure, StatementTimeout, translated, Unavailable,
} from '../failures.js'
import {
  begin, commit, rollback, runTransaction, type TransactionConnection,
} from '../transaction.js'
import { arrayParameter } from './postgres-arrays.js'
import {
  definitions, introspection, walls, wallsOf, wordIndexes,
} from './postgres-catalog.js'
import { Connections } from './postgres-connections.js'
import { CopyQuery } from './postgres-copy.js'
import { type Answer } from './postgres-flush.js'
import { jsonCompares } from './postgres-json.js'
import { postgresMoving } from './postgres-moving.js'
import { PlanRenewal } from './postgres-plans.js'
import { poolConfig, queryTimeoutMs } from './postgres-pool.js'
import { rowSecurity } from './postgres-policies.js'
import { Reaching } from './postgres-reach.js'
import { postgresWords } from './postgres-words.js'

const types: Record<Kind, string> = {
  id: 'uuid',
  text: 'text collate "C"',
  json: 'json',
  instant: 'timestamptz',
  integer: 'bigint',
  real: 'double precision',
  flag: 'boolean',
  bytes: 'bytea',
  terms: 'tsvector',
}

const plainType = (kind: Kind): string => types[kind].split(' collate')[0]!
const arrayType = (kind: Kind): string => `${plainType(kind)}[]`

/** PostgreSQL 13 and newer. */
export const postgresEngine: Engine = {
  name: 'postgres',
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (database) => new PostgresIntrospector(database),
  },
  rowLocks: true,
  arrayParameters: true,
  writesInWith: true,
  // Never asked: the change stands in the same statement.
  justChanged: sql`false`,
  shared: true,
  heldStill: (table) => [
    `set local lock_timeout = '2s'`, `lock table ${table} in share row exclusive mode`,
    `set local lock_timeout to default`,
  ],
  skipLocked: sql`for update skip locked`,
  now(offsetMs) {
    if (offsetMs === undefined) return sql`statement_timestamp()`
    const offset = typeof offsetMs === 'number' ? sql.lit(offsetMs) : offsetMs
    return sql`(statement_timestamp()
      + cast(${offset} as double precision) * interval '1 millisecond')`
  },
  jsonContains: (column, object) => sql`${column}::jsonb @> ${object}::jsonb`,
  jsonCompares,
  jsonContainsIndex: (column) => `gin ((${column}::jsonb) jsonb_path_ops)`,
  jsonElements: (column) => sql`json_array_elements(${column})`,
  types,
  tableSuffix: '',
  clusteredSuffix: '',
  rowSecurity,
  // Of indexes that seem equal, as all do in a table never analyzed, the planner takes the newest.
  renewedKey: (table, key, columns) => [
    `alter table ${table} drop constraint ${key}`,
    `alter table ${table} add constraint ${key} primary key (${columns.join(', ')})`,
  ],
  words: postgresWords,
  moving: postgresMoving,
  rows(kinds, count, slot) {
    const names = Object.keys(kinds)
    if (count === 1) return oneRow(kinds, slot)
    const arrays = names.map((name, index) => {
      return sql`${slot(index)}::${sql.raw(arrayType(kinds[name]!))}`
    })
    const aliases = names.map((name) => sql.ref(name))
    const source = sql`unnest(${sql.join(arrays)}) as source(${sql.join(aliases)})`
    // A limit that the planner cannot know makes it expect few rows and prefer indexes.
    return sql`(select * from ${source} limit ${slot(names.length)}::bigint)`
  },
  rowParameters(kinds, rows) {
    const names = Object.keys(kinds)
    const [first] = rows
    if (rows.length === 1) return names.map((name) => first![name])
    const parameters: unknown[] = names.map((name, index) => {
      // Of arrays side by side the shorter ones end in nulls: none at all is a column of them.
      const isEmpty = index > 0 && rows.every((row) => row[name] === null)
      return isEmpty ? null : arrayParameter(kinds[name]!, rows, name)
    })
    parameters.push(rows.length)
    return parameters
  },
}

/** A lone row needs no arrays, which cost the server as much as the insert. */
function oneRow(kinds: RowKinds, slot: SlotMaker) {
  const columns = Object.entries(kinds).map(([name, kind], index) => {
    return sql`${slot(index)}::${sql.raw(plainType(kind))} as ${sql.ref(name)}`
  })
  return sql`(select ${sql.join(columns)})`
}

/** How to reach PostgreSQL and what limits hold. */
export interface PostgresOptions {
  /** What node-postgres takes: host, port, database, user, password, ssl. */
  readonly connection: pg.ClientConfig
  /** Connections at most. @default 10 */
  readonly poolMax?: number
  /** Waiting for a connection at most. @default 5000 */
  readonly acquireTimeoutMs?: number
  /** One statement at most. @default 30000 */
  readonly statementTimeoutMs?: number
  /** Set behind PgBouncer: no named statements and no start-up parameters. @default false */
  readonly throughPooler?: boolean
  /** A role to act as; not behind PgBouncer. */
  readonly role?: string
}

/** An advisory lock's key: "holdfast" in eight bytes, as a signed integer. */
const migrationLock = '7525760706264007540'

/** The longest time-out a timer can hold; node-postgres takes 0 for "the usual one". */
const forEver = 2 ** 31 - 1

const nothing: Result = { rows: [], changed: 0 }

/** After these the state of the connection is unknown. */
const lostTheConnection = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof StatementTimeout ||
  error instanceof DatabaseFailure

/** A connection for a while. */
interface Lease {
  readonly client: pg.PoolClient
  /** Set once it failed below SQL, so that it is thrown away. */
  broken: boolean
  /** Set while statements may take as long as they need. */
  patient: boolean
  /** Sends the reach of statements before them. */
  readonly reaching: Reaching
}

/** What is kept of a connection between its leases. */
interface ConnectionState {
  readonly reaching: Reaching
  readonly plans: PlanRenewal
}

/** The PostgreSQL backend: one pool, pipelined statements, values as text. */
export class PostgresBackend implements Backend {
  readonly engine = postgresEngine
  readonly #connections: Connections
  readonly #named: boolean
  readonly #states = new WeakMap<pg.PoolClient, ConnectionState>()
  readonly #timeoutMs: number
  #calls = 0
  #lastCallEnded: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(options: PostgresOptions) {
    this.#named = options.throughPooler !== true
    const max = options.poolMax ?? 10
    this.#timeoutMs = queryTimeoutMs(options)
    this.#connections = new Connections(poolConfig(options, max), max)
  }

  async run(statement: Statement): Promise<Result> {
    return this.#with((lease) => this.#send(lease, statement))
  }

  async atomic(statements: readonly Statement[]): Promise<Result[]> {
    // One statement is a transaction of its own.
    if (statements.length === 1) return [await this.run(statements[0]!)]
    return this.#with(async (lease) => {
      // The server makes what comes in one flush one transaction.
      if (this.#named) return this.#query(lease, statements)
      const answers = await Promise.allSettled(
        [begin, ...statements, commit].map((statement) => this.#send(lease, statement)),
      )
      const results = answers.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason
        return answer.value
      })
      return results.slice(1, -1)
    })
  }

  async transaction<R>(work: (session: Session) => Promise<R>): Promise<R> {
    return this.#with((lease) => runTransaction(this.#beginning(lease), work))
  }

  async snapshot<R>(work: (session: Session) => Promise<R>): Promise<R> {
    return this.transaction(async (session) => {
      for (const statement of this.engine.moving.snapshot) await session.run(statement)
      return work(session)
    })
  }

  /** Transaction-scoped, so that poolers in transaction mode keep it with its work. */
  async exclusive<R>(work: (session: Session) => Promise<R>): Promise<R> {
    const patiently = async (lease: Lease) => {
      lease.patient = true
      return runTransaction(this.#beginning(lease), locked)
    }
    const locked = async (session: Session) => {
      const prepared = (sql: string) => session.run({ sql, parameters: [], reach: null })
      await prepared(`set local statement_timeout = 0`)
      await prepared(`select pg_advisory_xact_lock(${migrationLock})`)
      return work(session)
    }
    return this.#with(patiently)
  }

  async introspect(): Promise<IntrospectedColumn[]> {
    const { rows } = await this.run(introspection)
    return rows.map((row) => ({
      table: String(row.table),
      column: String(row.column),
      type: String(row.type),
      nullable: row.nullable === 't',
      keyPlace: Number(row.key_place),
    }))
  }

  async definitions(): Promise<string[]> {
    const { rows } = await this.run(definitions)
    return rows.map((row) => String(row.definition))
  }

  /** Only an owner may vacuum; the system does it later for whoever may not. */
  async scrub(tables: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.run({
      sql: `select relname from pg_class where relname = any($1) and relkind = 'r'
        and relnamespace = to_regnamespace(current_schema()) and pg_has_role(relowner, 'member')`,
      parameters: [tables], readOnly: true, reach: null,
    })
    const owned = new Set(rows.map(({ relname }) => String(relname)))
    await this.#with((lease) => this.#vacuum(lease, [...owned]))
    return tables.filter((table) => !owned.has(table))
  }

  async #vacuum(lease: Lease, tables: readonly string[]): Promise<void> {
    const send = (sql: string) => this.#send(lease, { sql, parameters: [], reach: null })
    lease.patient = true
    try {
      // Behind a pooler the setting would stay with a connection of others.
      if (this.#named) await send('set statement_timeout = 0')
      for (const table of tables) await send(`vacuum (index_cleanup on) "${table}"`)
      const { rows } = await this.#send(lease, wordIndexes(tables))
      for (const { name } of rows) await send(`reindex index concurrently ${String(name)}`)
    } finally {
      lease.patient = false
      if (this.#named) await send('reset statement_timeout')
    }
  }

  async walls(): Promise<Walls> {
    return wallsOf((await this.run(walls)).rows[0]!)
  }

  async ping(): Promise<void> {
    await this.run({ sql: 'select 1', parameters: [], readOnly: true, reach: null })
  }

  pool(): PoolFigures {
    return this.#connections.figures()
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  /** The pool would leave callers that still wait for a connection to their time-out. */
  async #finish(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((done) => { this.#lastCallEnded = done })
    await this.#connections.end()
  }

  /** A connection on which marks, such as a begin, go in the flush of the statement behind them. */
  #beginning(lease: Lease): TransactionConnection {
    let marks: Statement[] = []
    return {
      run: async (statement) => {
        if (statement.isMark === true) {
          marks.push(statement)
          return nothing
        }
        const before = marks
        marks = []
        const isUnbegun = before[0] === begin
        if (isUnbegun && (statement === commit || statement === rollback)) return nothing
        if (statement.copied === undefined) return this.#send(lease, statement, before)
        for (const mark of before) await this.#send(lease, mark)
        return this.#send(lease, statement)
      },
    }
  }

  async #send(
    lease: Lease, statement: Statement, before: readonly Statement[] = [],
  ): Promise<Result> {
    const answer = (await this.#query(lease, [...before, statement])).at(-1)!
    const rolledBack = statement === commit && answer.command !== 'COMMIT'
    if (rolledBack) throw new DatabaseFailure('The transaction was rolled back, not committed.')
    return answer
  }

  async #query(lease: Lease, statements: readonly Statement[]): Promise<Answer[]> {
    const timeoutMs = lease.patient ? forEver : this.#timeoutMs
    const [{ copied: rows, sql: text } = begin] = statements
    try {
      if (rows !== undefined) return [await CopyQuery.sent(lease.client, { text, rows, timeoutMs })]
      return await lease.reaching.send(statements, { timeoutMs })
    } catch (cause) {
      const error = translated(cause, postgresFailure)
      if (lostTheConnection(error)) lease.broken = true
      throw error
    }
  }

  async #with<R>(use: (lease: Lease) => Promise<R>): Promise<R> {
    if (this.#closing !== undefined) throw closed()
    this.#calls += 1
    try {
      return await this.#lend(use)
    } finally {
      this.#calls -= 1
      if (this.#calls === 0) this.#lastCallEnded?.()
    }
  }

  async #lend<R>(use: (lease: Lease) => Promise<R>): Promise<R> {
    const client = this.#connections.takeAtHand() ?? await this.#connections.take()
    const { reaching, plans } = this.#stateOf(client)
    if (this.#named && plans.isDue(performance.now())) plans.renew(client, this.#timeoutMs)
    const lease: Lease = { client, broken: false, patient: false, reaching }
    try {
      return await use(lease)
    } finally {
      this.#connections.giveBack(client, lease.broken)
    }
  }

  #stateOf(client: pg.PoolClient): ConnectionState {
    const known = this.#states.get(client)
    if (known !== undefined) return known
    const reaching = new Reaching(client, { throughPooler: !this.#named })
    const state = { reaching, plans: new PlanRenewal(performance.now()) }
    this.#states.set(client, state)
    return state
  }
}
