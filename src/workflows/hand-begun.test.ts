import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0)) await clean()
})

/** A workflow with one version. */
async function begun({ holdfast, organizationId, organization }: ContractWorld) {
  const { workflows, runs, queues } = organization
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  /** A runner, and the attempts that its handler made. */
  const work = () => {
    const attempts: number[] = []
    const runner = holdfast.runner({
      workflows: { flow: ({ run, step }) => {
        attempts.push(run.attempt)
        return step('pay', () => 'by the worker')
      } },
      organizationId, pollMs: 20, graceMs: 100,
    }).start()
    leftovers.push(() => runner.close())
    return { runner, attempts }
  }
  return { runs, queues, work }
}

contract('a run without a queue', (open) => {
  it('fails with the last of its attempts, also when it was to be tried again', async () => {
    const { runs } = await begun(await open())
    const { id } = await runs.create('flow', { queue: null, attemptsMax: 2 })
    await runs.start(id)
    await runs.steps.append(id, { name: 'open', status: 'running' })
    expect(await runs.fail(id, 'once', { retry: true })).toMatchObject({
      status: 'pending', attempt: 1, error: 'once', finishedAt: null, durationMs: null,
    })
    await runs.start(id)
    await runs.steps.append(id, { name: 'open', status: 'running' })
    const failed = await runs.fail(id, 'twice', { attempt: 2, retry: true })
    expect(failed).toMatchObject({
      status: 'failed', attempt: 2, error: 'twice', finishedAt: expect.any(String),
      durationMs: expect.any(Number),
    })
    expect(await runs.get(id)).toStrictEqual(failed)
    expect((await runs.steps.list(id)).data.map(({ status }) => status))
      .toEqual(['cancelled', 'cancelled'])
    await expect(runs.start(id)).rejects.toMatchObject({ code: 'run_status_conflict' })
    const { id: single } = await runs.create('flow', { queue: null, attemptsMax: 1 })
    await runs.start(single)
    expect(await runs.fail(single, 'x', { retry: true })).toMatchObject({ status: 'failed' })
  })

  it('leaves the count to the job where there is one', async () => {
    const { runs } = await begun(await open())
    const { id } = await runs.create('flow', { attemptsMax: 1, delayMs: 100_000 })
    await runs.start(id, { attempt: 5 })
    expect(await runs.fail(id, 'x', { retry: true })).toMatchObject({ status: 'pending' })
  })
})

contract('a queued run that was begun by hand', (open) => {
  it('is left to who began it, and its job ends with it', async () => {
    const { runs, queues, work } = await begun(await open())
    const { id, jobId } = await runs.create('flow', { attemptsMax: 1 })
    await runs.start(id)
    const { runner, attempts } = work()
    // The job was claimed more often than the run was begun, and still leaves it alone.
    while (runner.figures.released < 3) await sleep(10)
    expect(await runs.get(id)).toMatchObject({ status: 'running', attempt: 1 })
    await runs.steps.append(id, { name: 'pay', key: 'pay', output: 'by hand' })
    await runs.succeed(id, 'by hand')
    await expect.poll(async () => (await queues.get(jobId!)).state, { timeout: 20_000 })
      .toBe('completed')
    expect(await queues.get(jobId!)).toMatchObject({ failures: 0, crashes: 0, error: null })
    expect(await runs.get(id)).toMatchObject({ output: 'by hand', attempt: 1, stepCount: 1 })
    expect([attempts, runner.figures.failed]).toEqual([[], 0])
  }, 60_000)

  it('is done by a worker once it is given back, with the steps that it has', async () => {
    const { runs, work } = await begun(await open())
    const { id } = await runs.create('flow')
    for (const attempt of [1, 2]) {
      await runs.start(id)
      await runs.fail(id, `gave up ${attempt}`, { retry: true })
    }
    await runs.start(id)
    await runs.steps.append(id, { name: 'pay', key: 'pay', output: 'by hand' })
    const { runner, attempts } = work()
    while (runner.figures.released < 1) await sleep(10)
    await runs.fail(id, 'gave up', { retry: true })
    await expect.poll(async () => (await runs.get(id)).status, { timeout: 20_000 })
      .toBe('succeeded')
    expect(await runs.get(id)).toMatchObject({ output: 'by hand', stepCount: 1 })
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toBeGreaterThan(3)
    expect(runner.figures.failed).toBe(0)
  }, 60_000)

  it('refuses the attempts of its job until it waits again', async () => {
    const { runs } = await begun(await open())
    const { id } = await runs.create('flow')
    await runs.start(id)
    for (const attempt of [1, 2, 9]) {
      const refused = runs.start(id, { attempt })
      await expect(refused).rejects.toMatchObject({ code: 'run_attempt_stale' })
    }
    await expect(runs.start(id, { attempt: 2 })).rejects.toThrow('by hand')
    await runs.fail(id, 'x', { retry: true })
    expect(await runs.start(id, { attempt: 2 })).toMatchObject({ status: 'running', attempt: 2 })
    // Of an attempt whose worker died the next one takes it.
    expect(await runs.start(id, { attempt: 3 })).toMatchObject({ status: 'running', attempt: 3 })
    expect(await runs.get(id)).not.toHaveProperty('byHand')
  })
})
