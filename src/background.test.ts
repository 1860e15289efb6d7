import { expect, it } from 'vitest'
import { BackgroundLoop, DueSweeper, type DueWork, pause } from './background.js'

const soon = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((done) => setTimeout(done, 2))
}

/** Rows that are due, of which some stay so. */
class Rows implements DueWork<number> {
  readonly swept: number[] = []
  readonly done = new Set<number>()
  readonly pages: (number | undefined)[] = []
  readonly stuck: number
  readonly count: number

  /** The first `stuck` of `count` rows cannot be done. */
  constructor(count: number, stuck: number) {
    this.count = count
    this.stuck = stuck
  }

  async sweep({ limit = 10, after = -1 }: { limit?: number; after?: number }) {
    this.pages.push(after)
    const due = Array.from({ length: this.count }, (_, row) => row)
      .filter((row) => row > after && !this.done.has(row)).slice(0, limit)
    this.swept.push(...due)
    for (const row of due) if (row >= this.stuck) this.done.add(row)
    return {
      due: due.length, changed: due.filter((row) => row >= this.stuck).length, last: due.at(-1),
    }
  }

  async nextDueMs(after = -1) {
    return Math.max(after, ...this.done) < this.count - 1 ? 0 : undefined
  }
}

it('does what is due behind any number of rows that cannot be done', async () => {
  const rows = new Rows(45, 30)
  const sweeper = new DueSweeper(rows, 10).start()
  await soon(() => rows.done.size === 15)
  await sweeper.close()
  expect([...rows.done]).toStrictEqual(Array.from({ length: 15 }, (_, index) => 30 + index))
  // Once each: what cannot be done is not asked for again at once.
  expect(rows.swept).toHaveLength(45)
})

it('comes back to what could not be done, and tells why', async () => {
  const reasons: unknown[] = []
  let calls = 0
  const work: DueWork<number> = {
    async sweep({ after }) {
      if (after !== undefined) return { due: 0, changed: 0, last: undefined }
      calls += 1
      return calls === 1
        ? { due: 1, changed: 0, last: 1, failure: 'not now' } : { due: 1, changed: 1, last: 1 }
    },
    nextDueMs: async () => undefined,
  }
  const sweeper = new DueSweeper(work, 10, { onFailure: (error) => reasons.push(error) }).start()
  await soon(() => calls === 2)
  await sweeper.close()
  expect(reasons).toStrictEqual(['not now'])
})

it('goes on after the database could not be asked', async () => {
  const reasons: unknown[] = []
  const work: DueWork<number> = {
    sweep: async () => {
      throw new Error('away')
    },
    nextDueMs: async () => undefined,
  }
  const sweeper = new DueSweeper(work, 10, { onFailure: (error) => reasons.push(error) }).start()
  await soon(() => reasons.length === 1)
  await sweeper.close()
  expect(reasons).toMatchObject([{ message: 'away' }])
})

it('waits for the look at work when it is closed, and never looks again', async () => {
  let looks = 0
  let isLooking = false
  const loop = new BackgroundLoop(async () => {
    looks += 1
    isLooking = true
    await pause(20, new AbortController().signal)
    isLooking = false
    return 0
  })
  loop.start()
  loop.start()
  await soon(() => looks === 3)
  await loop.close()
  expect(isLooking).toBe(false)
  const before = looks
  loop.start()
  await pause(30, loop.signal)
  await loop.close()
  expect(looks).toBe(before)
})
