import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { killedWriter } from './killed-writer.js'

const kills = Number(process.env.HOLDFAST_TEST_USAGE_KILLS ?? 2)
const script = fileURLToPath(new URL('./usage-writer.mjs', import.meta.url))
const march = { firstDay: '2026-03-01', lastDay: '2026-03-31', latency: true }

/** A process that records and rolls up, killed some time after it began; what it acknowledged. */
async function killed(database: string, from: number): Promise<number[]> {
  return (await killedWriter(script, [database, String(from)])).map(Number)
}

/** The numbers of all events there are. */
async function recorded({ usage }: ReturnType<Holdfast['organization']>): Promise<number[]> {
  const all: number[] = []
  for (let cursor: string | undefined; ;) {
    const { data, nextCursor } = await usage.listEvents({ limit: 200, cursor })
    all.push(...data.map(({ tokensIn }) => tokensIn))
    if (nextCursor === null) return all
    cursor = nextCursor
  }
}

/** What sums over events must be. */
function sumsOf(numbers: readonly number[]) {
  return {
    events: numbers.length,
    tokensIn: numbers.reduce((sum, each) => sum + each, 0),
    durationMs: numbers.reduce((sum, each) => sum + each % 100, 0),
    costUsd: `0.${String(numbers.length).padStart(12, '0')}`.replace(/0+$/, ''),
    latency: { events: numbers.length },
  }
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] usage${reason}`
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('is summed exactly though processes are killed that record and roll up', async (test) => {
      await ensureBuilt()
      const lease = await engine.createReady()
      const holdfast = await openHoldfast({ database: lease.url, backgroundIndexing: false })
      test.onTestFinished(() => lease.drop())
      test.onTestFinished(() => holdfast.close())
      const stores = holdfast.organization()
      const acknowledged: number[] = []
      for (let count = 0; count < kills; count++) {
        // Two at a time where several processes may serve.
        const froms = holdfast.backend.engine.shared ? [1, 2] : [1]
        const told = await Promise.all(froms.map((each) =>
          killed(lease.url, (2 * count + each) * 1_000_000)))
        acknowledged.push(...told.flat())
        const [sums] = (await stores.usage.summarize(march)).data
        expect(sums!.events).toBeGreaterThanOrEqual(acknowledged.length)
      }
      // What a killed process had on its way has arrived by then, or never will.
      await sleep(200)
      const there = await recorded(stores)
      const found = new Set(there)
      expect(found.size).toBe(there.length)
      expect(acknowledged.filter((each) => !found.has(each))).toEqual([])
      const ask = async () => (await stores.usage.summarize(march)).data[0]
      expect(await ask()).toMatchObject(sumsOf(there))
      await holdfast.usageKeeper().pass()
      expect(await ask()).toMatchObject(sumsOf(there))
      expect(await holdfast.usageKeeper().pass()).toBe(0)
      expect(acknowledged.length).toBeGreaterThan(kills)
    }, 300_000)
  })
}
