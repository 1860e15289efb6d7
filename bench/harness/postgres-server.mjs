import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { removeFolder, temporaryFolder } from './folders.mjs'
import { freePort } from './ports.mjs'

/** The same for every variant; everything that makes a commit durable is on. */
const settings = {
  listen_addresses: '127.0.0.1',
  max_connections: 900,
  shared_buffers: '256MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // A checkpoint in the slice of one variant would be charged to it alone.
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
}

const shown = [
  'server_version', 'max_connections', 'shared_buffers', 'fsync', 'synchronous_commit',
  'full_page_writes', 'max_wal_size',
]

/** Where PostgreSQL's programs are: its newest version's folder. Undefined when there is none. */
export function postgresPrograms() {
  const folders = []
  try {
    folders.push(execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim())
  } catch {
    // Not installed for developers; the packaged place is looked at below.
  }
  const packaged = '/usr/lib/postgresql'
  if (existsSync(packaged)) {
    const versions = readdirSync(packaged).sort((a, b) => Number(b) - Number(a))
    folders.push(...versions.map((version) => join(packaged, version, 'bin')))
  }
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

/**
 * A PostgreSQL for one run of one bench: the one that HOLDFAST_BENCH_POSTGRES_URL names, otherwise
 * a private one on a free port, which leaves nothing behind.
 */
export class PostgresServer {
  #url
  #process
  #folder
  #databases = []

  static async start() {
    const server = new PostgresServer()
    const given = process.env.HOLDFAST_BENCH_POSTGRES_URL
    if (given !== undefined) server.#url = new URL(given)
    else await server.#startPrivate()
    server.facts = await server.#readFacts()
    return server
  }

  /** The URL of one of its databases. */
  urlOf(database) {
    const url = new URL(this.#url)
    url.pathname = `/${database}`
    return url.toString()
  }

  /** Host, port and user, as the programs of PostgreSQL take them. */
  get programArguments() {
    const { hostname, port, username } = this.#url
    return ['-h', hostname, '-p', port || '5432', '-U', username || 'postgres']
  }

  /** The password for the programs of PostgreSQL, if any. */
  get programEnvironment() {
    return { PGPASSWORD: decodeURIComponent(this.#url.password) }
  }

  /** Makes a database, as a copy of `template` if named; its URL. */
  async createDatabase(name, template) {
    const full = `holdfast_bench_${process.pid}_${name}`
    const source = template === undefined ? '' : ` template ${this.#nameOf(template)}`
    await this.query(`create database ${full}${source}`)
    this.#databases.push(full)
    return this.urlOf(full)
  }

  /** Drops a database that was made here. */
  async dropDatabase(url) {
    const name = this.#nameOf(url)
    this.#databases = this.#databases.filter((each) => each !== name)
    await this.query(`drop database ${name} with (force)`)
  }

  /** The rows of one statement; without a URL, in the administrator's database. */
  async query(text, url = this.#url.toString()) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  /** The parent of all its processes; undefined when it runs elsewhere. */
  get pid() {
    return this.#process?.pid
  }

  async stop() {
    if (this.#process === undefined) {
      for (const name of this.#databases) await this.query(`drop database ${name} with (force)`)
      return
    }
    const ended = new Promise((done) => this.#process.once('exit', done))
    this.#process.kill('SIGQUIT')
    await ended
    removeFolder(this.#folder)
  }

  #nameOf(url) {
    return new URL(url).pathname.slice(1)
  }

  async #startPrivate() {
    const programs = postgresPrograms()
    if (programs === undefined) {
      throw new Error('No PostgreSQL here: install one or set HOLDFAST_BENCH_POSTGRES_URL.')
    }
    this.#folder = temporaryFolder('postgres', () => this.#process?.kill('SIGQUIT'))
    const owner = ownerOf(this.#folder)
    const data = join(this.#folder, 'data')
    const quiet = { ...owner, cwd: this.#folder, stdio: ['ignore', 'ignore', 'inherit'] }
    execFileSync(join(programs, 'initdb'), [
      '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync',
    ], quiet)
    const port = await freePort()
    const given = { ...settings, port, unix_socket_directories: this.#folder }
    const flags = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#process = spawn(join(programs, 'postgres'), ['-D', data, ...flags], {
      ...quiet, stdio: 'ignore',
    })
    this.#url = new URL(`postgres://postgres@127.0.0.1:${port}/postgres`)
    await this.#untilItAnswers()
  }

  async #untilItAnswers() {
    for (let triesLeft = 300; ; triesLeft--) {
      try {
        return await this.query('select 1')
      } catch (error) {
        if (triesLeft === 0 || this.#process.exitCode !== null) throw error
        await new Promise((done) => setTimeout(done, 50))
      }
    }
  }

  async #readFacts() {
    const names = shown.map((name) => `'${name}'`).join(', ')
    const rows = await this.query(
      `select name, current_setting(name) as value from pg_settings where name in (${names})`)
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, who gets the folder. */
function ownerOf(folder) {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  const owner = { uid: idOf('-u'), gid: idOf('-g') }
  chownSync(folder, owner.uid, owner.gid)
  return owner
}
