import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { until } from './load.js'

/** How PostgreSQL is told to stop: sessions are ended, or nothing is even written down. */
export type StopMode = 'fast' | 'immediate'

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** A PostgreSQL of the test's own, which may be stopped and started at will. */
export class PrivatePostgres {
  readonly #folder: string
  readonly #port: number
  #process: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** Why there is none here; undefined when there is. */
  static missing(): string | undefined {
    try {
      if (programs() === undefined) return 'no initdb and postgres on this machine'
      owner()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Makes a cluster and starts it. */
  static async create(): Promise<PrivatePostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'))
    const { uid, gid } = owner()
    if (uid !== undefined) chownSync(folder, uid, gid!)
    const flags = ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']
    execFileSync(join(programs()!, 'initdb'), flags, { ...owner(), cwd: folder, stdio: 'pipe' })
    const made = new PrivatePostgres(folder, await freePort())
    await made.start()
    return made
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1', `port=${this.#port}`, 'unix_socket_directories=',
      'max_connections=100', 'shared_buffers=32MB',
    ]
    const words = ['-D', this.#folder, ...settings.flatMap((setting) => ['-c', setting])]
    this.#process = spawn(join(programs()!, 'postgres'), words, {
      ...owner(), cwd: this.#folder, stdio: 'ignore',
    })
    await until('PostgreSQL answers', () => this.#answers(), 30_000)
  }

  /** What pg_ctl stop -m does; resolves when it is gone. */
  async stop(mode: StopMode): Promise<void> {
    const stopping = this.#process
    if (stopping === undefined || stopping.exitCode !== null) return
    const gone = new Promise((resolve) => stopping.once('exit', resolve))
    stopping.kill(signals[mode])
    await gone
  }

  /** A new database, by its URL. */
  async createDatabase(name: string): Promise<string> {
    await this.query(`create database ${name}`)
    return this.url.replace(/postgres$/, name)
  }

  /** Runs one statement on a connection of its own. */
  async query(sql: string, url = this.url): Promise<pg.QueryResult> {
    const client = await this.connect(url)
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }

  /** A connection that survives the loss of its server. */
  async connect(url = this.url): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** Ends it and removes what it wrote. */
  async remove(): Promise<void> {
    await this.stop('immediate')
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #answers(): Promise<boolean> {
    if (this.#process?.exitCode !== null) throw new Error('PostgreSQL ended while it started')
    return this.query('select 1').then(() => true, () => false)
  }
}

const names = ['initdb', 'postgres']

/** The folder that holds both programs: of PATH, else the newest of the distribution. */
function programs(): string | undefined {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => +b - +a) : []
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(packaged, version, 'bin')),
  ]
  return folders.find((folder) => names.every((name) => isProgram(join(folder, name))))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** PostgreSQL refuses to run as root, so root lends it the user of the same name. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] })),
    )
    return { uid, gid }
  } catch {
    throw new Error('this is root, and there is no user postgres to run PostgreSQL')
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
