import { describe, expect, it, vi } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { JobErrands } from './job-errands.js'
import { pause, until } from './load.js'
import { LockErrands } from './lock-errands.js'
import { type Fault, faults } from '../testing/redis-faults.test.harness.js'
import { onScene, type Scene } from './scene.js'

vi.setConfig({ testTimeout: 180_000 })

/** No answer takes longer, whatever Redis does; a loaded machine adds to every deadline. */
const slowestMaxMs = 4_000
/** For what hangs; a machine that does other work, too, is slow. */
const patienceMs = 30_000
const missing = PrivateRedis.missing()

for (const engine of drawnEngines()) {
  const why = engine.missing ?? missing
  const reason = why === undefined ? '' : `: did not run: ${why}`
  const title = `[${engine.name}] messages, jobs and locks over HTTP while Redis fails${reason}`
  // At the same time: mostly one waits until a fault is over.
  describe.skipIf(why !== undefined)(title, { concurrent: true }, () => {
    it('answers all, loses nothing and does each job once through every fault', async () => {
      const lease = await engine.createReady()
      const redis = await PrivateRedis.start()
      const environment = { HOLDFAST_REDIS_URL: redis.url }
      try {
        await onScene({ database: lease.url, environment, allowed: [], writers: 8 }, (scene) =>
          duringErrands(scene, (fault) => play(fault, redis, scene)))
      } finally {
        await redis.remove()
        await lease.drop()
      }
    })
  })
}

async function play(fault: Fault, redis: PrivateRedis, { watch }: Scene): Promise<void> {
  const admin = await redis.session()
  await fault.begin(redis, admin)
  await pause(fault.forMs)
  await fault.end(redis, admin)
  admin.end()
  await pause(500)
  expect(watch.readiness).toEqual([200])
}

async function duringErrands(
  { server, arena }: Scene,
  happen: (fault: Fault) => Promise<void>,
): Promise<void> {
  const place = { wire: arena.wire, url: server.url, token: arena.token }
  const jobs = JobErrands.start(place)
  const locks = LockErrands.start(place)
  const moreOf = (completed: number, acquired: number) => () =>
    jobs.completed > completed + 20 && locks.acquired > acquired + 10
  try {
    await until('errands are run', moreOf(0, 0), patienceMs)
    for (const fault of faults) {
      await happen(fault)
      const isRun = moreOf(jobs.completed, locks.acquired)
      await until(`errands are run after ${fault.name}`, isRun, patienceMs)
    }
  } finally {
    await Promise.all([jobs.stop(), locks.stop()])
  }
  const { acknowledged, completed, slowestMs } = jobs
  console.log(JSON.stringify({ acknowledged, completed, slowestMs, acquired: locks.acquired }))
  expect([...jobs.faults, ...locks.faults]).toEqual([])
  expect(jobs.wrong).toEqual([])
  expect(slowestMs).toBeLessThan(slowestMaxMs)
}
