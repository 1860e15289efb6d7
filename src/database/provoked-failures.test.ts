import { beforeAll, expect, it } from 'vitest'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { barrier, createFamily, expectFailure, run } from '../testing/failures.test.harness.js'
import { connect } from './connect.js'
import {
  Busy, ConstraintViolation, DatabaseFailure, ForeignKeyViolation, ReadOnlyDatabase,
  SchemaMismatch, StatementTimeout, TransactionConflict, Unavailable, UniqueViolation, ValueRefused,
} from './failures.js'
import { SchemaEditor } from './migrate.js'

onEveryEngine('a statement that fails', (world) => {
  beforeAll(() => createFamily(world().backend))
  const failures: [name: string, sql: string, kind: typeof Busy][] = [
    ['a second unique value', `insert into parents values (3, 'one', 1)`, UniqueViolation],
    ['a second primary key', `insert into parents values (1, 'x', 1)`, UniqueViolation],
    ['a row that points nowhere', 'insert into children values (2, 99)', ForeignKeyViolation],
    ['removing what is pointed to', 'delete from parents where number = 1', ForeignKeyViolation],
    ['a missing value', 'insert into parents values (3, null, null)', ConstraintViolation],
    ['a value against a check', 'insert into parents values (3, null, -1)', ConstraintViolation],
    ['an unknown table', 'select * from strangers', SchemaMismatch],
    ['an unknown column', 'select strange from parents', SchemaMismatch],
    ['a defect of the program', 'selct 1', DatabaseFailure],
  ]
  for (const [name, sql, kind] of failures) {
    it(`becomes ${kind.name}: ${name}`, async () => {
      const { backend } = world()
      await expectFailure(run(backend, sql), kind)
      await expectFailure(backend.atomic([{ sql, parameters: [] }]), kind)
      const two = [{ sql: 'select 1', parameters: [] }, { sql, parameters: [] }]
      await expectFailure(backend.atomic(two), kind)
      await expectFailure(backend.transaction((session) => run(session, sql)), kind)
      const { rows } = await run(backend, 'select number, code, amount from parents order by 1')
      expect(rows.map((row) => String(row.code))).toEqual(['one', 'two'])
    })
  }
})

onEveryEngine('a statement with a value that fits no column', (world) => {
  it('becomes ValueRefused or ConstraintViolation', async () => {
    const { backend } = world()
    await new SchemaEditor(backend, backend.engine).createTable('numbers', 'number {integer}')
    const insert = { sql: `insert into numbers values ('many')`, parameters: [] }
    const failure = await backend.run(insert).then(() => undefined, (error: unknown) => error)
    expect([ValueRefused, ConstraintViolation].some((kind) => failure instanceof kind)).toBe(true)
  })
})

const add = (number: number) => `update parents set amount = amount + 1 where number = ${number}`

onEveryEngine('PostgreSQL', (world) => {
  beforeAll(() => createFamily(world().backend))

  it('turns one side of a deadlock into TransactionConflict; the other goes on', async () => {
    const { backend } = world()
    const met = barrier(2)
    const crossing = (first: number, second: number) =>
      backend.transaction(async (session) => {
        await run(session, add(first))
        await met()
        await run(session, add(second))
      })
    const outcomes = await Promise.allSettled([crossing(1, 2), crossing(2, 1)])
    const lost = outcomes.filter((each) => each.status === 'rejected')
    expect(lost).toHaveLength(1)
    await expectFailure(Promise.reject(lost[0]!.reason), TransactionConflict)
    expect(lost[0]!.reason.cause.code).toBe('40P01')
  })

  it('turns a serialization failure into TransactionConflict', async () => {
    const { backend } = world()
    const met = barrier(2)
    const skewed = (number: number) =>
      backend.transaction(async (session) => {
        const sql = 'set transaction isolation level serializable'
        // A reach would be a query before it.
        await session.run({ sql, parameters: [], reach: null })
        await run(session, 'select sum(amount) from parents')
        await met()
        await run(session, add(number))
      })
    const outcomes = await Promise.allSettled([skewed(1), skewed(2)])
    const lost = outcomes.filter((each) => each.status === 'rejected')
    expect(lost).toHaveLength(1)
    await expectFailure(Promise.reject(lost[0]!.reason), TransactionConflict)
    expect(lost[0]!.reason.cause.code).toBe('40001')
  })
}, enginesNamed('postgres'))

