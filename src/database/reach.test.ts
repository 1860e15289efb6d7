import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidValue } from '../errors.js'
import { enginesNamed, withParameter } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { connect } from './connect.js'
import { Database } from './database.js'
import { type Backend } from './engine.js'
import { SchemaEditor } from './migrate.js'

interface Tables {
  things: { organization_id: string; name: string }
}

/** One connection, and what is sent over it. */
interface World {
  readonly backend: Backend
  readonly database: Database<Tables>
  readonly admin: Backend
}

const [ours, theirs] = [randomUUID(), randomUUID()] as [string, string]

const namesIn = async (on: Database<Tables>) => {
  const rows = await on.all(on.write.selectFrom('things').select('name').orderBy('name'))
  return rows.map(({ name }) => name)
}

const insertInto = (on: Database<Tables>, organizationId: string) =>
  on.run(on.write.insertInto('things').values({ organization_id: organizationId, name: 'new' }))

const broken = (on: Database<Tables>) => on.execute({ sql: 'select 1 / 0', parameters: [] })

const pidOf = async (backend: Backend) => {
  const sql = 'select pg_backend_pid() as pid'
  return String((await backend.run({ sql, parameters: [], reach: null })).rows[0]!.pid)
}

async function makeThings(owner: Backend): Promise<void> {
  const schema = new SchemaEditor(owner, owner.engine)
  await schema.createTable('things', 'organization_id {id} not null, name {text} not null')
  await schema.secureTable('things')
  const { write } = schema.database.as<Tables>()
  await schema.database.run(write.insertInto('things').values([
    { organization_id: ours, name: 'our' }, { organization_id: theirs, name: 'their' },
  ]))
}

for (const engine of enginesNamed('postgres')) {
  for (const pooled of ['false', 'true']) {
    const way = pooled === 'true' ? 'as through a pooler' : 'direct'
    const title = `[postgres] the reach of statements, ${way}: ${engine.missing ?? 'runs'}`
    describe.skipIf(engine.missing !== undefined)(title, () => {
      let lease: DatabaseLease
      let world: World
      const opened: Backend[] = []
      const open = async (url: string) => {
        opened.push(await connect(url, { poolMax: 1 }))
        return opened.at(-1)!
      }
      beforeAll(async () => {
        lease = await engine.createReady()
        await makeThings(await open(lease.ownerUrl))
        const backend = await open(withParameter(lease.url, 'pgbouncer', pooled))
        const admin = await open(lease.adminUrl)
        world = { backend, database: Database.over<Tables>(backend), admin }
      })
      afterAll(async () => {
        await Promise.all(opened.map((each) => each.close()))
        await lease?.drop()
      })
      statementsKeepToIt(() => world)
      nothingIsLeftBehind(() => world)
    })
  }
}

function statementsKeepToIt(world: () => World): void {
  it('is nobody’s rows until it is said whose', async () => {
    const { backend, database } = world()
    expect(await namesIn(database)).toEqual([])
    await expect(insertInto(database, ours)).rejects.toThrow()
    expect(await namesIn(database.within([]))).toEqual([])
    const { rows } = await backend.run({ sql: 'select * from things', parameters: [] })
    expect(rows).toEqual([])
  })

  it('holds for each statement of one connection', async () => {
    const { database } = world()
    expect(await namesIn(database.within([ours]))).toEqual(['our'])
    expect(await namesIn(database.within([theirs]))).toEqual(['their'])
    expect(await namesIn(database.within([theirs, ours]))).toEqual(['our', 'their'])
    expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
    expect(await namesIn(database)).toEqual([])
  })

  it('holds for each statement of a batch that has one of its own', async () => {
    const database = world().database.within('all')
    const read = { sql: 'select name from things', parameters: [] }
    const results = await database.atomic([
      database.within([ours]).reaching(read), database.within([theirs]).reaching(read), read,
    ])
    expect(results.map(({ rows }) => rows.map(({ name }) => name).sort()))
      .toEqual([['our'], ['their'], ['our', 'their']])
  })

  it('refuses to write rows outside it, and changes none of them', async () => {
    const { database } = world()
    const { write } = database
    const mine = database.within([ours])
    await expect(insertInto(mine, theirs)).rejects.toThrow()
    const update = write.updateTable('things').set({ name: 'changed' })
    expect(await mine.run(update.where('organization_id', '=', theirs))).toBe(0)
    const moved = write.updateTable('things').set({ organization_id: theirs })
    await expect(mine.run(moved)).rejects.toThrow()
    expect(await mine.run(write.deleteFrom('things').where('name', '=', 'their'))).toBe(0)
    expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
  })

  it('changes inside a transaction, and goes back with a savepoint', async () => {
    const { database } = world()
    await database.within([ours]).transaction(async (outer) => {
      expect(await namesIn(outer)).toEqual(['our'])
      await expect(outer.within([theirs]).transaction(async (inner) => {
        expect(await namesIn(inner)).toEqual(['their'])
        await broken(inner)
      })).rejects.toThrow()
      expect(await namesIn(outer)).toEqual(['our'])
      expect(await outer.within([theirs]).transaction(namesIn)).toEqual(['their'])
      expect(await namesIn(outer)).toEqual(['our'])
      await expect(outer.within('all').transaction(async (inner) => {
        expect(await namesIn(inner)).toEqual(['our', 'their'])
        throw new Error('not after all')
      })).rejects.toThrow('not after all')
      expect(await namesIn(outer)).toEqual(['our'])
    })
    expect(await namesIn(database)).toEqual([])
  })
}

function nothingIsLeftBehind(world: () => World): void {
  it('ends with a transaction that is aborted in the middle', async () => {
    const { database } = world()
    await expect(database.within('all').transaction(async (transaction) => {
      expect(await namesIn(transaction)).toEqual(['our', 'their'])
      await broken(transaction)
    })).rejects.toThrow()
    expect(await namesIn(database)).toEqual([])
    expect(await namesIn(database.within([ours]))).toEqual(['our'])
  })

  it('is right after statements of a batch or a pipeline failed', async () => {
    const { database } = world()
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
    const { backend, database, admin } = world()
    expect(await namesIn(database.within('all'))).toEqual(['our', 'their'])
    const sql = `select pg_terminate_backend(${await pidOf(backend)})`
    await admin.run({ sql, parameters: [], reach: null })
    await expect.poll(() => namesIn(database).catch(() => 'away')).toEqual([])
    expect(await namesIn(database.within([theirs]))).toEqual(['their'])
  })

  it('never widens when the setting itself is refused', async () => {
    const { backend, database } = world()
    await namesIn(database.within([ours]))
    // Ids alone pass `within`; here they are not asked.
    const odd = { sql: 'select name from things', parameters: [], reach: `${theirs},x` }
    await expect(backend.run(odd)).rejects.toThrow()
    await expect(backend.run({ ...odd, reach: '\0' })).rejects.toThrow()
    expect(await namesIn(database)).toEqual([])
    expect(await namesIn(database.within([ours]))).toEqual(['our'])
  })
}

describe('a reach', () => {
  it('takes ids of organizations and nothing else', async () => {
    const backend = await connect('memory:')
    const database = Database.over(backend)
    for (const reach of [['all'], [''], [ours, '*'], [`${ours},${theirs}`], ['{}']]) {
      expect(() => database.within(reach)).toThrow(InvalidValue)
    }
    await backend.close()
  })
})
