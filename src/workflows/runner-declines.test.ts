import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type WorkerEvent } from '../queues/index.js'
import { contract, type ContractWorld } from '../testing/index.js'

type Handlers = Parameters<ContractWorld['holdfast']['runner']>[0]['workflows']

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0)) await clean()
})

/** Workflows `one` and `two`, and runners of this organization alone. */
async function workshop({ holdfast, organization, organizationId }: ContractWorld) {
  const { workflows, runs, queues } = organization
  for (const handle of ['one', 'two']) {
    await workflows.create({ name: 'x', handle })
    await workflows.createVersion(handle, { graph: 1 })
  }
  const events: WorkerEvent[] = []
  return {
    runs, queues, events,
    begin(handlers: Handlers) {
      const runner = holdfast.runner({
        workflows: handlers, organizationId, pollMs: 20, leaseSeconds: 1, graceMs: 100,
        onEvent: (event) => void events.push(event),
      }).start()
      leftovers.push(() => runner.close())
      return runner
    },
    async over(id: string) {
      const untilMs = performance.now() + 40_000
      for (; performance.now() < untilMs; await sleep(10)) {
        const run = await runs.get(id)
        if (run.finishedAt !== null) return run
      }
      throw new Error('it does not end')
    },
  }
}

const reasonsOf = (events: readonly WorkerEvent[]) =>
  events.flatMap((event) => (event.kind === 'declined' ? [event.reason] : []))

contract('a runner without the handler of a workflow', (open) => {
  it('leaves its runs to others, which fails none of them', async () => {
    const { runs, queues, begin, over } = await workshop(await open())
    const made = []
    for (const handle of ['one', 'two', 'one', 'two', 'two', 'one']) {
      made.push(await runs.create(handle, { attemptsMax: 1, input: handle }))
    }
    begin({ one: ({ run }) => `one of ${String(run.input)}` })
    begin({ two: ({ run }) => `two of ${String(run.input)}` })
    for (const { id, input } of made) {
      const run = await over(id)
      expect(run).toMatchObject({ status: 'succeeded', output: `${input} of ${input}` })
      expect(await queues.get(run.jobId!)).toMatchObject({ state: 'completed', failures: 0 })
    }
  }, 60_000)

  it('leaves a run as it was until a runner comes that has it, and says so once', async () => {
    const { runs, queues, begin, over, events } = await workshop(await open())
    const runner = begin({ one: () => null })
    const left = [await runs.create('two', { attemptsMax: 1 }), await runs.create('two')]
    while (runner.figures.released < 3) await sleep(10)
    for (const { id, jobId } of left) {
      expect(await runs.get(id)).toMatchObject({ status: 'pending', attempt: 0, error: null })
      expect(await queues.get(jobId!)).toMatchObject({ failures: 0, crashes: 0, error: null })
    }
    expect(reasonsOf(events)).toEqual(['No handler here is for the workflow two.'])
    expect(runner.figures.failed).toBe(0)
    await runner.close()
    begin({ two: () => 'done' })
    for (const { id } of left) expect(await over(id)).toMatchObject({ output: 'done' })
  }, 60_000)

  it('rests between its looks at a run, and does the others meanwhile', async () => {
    const { runs, queues, begin, over } = await workshop(await open())
    const left = await Promise.all(Array.from({ length: 30 }, () =>
      runs.create('two', { priority: 10 })))
    const runner = begin({ one: () => 'done' })
    const sinceMs = performance.now()
    const { id } = await runs.create('one')
    expect(await over(id)).toMatchObject({ output: 'done' })
    while (performance.now() - sinceMs < 2_500) await sleep(50)
    // Each rests for half a second at least.
    expect(runner.figures.claimed).toBeLessThanOrEqual(6 * left.length + 1)
    const { counts: { scheduled, ready, active } } = await queues.stats('runs')
    expect(scheduled + ready + active).toBe(30)
  }, 60_000)

  it('looks again at a hundred a second at most, however many wait', async () => {
    const { runs, begin } = await workshop(await open())
    const left = await Promise.all(Array.from({ length: 300 }, () => runs.create('two')))
    // From the beginning: a machine that stood still has more to catch up with at once.
    const sinceMs = performance.now()
    const runner = begin({ one: () => null })
    while (runner.figures.released < left.length) await sleep(10)
    await sleep(2_000)
    const again = runner.figures.released - left.length
    const seconds = (performance.now() - sinceMs) / 1_000
    expect(again / seconds).toBeLessThanOrEqual(110)
    expect(again).toBeGreaterThan(0)
  }, 60_000)

  it('ends the job of a run that is over', async () => {
    const { runs, queues, begin } = await workshop(await open())
    const { id, jobId } = await runs.create('two')
    await runs.abandon(id, 'x')
    begin({ one: () => null })
    await expect.poll(async () => (await queues.get(jobId!)).state).toBe('completed')
  })

  it('leaves runs of jobs that name a workflow, as schedules enqueue them', async () => {
    const { runs, queues, begin, over } = await workshop(await open())
    const { id } = await queues.enqueue('runs', { payload: { workflow: 'two' }, attemptsMax: 1 })
    const runner = begin({ one: () => null })
    while (runner.figures.released < 1) await sleep(10)
    expect(await runs.get(id)).toMatchObject({ status: 'pending', attempt: 0 })
    await runner.close()
    begin({ two: () => 'done' })
    expect(await over(id)).toMatchObject({ output: 'done' })
    expect((await runs.list()).data).toHaveLength(1)
  }, 60_000)
})