onEveryEngine('PostgreSQL', (world) => {
  beforeAll(() => createFamily(world().backend))

  it('turns a statement over its limit into StatementTimeout and works on', async () => {
    const backend = await world().another({ statementTimeoutMs: 100 })
    await expectFailure(run(backend, 'select pg_sleep(20)'), StatementTimeout)
    await backend.ping()
  })

  it('turns a lock over its limit into Busy', async () => {
    const { backend } = world()
    await backend.transaction(async (holder) => {
      await run(holder, add(1))
      const waiting = backend.transaction(async (session) => {
        await run(session, `set local lock_timeout = '50ms'`)
        await run(session, add(1))
      })
      await expectFailure(waiting, Busy)
    })
  })

  it('that ends the connection amid a statement is Unavailable, then answers again', async () => {
    const { backend } = world()
    const asleep = backend.transaction(async (session) => {
      const { rows } = await run(session, 'select pg_backend_pid() as pid')
      const end = `select pg_terminate_backend(${rows[0]!.pid})`
      await Promise.all([run(session, 'select pg_sleep(20)'), run(backend, end)])
    })
    await expectFailure(asleep, Unavailable)
    await backend.ping()
  })

  it('that accepts no writes is ReadOnlyDatabase', async () => {
    const writing = world().backend.transaction(async (session) => {
      await run(session, 'set transaction read only')
      await run(session, add(1))
    })
    await expectFailure(writing, ReadOnlyDatabase)
  })

  it('that refuses a number as too large is ValueRefused', async () => {
    const writing = run(world().backend, 'update parents set amount = 99999999999999999999')
    await expectFailure(writing, ValueRefused)
  })
}, enginesNamed('postgres'))

onEveryEngine('PostgreSQL', (world) => {
  beforeAll(() => createFamily(world().backend))

  it('whose table changed under a prepared statement is Unavailable once', async () => {
    const backend = await world().another({ poolMax: 1 })
    const list = { sql: 'select * from children', parameters: [], name: 'children_list' }
    await backend.run(list)
    await run(world().backend, 'alter table children add column born text')
    await expectFailure(backend.run(list), Unavailable)
    expect((await backend.run(list)).rows[0]).toHaveProperty('born')
  })

  it('that is not there, or lets nobody in, is Unavailable', async () => {
    const { url } = world()
    const elsewhere = (change: (address: URL) => void) => {
      const address = new URL(url)
      change(address)
      return address.toString()
    }
    const wrong = [
      elsewhere((address) => { address.port = '1' }),
      elsewhere((address) => { address.pathname = '/no_such_database' }),
      elsewhere((address) => { address.username = 'no_such_user' }),
      elsewhere((address) => { address.hostname = 'no-such-host.invalid' }),
    ]
    for (const each of wrong) {
      const backend = await connect(each)
      await expectFailure(backend.ping(), Unavailable)
      await expectFailure(backend.transaction(async () => undefined), Unavailable)
      await backend.close()
    }
  })

  it('with no connection left, nor one that comes free in time, is Unavailable', async () => {
    const { backend, url } = world()
    const address = new URL(url)
    address.username = `limited_${address.pathname.slice(1)}`
    await run(backend, `create role ${address.username} login connection limit 1`)
    try {
      const limited = await connect(address.toString(), { poolMax: 2, acquireTimeoutMs: 500 })
      await run(limited, 'select 1')
      const two = await Promise.allSettled([
        run(limited, 'select pg_sleep(2)'), run(limited, 'select pg_sleep(2)'),
      ])
      await limited.close()
      const refused = two.filter((each) => each.status === 'rejected')
      expect(refused).toHaveLength(1)
      await expectFailure(Promise.reject(refused[0]!.reason), Unavailable)
    } finally {
      await run(backend, `drop role ${address.username}`)
    }
  })
}, enginesNamed('postgres'))
