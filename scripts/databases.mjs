/**
 * PostgreSQL and Redis for the tests: the one the environment names, else the one that runs on the
 * standard port, else a private one started for this run and removed with it.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { say } from './install.mjs'

const self = fileURLToPath(import.meta.url)
const probeMs = 3_000
const startMs = 60_000
const stopMs = 10_000
const droppersMax = 8
const windows = process.platform === 'win32'

/**
 * A PostgreSQL on which databases can be created. Gives `{ url, about, stop }`, or `{ missing }`
 * with the reason. Throws when the environment names one that does not answer.
 */
export function findPostgres() {
  return find({
    name: 'PostgreSQL',
    variable: 'HOLDFAST_TEST_POSTGRES_URL',
    probe: probePostgres,
    standard: ['postgres', currentUser()].map(postgresUrl(5432)),
    address: '127.0.0.1:5432',
    start: startPostgres,
    advice: 'install PostgreSQL, or set HOLDFAST_TEST_POSTGRES_URL=postgres://user@host:port/name',
  })
}

/** A Redis. Answers like findPostgres. */
export function findRedis() {
  return find({
    name: 'Redis',
    variable: 'HOLDFAST_TEST_REDIS_URL',
    probe: probeRedis,
    standard: ['redis://127.0.0.1:6379'],
    address: '127.0.0.1:6379',
    start: startRedis,
    advice: 'install Redis, or set HOLDFAST_TEST_REDIS_URL=redis://host:port',
  })
}

/** A name for the databases of one run of the tests. */
export function newRunId() {
  return `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`
}

/**
 * Drops the databases of the run of this id, all at its end: see src/testing/engines.ts. Several at
 * a time, since each waits for a checkpoint and one checkpoint serves them all.
 */
export async function dropDatabases(url, run) {
  const names = await withPostgres(url, async (client) => {
    const wanted = 'select datname from pg_database where starts_with(datname, $1)'
    const { rows } = await client.query(wanted, [`holdfast_test_${run}_`])
    return rows.map(({ datname }) => datname)
  })
  const drop = async (client) => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await client.query(`drop database "${name}" with (force)`)
    }
  }
  const droppers = Math.min(droppersMax, names.length)
  await Promise.all(
    Array.from({ length: droppers }, () => withPostgres(url, drop)))
}

async function find({ name, variable, probe, standard, address, start, advice }) {
  const named = process.env[variable]
  if (named === 'none') return { missing: `switched off by ${variable}=none`, advice }
  if (named) {
    const about = await probe(named).catch((cause) => {
      throw new Error(`${variable} is set, but ${name} cannot be used there: ${reason(cause)}`)
    })
    return { url: named, about, stop: nothing }
  }
  const reasons = []
  if (process.env.HOLDFAST_TEST_IGNORE_RUNNING) {
    reasons.push(`HOLDFAST_TEST_IGNORE_RUNNING is set, so ${address} was not asked`)
  } else {
    for (const url of standard) {
      try {
        return { url, about: await probe(url), stop: nothing }
      } catch (cause) {
        const found = `not found on ${address} (${reason(cause)})`
        if (!reasons.includes(found)) reasons.push(found)
      }
    }
  }
  try {
    return await start()
  } catch (cause) {
    return { missing: [...reasons, reason(cause)].join('; '), advice }
  }
}

async function nothing() {}

function reason(cause) {
  return cause.errors?.map(reason).join(', ') || cause.message || cause.code || String(cause)
}

function currentUser() {
  try {
    return userInfo().username
  } catch {
    return 'postgres'
  }
}

function postgresUrl(port) {
  return (user) => `postgres://${encodeURIComponent(user)}@127.0.0.1:${port}/postgres`
}

async function probePostgres(url) {
  return withPostgres(url, async (client) => {
    const { rows } = await client.query(`
      select current_setting('server_version') as version, rolsuper or rolcreatedb as creates
      from pg_roles where rolname = current_user`)
    if (!rows[0].creates) throw new Error('its user may not create databases')
    return `PostgreSQL ${rows[0].version.split(' ')[0]} at ${withoutPassword(url)}`
  })
}

async function withPostgres(url, work) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: probeMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end()
  }
}

function withoutPassword(url) {
  return url.replace(/^(\w+:\/\/)[^@/]*@/, '$1').split('?')[0]
}

/** Asks for a PONG, with the password of the URL if it has one. */
function probeRedis(url) {
  const { hostname, port, username, password, protocol } = new URL(url)
  if (protocol !== 'redis:') return Promise.reject(new Error('the URL must begin with redis://'))
  const words = [username, password].filter(Boolean).map(decodeURIComponent)
  const login = words.length > 0 ? `AUTH ${words.join(' ')}\r\n` : ''
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 6379) })
    let answer = ''
    const settle = (error) => {
      socket.destroy()
      if (error) reject(error)
      else resolve(`Redis at ${withoutPassword(url)}`)
    }
    socket.setTimeout(probeMs, () => settle(new Error('no answer to PING')))
    socket.on('error', settle)
    socket.on('close', () => settle(new Error('closed without an answer')))
    socket.on('connect', () => socket.write(`${login}PING\r\n`))
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text
      const refusal = /^-(.*)\r\n/m.exec(answer)
      if (refusal) settle(new Error(`it answered ${refusal[1]}`))
      else if (/^\+PONG\r\n/m.test(answer)) settle()
    })
  })
}

