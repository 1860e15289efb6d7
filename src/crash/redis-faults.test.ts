import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { connectCoordination } from '../coordination/connect.js'
import { type Coordinator } from '../coordination/coordination.js'
import { CoordinationLoad } from '../testing/coordination-load.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { faults } from '../testing/redis-faults.test.harness.js'
import { pause, until } from './load.js'
import { onScene } from './scene.js'

vi.setConfig({ testTimeout: 60_000 })

/** Redis is of use again this soon after it could be; what the machine is late comes on top. */
const recoveryMs = 1_500
const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a failing Redis under every operation${reason}`, () => {
  it.each(faults)('$name: no late and no wrong answer, and recovery', async (fault) => {
    const redis = await PrivateRedis.start()
    const admin = await redis.session()
    const open = () => connectCoordination({ redis: redis.url, redisOptions: { prefix: 'p:' } })
    const [here, there] = [await open(), await open()]
    const load = await CoordinationLoad.start(here, there)
    try {
      await until('everything is well', () => isWell(load, new Map()), 5_000)
      if (fault.loses) load.lose()
      await fault.begin(redis, admin)
      if (fault.isAway) load.away()
      await pause(fault.forMs)
      if (fault.isAway) expect(here.health().state).toBe('degraded')
      const before = new Map(load.counts)
      if (fault.isAway) expect(load.count('lock refused')).toBeGreaterThan(0)
      load.back()
      await fault.end(redis, admin)
      const tookMs = await until('everything is well again', () => isWell(load, before), 10_000)
      await pause(300)
      await load.stop()
      const figures = Object.fromEntries([...load.counts].sort())
      const slowest = `slowest ${load.slowestMs} ms after its deadline`
      console.log(`${fault.name}: well after ${Math.round(tookMs)} ms, ${slowest}`, figures)
      expect(load.faults).toEqual([])
      expect(load.count('heard missed')).toBeGreaterThan(0)
      await until('health is ok', () => isOk(here) && isOk(there), recoveryMs)
      expect(tookMs).toBeLessThan(recoveryMs + load.lagMs)
    } finally {
      await load.stop()
      await Promise.all([here.close(), there.close()])
      admin.end()
      await redis.remove()
    }
  })
})

const isOk = (coordinator: Coordinator) => coordinator.health().state === 'ok'

/** Every operation has succeeded since. */
function isWell(load: CoordinationLoad, before: ReadonlyMap<string, number>): boolean {
  return ['heard', 'woken', 'lock granted', 'renew', 'seen', 'list', 'ping']
    .every((name) => load.count(name) > (before.get(name) ?? 0))
}

for (const engine of drawnEngines()) {
  const why = engine.missing ?? missing
  const title = `[${engine.name}] a server whose Redis fails`
  const full = why === undefined ? title : `${title}: did not run: ${why}`
  describe.skipIf(why !== undefined)(full, () => {
    let redis: PrivateRedis
    beforeAll(async () => {
      redis = await PrivateRedis.start()
    })
    afterAll(() => redis?.remove())

    it('answers every append through FLUSHALL, kill -9, a stall and a restart', async () => {
      const lease = await engine.create()
      const environment = { HOLDFAST_REDIS_URL: redis.url }
      const options = { database: lease.url, environment, allowed: [] }
      try {
        await onScene(options, async ({ watch, load, server }) => {
          for (let count = 0; count < 10; count += 1) {
            await redis.command('FLUSHALL')
            await pause(50)
          }
          await redis.kill()
          await pause(1_000)
          await redis.start()
          redis.freeze()
          await pause(1_500)
          redis.thaw()
          await pause(1_000)
          expect(watch.readiness).toEqual([200])
          expect([...load.counts.keys()]).toEqual(['201'])
          expect(server.log).toContain('coordination is degraded')
        })
      } finally {
        await lease.drop()
      }
    })
  })
}
