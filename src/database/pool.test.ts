import { beforeAll, expect, it } from 'vitest'
import {
  type BackendWorld, enginesNamed, onEveryEngine, withParameter,
} from '../testing/backends.js'
import { expectFailure, run } from '../testing/failures.test.harness.js'
import { connect } from './connect.js'
import { type Backend, type Statement } from './engine.js'
import { StatementTimeout, Unavailable, UniqueViolation } from './failures.js'
import { SchemaEditor } from './migrate.js'

const statement = (sql: string, name?: string): Statement => ({ sql, name, parameters: [] })
const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })
const processId = async (backend: Backend) =>
  (await run(backend, 'select pg_backend_pid() as pid')).rows[0]!.pid

async function createNumbers({ backend }: BackendWorld): Promise<void> {
  const schema = new SchemaEditor(backend, backend.engine)
  await schema.createTable('numbers', 'number {integer} not null primary key')
}

/** Ends every connection to this database but the caller's own; how many there were. */
async function endConnections(administrator: Backend): Promise<number> {
  const { rows } = await run(administrator, `
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  return rows.length
}

onEveryEngine('a pool whose connections all end under load', (world) => {
  beforeAll(() => createNumbers(world()))

  it('fails as Unavailable, loses nothing acknowledged, and works on', async () => {
    const administrator = await world().another({ poolMax: 1 })
    const { backend } = world()
    const acknowledged: number[] = []
    const unsure: number[] = []
    let next = 0
    let loaded = true
    const ways = [
      (sql: string) => run(backend, sql),
      (sql: string) => backend.atomic([statement('select 1'), statement(sql, undefined)]),
      (sql: string) => backend.transaction(async (session) => {
        await run(session, 'select pg_sleep(0.001)')
        await run(session, sql)
      }),
    ]
    const load = Array.from({ length: 20 }, async (_, index) => {
      while (loaded) {
        const number = (next += 1)
        const writing = ways[index % 3]!(`insert into numbers values (${number})`)
        const error: unknown = await writing.then(() => undefined, (reason: unknown) => reason)
        if (error === undefined) acknowledged.push(number)
        else expect(error).toBeInstanceOf(Unavailable)
        if (error !== undefined) unsure.push(number)
      }
    })
    let ended = 0
    for (let round = 0; round < 15; round++) {
      await pause(30)
      ended += await endConnections(administrator)
    }
    loaded = false
    await Promise.all(load)
    expect(ended).toBeGreaterThan(15)
    expect(unsure.length).toBeGreaterThan(0)
    for (let call = 0; call < 20; call++) await backend.ping()
    const { rows } = await run(backend, 'select number from numbers')
    const stored = new Set(rows.map((row) => Number(row.number)))
    expect(acknowledged.filter((number) => !stored.has(number))).toEqual([])
    const known = new Set([...acknowledged, ...unsure])
    expect([...stored].filter((number) => !known.has(number))).toEqual([])
  })

  it('that was idle meanwhile answers the next calls', async () => {
    const administrator = await world().another({ poolMax: 1 })
    const { backend } = world()
    await Promise.all(Array.from({ length: 10 }, () => run(backend, 'select pg_sleep(0.02)')))
    expect(await endConnections(administrator)).toBeGreaterThanOrEqual(10)
    await pause(100)
    await Promise.all(Array.from({ length: 10 }, () => backend.ping()))
  })
}, enginesNamed('postgres'))

onEveryEngine('a pool with too many callers', (world) => {
  it('serves or refuses each within the time-out, and is healthy afterwards', async () => {
    const backend = await world().another({ poolMax: 5, acquireTimeoutMs: 500 })
    await Promise.all(Array.from({ length: 5 }, () => run(backend, 'select pg_sleep(0.05)')))
    const waits: number[] = []
    const callers = Array.from({ length: 200 }, async () => {
      const began = performance.now()
      try {
        await run(backend, 'select pg_sleep(0.1)')
        return 'served'
      } catch (error) {
        waits.push(performance.now() - began)
        expect(error).toBeInstanceOf(Unavailable)
        expect((error as Error).message).toMatch(/No database connection came free in time/)
        return 'refused'
      }
    })
    await pause(200)
    expect(backend.pool()).toMatchObject({ total: 5, max: 5, idle: 0 })
    expect(backend.pool()!.waiting).toBeGreaterThan(0)
    const answers = await Promise.all(callers)
    expect(answers.filter((each) => each === 'served').length).toBeGreaterThanOrEqual(5)
    expect(answers).toContain('refused')
    // Generous: the time-out is 500 ms, but the machine may be busy.
    expect(Math.max(...waits)).toBeLessThan(5_000)
    await Promise.all(Array.from({ length: 5 }, () => backend.ping()))
    expect(backend.pool()).toMatchObject({ total: 5, idle: 5, waiting: 0, max: 5 })
  })
}, enginesNamed('postgres'))

onEveryEngine('a connection', (world) => {
  beforeAll(() => createNumbers(world()))

  it('is kept after a statement, a batch or a transaction that the database refused', async () => {
    const backend = await world().another({ poolMax: 1 })
    const before = await processId(backend)
    const insert = statement('insert into numbers values (1)')
    const twice = [insert, insert]
    for (let round = 0; round < 3; round++) {
      await expect(backend.atomic(twice)).rejects.toThrow(UniqueViolation)
      await expect(backend.transaction(async (session) => {
        for (const each of twice) await session.run(each)
      })).rejects.toThrow(UniqueViolation)
    }
    expect(await processId(backend)).toBe(before)
    expect((await run(backend, 'select * from numbers')).rows).toEqual([])
  })

  it('is thrown away when the driver gave up waiting for its answer', async () => {
    const backend = await world().another({ poolMax: 1, statementTimeoutMs: 100 })
    const before = await processId(backend)
    const unlimited = backend.transaction(async (session) => {
      await run(session, 'set local statement_timeout = 0')
      await run(session, 'select pg_sleep(60)')
    })
    await expectFailure(unlimited, StatementTimeout)
    expect(await processId(backend)).not.toBe(before)
  })

  it('prepares named statements once, behind PgBouncer never', async () => {
    const prepared = async (backend: Backend) => {
      const named = statement('select 1 as one', 'select_one')
      for (let count = 0; count < 3; count++) {
        await backend.run(named)
        await backend.atomic([named, named])
        await backend.transaction(async (session) => session.atomic([named, named]))
      }
      const { rows } = await run(backend, 'select name from pg_prepared_statements order by name')
      return rows.map(({ name }) => name)
    }
    const direct = await world().another({ poolMax: 1 })
    expect(await prepared(direct)).toEqual(['begin', 'commit', 'reach', 'select_one'])
    const url = withParameter(world().url, 'pgbouncer', 'true')
    const pooled = await connect(url, { poolMax: 1 })
    try {
      expect(await prepared(pooled)).toEqual([])
      const { rows } = await run(pooled, 'show statement_timeout')
      const { rows: normal } = await run(direct, 'show statement_timeout')
      expect([rows[0]!.statement_timeout, normal[0]!.statement_timeout]).toEqual(['0', '30s'])
    } finally {
      await pooled.close()
    }
  })
}, enginesNamed('postgres'))

onEveryEngine('exclusive work', (world) => {
  it('of two backends is never done at the same time', async () => {
    const backends = [world().backend, await world().another(), await world().another()]
    let busy = 0
    const working = backends.flatMap((backend) => [1, 2].map(() =>
      backend.exclusive(async (session) => {
        busy += 1
        expect(busy).toBe(1)
        await run(session, 'select 1')
        await pause(5)
        busy -= 1
      })))
    await Promise.all(working)
    expect(busy).toBe(0)
  })
}, enginesNamed('sqlite', 'postgres'))
