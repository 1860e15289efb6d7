import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
import { until, type WorkArena } from '../testing/work-arena.test.harness.js'
import { Random } from './random.js'
import { payloads, Workplace, wrongEffects } from './workplace.js'

/** Jobs of the big run; the issue of a release asks for 20000. */
const jobCount = Number(process.env.HOLDFAST_TEST_JOBS ?? 200)
/** Enough to keep workers busy while others are replaced. */
const replacedCount = Math.max(300, Math.ceil(jobCount / 2))
/** In the short test workers are let alone after so many kills, since each takes long to begin. */
const killsMax = process.env.HOLDFAST_TEST_JOBS === undefined ? 4 : Infinity
const patienceMs = 240_000 + jobCount * 75
const [keyCount, jobsPerKey] = [8, 15]

/** Those of the jobs that needed more than one attempt. */
async function repeatedCount(arena: WorkArena): Promise<number> {
  return (await arena.effects()).filter(({ attempt }) => attempt > 1).length
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] workers${reason}`
  // At the same time, as processes that begin and leases that run out are waited for.
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('do every job once in effect, though one is killed every second', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      await arena.stores.queues.pause('blocked')
      const paused = await arena.enqueue('blocked', payloads(5, 0))
      // Who is killed often enough beside a job must not bury it.
      const crashesMax = 100
      const ms = jobCount > 5_000 ? 30 : 300
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
      while ((await arena.counts('work')).left > 0) {
        await sleep(1_000)
        if (kills === killsMax) continue
        crew.kill(random.between(0, 3))
        kills += 1
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

    it('bury a job that ends its process, and go on with the others', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const [poison] = await arena.enqueue('poison', [{}])
      const ids = await arena.enqueue('work', payloads(100, 60))
      const crew = await workplace.crewOf(arena, 2)
      await until('all are over', async () =>
        (await arena.counts('work')).left + (await arena.counts('poison')).left === 0, patienceMs)
      expect(await arena.stores.queues.get(poison!)).toMatchObject({ state: 'dead', crashes: 3 })
      expect(await arena.counts('work')).toEqual({ completed: 100, dead: 0, left: 0 })
      expect(await wrongEffects(arena, ids)).toEqual([])
      expect(crew.restarts).toBe(3)
    }, patienceMs)

    it('are replaced one by one under load, and nothing is lost or done twice', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const ids = await arena.enqueue('work', payloads(replacedCount, 300))
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
