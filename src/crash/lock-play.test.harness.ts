import { expect } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type TestEngine } from '../testing/engines.js'
import { LockCrowd } from './lock-crowd.js'
import { Random } from './random.js'

/** How four processes are made to write under one lock. */
export interface LockPlay {
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
export async function playUnderLock(engine: TestEngine, play: LockPlay): Promise<void> {
  const lease = await engine.create()
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
