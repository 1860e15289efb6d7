import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { createFamily, expectFailure, run } from '../testing/failures.test.harness.js'
import { connect } from './connect.js'
import { sqliteDriver } from './dialects/sqlite-driver.js'
import {
  Busy, DatabaseFailure, ReadOnlyDatabase, sqliteFailure, StorageFull, ValueRefused,
} from './failures.js'

onEveryEngine('SQLite', (world) => {
  beforeAll(() => createFamily(world().backend))

  it('whose storage is full is StorageFull, reads go on, and space freed heals it', async () => {
    const { backend } = world()
    await run(backend, 'create table blobs (content blob) strict')
    const { rows } = await run(backend, 'pragma page_count')
    await run(backend, `pragma max_page_count = ${Number(rows[0]!.page_count) + 20}`)
    const large = 'insert into blobs values (randomblob(1000000))'
    await expectFailure(run(backend, large), StorageFull)
    await expectFailure(backend.atomic([
      { sql: 'insert into blobs values (randomblob(10))', parameters: [] },
      { sql: large, parameters: [] },
    ]), StorageFull)
    await expectFailure(backend.transaction((session) => run(session, large)), StorageFull)
    const small = await Promise.allSettled([
      run(backend, 'insert into blobs values (randomblob(100))'),
      run(backend, large),
      run(backend, 'insert into blobs values (randomblob(100))'),
    ])
    expect(small.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await run(backend, 'select * from blobs')).rows).toHaveLength(2)
    await run(backend, 'pragma max_page_count = 1000000')
    await run(backend, large)
    expect((await run(backend, 'select * from blobs')).rows).toHaveLength(3)
  })

  it('asked for more parameters than it can bind is ValueRefused', async () => {
    const marks = Array.from({ length: 40_000 }, () => '?').join(', ')
    const many = { sql: `select 1 where 1 in (${marks})`, parameters: new Array(40_000).fill(1) }
    await expectFailure(world().backend.run(many), ValueRefused)
  })
}, enginesNamed('memory', 'sqlite'))

/** Holds the write lock until it is told to let go. */
const holder = `
import { createRequire } from 'node:module'
const [, , driver, path] = process.argv
const { DatabaseSync } = createRequire(import.meta.url)(driver)
const database = new DatabaseSync(path, {})
database.exec('begin immediate')
process.stdout.write('locked')
process.stdin.once('data', () => { database.exec('rollback'); database.close(); process.exit(0) })`

onEveryEngine('a SQLite file', (world) => {
  beforeAll(() => createFamily(world().backend))
  const add = 'update parents set amount = amount + 1 where number = 1'

  it('whose write lock another process holds is Busy in time, and reads go on', async () => {
    const backend = await world().another({ acquireTimeoutMs: 200 })
    const other = lockInAnotherProcess(world().url)
    try {
      await once(other.stdout, 'data')
      await expectFailure(run(backend, add), Busy)
      await expectFailure(backend.transaction((session) => run(session, add)), Busy)
      const read = { sql: 'select * from parents', parameters: [], readOnly: true }
      expect((await backend.run(read)).rows).toHaveLength(2)
      const waiting = run(world().backend, add)
      other.stdin.write('let go')
      await once(other, 'exit')
      expect((await waiting).changed).toBe(1)
      expect((await run(backend, add)).changed).toBe(1)
    } finally {
      other.kill()
    }
  })

  it('whose write lock another connection holds is Busy after the time-out', async () => {
    const backend = await world().another({ acquireTimeoutMs: 50 })
    await world().backend.transaction(async () => {
      await expectFailure(run(backend, add), Busy)
    })
    expect((await run(backend, add)).changed).toBe(1)
  })

  const isLinux = process.platform === 'linux'
  const reason = isLinux ? '' : ': did not run, there is no /proc/locks'
  it.skipIf(!isLinux)(`stays locked however often this process opens it${reason}`, async () => {
    // Whoever opens and closes the file beside SQLite drops the locks of the whole process; then
    // another process, closing, takes itself for the last one and removes the WAL in use here.
    const path = world().url.slice('sqlite:'.length)
    const held = () => readFileSync('/proc/locks', 'utf8').includes(`:${statSync(path).ino} `)
    await run(world().backend, add)
    expect(held()).toBe(true)
    const again = await world().another()
    expect(held()).toBe(true)
    await again.ping()
    await again.close()
    expect(held()).toBe(true)
  })
}, enginesNamed('sqlite'))

function lockInAnotherProcess(url: string) {
  const hasOwn = process.getBuiltinModule?.('node:sqlite') !== undefined
  const driver = hasOwn ? 'node:sqlite' : '@photostructure/sqlite'
  const path = url.slice('sqlite:'.length)
  const args = ['--no-warnings', '--input-type=module', '--eval', holder, 'holder', driver, path]
  return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
}

describe('a SQLite path', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('in a folder that is missing is InvalidConfiguration', async () => {
    const missing = connect(`sqlite:${join(folder, 'missing', 'test.db')}`)
    await expectFailure(missing, InvalidConfiguration)
    await expect(missing).rejects.toThrow(/create its folder/)
  })

  it('that is a folder, or leads through a file, is InvalidConfiguration', async () => {
    mkdirSync(join(folder, 'nested'))
    writeFileSync(join(folder, 'file'), '')
    await expectFailure(connect(`sqlite:${join(folder, 'nested')}`), InvalidConfiguration)
    await expectFailure(connect(`sqlite:${join(folder, 'file', 'x.db')}`), InvalidConfiguration)
  })

  it('of a file that is no database is DatabaseFailure, and the file is left alone', async () => {
    const path = join(folder, 'letter.txt')
    writeFileSync(path, 'Dear reader, this is a letter and no database.'.repeat(100))
    await expectFailure(connect(`sqlite:${path}`), DatabaseFailure)
    await expect(connect(`sqlite:${path}`)).rejects.toThrow(/check the path/)
  })

  it('of a database opened for reading only is ReadOnlyDatabase on the first write', async () => {
    const path = join(folder, 'read-only.db')
    const backend = await connect(`sqlite:${path}`)
    await run(backend, 'create table t (a)')
    await backend.close()
    const database = new (sqliteDriver().DatabaseSync)(path, { readOnly: true })
    let cause: unknown
    try {
      database.exec('insert into t values (1)')
    } catch (error) {
      cause = error
    }
    database.close()
    expect(cause).toBeInstanceOf(Error)
    expect(sqliteFailure(cause)).toBe('read-only')
  })

  const asRoot = process.getuid?.() === 0
  const reason = asRoot ? ': did not run, root may write every file' : ''
  it.skipIf(asRoot)(`that may not be written is ReadOnlyDatabase${reason}`, async () => {
    const path = join(folder, 'protected.db')
    await (await connect(`sqlite:${path}`)).close()
    chmodSync(path, 0o444)
    await expectFailure(connect(`sqlite:${path}`), ReadOnlyDatabase)
  })
})
