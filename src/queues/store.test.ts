import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'

contract('queues', (open) => {
  it('smoke', async () => {
    const { holdfast, organization: { queues } } = await open()
    const a = await queues.enqueue('mail', { payload: { a: 1 } })
    expect(await queues.get(a.id)).toStrictEqual(a)
    const d = await queues.enqueue('mail', { payload: 1, dedupeKey: 'x', priority: 5 })
    expect((await queues.enqueue('mail', { payload: 1, dedupeKey: 'x', priority: 5 })).id).toBe(d.id)
    await expect(queues.enqueue('mail', { payload: 2, dedupeKey: 'x' })).rejects.toThrow(/dedupe/)
    const k = await queues.enqueueMany('mail', [
      { payload: 1, concurrencyKey: 'c' }, { payload: 2, concurrencyKey: 'c' },
      { payload: 2, concurrencyKey: 'd' }, { payload: 2, delayMs: 50 },
    ])
    expect(k.map((each) => each.state)).toEqual(['ready', 'blocked', 'ready', 'scheduled'])
    const claimed = await queues.claim('mail', { worker: 'w', limit: 10 })
    expect(claimed.map((each) => each.id)).toEqual([d.id, a.id, k[0]!.id, k[2]!.id])
    expect((await queues.complete(claimed[0]!, 'yes')).state).toBe('completed')
    expect((await queues.complete({ id: claimed[2]!.id, attempt: 1 }, 'yes')).state).toBe('completed')
    const failed = await queues.fail(claimed[1]!, { m: 1 })
    expect(failed.state).toBe('scheduled')
    expect((await queues.extend(claimed[3]!, { progress: 5 })).cancelled).toBe(false)
    expect((await queues.release(claimed[3]!)).state).toBe('ready')
    await new Promise((done) => setTimeout(done, 60))
    const again = await queues.claim('mail', { worker: 'w', limit: 10 })
    console.log(again.map((each) => [each.state, each.attempt, each.payload, each.concurrencyKey]))
    console.log(await queues.stats('mail'), await holdfast.jobs.sweep(), (await queues.list('mail')).data.map(j=>j.state))
    console.log(await holdfast.jobs.claimAny({ queues: ['mail', 'x'], worker: 'w', limit: 5 }))
    await queues.pause('mail')
    console.log(await queues.configure('mail', { concurrencyPerKey: 2 }))
    console.log(await queues.cancel(k[3]!.id), await queues.purge('mail', ['completed']), await queues.redrive('mail'))
  })
})
