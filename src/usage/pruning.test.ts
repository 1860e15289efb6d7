import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { contract } from '../testing/index.js'
import { UsageLog, type UsageTables } from './index.js'

contract('pruning of usage', (open) => {
  it('ends after the step at work once it is to end, and goes on when asked again', async () => {
    const { holdfast, organization: { usage } } = await open()
    for (let count = 0; count < 6; count++) {
      await usage.recordMany(Array.from({ length: 200 }, () => ({ type: 'x' })))
    }
    await holdfast.usageKeeper().pass()
    const clock = { now: () => Date.now() + 10 * 86_400_000 }
    const database = Database.over<UsageTables>(holdfast.backend).within('all')
    const log = new UsageLog(database, { clock, ids: holdfast.ids, background: false })
    expect(await log.prune(5, () => true)).toBe(1_000)
    expect(await log.prune(5)).toBe(200)
    expect((await usage.summarize()).data).toMatchObject([{ events: 1_200 }])
  })
})
