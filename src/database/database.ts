import {
  type Compilable, type CompiledQuery, DummyDriver, type Expression, Kysely,
  type QueryExecutorProvider, type RawBuilder, sql,
} from 'kysely'
import { assert } from '../assert.js'
import { type Stored } from './columns.js'
import {
  type Backend, type Engine, type Reach, type Result, type RowKinds, type Session, type Statement,
} from './engine.js'
import { Busy, isSafeToRepeat } from './failures.js'
import { reachText } from './reach.js'

/** Builds statements only; running one through Kysely itself is an error, never an empty answer. */
class StatementBuilderDriver extends DummyDriver {
  override async acquireConnection(): Promise<never> {
    throw new Error('run statements through Database, not through the builder')
  }
}

/** A statement builder in the engine's dialect, typed by the tables of one domain. */
export function statementBuilder<T>(engine: Engine): Kysely<T> {
  const dialect = { ...engine.dialect, createDriver: () => new StatementBuilderDriver() }
  return new Kysely<T>({ dialect })
}

/** Options of `Database.transaction`. */
export interface TransactionOptions {
  /**
   * True when `work` does nothing outside the database, so that it may run again after another
   * transaction stood in the way; at most `attemptsMax` times.
   * @default false
   */
  readonly repeatable?: boolean
}

/** How often repeatable work is tried. */
export const attemptsMax = 5

/** What stores hold: statements are written with `write`, run here, on either engine. */
export class Database<T> {
  /** The statement builder. */
  readonly write: Kysely<T>
  readonly engine: Engine
  readonly #session: Session
  /** What waits for the commit; undefined outside a transaction. */
  readonly #committed: (() => void)[] | undefined
  /** Sent with every statement; the empty text is nobody's rows. */
  readonly #reach: string

  constructor({ session, engine, write, committed, reach = '' }: DatabaseParts<T>) {
    this.#session = session
    this.engine = engine
    this.write = write
    this.#committed = committed
    this.#reach = reach
  }

  /** A database over a backend. It sees no organization's rows before `within` says whose. */
  static over<T>(backend: Backend): Database<T> {
    const { engine } = backend
    return new Database<T>({ session: backend, engine, write: statementBuilder<T>(engine) })
  }

