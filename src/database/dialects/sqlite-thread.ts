import { Worker } from 'node:worker_threads'
import { type Result, type Statement } from '../engine.js'
import { closed, sqliteFailure, translated } from '../failures.js'
import { driverOfThread, sqliteDriver } from './sqlite-driver.js'

/** What the thread does: a connection that only reads, one statement after the other. */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
${driverOfThread}
const database = new DatabaseSync(workerData.path, {})
for (const setting of workerData.settings) database.exec(setting)
const statements = new Map()
const prepared = (sql) => {
  if (!statements.has(sql)) {
    if (statements.size === 64) statements.clear()
    statements.set(sql, database.prepare(sql))
  }
  return statements.get(sql)
}
// Node.js 22 binds empty bytes without a place in memory as null.
const keptEmpty = (value) =>
  value instanceof Uint8Array && value.byteLength === 0 ? new Uint8Array(0) : value
// Bytes are handed over, not copied.
const isWhole = (value) => value instanceof Uint8Array &&
  value.byteLength > 0 && value.byteLength === value.buffer.byteLength
parentPort.on('message', (message) => {
  if (message === null) {
    statements.clear()
    database.close()
    return parentPort.close()
  }
  try {
    const rows = prepared(message.sql).all(...message.parameters.map(keptEmpty))
    const bytes = rows.flatMap((row) => Object.values(row).filter(isWhole))
    parentPort.postMessage({ rows }, bytes.map(({ buffer }) => buffer))
  } catch ({ message: text, code, errcode, errstr }) {
    parentPort.postMessage({ error: { message: text, code, errcode, errstr } })
  }
})`

const settings = [
  'pragma busy_timeout = 10000', 'pragma trusted_schema = off', 'pragma query_only = on',
  'pragma cache_size = -2000',
]

interface Waiting {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

interface Queued extends Waiting {
  readonly statement: Statement
}

/** Threads of one file at most; another begins when so many statements wait. */
const [threadsMax, waitingMax] = [2, 2]

/** Statements go to whichever thread is free: one that takes long keeps no other waiting. */
export class SqliteThreads {
  readonly #path: string
  readonly #threads: SqliteThread[] = []
  #queue: Queued[] = []
  #closed = false

  constructor(path: string) {
    this.#path = path
  }

  run(statement: Statement): Promise<Result> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ statement, resolve, reject })
      this.#handOut()
    })
  }

  /** Ends them behind what they are at; what waits is refused. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#queue.splice(0)) reject(closed())
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #handOut(): void {
    for (;;) {
      const thread = this.#queue.length === 0 ? undefined : this.#free()
      if (thread === undefined) return
      const { statement, resolve, reject } = this.#queue.shift()!
      void thread.run(statement).then(resolve, reject).finally(() => this.#handOut())
    }
  }

  #free(): SqliteThread | undefined {
    const free = this.#threads.find(({ busy }) => busy === 0)
    const isFull = this.#threads.length === threadsMax
    const isNeeded = this.#threads.length === 0 || this.#queue.length >= waitingMax
    if (free !== undefined || isFull || !isNeeded) return free
    const thread = new SqliteThread(this.#path)
    this.#threads.push(thread)
    return thread
  }
}

interface Answer {
  readonly rows?: Record<string, unknown>[]
  readonly error?: { readonly message: string }
}

/**
 * Reads a file in a thread of its own, so that what takes the engine long holds up nobody here.
 * It has none of our functions, and parameters are text, bytes or null.
 */
class SqliteThread {
  readonly #worker: Worker
  readonly #ended: Promise<void>
  #waiting: Waiting[] = []
  #closed = false

  constructor(path: string) {
    this.#worker = new Worker(program, {
      eval: true, workerData: { path, settings, module: sqliteDriver().module },
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    })
    this.#worker.on('message', (answer: Answer) => this.#answered(answer))
    this.#worker.on('error', (cause) => this.#fail(translated(cause, sqliteFailure)))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(closed())
        resolve()
      })
    })
  }

  /** How many statements wait for their end. */
  get busy(): number {
    return this.#waiting.length
  }

  run({ sql, parameters }: Statement): Promise<Result> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage({ sql, parameters })
    })
  }

  /** Ends it behind what was asked. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#worker.postMessage(null)
    }
    return this.#ended
  }

  #answered({ rows = [], error }: Answer): void {
    const waiting = this.#waiting.shift()!
    if (error === undefined) return waiting.resolve({ rows, changed: rows.length })
    const { message, ...rest } = error
    waiting.reject(translated(Object.assign(new Error(message), rest), sqliteFailure))
  }

  #fail(error: unknown): void {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
