import { describe, it, vi } from 'vitest'
import { type TestEngine, testEngines } from '../testing/engines.js'
import { faketimeMissing } from './lock-crowd.js'
import { playUnderLock } from './lock-play.test.harness.js'

/** Writes under the lock, in each of the tests. */
const writes = Number(process.env.HOLDFAST_TEST_LOCKS ?? 200)
const withinMs = 60_000 + writes * 150

vi.setConfig({ testTimeout: withinMs + 60_000 })

const { HOLDFAST_TEST_REDIS_URL: redis, HOLDFAST_TEST_REDIS_MISSING: redisMissing } = process.env
const noRedis = redis ? undefined : redisMissing ?? 'HOLDFAST_TEST_REDIS_URL is not set'

/** What each process opens Holdfast with besides the database. */
const coordinations = [
  { name: 'without Redis', options: {}, missing: undefined },
  { name: 'with Redis', options: { redis }, missing: noRedis },
]

async function play(
  engine: TestEngine,
  options: Readonly<Record<string, unknown>>,
  skews: readonly (string | null)[],
): Promise<void> {
  await playUnderLock(engine, {
    options, skews, writes, harass: (crowd) => crowd.harass(writes, withinMs),
  })
}

// What is in memory ends with its process.
for (const engine of testEngines().slice(1)) {
  for (const { name, options, missing: absent } of coordinations) {
    const reason = engine.missing ?? absent
    const title = `[${engine.name}] a lock ${name}`
    const told = reason === undefined ? title : `${title}: did not run: ${reason}`
    describe.skipIf(reason !== undefined)(told, () => {
      it('lets one of 4 processes write, paused and killed as they are', async () => {
        await play(engine, options, [null, null, null, null])
      })
    })
  }
  const missing = engine.missing ?? faketimeMissing()
  const skewed = missing === undefined ? '' : `: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(`[${engine.name}] a lock under clocks${skewed}`, () => {
    it('a minute ahead and a minute behind lets one process write all the same', async () => {
      await play(engine, {}, ['+60s', '-60s', null, null])
    })
  })
}
