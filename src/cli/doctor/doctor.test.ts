import {
  chmodSync, closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync,
  writeFileSync, writeSync,
} from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../database/connect.js'
import { sqliteDriver } from '../../database/dialects/sqlite-driver.js'
import { openHoldfast } from '../../holdfast.js'
import { enginesNamed } from '../../testing/backends.js'
import { type DatabaseLease } from '../../testing/engines.js'
import {
  ensureBuilt, runCli, sharedCli, startCli, temporaryFolder, titleOn,
} from '../../testing/command-line.test.harness.js'
import { run } from '../program.js'
import { Terminal } from '../terminal.js'
import { type Check } from './check.js'

const runCliHere = sharedCli(run, Terminal)
let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

/** Runs `doctor --json`; the checks by name. */
async function doctor(environment: Record<string, string>, words: readonly string[] = []) {
  const all = { HOLDFAST_PORT: '0', ...environment }
  const { code, stdout, stderr } = await runCliHere(['doctor', '--json', ...words],
    { cwd: folder.path, environment: all })
  expect(stderr).toBe('')
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
  expect(code).toBe(ok ? 0 : 1)
  const problems = checks.filter(({ state }) => state === 'problem').map(({ name }) => name)
  expect(ok).toBe(problems.length === 0)
  const warnings = checks.filter(({ state }) => state === 'warning').map(({ name }) => name)
  const named = Object.fromEntries(checks.map((check) => [check.name, check]))
  return { problems, warnings, named, checks }
}

const path = (name: string): string => join(folder.path, name)

/** A database in a file with everything in it that a first start makes. */
async function made(name: string): Promise<Record<string, string>> {
  const { code, stderr } = await (first ??= runCli(
    ['init-db', '--database', 'sqlite:first.db'], { cwd: folder.path }))
  expect([code, stderr]).toEqual([0, ''])
  for (const file of readdirSync(folder.path).filter((each) => each.startsWith('first.db'))) {
    copyFileSync(path(file), path(file.replace('first.db', name)))
  }
  return { HOLDFAST_DATABASE_URL: `sqlite:${name}` }
}

let first: ReturnType<typeof runCli> | undefined

function alter(name: string, sql: string): void {
  const database = new (sqliteDriver().DatabaseSync)(path(name), {})
  database.exec(sql)
  database.close()
}

