import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../database/connect.js'

const places = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer']

const program = places.find((place) => existsSync(place))

/** Why there is no pooler here; undefined when there is one. */
export const poolerMissing = program === undefined ? 'PgBouncer is not installed' : undefined

/** A PgBouncer in transaction mode before one database. */
export interface PrivatePooler {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one with so many connections to the database of the URL. */
export async function startPooler(url: string, connections: number): Promise<PrivatePooler> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pooler-'))
  chmodSync(folder, 0o755)
  const target = new URL(url)
  const port = await freePort()
  const database = target.pathname.slice(1)
  const login = `user=${target.username} password=${target.password}`
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `[databases]
${database} = host=${target.hostname} port=${target.port || 5432} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 200
`, { mode: 0o644 })
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  const child = spawn(program!, ['-q', ...user, file], { stdio: 'ignore' })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const address = new URL(url)
  address.host = `127.0.0.1:${port}`
  address.searchParams.set('pgbouncer', 'true')
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilItAnswers(address.toString())
  } catch (error) {
    await stop()
    throw error
  }
  return { url: address.toString(), stop }
}

/** Its version, for the names of tests. */
export const poolerVersion = (): string =>
  execFileSync(program!, ['--version'], { encoding: 'utf8' }).split('\n')[0]!

async function untilItAnswers(url: string): Promise<void> {
  for (let triesLeft = 50; ; triesLeft--) {
    const backend = await connect(url, { poolMax: 1 })
    try {
      return await backend.ping()
    } catch (error) {
      if (triesLeft === 0) throw error
      await new Promise((done) => setTimeout(done, 100))
    } finally {
      await backend.close()
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
