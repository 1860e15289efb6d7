import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { enginesNamed, onEveryEngine, withParameter } from '../testing/backends.js'
import { expectFailure, run } from '../testing/failures.test.harness.js'
import { hiddenUrl } from './address.js'
import { connect } from './connect.js'
import { Busy, Unavailable } from './failures.js'

describe('a database URL', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('names a SQLite file in any of its forms; the file is made for its owner alone', async () => {
    const path = join(folder, 'forms.db')
    const forms = [`sqlite:${path}`, `sqlite://${path}`, `file:${path}`, `${pathToFileURL(path)}`]
    for (const url of forms) {
      const backend = await connect(url)
      await run(backend, 'create table if not exists t (a integer) strict')
      await run(backend, 'insert into t values (1)')
      await backend.close()
    }
    const backend = await connect(`sqlite:${path}`)
    expect((await run(backend, 'select * from t')).rows).toHaveLength(4)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await backend.close()
    const wal = `${path}-wal`
    expect(existsSync(wal) ? statSync(wal).size : 0).toBe(0)
  })

  it('memory: gives each backend a database of its own', async () => {
    const [one, two] = [await connect('memory:'), await connect('memory:')]
    await run(one, 'create table t (a integer) strict')
    expect(await one.introspect()).toHaveLength(1)
    expect(await two.introspect()).toEqual([])
    await Promise.all([one.close(), two.close()])
  })

  const wrong = [
    '', 'test', 'mysql://localhost/x', 'http://x', '/var/data.db', 'C:\\data.db', 'memory',
    'sqlite:', 'file:', 'sqlite://', 'postgres://user:secret@host:port/x',
    'postgres://user:secret@localhost/x?sslmode=prefer', 'postgres://localhost/x?sslmode=',
    'postgres://localhost/x?pgbouncer=yes',
  ]
  for (const url of wrong) {
    it(`of another form is refused without telling its password: '${url}'`, async () => {
      const error: unknown = await connect(url).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(InvalidConfiguration)
      expect(String(error)).not.toContain('secret')
    })
  }

  it('with certificates that cannot be read is refused by their names', async () => {
    const path = join(folder, 'missing.pem')
    for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
      const url = `postgres://localhost/x?sslmode=verify-full&${name}=${path}`
      await expect(connect(url)).rejects.toThrow(InvalidConfiguration)
      await expect(connect(url)).rejects.toThrow(new RegExp(`named by ${name} cannot be read`))
    }
  })

  it('is shown to people without its password', () => {
    const shown: [string, string][] = [
      ['postgres://user:secret@host:5432/x?a=b', 'postgres://user:***@host:5432/x?a=b'],
      ['postgres://user:sec@ret@host/x', 'postgres://user:***@host/x'],
      ['postgres://user:se/cret@host/x', 'postgres://user:***@host/x'],
      ['postgres://user:sec:ret@host/x?q=a@b', 'postgres://user:***@host/x?q=a@b'],
      ['postgres://:secret@host/x', 'postgres://:***@host/x'],
      ['postgres://host/x?user=u&password=secret&x=1', 'postgres://host/x?user=u&password=***&x=1'],
      ['postgres://host/x?sslpassword=secret', 'postgres://host/x?sslpassword=***'],
      ['postgres://user@host/x', 'postgres://user@host/x'],
      ['sqlite:./agent.db', 'sqlite:./agent.db'],
      ['memory:', 'memory:'],
    ]
    for (const [url, expected] of shown) expect(hiddenUrl(url)).toBe(expected)
  })
})

onEveryEngine('a closed database', (world) => {
  it('answers no call, says so, and may be closed again', async () => {
    const backend = await world().another()
    await backend.ping()
    await backend.close()
    await backend.close()
    const read = { sql: 'select 1', parameters: [], readOnly: true }
    const calls = [
      () => run(backend, 'select 1'), () => backend.run(read), () => backend.ping(),
      () => backend.atomic([read, read]), () => backend.transaction(async () => 1),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Unavailable)
      expect(String(error)).toContain('The database was closed by this program')
    }
  })

  it('finishes first what was begun', async () => {
    const backend = await world().another()
    await run(backend, 'create table written (a integer)')
    const writes = Array.from({ length: 20 }, (_, index) =>
      run(backend, `insert into written values (${index})`))
    const work = backend.transaction(async (session) => {
      await run(session, 'insert into written values (100)')
      const { rows } = await run(session, 'select count(*) as n from written')
      return Number(rows[0]!.n)
    })
    const closing = backend.close()
    await expect(run(backend, 'select 1')).rejects.toThrow(Unavailable)
    await Promise.all([...writes, closing])
    expect(await work).toBeGreaterThan(0)
  })
})

onEveryEngine('a time-out for a connection or the write lock', (world) => {
  it('is the one asked for', async () => {
    const backend = await world().another({ acquireTimeoutMs: 500, poolMax: 1 })
    await backend.transaction(async () => {
      const refused: unknown = await run(backend, 'select 1').catch((reason: unknown) => reason)
      expect([Busy, Unavailable].some((kind) => refused instanceof kind)).toBe(true)
    })
    expect((await run(backend, 'select 1')).rows).toHaveLength(1)
  })
})

onEveryEngine('PostgreSQL', (world) => {
  it('is reached as sslmode says, and refused when its certificate is not trusted', async () => {
    const { backend, url } = world()
    const { rows } = await run(backend, 'show ssl')
    const offersTls = rows[0]!.ssl === 'on'
    const encrypted = async (mode: string) => {
      const other = await connect(withParameter(url, 'sslmode', mode))
      const mine = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
      return run(other, mine).then(({ rows: [row] }) => row!.ssl).finally(() => other.close())
    }
    expect(await encrypted('disable')).toBe('f')
    if (offersTls) expect(await encrypted('require')).toBe('t')
    else await expectFailure(encrypted('require'), Unavailable)
    await expectFailure(encrypted('verify-full'), Unavailable)
  })
}, enginesNamed('postgres'))

describe('a server that takes connections and never answers', () => {
  it('is Unavailable within the time-out', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve) })
    const { port } = silent.address() as { port: number }
    const backend = await connect(`postgres://u@127.0.0.1:${port}/x`, { acquireTimeoutMs: 100 })
    await expectFailure(backend.ping(), Unavailable)
    await backend.close()
    silent.close()
  })
})
