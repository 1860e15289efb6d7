import { describe, expect, it, vi } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type TestEngine, drawnEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { pause } from './load.js'
import { faketimeMissing, LockCrowd } from './lock-crowd.js'
import { Random } from './random.js'
import { RedisPair } from './redis-pair.js'

/** Writes under the lock, in each of the tests. */
const writes = Number(process.env.HOLDFAST_TEST_LOCKS ?? 30)
const withinMs = 120_000 + writes * 150
const failoversMin = 2

vi.setConfig({ testTimeout: withinMs + 60_000 })

const { HOLDFAST_TEST_REDIS_URL: redis, HOLDFAST_TEST_REDIS_MISSING: redisMissing } = process.env
const noRedis = redis ? undefined : redisMissing ?? 'HOLDFAST_TEST_REDIS_URL is not set'

/** What each process opens Holdfast with besides the database. */
const coordinations = [
  { name: 'without Redis', options: {}, missing: undefined },
  { name: 'with Redis', options: { redis }, missing: noRedis },
]

/** How four processes are made to write under one lock. */
interface LockPlay {
  /** What each process opens Holdfast with besides the database. */
  readonly options: Readonly<Record<string, unknown>>
  /** How far each one's clock is off; one for each process. */
  readonly skews: readonly (string | null)[]
  /** Writes that there must be at the end. */
  readonly writes: number
  /** What becomes of the crowd; its answer is printed. */
  harass(crowd: LockCrowd): Promise<object>
}

interface Entry {
  readonly fence: number
  readonly count: number
}

/** Every write counted once, and each under a fence above the one before. */
async function playUnderLock(engine: TestEngine, play: LockPlay): Promise<void> {
  const lease = await engine.createReady()
  const random = new Random()
  const holdfast = await openHoldfast({ database: lease.url })
  const { conversations } = holdfast.organization()
  const { id: conversationId, organizationId } = await conversations.create({
    metadata: { count: 0 },
  })
  const crowd = new LockCrowd({
    options: { ...play.options, database: lease.url }, organizationId, conversationId,
    skews: play.skews, random, ttlSeconds: 0.5,
    isGuarded: process.env.HOLDFAST_TEST_UNGUARDED === undefined,
  })
  try {
    const startMs = performance.now()
    const harassed = await play.harass(crowd)
    const seconds = Math.round((performance.now() - startMs) / 1_000)
    await crowd.stop()
    const entries = await entriesOf(holdfast, conversationId)
    const { metadata } = await conversations.get(conversationId)
    const words = Object.fromEntries(crowd.words)
    console.log(JSON.stringify({ seed: random.seed, kept: entries.length, seconds, words,
      ...harassed }))
    const broken = entries.filter(({ fence, count }, index) =>
      count !== index + 1 || fence <= (entries[index - 1]?.fence ?? 0))
    expect(broken).toEqual([])
    expect(metadata).toEqual({ count: entries.length })
    expect(entries.length).toBeGreaterThanOrEqual(play.writes)
  } finally {
    await crowd.stop()
    await holdfast.close()
    await lease.drop()
  }
}

/** Everything that was written, in order. */
async function entriesOf(holdfast: Holdfast, conversationId: string): Promise<Entry[]> {
  const { messages } = holdfast.organization()
  const entries: Entry[] = []
  for (let cursor: string | undefined; ;) {
    const page = await messages.list(conversationId, { limit: 200, cursor })
    entries.push(...page.data.map(({ content }) => content as unknown as Entry))
    if (page.nextCursor === null) return entries
    cursor = page.nextCursor
  }
}

async function play(
  engine: TestEngine,
  options: Readonly<Record<string, unknown>>,
  skews: readonly (string | null)[],
): Promise<void> {
  await playUnderLock(engine, {
    options, skews, writes, harass: (crowd) => crowd.harass(writes, withinMs),
  })
}

/** At the same time: mostly one waits until a lease has run out. */
const together = { concurrent: true }

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  for (const { name, options, missing: absent } of coordinations) {
    const reason = engine.missing ?? absent
    const title = `[${engine.name}] a lock ${name}`
    const told = reason === undefined ? title : `${title}: did not run: ${reason}`
    describe.skipIf(reason !== undefined)(told, together, () => {
      it('lets one of 4 processes write, paused and killed as they are', async () => {
        await play(engine, options, [null, null, null, null])
      })
    })
  }
  const missing = engine.missing ?? faketimeMissing()
  const skewed = missing === undefined ? '' : `: did not run: ${missing}`
  const clocks = `[${engine.name}] a lock under clocks${skewed}`
  describe.skipIf(missing !== undefined)(clocks, together, () => {
    it('a minute ahead and a minute behind lets one process write all the same', async () => {
      await play(engine, {}, ['+60s', '-60s', null, null])
    })
  })
  const redisAbsent = engine.missing ?? PrivateRedis.missing()
  const title = `[${engine.name}] a lock while a replica of Redis is promoted by hand`
  const told = redisAbsent === undefined ? title : `${title}: did not run: ${redisAbsent}`
  describe.skipIf(redisAbsent !== undefined)(told, together, () => {
    it('lets one of 4 processes write, paused and killed as they are, and goes on', async ({
      expect: expectHere,
    }) => {
      const pair = await RedisPair.start()
      try {
        await playUnderLock(engine, {
          options: { redis: pair.url }, skews: [null, null, null, null], writes,
          harass: async (crowd) => {
            const isEnough = () => crowd.written >= writes && pair.failovers >= failoversMin
            const harassing = crowd.harass(writes, withinMs)
            harassing.catch(() => undefined)
            const endMs = performance.now() + withinMs
            await expectHere.poll(() => crowd.written, { timeout: 60_000 }).toBeGreaterThan(0)
            while (!isEnough() && performance.now() < endMs) {
              const before = crowd.written
              await pair.failOver(pause)
              // Waiters find out for themselves while nobody is told anything.
              await expectHere.poll(() => crowd.written, { timeout: 60_000 })
                .toBeGreaterThan(before)
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