describe('doctor on SQLite', () => {
  it('finds nothing wrong with a database as a first start makes it', async () => {
    const { problems, warnings, named } = await doctor(await made('well.db'))
    expect([problems, warnings]).toEqual([[], []])
    expect(named.node!.message).toContain(process.versions.node)
    expect(named['sqlite-driver']!.message).toMatch(/^SQLite 3\.\d+\.\d+ from /)
    expect(named.journal!.message).toContain('WAL with synchronous=FULL')
    expect(named.integrity!.message).toContain('quick_check')
  })

  it('prints the same for people, with the remedy and a total', async () => {
    const environment = { ...(await made('people.db')), HOLDFAST_PORT: '0' }
    chmodSync(path('people.db'), 0o644)
    const { code, stdout } = await runCli(['doctor'], { cwd: folder.path, environment })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ok +node +Node\.js /)
    expect(stdout).toMatch(/^problem +permissions +.*\n +Run: chmod 600 people\.db$/m)
    expect(stdout).toMatch(/\n1 problem, 0 warnings\n$/)
  })

  it('warns of a file that does not exist yet, and does not make it', async () => {
    const { problems, warnings, named } = await doctor({ HOLDFAST_DATABASE_URL: 'sqlite:no.db' })
    expect([problems, warnings]).toEqual([[], ['database']])
    expect(named.database!.fix).toContain('holdfast init-db')
    expect(existsSync(path('no.db'))).toBe(false)
  })

  it('names the command for a folder that does not exist', async () => {
    const { problems, named } = await doctor({ HOLDFAST_DATABASE_URL: 'sqlite:none/a.db' })
    expect(problems).toEqual(['database'])
    expect(named.database!.fix).toContain('holdfast init-db')
  })

  it('tells a file that is no database, and an empty one', async () => {
    writeFileSync(path('notes.txt'), 'a text that is longer than a header', { mode: 0o600 })
    const foreign = await doctor({ HOLDFAST_DATABASE_URL: 'sqlite:notes.txt' })
    expect(foreign.problems).toEqual(['database'])
    expect(foreign.named.database!.message).toBe('notes.txt is not a SQLite database.')
    writeFileSync(path('empty.db'), '', { mode: 0o600 })
    const empty = await doctor({ HOLDFAST_DATABASE_URL: 'sqlite:empty.db' })
    expect([empty.problems, empty.warnings]).toEqual([[], ['database']])
    expect(empty.named.database!.fix).toContain('holdfast migrate up')
  })

  it('finds damage inside the file', async () => {
    const environment = await made('damaged.db')
    const file = openSync(path('damaged.db'), 'r+')
    writeSync(file, Buffer.alloc(3 * 4_096, 0xff), 0, undefined, 4 * 4_096)
    closeSync(file)
    const { problems, named } = await doctor(environment)
    expect(problems).toEqual(['integrity'])
    expect(named.integrity!.message).toContain('damaged.db is damaged')
    expect(named.integrity!.fix).toContain('restore a backup')
  })

  it.skipIf(process.platform === 'win32')('finds a file that everybody can read', async () => {
    const environment = await made('open.db')
    chmodSync(path('open.db'), 0o644)
    const { problems, named } = await doctor(environment)
    expect(problems).toEqual(['permissions'])
    expect(named.permissions!.fix).toBe('Run: chmod 600 open.db')
  })

  it('warns of another journal mode, and does not change it', async () => {
    const environment = await made('rollback.db')
    alter('rollback.db', 'pragma journal_mode = delete')
    const { problems, warnings, named } = await doctor(environment)
    expect([problems, warnings]).toEqual([[], ['journal']])
    expect(named.integrity!.state).toBe('ok')
    expect(readFileSync(path('rollback.db'))[18]).toBe(1)
  })

  it('tells pending migrations from those of a newer version', async () => {
    const behind = await made('behind.db')
    alter('behind.db', "delete from holdfast_migrations where name like '0003%'")
    const { problems, warnings, named } = await doctor(behind)
    expect([problems, warnings]).toEqual([[], ['migrations']])
    expect(named.migrations!.fix).toContain('holdfast migrate up')
    const ahead = await made('ahead.db')
    alter('ahead.db', "insert into holdfast_migrations values ('9999_future', '2099-01-01')")
    expect((await doctor(ahead)).problems).toEqual(['migrations'])
  })

  it('warns that memory keeps nothing', async () => {
    const { problems, warnings } = await doctor({ HOLDFAST_DATABASE_URL: 'memory:' })
    expect([problems, warnings]).toEqual([[], ['database']])
  })
})

