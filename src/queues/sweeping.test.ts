import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'

contract('a worker that seldom looks for jobs by itself', (open) => {
  it('takes those of lost workers, and those whose time has come, all the same', async ({
    onTestFinished,
  }) => {
    const { holdfast, organization: { queues } } = await open()
    await queues.enqueue('seldom', { payload: 'lost' })
    await queues.claim('seldom', { worker: 'gone', leaseSeconds: 1 })
    const seen: unknown[] = []
    const worker = holdfast.worker({
      queues: { seldom: ({ job }) => void seen.push(job.payload) }, pollMs: 60_000,
    })
    onTestFinished(() => worker.close())
    worker.start()
    await queues.enqueue('seldom', { payload: 'later', delayMs: 500 })
    await expect.poll(() => seen.toSorted(), { timeout: 6_000 }).toEqual(['later', 'lost'])
  })
})
