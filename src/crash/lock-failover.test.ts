import { describe, expect, it, vi } from 'vitest'
import { testEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { pause } from './load.js'
import { playUnderLock } from './lock-play.test.harness.js'
import { RedisPair } from './redis-pair.js'

/** Writes under the lock while Redis fails over. */
const writes = Number(process.env.HOLDFAST_TEST_LOCKS ?? 200)
const withinMs = 60_000 + writes * 150
const failoversMin = 3

vi.setConfig({ testTimeout: withinMs + 60_000 })

// What is in memory ends with its process.
for (const engine of testEngines().slice(1)) {
  const missing = engine.missing ?? PrivateRedis.missing()
  const title = `[${engine.name}] a lock while a replica of Redis is promoted by hand`
  const told = missing === undefined ? title : `${title}: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(told, () => {
    it('lets one of 4 processes write, paused and killed as they are, and goes on', async () => {
      const pair = await RedisPair.start()
      try {
        await playUnderLock(engine, {
          options: { redis: pair.url }, skews: [null, null, null, null], writes,
          harass: async (crowd) => {
            const isEnough = () => crowd.written >= writes && pair.failovers >= failoversMin
            const harassing = crowd.harass(writes, withinMs)
            harassing.catch(() => undefined)
            const endMs = performance.now() + withinMs
            while (!isEnough() && performance.now() < endMs) {
              const before = crowd.written
              await pair.failOver(pause)
              // Waiters find out for themselves while nobody is told anything.
              await expect.poll(() => crowd.written, { timeout: 20_000 }).toBeGreaterThan(before)
              await pause(500)
            }
            return { ...await harassing, failovers: pair.failovers }
          },
        })
        expect(pair.failovers).toBeGreaterThanOrEqual(failoversMin)
      } finally {
        await pair.remove()
      }
    })
  })
}
