import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { killedWriter } from './killed-writer.js'

const kills = Number(process.env.HOLDFAST_TEST_SEARCH_KILLS ?? 2)
const script = fileURLToPath(new URL('./search-writer.mjs', import.meta.url))

/** A process that appends and indexes, killed some time after it began; what it acknowledged. */
function killed(database: string, conversationId: string, from: number): Promise<string[]> {
  return killedWriter(script, [database, conversationId, String(from)])
}

async function everyPage<M>(
  ask: (cursor: string | undefined) => Promise<{ data: M[]; nextCursor: string | null }>,
): Promise<M[]> {
  const all: M[] = []
  for (let cursor: string | undefined; ;) {
    const { data, nextCursor } = await ask(cursor)
    all.push(...data)
    if (nextCursor === null) return all
    cursor = nextCursor
  }
}

/** What a plain look at all messages finds, and what a search does behind it. */
async function seen(holdfast: Holdfast, conversationId: string) {
  const { messages } = holdfast.organization()
  const kept = await everyPage((cursor) => messages.list(conversationId, { limit: 200, cursor }))
  const found = await everyPage(async (cursor) => {
    const { complete, ...page } = await messages.search({ q: 'word', limit: 200, cursor })
    expect(complete).toBe(true)
    return page
  })
  return {
    found: found.map(({ message }) => String(message.content)).sort(),
    kept: kept.map(({ content }) => String(content)).sort(),
  }
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] search${reason}`
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('finds what processes acknowledged that were killed while they indexed', async (test) => {
      await ensureBuilt()
      const lease = await engine.createReady()
      const holdfast = await openHoldfast({ database: lease.url, backgroundIndexing: false })
      test.onTestFinished(() => lease.drop())
      test.onTestFinished(() => holdfast.close())
      const { id } = await holdfast.organization().conversations.create()
      const acknowledged: string[] = []
      for (let count = 0; count < kills; count++) {
        acknowledged.push(...await killed(lease.url, id, count * 1_000_000))
        const { found, kept } = await seen(holdfast, id)
        // What a killed process had on its way may still arrive.
        expect(kept.filter((content) => !found.includes(content))).toEqual([])
        expect(acknowledged.filter((content) => !found.includes(content))).toEqual([])
      }
      await holdfast.indexer().pass()
      const { found, kept } = await seen(holdfast, id)
      expect(found).toEqual(kept)
      expect(acknowledged.length).toBeGreaterThan(kills)
    }, 300_000)
  })
}
