import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { testAuditKey, withAuditKey } from '../testing/audit-world.test.harness.js'
import {
  ensureBuilt, type Running, startCli, temporaryFolder,
} from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { until } from '../testing/work-arena.test.harness.js'

const kills = Number(process.env.HOLDFAST_TEST_SEALER_KILLS ?? 2)

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] a sealer${reason}`
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('that is killed in the middle leaves a chain that verifies', async ({ onTestFinished }) => {
      await ensureBuilt()
      const lease = await engine.createReady()
      const folder = temporaryFolder()
      const holdfast = await openHoldfast({ database: lease.url })
      onTestFinished(() => lease.drop())
      onTestFinished(() => folder.remove())
      onTestFinished(() => holdfast.close())
      const environment = { HOLDFAST_DATABASE_URL: lease.url, HOLDFAST_AUDIT_KEY: testAuditKey }
      const hire = () => startCli(['scheduler', '--json'], { cwd: folder.path, environment })
      const stores = holdfast.organization()
      const { database } = holdfast
      const reached = async () => Number((await database.first(database.write
        .selectFrom('audit_chains').select(({ fn }) => fn.max('sequence').as('last'))))?.last ?? 0)
      let isOver = false
      let written = 0
      const writers = Array.from({ length: 8 }, async () => {
        while (!isOver) {
          await stores.conversations.create()
          written += 1
          await sleep(20)
        }
      })
      for (let count = 0; count < kills; count++) {
        const sealer: Running = hire()
        const before = await reached()
        // It stands by until the one killed before has been silent for long enough.
        await until('it seals', async () => await reached() > before, 120_000)
        await sleep(Math.random() * 500)
        sealer.signal('SIGKILL')
        await sealer.end
      }
      isOver = true
      await Promise.all(writers)
      const sealed = await reached()
      const keyed = await withAuditKey({ holdfast })
      const verdict = await keyed.organization().audit.verify()
      console.log(`${engine.name}: ${kills} kills, ${written} events, ${verdict.heads} heads, ` +
        `${sealed} sealed by those killed`)
      expect(verdict).toMatchObject({ isIntact: true, entries: written, unsealed: 0 })
      expect(sealed).toBeGreaterThan(kills)
    }, 300_000)
  })
}
