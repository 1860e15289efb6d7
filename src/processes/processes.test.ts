import { hostname } from 'node:os'
import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { ProcessRegistry, ProcessWatch, type ProcessTables } from './index.js'

const everyMs = 20
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** A process on the database of a world, and what it warns of. */
function started({ holdfast }: ContractWorld, coordination: string) {
  const database = Database.over<ProcessTables>(holdfast.backend).within('all')
  const registry = new ProcessRegistry(database, { ids: holdfast.ids, coordination })
  const warnings: string[] = []
  const warn = (message: string) => warnings.push(message)
  const watch = ProcessWatch.start({ registry, coordination, warn, everyMs })
  return { registry, watch, warnings, database }
}

contract('processes on one database', (open) => {
  it('see each other as long as they live', async () => {
    const world = await open()
    const [one, two] = [started(world, 'redis'), started(world, 'redis')]
    await expect.poll(() => one.registry.list()).toHaveLength(2)
    expect((await two.registry.list())[0])
      .toMatchObject({ pid: process.pid, host: hostname(), coordination: 'redis' })
    await two.watch.close()
    expect(await one.registry.list()).toHaveLength(1)
    await pause(5 * everyMs)
    await one.watch.close()
    expect(await one.registry.list()).toEqual([])
    expect([...one.warnings, ...two.warnings]).toEqual([])
  })

  it('warn once, and say what to do, when they cannot hear each other', async () => {
    const world = await open()
    const [one, two] = [started(world, 'local'), started(world, 'local')]
    await expect.poll(() => [one.warnings.length, two.warnings.length]).toEqual([1, 1])
    await pause(5 * everyMs)
    expect(one.warnings).toEqual([expect.stringContaining('HOLDFAST_REDIS_URL')])
    expect(one.warnings[0]).toContain(`process ${process.pid} on ${hostname()}`)
    await Promise.all([one.watch.close(), two.watch.close()])
  })

  it('warn when only some of them have Redis', async () => {
    const world = await open()
    const [one, two] = [started(world, 'redis'), started(world, 'local')]
    await expect.poll(() => [one.warnings.length, two.warnings.length]).toEqual([1, 1])
    expect(one.warnings[0]).toContain('without Redis')
    await Promise.all([one.watch.close(), two.watch.close()])
  })

  it('do not warn of one that is dead, and clear its row away at last', async () => {
    const world = await open()
    const dead = started(world, 'local')
    await expect.poll(() => dead.registry.list()).toHaveLength(1)
    await dead.watch.close()
    await dead.registry.enter()
    const living = started(world, 'local')
    await pause(10 * everyMs)
    expect(await living.registry.list()).toHaveLength(2)
    await aged(living.database, -60_000)
    await expect.poll(() => living.registry.list()).toHaveLength(1)
    await aged(living.database, -600_000)
    const { write } = living.database
    const all = () => living.database.all(write.selectFrom('processes').selectAll())
    await expect.poll(all).toHaveLength(1)
    expect(living.warnings).toEqual([])
    await living.watch.close()
  })
})

/** Makes every row look as old as that; the living renew theirs. */
async function aged(database: Database<ProcessTables>, ms: number): Promise<void> {
  const { write, engine } = database
  await database.run(write.updateTable('processes').set({ seen_at: engine.now(ms) as never }))
}
