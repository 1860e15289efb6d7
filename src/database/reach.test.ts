import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { enginesNamed, withParameter } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { connect } from './connect.js'
import { Database } from './database.js'
import { type Backend } from './engine.js'
import { SchemaEditor } from './migrate.js'

interface Tables {
  things: { organization_id: string; name: string }
}

const [ours, theirs] = [randomUUID(), randomUUID()] as [string, string]

for (const engine of enginesNamed('postgres')) {
  const title = `[postgres] the reach of statements: ${engine.missing ?? 'direct and pooled'}`
  describe.skipIf(engine.missing !== undefined)(title, () => {
    let lease: DatabaseLease
    const opened: Backend[] = []
    const open = async (url: string) => {
      const backend = await connect(url, { poolMax: 1 })
      opened.push(backend)
      return backend
    }
    beforeAll(async () => {
      lease = await engine.createReady()
      const owner = await open(lease.ownerUrl)
      const schema = new SchemaEditor(owner, owner.engine)
      await schema.createTable('things', 'organization_id {id} not null, name {text} not null')
      await schema.secureTable('things')
      const { write } = schema.database.as<Tables>()
      await schema.database.run(write.insertInto('things').values([
        { organization_id: ours, name: 'our' }, { organization_id: theirs, name: 'their' },
      ]))
    })
    afterAll(async () => {
      await Promise.all(opened.map((each) => each.close()))
      await lease?.drop()
    })

    for (const pooled of ['false', 'true']) {
      describe(pooled === 'true' ? 'through a pooler' : 'direct', () => {
        let backend: Backend
        let database: Database<Tables>
        beforeAll(async () => {
          backend = await open(withParameter(lease.url, 'pgbouncer', pooled))
          database = Database.over<Tables>(backend)
        })
        const namesIn = async (on: Database<Tables>) => {
          const rows = await on.all(on.write.selectFrom('things').select('name').orderBy('name'))
          return rows.map(({ name }) => name)
        }
        const insertInto = (on: Database<Tables>, organizationId: string) =>
          on.run(on.write.insertInto('things').values({
            organization_id: organizationId, name: 'new',
          }))
        const broken = (on: Database<Tables>) =>
          on.execute({ sql: 'select 1 / 0', parameters: [] })

        it('is nobody’s rows until it is said whose', async () => {
          expect(await namesIn(database)).toEqual([])
          await expect(insertInto(database, ours)).rejects.toThrow()
          expect(await namesIn(database.within([]))).toEqual([])
          const { rows } = await backend.run({ sql: 'select * from things', parameters: [] })
          expect(rows).toEqual([])
        })

        it('holds for each statement of one connection', async () => {
          expect(await namesIn(database.within([ours]))).toEqual(['our'])
          expect(await namesIn(database.within([theirs]))).toEqual(['their'])
          expect(await namesIn(database.within([theirs, ours]))).toEqual(['our', 'their'])
          expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
          expect(await namesIn(database)).toEqual([])
        })

        it('refuses to write rows outside it, and changes none of them', async () => {
          const mine = database.within([ours])
          await expect(insertInto(mine, theirs)).rejects.toThrow()
          const update = database.write.updateTable('things').set({ name: 'changed' })
          expect(await mine.run(update.where('organization_id', '=', theirs))).toBe(0)
          const moved = database.write.updateTable('things').set({ organization_id: theirs })
          await expect(mine.run(moved)).rejects.toThrow()
          expect(await mine.run(database.write.deleteFrom('things').where('name', '=', 'their')))
            .toBe(0)
          expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
        })

        it('changes inside a transaction, and goes back with a savepoint', async () => {
          await database.within([ours]).transaction(async (outer) => {
            expect(await namesIn(outer)).toEqual(['our'])
            await expect(outer.within([theirs]).transaction(async (inner) => {
              expect(await namesIn(inner)).toEqual(['their'])
              await broken(inner)
            })).rejects.toThrow()
            expect(await namesIn(outer)).toEqual(['our'])
            const nested = outer.within([theirs]).transaction(namesIn)
            expect(await nested).toEqual(['their'])
            expect(await namesIn(outer)).toEqual(['our'])
            await expect(outer.within('all').transaction(async (inner) => {
              expect(await namesIn(inner)).toEqual(['our', 'their'])
              throw new Error('not after all')
            })).rejects.toThrow('not after all')
            expect(await namesIn(outer)).toEqual(['our'])
          })
          expect(await namesIn(database)).toEqual([])
        })

        it('ends with a transaction that is aborted in the middle', async () => {
          await expect(database.within('all').transaction(async (transaction) => {
            expect(await namesIn(transaction)).toEqual(['our', 'their'])
            await broken(transaction)
          })).rejects.toThrow()
          expect(await namesIn(database)).toEqual([])
          expect(await namesIn(database.within([ours]))).toEqual(['our'])
        })

        it('is right after statements of a batch or a pipeline failed', async () => {
          const failing = { sql: 'select 1 / 0', parameters: [] }
          const reading = { sql: 'select name from things', parameters: [] }
          const all = database.within('all')
          await expect(all.atomic([reading, failing, reading])).rejects.toThrow()
          expect(await namesIn(database)).toEqual([])
          await expect(all.transaction(async (transaction) => {
            await Promise.all([
              namesIn(transaction.within([ours])), broken(transaction.within([theirs])),
              namesIn(transaction.within([ours])), namesIn(transaction),
            ])
          })).rejects.toThrow()
          expect(await namesIn(database.within([ours]))).toEqual(['our'])
          await expect(broken(all)).rejects.toThrow()
          expect(await namesIn(database)).toEqual([])
        })

        it('is nobody’s again on the connection after one that was killed', async () => {
          const admin = await open(lease.adminUrl)
          expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
          const { rows: [own] } = await backend.run({
            sql: 'select pg_backend_pid() as pid', parameters: [], reach: null,
          })
          await admin.run({
            sql: `select pg_terminate_backend(${String(own!.pid)})`, parameters: [],
          })
          await expect.poll(() => namesIn(database).catch(() => 'away')).toEqual([])
          expect(await namesIn(database.within([theirs]))).toEqual(['their'])
        })

        it('never widens when the setting itself is refused', async () => {
          await namesIn(database.within([ours]))
          // Ids alone pass `within`; here they are not asked.
          const odd = { sql: 'select name from things', parameters: [], reach: `${theirs},x` }
          await expect(backend.run(odd)).rejects.toThrow()
          await expect(backend.run({ ...odd, reach: '\0' })).rejects.toThrow()
          expect(await namesIn(database)).toEqual([])
          expect(await namesIn(database.within([ours]))).toEqual(['our'])
        })
      })
    }
  })
}

describe('a reach', () => {
  it('takes ids of organizations and nothing else', async () => {
    const backend = await connect('memory:')
    const database = Database.over(backend)
    for (const reach of [['all'], [''], [ours, '*'], [`${ours},${theirs}`], ['{}']]) {
      expect(() => database.within(reach)).toThrow(InvalidInput)
    }
    await backend.close()
  })
})