  /** The stored rows of a query. */
  async all<R>(query: Compilable<R>): Promise<R[]> {
    return (await this.#session.run(this.#statementOf(query.compile()))).rows as R[]
  }

  /** The first stored row, or undefined. */
  async first<R>(query: Compilable<R>): Promise<R | undefined> {
    return (await this.all(query))[0]
  }

  /** Runs a statement for its effect; the number of rows changed. */
  async run(query: Compilable): Promise<number> {
    return (await this.#session.run(this.#statementOf(query.compile()))).changed
  }

  /** Runs a statement prepared beforehand. */
  async execute(statement: Statement): Promise<Result> {
    return this.#session.run(this.reaching(statement))
  }

  /** All statements or none, in one round trip. */
  async atomic(statements: readonly Statement[]): Promise<Result[]> {
    assert(statements.length > 0, 'an atomic batch needs a statement')
    return this.#session.atomic(statements.map((each) => this.reaching(each)))
  }

  /** Runs `work` in a transaction, or in a savepoint when this is one already. */
  async transaction<R>(
    work: (database: Database<T>) => Promise<R>,
    options: TransactionOptions = {},
  ): Promise<R> {
    const attempt = async () => {
      const committed: (() => void)[] = []
      const value = await this.#session.transaction((session) =>
        work(this.#with<T>({ session, committed })))
      for (const action of committed) this.afterCommit(action)
      return value
    }
    // Inside another transaction, that one is what has to be done again.
    const isWhole = this.#committed === undefined
    return options.repeatable === true && isWhole ? repeated(attempt) : attempt()
  }

  /** Runs `work`, which only reads, on one state of the database, while others write. */
  snapshot<R>(work: (database: Database<T>) => Promise<R>): Promise<R> {
    return this.#session.snapshot((session) => work(this.#with<T>({ session })))
  }

  /** Whether what is written is only there once a transaction around it commits. */
  get isInTransaction(): boolean {
    return this.#committed !== undefined
  }

  /**
   * Runs `action` once what was written so far is committed: at once outside a transaction, never
   * when the transaction rolls back. For hints such as a wake-up; it must not throw.
   */
  afterCommit(action: () => void): void {
    if (this.#committed === undefined) action()
    else this.#committed.push(action)
  }

  /** The same database seen by a domain that names only its own tables. */
  as<U>(): Database<U> {
    return this.#with<U>({})
  }

  /**
   * The same database, or transaction, whose statements see and write only the rows of these
   * organizations. Where the engine has row-level security it refuses all others, whatever a
   * statement says; elsewhere this changes nothing. Throws InvalidInput for what is no id.
   */
  within(reach: Reach): Database<T> {
    return this.#with<T>({ reach: reachText(reach) })
  }

  /** The statement with this reach, which it keeps in a batch of another; one it has it keeps. */
  reaching(statement: Statement): Statement {
    if (statement.reach !== undefined) return statement
    const { sql: text, parameters, name, readOnly, isMark, copied } = statement
    // Member by member: spreading takes several times as long, and this is done for each one.
    return { sql: text, parameters, name, readOnly, isMark, copied, reach: this.#reach }
  }

  #statementOf(query: CompiledQuery): Statement {
    const readOnly = query.query.kind === 'SelectQueryNode'
    return { sql: query.sql, parameters: query.parameters, readOnly, reach: this.#reach }
  }

  #with<U>(changed: Partial<Pick<DatabaseParts<U>, 'session' | 'committed' | 'reach'>>) {
    return new Database<U>({
      session: this.#session,
      engine: this.engine,
      write: this.write as unknown as Kysely<U>,
      committed: this.#committed,
      reach: this.#reach,
      ...changed,
    })
  }
}

interface DatabaseParts<T> {
  readonly session: Session
  readonly engine: Engine
  readonly write: Kysely<T>
  readonly committed?: (() => void)[] | undefined
  /** As `Statement.reach`. @default '' */
  readonly reach?: string
}

/** Repeats work that surely left nothing behind, with growing random pauses. */
export async function repeated<R>(attempt: () => Promise<R>): Promise<R> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      // Who was told Busy has waited its whole time already.
      const isWorthwhile = isSafeToRepeat(error) && !(error instanceof Busy)
      if (count >= attemptsMax || !isWorthwhile) throw error
      await new Promise((done) => setTimeout(done, Math.random() * 10 * 2 ** count))
    }
  }
}

/** Stands in a statement for a value given at each run. */
class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Makes the placeholder of a named parameter. */
export type Placeholder<P> = <K extends keyof P & string>(name: K) => Expression<P[K]>

/**
 * Compiles a hot statement once; the result binds parameters without building anything.
 * `isReading`: whether it only reads. @default whether it is a select
 */
export function prepare<P extends object>(
  name: string,
  build: (parameter: Placeholder<P>) => Compilable,
  isReading?: boolean,
): (parameters: P) => Statement {
  const query = build((slot) => sql`${new Slot(slot)}`).compile()
  const readOnly = isReading ?? query.query.kind === 'SelectQueryNode'
  const slots = query.parameters.map((each) => (each instanceof Slot ? each.name : undefined))
  const { sql: text, parameters: constants } = query
  return (given) => ({
    sql: text,
    name,
    readOnly,
    parameters: slots.map((slot, index) =>
      slot === undefined ? constants[index] : given[slot as keyof P],
    ),
  })
}

/** A hot statement written as text. */
export interface RawStatement<P> {
  /** Unique in the program; names the prepared statement. */
  readonly name: string
  readonly build: (parameter: Placeholder<P>) => RawBuilder<unknown>
  /** @default false */
  readonly readOnly?: boolean
}

/** As `prepare`, for a statement written as text. */
export function prepareRaw<P extends object>(
  { write }: { readonly write: QueryExecutorProvider },
  { name, build, readOnly = false }: RawStatement<P>,
): (given: P) => Statement {
  return prepare<P>(name, (parameter) => ({
    compile: () => build(parameter).compile(write),
  }), readOnly)
}

/** One row of a batch in stored form. */
export type BatchRow<K extends RowKinds> = { [N in keyof K]: Stored<K[N]> | null }

/** A statement over many rows; the rows are its only parameters. */
export interface BatchStatement<K extends RowKinds> {
  /** Unique in the program; names the prepared statement. */
  readonly name: string
  readonly kinds: K
  /** Writes the statement; `rows` is a table expression, aliased by what follows it. */
  readonly build: (rows: RawBuilder<unknown>) => RawBuilder<unknown>
}

/** Compiles a statement over many rows, once per engine (or once per number of rows). */
export function prepareBatch<K extends RowKinds>(
  database: Database<never>,
  { name, kinds, build }: BatchStatement<K>,
): (rows: readonly BatchRow<K>[]) => Statement {
  const { engine, write } = database
  const texts = new Map<number, string>()
  const textOf = (count: number): string => {
    const key = engine.arrayParameters ? Math.min(count, 2) : count
    let text = texts.get(key)
    if (text === undefined) {
      const query = build(engine.rows(kinds, count, (index) => sql`${index}`)).compile(write)
      const inOrder = query.parameters.every((parameter, index) => parameter === index)
      assert(inOrder, `statement ${name} may have no parameters but its rows, and those once`)
      text = query.sql
      texts.set(key, text)
    }
    return text
  }
  return (rows) => ({
    sql: textOf(rows.length),
    name: rows.length === 1 ? `${name}_1` : name,
    parameters: engine.rowParameters(kinds, rows),
  })
}
