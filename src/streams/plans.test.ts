import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { StreamLog, StreamStore, type StreamTables } from './index.js'

const streamsMade = 1_500

/** All of a table is read; of the index of deleted streams that is what is asked for. */
const scan = new RegExp([
  '\\bSCAN (?:streams|stream_chunks|s|f|c)\\b(?! USING INDEX streams_deleted)',
  'Seq Scan on stream(?:s|_chunks)\\b',
].join('|'))

/** Many streams with a few chunks each, and a store that tells what it sends. */
async function filled(world: ContractWorld) {
  const { holdfast, organizationId } = world
  for (const { streams } of [world.neighbour, world.organization]) {
    for (let made = 0; made < streamsMade; made += 100) {
      await Promise.all(Array.from({ length: 100 }, async (_, index) => {
        const path = `many/${made + index}`
        await streams.create(path, { contentType: 'text/plain', ttlSeconds: 86_400 })
        for (const data of ['one', 'two', 'three']) await streams.append(path, data)
      }))
    }
  }
  await analyze(world)
  const seen: Statement[] = []
  const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
  const database = Database.over<StreamTables>(watching).within([organizationId])
  const { ids, coordination: { signals } } = holdfast
  const log = new StreamLog(database, { ids, signals, onDeleted: () => Promise.resolve() })
  return { seen, log, streams: new StreamStore(log, { organizationId, actor: { id: 'x' } }) }
}

contract('streams among many', (open) => {
  it('are made, forked, read and deleted without a look at the others', async () => {
    const world = await open()
    const { seen, log, streams } = await filled(world)
    await streams.create('source', { contentType: 'text/plain', data: 'abc' })
    await streams.append('source', 'def')
    await streams.read('source')
    await streams.create('fork', { fork: { from: 'source' } })
    await streams.delete('source')
    await streams.delete('fork')
    await log.sweep()
    const scanning: unknown[] = []
    for (const { sql, parameters } of seen) {
      if (!/streams|stream_chunks/.test(sql)) continue
      const plan = await planOf(world, { sql, parameters })
      if (scan.test(plan)) scanning.push({ sql, plan })
    }
    expect(scanning).toStrictEqual([])
  }, 60_000)
})
