import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import { JobLog, QueueStore } from './index.js'
import { type QueueTables } from './tables.js'

const worker = 'worker'

/** Stores whose statements are kept as they are sent. */
function watched({ holdfast, organizationId }: ContractWorld) {
  const sent: Statement[] = []
  const watching = watchedBackend(holdfast.backend, (statement) => sent.push(statement))
  const { wakeUps } = holdfast.coordination
  const database = Database.over<QueueTables>(watching).within('all')
  const log = new JobLog(database, { ids: holdfast.ids, wakeUps })
  return { sent, log, queues: new QueueStore(
    log, { organizationId, actor: { id: 'test' } }, { witness: silentWitness }) }
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
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
      // Who was alone just now is given jobs without asking whose turn it is.
      await pause(60)
      sent.length = 0
      for (const limit of [3, 20]) {
        expect(await queues.claim('mail', { worker, limit })).toHaveLength(limit)
      }
      await log.claimAny({ queues: ['mail'], worker, limit: 3 })
      const hot = /^jobs_(claim|claim_few|turns)$/
      const claims = () => sent.filter(({ name }) => hot.test(String(name)))
      // Whether an organization is alone is looked for behind its claim.
      await vi.waitFor(() => expect(new Set(claims().map(({ name }) => name)).size).toBe(3))
      for (const statement of claims()) {
        const plan = await planOf(world, statement)
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
    const many = valuesWanted(8_000)
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
    await fill(queues, valuesWanted(3_000), 'key')
    await analyze(world)
    const lots = await measured()
    console.info(JSON.stringify({ blocked: valuesWanted(3_000), stepMs: [few, lots] }))
    expect(lots).toBeLessThan(4 * few + 10)
  }, 600_000)
})
