import { type Result, type Statement } from '../engine.js'
import { Busy, sqliteFailure, translated } from '../failures.js'
import { type SqliteConnection } from './sqlite-connection.js'

/** Writes that share one commit at most. */
const groupMax = 256

/** Writes waiting at most; beyond it a call is refused as Busy. */
const waitingMax = 10_000

interface Write {
  readonly sinceMs: number
  readonly statements: readonly Statement[]
  resolve(results: Result[]): void
  reject(error: unknown): void
}

/** A turn of exclusive use: an interactive transaction. */
interface Turn {
  readonly sinceMs: number
  take(): Promise<void>
  reject(error: unknown): void
}

/**
 * The one writer of a SQLite database in this process. Writes waiting in the same turn of the
 * event loop share one durable transaction (group commit); each stays atomic by itself.
 */
export class SqliteWriter {
  readonly #connection: SqliteConnection
  readonly #busyTimeoutMs: number
  #queue: (Write | Turn)[] = []
  #pumping: Promise<void> | undefined
  #held: Promise<void> | undefined

  constructor(connection: SqliteConnection, busyTimeoutMs: number) {
    // SQLite waits for a lock by sleeping, and the whole process with it; `begin` waits awake.
    connection.exec('pragma busy_timeout = 0')
    this.#connection = connection
    this.#busyTimeoutMs = busyTimeoutMs
  }

  /** All statements or none; resolves when they are on disk. */
  submit(statements: readonly Statement[]): Promise<Result[]> {
    if (this.#queue.length >= waitingMax) {
      const message = `More than ${waitingMax} writes are waiting; repeat the call.`
      return Promise.reject(new Busy(message, { retryAfterSeconds: 1 }))
    }
    return new Promise((resolve, reject) => {
      this.#enqueue({ sinceMs: Date.now(), statements, resolve, reject })
    })
  }

  /** Runs `work` alone on the writing connection; it learns when it was asked for. */
  hold<R>(work: (connection: SqliteConnection, sinceMs: number) => Promise<R>): Promise<R> {
    const sinceMs = Date.now()
    return new Promise((resolve, reject) => {
      const take = () => work(this.#connection, sinceMs).then(resolve, reject)
      this.#enqueue({ sinceMs, take, reject })
    })
  }

  /** A read on the writing connection, outside any open transaction. */
  async readBetween(statement: Statement): Promise<Result> {
    const deadline = Date.now() + this.#busyTimeoutMs
    while (this.#held !== undefined) await this.#endOf(this.#held, deadline)
    return this.#apply([statement])[0]!
  }

  /**
   * Takes the database's write lock, waiting for other processes without blocking this one. The
   * time-out counts from `sinceMs`, so that calls in a queue do not wait for it one after another.
   */
  async begin(sinceMs: number): Promise<Result> {
    const deadline = sinceMs + this.#busyTimeoutMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      try {
        this.#connection.exec('begin immediate')
        return { rows: [], changed: 0 }
      } catch (cause) {
        const error = translated(cause, sqliteFailure)
        if (!(error instanceof Busy) || Date.now() >= deadline) throw error
        await new Promise((done) => setTimeout(done, Math.random() * pauseMs))
      }
    }
  }

