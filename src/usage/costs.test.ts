import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'

const call = { type: 'model_call', occurredAt: '2026-03-29T00:30:00.000000Z' } as const
const march = { firstDay: '2026-03-01', lastDay: '2026-03-31' }

contract('what usage costs', (open) => {
  it('is summed exactly where the parts of a cent alone outgrow 64 bits', async () => {
    const { organization: { usage }, holdfast, organizationId } = await open()
    const costs = { small: '0.000000000001', large: '0.000000000002' }
    for (const [model, costUsd] of Object.entries(costs)) {
      await usage.recordMany([{ ...call, model, costUsd }, { ...call, model, costUsd, type: 'b' }])
    }
    await holdfast.usageKeeper().pass()
    // What millions of roll-ups come to.
    const { changed } = await holdfast.backend.run({
      sql: `update usage_rollups set cost_picos = cost_picos + 9000000000000000000
        where organization_id = '${organizationId}'`,
      parameters: [], reach: null,
    })
    expect(changed).toBe(8)
    const largest = await usage.top({ ...march, by: ['model'], of: 'cost' })
    expect(largest.map(({ model, costUsd }) => [model, costUsd])).toEqual([
      ['large', '18000000.000000000004'], ['small', '18000000.000000000002'],
    ])
    expect((await usage.summarize(march)).data).toMatchObject([
      { costUsd: '36000000.000000000006' },
    ])
  })
})
