import { afterEach, expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  JobDeclined, JobFailed, type JobHandler, type QueueWorker, type WorkerEvent,
} from './index.js'
import { delayMaxMs, jsonLengthMax } from './rules.js'

type Worker = ReturnType<ContractWorld['holdfast']['worker']>
type Transaction = Worker extends QueueWorker<infer T> ? T : never

const workers: Worker[] = []
let queueCount = 0

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
})

contract('what a handler says that the queue does not take', (open) => {
  /** Runs one job; its life after that, far before its lease ends. */
  const run = async (handler: JobHandler<Transaction>) => {
    const { holdfast, organization: { queues } } = await open()
    const queue = `refusals-${(queueCount += 1)}`
    const events: WorkerEvent[] = []
    const { id } = await queues.enqueue(queue, { payload: null })
    workers.push(holdfast.worker({
      queues: { [queue]: handler }, leaseSeconds: 600,
      onEvent: (event) => void events.push(event),
    }).start())
    await expect.poll(async () => (await queues.get(id)).state).not.toMatch(/ready|active/)
    return { job: await queues.get(id), kinds: events.map(({ kind }) => kind) }
  }

  it.each([
    ['returns', async () => 'x'.repeat(jsonLengthMax)],
    ['completes with', async ({ complete }) => complete('x'.repeat(jsonLengthMax))],
  ] satisfies [string, JobHandler<Transaction>][])(
    'is a failure that is not tried again when it %s too long a result', async (_how, handler) => {
      const { job, kinds } = await run(handler)
      expect(job).toMatchObject({
        state: 'dead', failures: 1, crashes: 0,
        error: { message: expect.stringContaining('result must be at most') },
      })
      expect(kinds).toEqual(['failed'])
    })

  it.each([
    [0.25, 1], [-5, 0], [Infinity, delayMaxMs],
  ])('is made whole when it is a delay of %s', async (delayMs, whole) => {
    expect(new JobFailed('why', { delayMs }).delayMs).toBe(whole)
    expect(new JobDeclined('why', { delayMs }).delayMs).toBe(whole)
    expect(new JobFailed('why', { delayMs: NaN }).delayMs).toBeUndefined()
    expect(new JobDeclined('why', { delayMs: NaN }).delayMs).toBe(1_000)
  })

  it('keeps no job that is to be tried again after half a millisecond', async () => {
    const failed = await run(async () => { throw new JobFailed('why', { delayMs: 86_400_000.5 }) })
    expect([failed.job.state, failed.job.failures, failed.kinds])
      .toEqual(['scheduled', 1, ['failed']])
    const left = await run(async () => { throw new JobDeclined('w', { delayMs: 86_400_000.5 }) })
    expect([left.job.state, left.job.failures, left.kinds])
      .toEqual(['scheduled', 0, ['declined', 'released']])
  })

  it('ends no worker when it is an error that cannot be read', async () => {
    const unreadable = Object.defineProperty(new Error(), 'message', {
      get() { throw new Error('not to be read') },
    })
    const { job } = await run(async () => {
      throw new JobFailed('why', { retry: false, cause: unreadable })
    })
    expect(job).toMatchObject({ state: 'dead', error: { message: 'why' } })
    const other = await run(async () => { throw unreadable })
    expect(other.job).toMatchObject({ failures: 1, error: { message: expect.any(String) } })
  })
})
