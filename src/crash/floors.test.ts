import { describe, expect, it, vi } from 'vitest'
import { FloorNotHeld } from '../floor/index.js'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type TestEngine, drawnEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { FloorCrowd } from './floor-crowd.js'
import { FloorLaw, type LawEvent } from './floor-law.js'
import { pause } from './load.js'
import { Random } from './random.js'

/** How long they fight, in each of the tests. */
const seconds = Number(process.env.HOLDFAST_TEST_FLOORS ?? 2)
const isLong = seconds >= 30
const processes = 4
const agentsEach = isLong ? 50 : 8
const floorCount = isLong ? 20 : 3
const holdSeconds = 0.4
/** A hold is over at most so long before that is written, also on a busy machine. */
const lateMostMs = 5_000

vi.setConfig({ testTimeout: seconds * 2_000 + 90_000 })

/** Everything that happened on a floor. */
async function eventsOf({ floors }: Stores, conversationId: string): Promise<LawEvent[]> {
  const events: LawEvent[] = []
  for (;;) {
    const page = await floors.events(conversationId, { after: events.length, limit: 500 })
    events.push(...page)
    if (page.length < 500) return events
  }
}

type Stores = ReturnType<Holdfast['organization']>

/** Serves everybody who still waits, one after the other. */
async function drain({ floors }: Stores, conversationId: string): Promise<void> {
  for (;;) {
    const { queue, holders } = await floors.get(conversationId)
    if (queue.length === 0) return
    for (const { speakerUri, fence } of holders) {
      // The clock may have done it.
      await floors.revoke({ conversationId, speakerUri }, { fence }).catch((error: unknown) => {
        if (!(error instanceof FloorNotHeld)) throw error
      })
    }
    if (holders.length === 0) await pause(20)
  }
}

/** Whoever spoke did so under grants in order, each once. */
async function spokenIn({ messages }: Stores, conversationId: string): Promise<number[]> {
  const fences: number[] = []
  for (let cursor: string | undefined; ;) {
    const page = await messages.list(conversationId, { limit: 200, cursor })
    fences.push(...page.data.map(({ content }) => (content as { fence: number }).fence))
    if (page.nextCursor === null) return fences
    cursor = page.nextCursor
  }
}

async function fight(
  engine: TestEngine,
  options: Readonly<Record<string, unknown>>,
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const lease = await engine.createReady()
  const random = new Random()
  const holdfast = await openHoldfast({ database: lease.url })
  const stores = holdfast.organization()
  const { organizationId } = await stores.conversations.create()
  const floors: string[] = []
  for (let index = 0; index < floorCount; index++) {
    const { id } = await stores.conversations.create()
    await stores.floors.configure(id, { policy: 'exclusive', holdSeconds, queueMax: 1_000 })
    floors.push(id)
  }
  const crowd = new FloorCrowd({
    options: { ...options, database: lease.url }, organizationId, floors, random,
    holdMs: holdSeconds * 1_000,
    crews: Array.from({ length: processes }, (_, crew) =>
      Array.from({ length: agentsEach }, (_, index) => `https://agent.test/${crew}/${index}`)),
  })
  try {
    await expect.poll(() => crowd.spoken.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const [harassed] = await Promise.all([
      crowd.harass(seconds * 1_000, isLong ? 3_000 : 1_000), meanwhile(),
    ])
    await crowd.stop()
    const sweeper = holdfast.floorSweeper().start()
    await Promise.all(floors.map((id) => drain(stores, id)))
    await sweeper.close()
    const laws = await Promise.all(floors.map(async (id) => {
      const law = new FloorLaw().judge(await eventsOf(stores, id))
      const fences = await spokenIn(stores, id)
      const disorder = fences.filter((fence, index) => fence <= (fences[index - 1] ?? 0))
      expect(disorder).toEqual([])
      const spoken = new Set(fences)
      const lostWords = crowd.spoken.filter((word) =>
        word.startsWith(id) && !spoken.has(Number(word.split(' ')[1])))
      const lost = [...crowd.tickets].filter((word) =>
        word.startsWith(id) && !law.tickets.has(Number(word.split(' ')[1])))
      return { law, lost: [...lost, ...lostWords] }
    }))
    const grants = laws.reduce((sum, { law }) => sum + law.grants, 0)
    const latestMs = Math.max(...laws.map(({ law }) => law.latestMs))
    const words = Object.fromEntries(crowd.words)
    console.log(JSON.stringify({
      seed: random.seed, grants, latestMs, tickets: crowd.tickets.size,
      spoken: crowd.spoken.length, ...harassed, words,
    }))
    expect(laws.flatMap(({ law }) => law.faults)).toEqual([])
    expect(laws.flatMap(({ lost }) => lost)).toEqual([])
    expect(grants).toBeGreaterThan(floorCount)
    expect(harassed.kills).toBeGreaterThan(0)
    expect(latestMs).toBeLessThan(lateMostMs)
  } finally {
    await crowd.stop()
    await holdfast.close()
    await lease.drop()
  }
}

// What is in memory ends with its process.
const [file, server] = drawnEngines()
const plays = [
  { engine: file!, missing: undefined, play: () => fight(file!, {}) },
  {
    engine: server!, missing: PrivateRedis.missing(), async play() {
      const redis = await PrivateRedis.start()
      try {
        await fight(server!, { redis: redis.url }, async () => {
          for (let count = 0; count < 2; count++) {
            await pause(seconds * 300)
            await redis.command('FLUSHALL')
          }
        })
      } finally {
        await redis.remove()
      }
    },
  },
]

for (const { engine, missing: absent, play } of plays) {
  const missing = engine.missing ?? absent
  const title = `[${engine.name}] floors for which agents of 4 processes fight`
  const told = missing === undefined ? title : `${title}: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(told, () => {
    it('have one holder, lose no request, and go in order, paused and killed as they are', play)
  })
}
