import { describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { ensureBuilt, startCli } from '../testing/command-line.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { clockOf, faketimeMissing } from './lock-crowd.js'

// The clock of any other is that of the machine.
const engine = enginesNamed('postgres')[0]!
const missing = engine.missing ?? faketimeMissing()
const told = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a scheduler whose machine has a wrong clock${told}`, () => {
  it.each(['+2h', '-2h'])('of %s fires each tick when it is due, and no other', async (skew) => {
    const lease = await engine.createReady()
    const holdfast = await openHoldfast({ database: lease.url })
    const { schedules, queues } = holdfast.organization()
    await schedules.create({
      name: 'every-second', queue: 'reports', cron: '* * * * * *', overlap: true,
    })
    await ensureBuilt()
    const scheduler = startCli(['scheduler', '--database', lease.url], {
      cwd: '.', environment: clockOf(skew),
    })
    const fired = async () => (await queues.list('reports')).data
    try {
      await expect.poll(async () => (await fired()).length, { timeout: 30_000 })
        .toBeGreaterThan(2)
      const { nextRunAt } = await schedules.get('every-second')
      expect(Math.abs(Date.parse(nextRunAt!) - Date.now())).toBeLessThan(60_000)
      expect((await fired()).filter(({ state }) => state !== 'ready')).toEqual([])
    } finally {
      scheduler.signal('SIGTERM')
      await scheduler.end
      await holdfast.close()
      await lease.drop()
    }
  })
})
