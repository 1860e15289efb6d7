import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
import { until, type WorkArena } from '../testing/work-arena.test.harness.js'
import { Random } from './random.js'
import { leaseSeconds, Workplace } from './workplace.js'

/** Runs of the big test; the issue of a release asks for 1000. */
const runCount = Number(process.env.HOLDFAST_TEST_RUNS ?? 40)
/** In the short test workers are let alone after so many kills, since each takes long to begin. */
const killsMax = process.env.HOLDFAST_TEST_RUNS === undefined ? 4 : Infinity
const stepsPerRun = 4
/** In the short test a fast machine must not be done before the first kill. */
const stepMs = process.env.HOLDFAST_TEST_RUNS === undefined ? 200 : 50
const patienceMs = 240_000 + runCount * 500

/** Makes runs of a workflow of this name; their ids. */
async function begin({ stores: { workflows, runs } }: WorkArena, handle: string, count: number) {
  await workflows.create({ name: handle, handle })
  await workflows.createVersion(handle, { graph: null })
  const input = { steps: stepsPerRun, ms: stepMs }
  // Who is killed often enough beside a run must not end it.
  const given = { input, crashesMax: 50 }
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push((await runs.create(handle, given)).id)
  return ids
}

/** Runs that are not over. */
async function countOf({ stores: { runs } }: WorkArena): Promise<number> {
  const { byStatus: { pending, running } } = await runs.statistics()
  return pending + running
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] runs${reason}`
  // At the same time, as processes that begin and leases that run out are waited for.
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('all end, each step with one effect, though a worker is killed a second', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const ids = await begin(arena, 'flow', runCount)
      const crew = await workplace.crew(3, () => arena.runner({ leaseSeconds, concurrency: 4 }))
      const random = new Random()
      let kills = 0
      while ((await countOf(arena)) > 0 || kills < 3) {
        await sleep(1_000)
        if (kills < killsMax) crew.kill(random.between(0, 2))
        kills += kills < killsMax ? 1 : 0
      }
      const effects = (await arena.effects()).map(({ jobId, place }) => `${jobId} ${place}`)
      expect(new Set(effects).size).toBe(effects.length)
      expect(effects).toHaveLength(runCount * stepsPerRun)
      const { runs } = arena.stores
      let repeated = 0
      for (const id of ids) {
        const run = await runs.get(id)
        expect(run).toMatchObject({ status: 'succeeded', output: [1, 2, 3, 4] })
        repeated += run.attempt > 1 ? 1 : 0
        const { data } = await runs.steps.list(id)
        expect(data.map(({ number }) => number)).toEqual(data.map((_, index) => index + 1))
        const succeeded = data.filter(({ status }) => status === 'succeeded')
        expect(succeeded.map(({ key }) => key))
          .toEqual(['step 1', 'step 2', 'step 3', 'step 4'])
      }
      console.log(`${engine.name}: ${runCount} runs, ${kills} kills, ${repeated} ended by a ` +
        `later attempt, seed ${random.seed}`)
      expect(repeated).toBeGreaterThan(0)
    }, patienceMs)

    it('that end their process are failed by policy, and others go on', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const { workflows, runs } = arena.stores
      await workflows.create({ name: 'poison', handle: 'poison' })
      await workflows.createVersion('poison', { graph: null })
      const poison = await runs.create('poison', { crashesMax: 2 })
      const [id] = await begin(arena, 'flow', 1)
      await workplace.crew(1, () => arena.runner({ leaseSeconds: 1 }))
      await until('all are over', async () => (await countOf(arena)) === 0, 60_000)
      expect(await runs.get(poison.id)).toMatchObject({
        status: 'failed', error: { name: 'WorkersDied' },
      })
      expect(await runs.get(id!)).toMatchObject({ status: 'succeeded' })
    }, patienceMs)
  })
}
