import { expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { Database } from '../database/database.js'
import { type Backend, type Statement } from '../database/engine.js'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { JobLog, QueueStore } from './index.js'
import { type QueueTables } from './tables.js'

const worker = 'worker'

/** Stores whose statements are kept as they are sent. */
function watched({ holdfast, organizationId }: ContractWorld) {
  const sent: Statement[] = []
  const { backend } = holdfast
  const watching: Backend = {
    engine: backend.engine,
    run: (statement) => backend.run(kept(statement)),
    atomic: (statements) => backend.atomic(statements.map(kept)),
    transaction: (work) => backend.transaction(work),
    exclusive: (work) => backend.exclusive(work),
    introspect: () => backend.introspect(),
    definitions: () => backend.definitions(),
    walls: () => backend.walls(),
    ping: () => backend.ping(),
    pool: () => backend.pool(),
    close: () => backend.close(),
  }
  function kept(statement: Statement): Statement {
    sent.push(statement)
    return statement
  }
  const { wakeUps } = holdfast.coordination
  const database = Database.over<QueueTables>(watching).within('all')
  const log = new JobLog(database, { ids: holdfast.ids, wakeUps })
  return { sent, log, queues: new QueueStore(log, { organizationId, actor: { id: 'test' } }) }
}

/** How the database means to run a statement whose values it does not know yet. */
async function planOf({ backend }: ContractWorld['holdfast'], { sql, parameters }: Statement) {
  if (!backend.engine.rowLocks) {
    const { rows } = await backend.run({ sql: `explain query plan ${sql}`, parameters })
    return rows.map(({ detail }) => String(detail)).join('\n')
  }
  return backend.transaction(async (session) => {
    const plain = (text: string) => session.run({ sql: text, parameters: [] })
    await plain('set local plan_cache_mode = force_generic_plan')
    await plain(`prepare planned as ${sql}`)
    const values = parameters.map((value) => (value === null ? 'null' : `'${String(value)}'`))
    const { rows } = await plain(`explain execute planned (${values.join(', ')})`)
    await plain('deallocate planned')
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  })
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** What autovacuum does sooner or later: statistics that know how many jobs there are. */
async function analyze({ adminUrl, holdfast: { backend } }: ContractWorld) {
  const analysis = { sql: 'analyze', parameters: [] }
  // A database in memory has no second way in.
  if (!backend.engine.shared) return void await backend.run(analysis)
  const admin = await connect(adminUrl, { poolMax: 1 })
  await admin.run(analysis).finally(() => admin.close())
}

/** Fills a queue up to so many waiting jobs. */
async function fill(queues: QueueStore, count: number, concurrencyKey: string | null = null) {
  for (let left = count; left > 0; left -= 1_000) {
    const jobs = Array.from({ length: Math.min(1_000, left) }, (_, n) => (
      { payload: n, priority: concurrencyKey === null ? n % 7 : 0, concurrencyKey }))
    await queues.enqueueMany('mail', jobs)
  }
}

/** Sorting, or reading all jobs there are. */
const costly = /\bSort\b|TEMP B-TREE FOR ORDER BY|Seq Scan on jobs|SCAN jobs(?! USING)/

contract('claims', (open) => {
  it('read the ready index from its beginning, with nothing to sort', async () => {
    const world = await open()
    const { sent, queues, log } = watched(world)
    const check = async () => {
      sent.length = 0
      expect(await queues.claim('mail', { worker, limit: 3 })).toHaveLength(3)
      await log.claimAny({ queues: ['mail'], worker, limit: 3 })
      const claims = sent.filter(({ name }) => name === 'jobs_claim' || name === 'jobs_turns')
      expect(new Set(claims.map(({ name }) => name)).size).toBe(2)
      for (const statement of claims) {
        const plan = await planOf(world.holdfast, statement)
        expect(plan).toMatch(/jobs_ready/)
        expect(plan).not.toMatch(costly)
      }
    }
    await fill(queues, 100)
    await check()
    await fill(queues, 5_000)
    await analyze(world)
    await check()
  })

  it('cost the same however many jobs wait', async () => {
    const world = await open()
    const { queues } = watched(world)
    const claim = () => millisecondsOf(() => queues.claim('mail', { worker }))
    const measured = async () => {
      for (let warm = 0; warm < 20; warm++) await claim()
      const times: number[] = []
      for (let count = 0; count < 100; count++) times.push(await claim())
      return median(times)
    }
    const many = valuesWanted(15_000)
    await fill(queues, 1_000)
    const few = await measured()
    await fill(queues, many - 1_000)
    await analyze(world)
    const lots = await measured()
    console.info(JSON.stringify({ waiting: [1_000, many], claimMs: [few, lots] }))
    expect(lots).toBeLessThan(4 * few + 5)
  }, 600_000)

  it('and completions cost the same however many jobs of a key are blocked', async () => {
    const world = await open()
    const { queues } = watched(world)
    const step = () => millisecondsOf(async () => {
      const [job] = await queues.claim('mail', { worker })
      await queues.complete(job!)
    })
    const measured = async () => {
      const times: number[] = []
      for (let count = 0; count < 60; count++) times.push(await step())
      return median(times)
    }
    await fill(queues, 200, 'key')
    const few = await measured()
    await fill(queues, valuesWanted(5_000), 'key')
    await analyze(world)
    const lots = await measured()
    console.info(JSON.stringify({ blocked: valuesWanted(5_000), stepMs: [few, lots] }))
    expect(lots).toBeLessThan(4 * few + 10)
  }, 600_000)
})