  /** Moves everything from the WAL to the file and cuts it; throws Busy while others hold it. */
  async emptyLog(): Promise<void> {
    const deadline = Date.now() + this.#busyTimeoutMs
    for (;;) {
      const { rows: [row] } = this.#connection.run('pragma wal_checkpoint(truncate)', [])
      if (Number(row?.busy ?? 0) === 0) return
      if (Date.now() >= deadline) throw this.#tooLate()
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  /** Waits for what was submitted, empties the WAL if nobody else uses it, then closes. */
  async close(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping
    try {
      this.#connection.run('pragma wal_checkpoint(truncate)', [])
    } catch {
      // Another process is at work: the WAL stays, and is theirs to empty.
    }
    this.#connection.close()
  }

  #enqueue(entry: Write | Turn): void {
    this.#queue.push(entry)
    this.#wake()
  }

  #wake(): void {
    this.#pumping ??= new Promise((done) => {
      setImmediate(() => {
        void this.#pump().finally(() => {
          this.#pumping = undefined
          // Something may have come between its last look and now.
          if (this.#queue.length > 0) this.#wake()
          done()
        })
      })
    })
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      const head = this.#queue[0]!
      if ('take' in head) {
        this.#queue.shift()
        await this.#give(head)
      } else {
        await this.#commit(this.#takeWrites())
        // Callers answered just now may have more to write: let them join the next commit.
        await new Promise((next) => setImmediate(next))
      }
    }
  }

  async #give(turn: Turn): Promise<void> {
    this.#held = turn.take()
    const watch = setInterval(() => this.#refuseLate(), Math.ceil(this.#busyTimeoutMs / 10))
    await this.#held
    clearInterval(watch)
    this.#held = undefined
  }

  /** Who waited too long is refused: the transaction may itself be waiting for that very call. */
  #refuseLate(): void {
    const lastMs = Date.now() - this.#busyTimeoutMs
    const late = this.#queue.filter(({ sinceMs }) => sinceMs <= lastMs)
    this.#queue = this.#queue.filter(({ sinceMs }) => sinceMs > lastMs)
    for (const entry of late) entry.reject(this.#tooLate())
  }

  /** Waits for a turn to end, but no longer than to the deadline. */
  async #endOf(held: Promise<void>, deadline: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#tooLate()), deadline - Date.now())
    })
    await Promise.race([held, late]).finally(() => clearTimeout(timer))
  }

  #tooLate(): Error {
    const waited = `The database was not free for ${this.#busyTimeoutMs} ms`
    return new Busy(`${waited}; repeat the call.`, { retryAfterSeconds: 1 })
  }

  #takeWrites(): Write[] {
    let count = 0
    while (count < this.#queue.length && count < groupMax && !('take' in this.#queue[count]!)) {
      count += 1
    }
    return this.#queue.splice(0, count) as Write[]
  }

  async #commit(writes: readonly Write[], carefully = false): Promise<void> {
    try {
      await this.begin(Math.min(...writes.map(({ sinceMs }) => sinceMs)))
    } catch (error) {
      return this.#refuse(writes, error)
    }
    const outcomes = carefully
      ? writes.map((write) => this.#attempt(write))
      : this.#together(writes)
    if (outcomes === undefined) return this.#commit(writes, true)
    if (!this.#connection.inTransaction) return this.#separately(writes, outcomes)
    try {
      this.#connection.exec('commit')
    } catch (cause) {
      this.#rollback()
      const error = translated(cause, sqliteFailure)
      for (const write of writes) write.reject(error)
      return
    }
    writes.forEach((write, index) => settle(write, outcomes[index]!))
  }

  /** Those that came later than the first have time left to wait for the lock. */
  #refuse(writes: readonly Write[], error: unknown): void {
    const lastMs = error instanceof Busy ? Date.now() - this.#busyTimeoutMs : Infinity
    for (const write of writes) if (write.sinceMs <= lastMs) write.reject(error)
    this.#queue.unshift(...writes.filter(({ sinceMs }) => sinceMs > lastMs))
  }

  /** A failure such as a full disk ended the common transaction: each write gets its own. */
  async #separately(writes: readonly Write[], outcomes: readonly Outcome[]): Promise<void> {
    if (writes.length > 1) for (const write of writes) await this.#commit([write])
    else writes.forEach((write, index) => settle(write, outcomes[index]!))
  }

  /**
   * All writes with nothing between them: a savepoint each would cost as much as the writes. When
   * one fails all are taken back, undefined is returned, and they begin again with savepoints.
   */
  #together(writes: readonly Write[]): Outcome[] | undefined {
    try {
      return writes.map(({ statements }) => ({ results: this.#apply(statements) }))
    } catch {
      this.#rollback()
      return undefined
    }
  }

  #attempt({ statements }: Write): Outcome {
    if (!this.#connection.inTransaction) return { error: undefined }
    try {
      return { results: statements.length > 1 ? this.#nested(statements) : this.#apply(statements) }
    } catch (error) {
      return { error }
    }
  }

  #nested(statements: readonly Statement[]): Result[] {
    this.#connection.exec('savepoint one_write')
    try {
      const results = this.#apply(statements)
      this.#connection.exec('release one_write')
      return results
    } catch (error) {
      if (this.#connection.inTransaction) {
        this.#connection.exec('rollback to one_write')
        this.#connection.exec('release one_write')
      }
      throw error
    }
  }

  #apply(statements: readonly Statement[]): Result[] {
    try {
      return statements.map(({ sql, parameters }) => this.#connection.run(sql, parameters))
    } catch (cause) {
      throw translated(cause, sqliteFailure)
    }
  }

  #rollback(): void {
    if (this.#connection.inTransaction) this.#connection.exec('rollback')
  }
}

type Outcome = { readonly results: Result[] } | { readonly error: unknown }

function settle(write: Write, outcome: Outcome): void {
  if ('results' in outcome) write.resolve(outcome.results)
  else write.reject(outcome.error)
}