describe('doctor on the configuration and the port', () => {
  it('reports a wrong variable and goes on with what does not need it', async () => {
    const { problems, named } = await doctor({ HOLDFAST_POOL_MAX: 'many' })
    expect(problems).toEqual(['configuration'])
    expect(named.configuration!.message).toContain('HOLDFAST_POOL_MAX must be')
    expect(Object.keys(named)).toEqual(['node', 'configuration', 'sqlite-driver'])
  })

  it('warns of unknown variables', async () => {
    const { warnings, checks } = await doctor({
      HOLDFAST_DATABASE_URL: 'memory:', HOLDFAST_POOLMAX: '1',
    })
    expect(warnings).toEqual(['configuration', 'database'])
    expect(checks.some(({ message }) => message.includes('mean HOLDFAST_POOL_MAX'))).toBe(true)
  })

  it('looks at the Redis of the environment and of a flag', async () => {
    const memory = { HOLDFAST_DATABASE_URL: 'memory:' }
    const byParts = await doctor({ ...memory, REDIS_HOST: '127.0.0.1', REDIS_PORT: '1' })
    expect([byParts.problems, byParts.named.redis!.message])
      .toEqual([['redis'], 'Redis at 127.0.0.1:1 refuses the connection.'])
    const flagged = await doctor(memory, ['--redis', 'redis://127.0.0.1:2'])
    expect(flagged.named.redis!.message).toContain('127.0.0.1:2')
  })

  it('tells a port that another program holds from one that Holdfast holds', async () => {
    const memory = { HOLDFAST_DATABASE_URL: 'memory:' }
    const other = await listening((socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'))
    const { problems, named } = await doctor(memory, ['--port', String(other.port)])
    other.close()
    expect(problems).toEqual(['port'])
    expect(named.port!.fix).toContain('HOLDFAST_PORT')
    const words = ['serve', '--port', '0', '--database', 'memory:', '--json']
    const running = startCli(words, { cwd: folder.path })
    try {
      const { url } = JSON.parse(await running.line(/^\{/)) as { url: string }
      const beside = await doctor(memory, ['--port', new URL(url).port])
      expect([beside.problems, beside.warnings]).toEqual([[], ['database', 'port']])
    } finally {
      running.signal('SIGTERM')
      await running.end
    }
  })
})

describe('doctor on a PostgreSQL server that refuses', () => {
  const servers: { close(): void }[] = []
  afterEach(() => servers.splice(0).forEach((server) => server.close()))

  const diagnosis = async (answer: (socket: Socket) => void, query = '') => {
    const server = await listening(answer)
    servers.push(server)
    const url = `postgres://ada:s3cret@127.0.0.1:${server.port}/shop${query}`
    const environment = { HOLDFAST_DATABASE_URL: url, HOLDFAST_ACQUIRE_TIMEOUT_MS: '500' }
    const { problems, named, checks } = await doctor(environment)
    expect(problems).toEqual(['database'])
    expect(JSON.stringify(checks)).not.toContain('s3cret')
    return `${named.database!.message} ${named.database!.fix}`
  }
  const refusing = (code: string, message: string) => (socket: Socket) =>
    void socket.once('data', () => socket.end(errorResponse(code, message)))

  it.each([
    ['28P01', 'password authentication failed', /refuses the password of the user "ada".*DB_PASS/],
    ['3D000', 'database does not exist', /"shop" does not exist .* holdfast init-db/],
    ['28000', 'no pg_hba.conf entry', /refuses the login: no pg_hba\.conf entry\..*pg_hba/],
    ['53300', 'too many clients already', /no connection left .*HOLDFAST_POOL_MAX/],
  ])('with %s says what to do', async (code, message, expected) => {
    expect(await diagnosis(refusing(code, message))).toMatch(expected)
  })

  it('by asking for a password that is missing says where it belongs', async () => {
    const scram = message('R', Buffer.concat([Buffer.from([0, 0, 0, 10]),
      Buffer.from('SCRAM-SHA-256\0\0')]))
    const server = await listening((socket) => void socket.once('data', () => socket.write(scram)))
    servers.push(server)
    const url = `postgres://ada@127.0.0.1:${server.port}/shop`
    const environment = { HOLDFAST_DATABASE_URL: url, HOLDFAST_ACQUIRE_TIMEOUT_MS: '500' }
    const { named } = await doctor(environment)
    expect(named.database).toMatchObject({ state: 'problem', fix: /DB_PASS/ })
  })

  it('by silence names the time-out', async () => {
    expect(await diagnosis(() => undefined)).toMatch(/did not answer in time.*ACQUIRE_TIMEOUT_MS/)
  })

  it('by hanging up says so', async () => {
    expect(await diagnosis((socket) => void socket.once('data', () => socket.end())))
      .toMatch(/closed the connection before the login/)
  })

  it('by lacking TLS names sslmode', async () => {
    const answer = (socket: Socket) => void socket.once('data', () => socket.end('N'))
    expect(await diagnosis(answer, '?sslmode=require')).toMatch(/does not speak TLS.*sslmode/)
  })

  it('by not being there names the address', async () => {
    const server = await listening(() => undefined)
    server.close()
    const environment = { DB_HOST: '127.0.0.1', DB_PORT: String(server.port) }
    const { problems, named } = await doctor(environment)
    expect(problems).toEqual(['database'])
    expect(named.database!.message).toContain(`127.0.0.1:${server.port} (ECONNREFUSED)`)
  })

  it('from afar without proof of its name gives a warning', async () => {
    const environment = { DB_HOST: 'db.invalid', DB_SSLMODE: 'require' }
    const { problems, warnings, named } = await doctor(environment)
    expect([problems, warnings]).toEqual([['database'], ['transport']])
    expect(named.transport!.fix).toContain('sslmode=verify-full')
    expect(named.database!.message).toContain('cannot be resolved')
  })
})

for (const engine of enginesNamed('postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'doctor'), () => {
    let lease: DatabaseLease
    beforeAll(async () => {
      lease = await engine.create()
      await (await openHoldfast({ database: lease.url })).close()
    })
    afterAll(() => lease?.drop())
    const database = () => decodeURIComponent(new URL(lease.url).pathname.slice(1))

    it('finds nothing wrong with a database as a first start makes it', async () => {
      const { problems, named } = await doctor({ HOLDFAST_DATABASE_URL: lease.url })
      expect(problems).toEqual([])
      const names = ['transport', 'database', 'version', 'encoding', 'fsync', 'synchronous_commit',
        'full_page_writes', 'writable', 'connections', 'role', 'clock', 'migrations']
      expect(Object.keys(named)).toEqual(expect.arrayContaining(names))
      expect(named.version!.message).toMatch(/^PostgreSQL \d+/)
    })

    it('finds commits that do not wait and transactions that may not write', async () => {
      await execute(lease.url, `alter database "${database()}" set synchronous_commit = off; ` +
        `alter database "${database()}" set default_transaction_read_only = on`)
      const { problems, named } = await doctor({ HOLDFAST_DATABASE_URL: lease.url })
      const pooled = await doctor({ HOLDFAST_DATABASE_URL: `${lease.url}?pgbouncer=true` })
      await execute(lease.url, 'begin read write; ' +
        `alter database "${database()}" reset all; commit`)
      expect(problems).toEqual(['writable'])
      expect(named.synchronous_commit).toMatchObject({
        state: 'warning', fix: expect.stringContaining('set synchronous_commit = on'),
      })
      expect(pooled.problems).toEqual(['database'])
      expect(pooled.named.database!.message).toContain('synchronous_commit = on')
      expect((await doctor({ HOLDFAST_DATABASE_URL: lease.url })).problems).toEqual([])
    })

    it('compares the pool with what the server allows', async () => {
      const { problems, named } = await doctor({
        HOLDFAST_DATABASE_URL: lease.url, HOLDFAST_POOL_MAX: '1000',
      })
      expect(problems).toEqual(['connections'])
      expect(named.connections!.fix).toContain('HOLDFAST_POOL_MAX')
    })

    it('finds an encoding that cannot hold every text', async () => {
      const name = `${database()}_ascii`
      await execute(lease.url, `create database "${name}" template template0 encoding 'SQL_ASCII'` +
        " lc_collate 'C' lc_ctype 'C'")
      try {
        const url = new URL(lease.url)
        url.pathname = `/${name}`
        expect((await doctor({ HOLDFAST_DATABASE_URL: url.toString() })).problems)
          .toEqual(['encoding'])
      } finally {
        await execute(lease.url, `drop database "${name}"`)
      }
    })

    it('finds a role that may not make tables, and warns of a superuser', async () => {
      const role = `${database()}_role`
      await execute(lease.url, `create role "${role}" login password 'x'`)
      await execute(lease.url, 'revoke create on schema public from public')
      const granted = `grant select on holdfast_migrations to "${role}"`
      try {
        const url = new URL(lease.url)
        Object.assign(url, { username: role, password: 'x' })
        const blind = await doctor({ HOLDFAST_DATABASE_URL: url.toString() })
        expect(blind.problems).toEqual(['migrations'])
        expect(blind.named.migrations!.message).toContain(`"${role}" lacks rights`)
        await execute(lease.url, granted)
        const plain = await doctor({ HOLDFAST_DATABASE_URL: url.toString() })
        expect(plain.problems).toEqual([])
        expect(plain.named.rights).toMatchObject({ state: 'warning' })
        expect(plain.named.rights!.fix).toMatch(
          new RegExp(`HOLDFAST_MIGRATION_DATABASE_URL.*on schema "public" to "${role}"`))
        expect(plain.named.role!.state).toBe('ok')
        const admin = await doctor({ HOLDFAST_DATABASE_URL: lease.url })
        expect(admin.named.role!.state).toBe('warning')
      } finally {
        await execute(lease.url, `drop owned by "${role}"; drop role "${role}"`)
      }
    })

    it('names the command for a database that does not exist', async () => {
      const url = new URL(lease.url)
      url.pathname = '/holdfast_not_there'
      const { problems, named } = await doctor({ HOLDFAST_DATABASE_URL: url.toString() })
      expect(problems).toEqual(['database'])
      expect(named.database).toMatchObject({
        message: expect.stringContaining('"holdfast_not_there" does not exist'),
        fix: 'Create it: holdfast init-db',
      })
    })
  })
}

/** Statements one by one, on one connection. */
async function execute(url: string, statements: string): Promise<void> {
  const backend = await connect(url, { poolMax: 1 })
  try {
    for (const sql of statements.split('; ')) {
      await backend.run({ sql, parameters: [], reach: null })
    }
  } finally {
    await backend.close()
  }
}

async function listening(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    answer(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port, close }
}

/** A message of PostgreSQL's protocol, as a server sends it. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}

function errorResponse(code: string, text: string): Buffer {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`))
}
