import { describe, expect, it, vi } from 'vitest'
import { connectCoordination } from '../coordination/connect.js'
import { LimitsLoad } from '../testing/limits-load.test.harness.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { faults } from '../testing/redis-faults.test.harness.js'
import { pause, until } from './load.js'

vi.setConfig({ testTimeout: 60_000 })

/** Values stay in memory for 5 s; what is owed is tried again every half second. */
const staleMs = 6_000
const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a failing Redis under cache and limits${reason}`, () => {
  it.each(faults)('$name: no wrong answer, no late one, never without a limit', async (fault) => {
    const redis = await PrivateRedis.start()
    const admin = await redis.session()
    const open = () => connectCoordination({ redis: redis.url })
    const [here, there] = [await open(), await open()]
    const load = LimitsLoad.start(here, there)
    const counts = (name: string) => load.count(name)
    try {
      await until('Redis is asked', () => counts('shared') > 200, 10_000)
      load.staleMs = staleMs
      await fault.begin(redis, admin)
      await pause(fault.forMs)
      const [degraded, shared] = [counts('degraded'), counts('shared')]
      if (fault.isAway) expect(degraded).toBeGreaterThan(0)
      await fault.end(redis, admin)
      await until('Redis is asked again', () => counts('shared') > shared + 50, 10_000)
      // What memory kept during the fault has ended by then.
      await pause(1_500)
      await load.stop()
      expect(load.faults).toEqual([])
      expect(load.count('invalidate')).toBeGreaterThan(50)
      const { most, fewest } = load.admitted()
      // One share of each process alone, one of Redis before and one after what it lost.
      const times = (fault.isAway ? 2 : 0) + (fault.loses && !fault.isAway ? 6 : 2)
      expect(most).toBeLessThanOrEqual(times * load.limit)
      expect(fewest).toBeGreaterThan(0)
    } finally {
      await load.stop()
      await Promise.all([here.close(), there.close()])
      admin.end()
      await redis.remove()
    }
  })
})
