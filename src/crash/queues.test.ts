import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { testEngines } from '../testing/engines.js'
import { until, type WorkArena } from '../testing/work-arena.test.harness.js'
import { Random } from './random.js'
import { payloads, Workplace, wrongEffects } from './workplace.js'

/** Jobs of the big run; the issue of a release asks for 20000. */
const jobCount = Number(process.env.HOLDFAST_TEST_JOBS ?? 400)
/** Enough to keep workers busy while others are replaced. */
const replacedCount = Math.max(750, Math.ceil(jobCount / 2))
const patienceMs = 240_000 + jobCount * 75
const [keyCount, jobsPerKey] = [8, 15]

const workplace = new Workplace()
afterEach(() => workplace.clear())

/** Those of the jobs that needed more than one attempt. */
async function repeatedCount(arena: WorkArena): Promise<number> {
  return (await arena.effects()).filter(({ attempt }) => attempt > 1).length
}

// What is in memory ends with its process.
for (const engine of testEngines().slice(1)) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] workers${reason}`, () => {
    it('do every job once in effect, though one is killed every second', async () => {
      const arena = await workplace.arenaOn(engine)
      await arena.stores.queues.pause('blocked')
      const paused = await arena.enqueue('blocked', payloads(5, 0))
      // Who is killed often enough beside a job must not bury it.
      const crashesMax = 100
      const ms = jobCount > 5_000 ? 30 : 100
      const ids = await arena.enqueue('work', payloads(jobCount, ms), { crashesMax })
      const keyed = new Map<string, string[]>()
      for (let index = 0; index < keyCount; index += 1) {
        const key = `key-${index}`
        keyed.set(key, await arena.enqueue(
          'work', payloads(jobsPerKey, 20), { key, crashesMax }))
      }
      const crew = await workplace.crewOf(arena, 4)
      const random = new Random()
      const total = jobCount + keyCount * jobsPerKey
      let kills = 0
      for (; (await arena.counts('work')).left > 0; kills += 1) {
        await sleep(1_000)
        crew.kill(random.between(0, 3))
      }
      expect(await arena.counts('work')).toEqual({ completed: total, dead: 0, left: 0 })
      expect(await wrongEffects(arena, [...ids, ...[...keyed.values()].flat()])).toEqual([])
      for (const [key, inOrder] of keyed) {
        expect((await arena.effects(key)).map(({ jobId }) => jobId)).toEqual(inOrder)
      }
      for (const id of paused) {
        expect(await arena.stores.queues.get(id)).toMatchObject({ state: 'ready', attempt: 0 })
      }
      const repeated = await repeatedCount(arena)
      console.log(`${engine.name}: ${total} jobs, ${kills} kills, ${repeated} done by a later ` +
        `attempt, seed ${random.seed}`)
      expect(kills).toBeGreaterThan(2)
      expect(repeated).toBeGreaterThan(0)
    }, patienceMs)

    it('bury a job that ends its process, and go on with the others', async () => {
      const arena = await workplace.arenaOn(engine)
      const [poison] = await arena.enqueue('poison', [{}])
      const ids = await arena.enqueue('work', payloads(300, 20))
      const crew = await workplace.crewOf(arena, 2)
      await until('all are over', async () =>
        (await arena.counts('work')).left + (await arena.counts('poison')).left === 0, 60_000)
      expect(await arena.stores.queues.get(poison!)).toMatchObject({ state: 'dead', crashes: 3 })
      expect(await arena.counts('work')).toEqual({ completed: 300, dead: 0, left: 0 })
      expect(await wrongEffects(arena, ids)).toEqual([])
      expect(crew.restarts).toBe(3)
    }, patienceMs)

    it('are replaced one by one under load, and nothing is lost or done twice', async () => {
      const arena = await workplace.arenaOn(engine)
      const ids = await arena.enqueue('work', payloads(replacedCount, 50))
      const crew = await workplace.crewOf(arena, 4)
      for (let index = 0; index < 4; index += 1) {
        await until('work goes on', async () => (await arena.effects()).length > index * 20)
        const sinceMs = performance.now()
        expect(await crew.stop(index)).toBe(0)
        expect(performance.now() - sinceMs).toBeLessThan(10_000)
      }
      await until('all are over', async () => (await arena.counts('work')).left === 0, patienceMs)
      expect(await arena.counts('work')).toEqual({ completed: ids.length, dead: 0, left: 0 })
      expect(await wrongEffects(arena, ids)).toEqual([])
      const { data } = await arena.stores.queues.list('work', { limit: 200 })
      expect(data.filter(({ crashes, failures }) => crashes + failures > 0)).toEqual([])
    }, patienceMs)
  })
}
