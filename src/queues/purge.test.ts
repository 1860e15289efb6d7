import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'

const worker = 'worker'

contract('jobs that change while others like them are purged', (open) => {
  it('stay where they were brought back', async () => {
    const { holdfast, organizationId, organization: { queues } } = await open()
    const { id } = await queues.enqueue('mail', { payload: 1 })
    await queues.fail((await queues.claim('mail', { worker }))[0]!, 'poison', { retry: false })
    let purged: Promise<number> | undefined
    await holdfast.transaction(async (transaction) => {
      expect(await transaction.organization(organizationId).queues.redrive('mail')).toBe(1)
      // Sees the job as it was, and waits for the transaction.
      purged = queues.purge('mail', ['dead'])
      await sleep(200)
    })
    expect(await purged).toBe(0)
    expect(await queues.get(id)).toMatchObject({ state: 'ready', redrives: 1 })
  })

  it('stay where they are done or cancelled, as their results and ends are kept', async () => {
    const { holdfast, organizationId, organization: { queues } } = await open()
    const [one, other] = await queues.enqueueMany('mail', [{ payload: 1 }, { payload: 2 }])
    let purged: Promise<number> | undefined
    await holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).queues
      const [claimed] = await inside.claim('mail', { worker })
      expect(claimed!.id).toBe(one!.id)
      await inside.complete(claimed!, 'done')
      await inside.cancel(other!.id)
      purged = queues.purge('mail')
      await sleep(200)
    })
    expect(await purged).toBe(0)
    expect(await queues.get(one!.id)).toMatchObject({ state: 'completed', result: 'done' })
    expect(await queues.get(other!.id)).toMatchObject({ state: 'cancelled' })
  })
})
