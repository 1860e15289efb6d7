import { assert } from '../assert.js'
import { type Result, type Session, type Statement } from './engine.js'

/** One connection inside an open transaction. */
export interface TransactionConnection {
  run(statement: Statement): Promise<Result>
}

/** Starts a transaction, whatever the database's default; a backend may do more than send it. */
export const begin: Statement = {
  sql: 'begin isolation level read committed', parameters: [], name: 'begin', reach: null,
  isMark: true,
}

/** Ends a transaction; backends compare by identity to verify that it did commit. */
export const commit: Statement = {
  sql: 'commit', parameters: [], name: 'commit', reach: null,
}

/** Ends a transaction as if it had never begun. */
export const rollback: Statement = { sql: 'rollback', parameters: [], reach: null }

const plain = (sql: string): Statement => ({ sql, parameters: [], reach: null })

const mark = (sql: string): Statement => ({ ...plain(sql), isMark: true })

/**
 * An open transaction. After a failed statement the rest is refused with the same error on every
 * engine (PostgreSQL would refuse it, SQLite would not); a nested transaction contains the damage.
 */
export class TransactionSession implements Session {
  readonly #connection: TransactionConnection
  readonly #depth: number
  #failure: { readonly error: unknown } | undefined
  #open = true
  #nested = false

  constructor(connection: TransactionConnection, depth = 1) {
    this.#connection = connection
    this.#depth = depth
  }

  /** The error of the first failed statement, if any: the transaction can only roll back. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** Refuses everything from now on. */
  end(): void {
    this.#open = false
  }

  /** What a transaction reads is for itself to have changed. */
  snapshot<R>(work: (session: Session) => Promise<R>): Promise<R> {
    return this.transaction(work)
  }

  async run(statement: Statement): Promise<Result> {
    assert(this.#open, 'this transaction is over; use the database or a new transaction')
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return await this.#connection.run(statement)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  async atomic(statements: readonly Statement[]): Promise<Result[]> {
    return this.transaction((session) => Promise.all(statements.map((each) => session.run(each))))
  }

  async transaction<R>(work: (session: Session) => Promise<R>): Promise<R> {
    assert(!this.#nested, 'one nested transaction at a time; await the first')
    this.#nested = true
    const savepoint = `nested_${this.#depth}`
    const inner = new TransactionSession(this.#connection, this.#depth + 1)
    try {
      await this.run(mark(`savepoint ${savepoint}`))
      try {
        const value = await work(inner)
        if (inner.failure !== undefined) throw inner.failure.error
        await this.run(mark(`release savepoint ${savepoint}`))
        return value
      } catch (error) {
        await this.run(plain(`rollback to savepoint ${savepoint}`))
        await this.run(plain(`release savepoint ${savepoint}`))
        throw error
      }
    } finally {
      inner.end()
      this.#nested = false
    }
  }
}

/** Begins on a connection, runs the work, commits or rolls back; rethrows what went wrong. */
export async function runTransaction<R>(
  connection: TransactionConnection,
  work: (session: Session) => Promise<R>,
): Promise<R> {
  await connection.run(begin)
  const session = new TransactionSession(connection)
  try {
    const value = await work(session)
    if (session.failure !== undefined) throw session.failure.error
    session.end()
    await connection.run(commit)
    return value
  } catch (error) {
    session.end()
    await connection.run(rollback).catch(() => undefined)
    throw error
  }
}
