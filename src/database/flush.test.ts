import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { connect } from './connect.js'
import { type Backend } from './engine.js'

for (const engine of enginesNamed('postgres')) {
  const title = `[postgres] statements in one flush: ${engine.missing ?? 'runs'}`
  // Without a server there is none to flush to; the title says why it is missing.
  describe.skipIf(engine.missing !== undefined)(title, () => {
    let lease: DatabaseLease
    /** One connection, so that what it knows of its statements counts. */
    let backend: Backend

    beforeAll(async () => {
      lease = await engine.create()
      backend = await connect(lease.url, { poolMax: 1 })
      await backend.run({ sql: 'create table things (id bigint primary key)', parameters: [] })
      await backend.run({
        sql: `create table parts (thing bigint not null
          references things (id) deferrable initially deferred)`,
        parameters: [],
      })
    })

    afterAll(async () => {
      await backend?.close()
      await lease?.drop()
    })

    const statement = (sql: string, parameters: readonly unknown[] = [], name?: string) =>
      ({ sql, parameters, reach: null, ...(name === undefined ? {} : { name }) })
    const insert = (id: number) =>
      statement('insert into things values ($1)', [String(id)], 'insert_thing')
    const ids = async () => {
      const { rows } = await backend.run(statement('select id from things order by id'))
      return rows.map(({ id }) => Number(id))
    }

    it('are answered each with its rows and how many it changed', async () => {
      expect(await backend.atomic([
        insert(1), insert(2), statement('update things set id = id + 10'),
        statement('select id, null as nothing from things order by id', [], 'all_things'),
        statement('delete from things returning id', [], 'no_things'),
        statement('select id from things', [], 'empty'),
      ])).toMatchObject([
        { rows: [], changed: 1 }, { rows: [], changed: 1 }, { rows: [], changed: 2 },
        { rows: [{ id: '11', nothing: null }, { id: '12', nothing: null }], changed: 2 },
        { rows: [{ id: '11' }, { id: '12' }], changed: 2 }, { rows: [], changed: 0 },
      ])
    })

    it('leave nothing when one of them fails, the last or the first', async () => {
      const broken = statement('select 1 / 0')
      for (const batch of [[insert(1), insert(2), broken], [broken, insert(1)]]) {
        await expect(backend.atomic(batch)).rejects.toThrow()
        expect(await ids()).toEqual([])
      }
      // Named for the first time behind what fails, it was never made ready.
      const fresh = statement('insert into things values (3)', [], 'insert_three')
      await expect(backend.atomic([broken, fresh])).rejects.toThrow()
      await backend.run(fresh)
      expect(await ids()).toEqual([3])
      await backend.run(statement('delete from things'))
    })

    it('leave nothing when the end of their transaction fails', async () => {
      const dangling = statement('insert into parts values (7)')
      await expect(backend.atomic([insert(1), dangling])).rejects.toThrow()
      expect(await ids()).toEqual([])
      await backend.atomic([dangling, insert(7)])
      expect(await ids()).toEqual([7])
      await backend.atomic([statement('delete from parts'), statement('delete from things')])
    })

    it('see what is not there yet once it is, under the same name', async () => {
      const named = statement('select * from later', [], 'later')
      await expect(backend.run(named)).rejects.toThrow()
      await backend.run(statement('create table later (id bigint)'))
      expect((await backend.run(named)).rows).toEqual([])
      await backend.run(statement('insert into later values (1)'))
      await backend.run(statement(`alter table later add column name text default 'x'`))
      // The server refuses a plan whose columns have changed, once.
      await backend.run(named).catch(() => undefined)
      expect((await backend.run(named)).rows).toEqual([{ id: '1', name: 'x' }])
    })

    it('go out together or not at all: what cannot be sent is refused before', async () => {
      await expect(backend.atomic([insert(1), statement('select 2', [], 'insert_thing')]))
        .rejects.toThrow('two statements are named insert_thing')
      await expect(backend.atomic([insert(1), statement('select $1::text', [{ a: 1 }])]))
        .rejects.toThrow('a parameter must be a stored value')
      expect(await ids()).toEqual([])
    })

    it('take bytes, arrays of anything and absence as parameters', async () => {
      const values = [Buffer.from([0, 255]), ['a"b\\c', null, '{,}'], undefined, true, 5n]
      const { rows } = await backend.run(statement(
        'select $1::bytea as a, ($2::text[])[1] as b, ($2::text[])[2] as c, ' +
        '($2::text[])[3] as d, $3::text as e, $4::boolean as f, $5::bigint as g', values))
      expect(rows).toEqual([
        { a: '\\x00ff', b: 'a"b\\c', c: null, d: '{,}', e: null, f: 't', g: '5' },
      ])
    })

    it('of a transaction run in it', async () => {
      await expect(backend.transaction(async (session) => {
        await session.run(insert(1))
        await session.atomic([insert(2), insert(3)])
        throw new Error('on purpose')
      })).rejects.toThrow('on purpose')
      expect(await ids()).toEqual([])
    })
  })
}