async function startPostgres() {
  const folder = findPrograms(['initdb', 'postgres'], postgresFolders)
  if (folder === undefined) throw new Error('no initdb on this machine to start a private one')
  const owner = unprivilegedOwner()
  const data = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-postgres-'))
  try {
    if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid)
    const flags = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']
    execFileSync(join(folder, 'initdb'), flags, { ...owner, cwd: data, stdio: 'pipe' })
  } catch (cause) {
    rmSync(data, { recursive: true, force: true })
    throw new Error(`initdb failed: ${String(cause.stderr || cause.message).trim()}`)
  }
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'fsync=on',
    'max_connections=200',
  ]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const url = postgresUrl(port)('postgres')
  return guarded(
    // SIGINT asks PostgreSQL to end its sessions and shut down at once.
    { command: join(folder, 'postgres'), args, owner, folder: data, signal: 'SIGINT' },
    { url, probe: probePostgres },
  )
}

async function startRedis() {
  const names = ['redis-server', 'valkey-server']
  const found = names.map((name) => [findPrograms([name], redisFolders), name]).find(([at]) => at)
  if (found === undefined) throw new Error('no redis-server on this machine to start a private one')
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  args.push('--save', '', '--appendonly', 'no')
  return guarded(
    { command: join(...found), args, owner: {}, folder, signal: 'SIGTERM' },
    { url: `redis://127.0.0.1:${port}`, probe: probeRedis },
  )
}

/**
 * Starts a server under a guard: a process of its own session, out of reach of the terminal's
 * Ctrl-C, that stops the server and removes its folder as soon as this process ends, however it
 * ends.
 */
async function guarded(server, { url, probe }) {
  const guard = spawn(process.execPath, [self, 'guard', JSON.stringify(server)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: !windows,
  })
  let log = ''
  guard.stderr.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-2_000)))
  guard.stdin.on('error', () => undefined)
  const ended = new Promise((resolve) => guard.once('close', resolve))
  const stop = () => {
    guard.stdin.end()
    return ended
  }
  const deadlineMs = Date.now() + startMs
  for (;;) {
    try {
      return { url, about: `${await probe(url)}, private`, stop }
    } catch (cause) {
      if (guard.exitCode === null && Date.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        continue
      }
      await stop()
      throw new Error(`a private one did not start: ${log.trim() || reason(cause)}`)
    }
  }
}

/** The guard's whole life, in its own process. */
function guard({ command, args, owner, folder, signal }) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => undefined)
  const server = spawn(command, args, {
    ...owner, cwd: folder, stdio: ['ignore', process.stderr, process.stderr],
  })
  const stop = () => {
    if (windows) stopOnWindows(command, folder)
    server.kill(signal)
    setTimeout(() => server.kill('SIGKILL'), stopMs).unref()
  }
  const leave = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    process.exit()
  }
  server.once('error', (error) => (say(error.message), leave()))
  server.once('exit', leave)
  process.stdin.on('end', stop).on('error', stop).resume()
}

/** There a signal ends only the first process of PostgreSQL; its own tool ends them all. */
function stopOnWindows(command, folder) {
  const tool = command.replace(/postgres(\.exe)?$/, 'pg_ctl.exe')
  if (tool === command) return
  try {
    execFileSync(tool, ['stop', '-D', folder, '-m', 'fast'], { stdio: 'ignore' })
  } catch {
    // It had not started; the signal that follows is enough.
  }
}

/** PostgreSQL refuses to run as root, so root lends it another user of the system. */
function unprivilegedOwner() {
  if (process.getuid?.() !== 0) return {}
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] })),
      )
      return { uid, gid }
    } catch {
      // No such user here; the next one.
    }
  }
  throw new Error('this is root, and there is no user postgres or nobody to run a private one')
}

const postgresFolders = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/usr/libexec/postgresql*',
  '/usr/local/pgsql/bin',
  '/opt/homebrew/opt/postgresql*/bin',
  '/usr/local/opt/postgresql*/bin',
  '/opt/local/lib/postgresql*/bin',
  '/home/linuxbrew/.linuxbrew/opt/postgresql*/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
  'C:/Program Files/PostgreSQL/*/bin',
]

const redisFolders = ['/opt/homebrew/bin', '/usr/local/bin', 'C:/Program Files/Redis']

/** The first folder that holds all the programs: of PATH, else of the usual places. */
function findPrograms(names, usual) {
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...path, ...usual.flatMap(expanded)].find((folder) =>
    names.every((name) => isProgram(join(folder, windows ? `${name}.exe` : name))),
  )
}

/** The folders a pattern with one star stands for, the highest version first. */
function expanded(pattern) {
  const parts = pattern.split('/')
  const star = parts.findIndex((part) => part.includes('*'))
  if (star === -1) return [pattern]
  const parent = parts.slice(0, star).join('/')
  const [before, after] = parts[star].split('*')
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .sort((left, right) => Number.parseFloat(digits(right)) - Number.parseFloat(digits(left)))
    .map((name) => [parent, name, ...parts.slice(star + 1)].join('/'))
}

function digits(name) {
  return /[\d.]+/.exec(name)?.[0] ?? '0'
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

if (process.argv[1] === self && process.argv[2] === 'guard') guard(JSON.parse(process.argv[3]))
