import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { contentsOf } from '../testing/contents.test.harness.js'
import { type TestEngine } from '../testing/engines.js'
import { killedWriter } from './killed-writer.js'

/** Kills of each step; a release asks for 50. */
const kills = Number(process.env.HOLDFAST_TEST_TRANSFER_KILLS ?? 1)
const script = fileURLToPath(new URL('./transfer-mover.mjs', import.meta.url))
const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Kills a step again and again, then lets it end; what it said, run by run. */
async function killedOften(words: readonly string[], between: () => Promise<void>) {
  const runs: string[][] = []
  for (let count = 0; count < kills; count++) {
    await between()
    runs.push(await killedWriter(script, words))
    if (runs.at(-1)!.includes('ended')) return runs
  }
  return runs
}

async function write(holdfast: Holdfast, id: string, from: number): Promise<string[]> {
  const contents = Array.from({ length: 30 }, (_, index) => `m${from + index}`)
  await holdfast.organization().messages.appendMany(id,
    contents.map((content) => ({ role: 'user', content })))
  return contents
}

/** Rows of one batch of the mover. */
const batchRows = 20

/**
 * No row that was said to be in the target is copied again: a kill costs the two batches that were
 * being written and the one that was being read. The rows of the target, and those worked on for
 * them.
 */
function workOf(runs: readonly (readonly string[])[]): { rows: number; work: number } {
  let rows = 0
  for (const run of runs) {
    const done = run.flatMap((line) => (line.startsWith('rows ') ? [Number(line.slice(5))] : []))
    if (done.length === 0) continue
    expect(done[0]!).toBeGreaterThan(rows)
    rows = done.at(-1)!
  }
  return { rows, work: rows + 3 * batchRows * (runs.length - 1) }
}

const [[sqlite], [postgres]] = [enginesNamed('sqlite'), enginesNamed('postgres')]
const ways = kills > 10 ? [[sqlite!, postgres!], [postgres!, sqlite!]] : [[sqlite!, postgres!]]
const { missing } = postgres!

for (const [fromEngine, toEngine] of ways as [TestEngine, TestEngine][]) {
  const title = `a transfer that is killed from ${fromEngine.name} to ${toEngine.name}`
  // Nothing unfinished: without the server there is nothing to move, and the name says why.
  describe.skipIf(missing !== undefined)(`${title}${missing ?? ''}`, () => {
    it('goes on where it was, and ends with every acknowledged write once', async () => {
      await ensureBuilt()
      const [one, other] = [await fromEngine.createReady(), await toEngine.createReady()]
      leftovers.push(() => one.drop(), () => other.drop())
      const [from, to] = [one.ownerUrl, other.ownerUrl]
      const old = await openHoldfast({ database: from })
      leftovers.push(() => old.close())
      const { id } = await old.organization().conversations.create()
      const acknowledged: string[] = []
      const more = async () => {
        // Behind the fence of a cutover that was killed nobody writes.
        const added = await write(old, id, acknowledged.length).catch(() => [])
        acknowledged.push(...added)
      }
      for (let count = 0; count < 12 * kills; count++) await more()
      const copies = await killedOften([from, to, 'copy'], more)
      if (!copies.at(-1)!.includes('ended')) copies.push(await ended([from, to, 'copy']))
      const { rows, work } = workOf(copies)
      expect(rows).toBeGreaterThanOrEqual(acknowledged.length - 30 * kills)
      expect(work).toBeLessThanOrEqual(rows * 1.2)
      for (const step of ['catchUp', 'cutover']) {
        await killedOften([from, to, step], more)
        expect((await ended([from, to, step])).at(-1)).toBe('ended')
      }
      const fresh = await openHoldfast({ database: to })
      leftovers.push(() => fresh.close())
      expect(await contentsOf(fresh, id)).toEqual(acknowledged)
      await expect(write(old, id, 0)).rejects.toMatchObject({ code: 'database_moved' })
    }, 60_000 + kills * 20_000)
  })
}

/** The step to its end. */
function ended(words: readonly string[]): Promise<string[]> {
  return killedWriter(script, words, Infinity)
}
