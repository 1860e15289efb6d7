import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { killedWriter } from './killed-writer.js'

const kills = Number(process.env.HOLDFAST_TEST_CHECKPOINT_KILLS ?? 2)
const script = fileURLToPath(new URL('./checkpoint-writer.mjs', import.meta.url))

/** A process that puts and prunes, killed some time after it began; what it acknowledged. */
async function killed(database: string): Promise<number[]> {
  return (await killedWriter(script, [database])).map(Number)
}

interface Step { readonly number: number; readonly text: string }

const numbersIn = (bytes: Uint8Array) =>
  (JSON.parse(Buffer.from(bytes).toString()) as Step[]).map(({ number, text }) => {
    expect(text).toBe(`step ${number} `.repeat(12))
    return number
  })

/** The lists of all checkpoints that are left, each whole; how many steps the newest has. */
async function lengthOf(holdfast: Holdfast): Promise<number> {
  const { checkpoints } = holdfast.organization()
  let newest = 0
  for await (const { checkpointId, values, writes } of checkpoints.list({ threadId: 'chain' })) {
    const numbers = numbersIn(values.steps!.bytes)
    expect(numbers).toEqual(numbers.map((_, index) => index))
    expect(numbers.at(-1)).toBe(Number(checkpointId))
    expect(writes).toHaveLength(1)
    newest = Math.max(newest, numbers.length)
  }
  return newest
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] checkpoints${reason}`
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('go on behind the last acknowledged one, whole, though putting and pruning were killed',
      async ({ onTestFinished }) => {
        await ensureBuilt()
        const lease = await engine.createReady()
        const holdfast = await openHoldfast({ database: lease.url })
        onTestFinished(() => lease.drop())
        onTestFinished(() => holdfast.close())
        let acknowledged = 0
        for (let count = 0; count < kills; count++) {
          const numbers = await killed(lease.url)
          expect(numbers.every(Number.isInteger)).toBe(true)
          // Each run goes on where the one before ended, or one behind what was not acknowledged.
          expect(numbers[0]! - acknowledged).toBeGreaterThanOrEqual(0)
          expect(numbers[0]! - acknowledged).toBeLessThanOrEqual(1)
          acknowledged = numbers.at(-1)! + 1
          const length = await lengthOf(holdfast)
          expect(length - acknowledged).toBeGreaterThanOrEqual(0)
          expect(length - acknowledged).toBeLessThanOrEqual(1)
        }
        const { checkpoints } = holdfast.organization()
        await checkpoints.prune({ keepLast: 1 })
        expect(await lengthOf(holdfast)).toBeGreaterThanOrEqual(acknowledged)
        const { data: [thread] } = await checkpoints.threads()
        expect(thread!.checkpointCount).toBe(1)
        await checkpoints.deleteThread('chain')
        const left = await holdfast.database.all(
          holdfast.database.write.selectFrom('checkpoint_chunks').select('log'))
        expect(left).toEqual([])
      }, 120_000 + kills * 5_000)
  })
}
