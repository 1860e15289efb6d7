import { afterEach, expect, it } from 'vitest'
import { JobFailed } from '../queues/index.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { type RunStatus } from './index.js'

type Handlers = Parameters<ContractWorld['holdfast']['runner']>[0]['workflows']
type Context = Parameters<Handlers[string]>[0]

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0)) await clean()
})

/** A workflow, and a runner of this organization alone. */
async function begun(world: ContractWorld, flow: Handlers[string], more: Handlers = {}) {
  const { workflows, runs, queues } = world.organization
  for (const handle of ['flow', ...Object.keys(more)]) {
    await workflows.create({ name: 'x', handle })
    await workflows.createVersion(handle, { graph: 1 })
  }
  const runner = world.holdfast.runner({
    workflows: { flow, ...more }, organizationId: world.organizationId, pollMs: 20,
    leaseSeconds: 1, graceMs: 100,
  }).start()
  leftovers.push(() => runner.close())
  const over = async (id: string, within = 10_000) => {
    const sinceMs = performance.now()
    for (;;) {
      const run = await runs.get(id)
      if (run.finishedAt !== null) return run
      if (performance.now() - sinceMs > within) throw new Error(`still ${run.status}`)
      await new Promise((done) => setTimeout(done, 10))
    }
  }
  return { workflows, runs, queues, runner, over }
}

const quick = { backoff: { baseMs: 0, capMs: 0 } }

contract('a runner', (open) => {
  it('does runs with their steps, and ends the job with the run', async () => {
    const world = await open()
    const { runs, queues, over } = await begun(world, async ({ run, step, transact, append }) => {
      const one = await step('one', ({ note }) => {
        note({ name: 'first', tokensUsed: 7, costUsd: '0.01', input: 'in' })
        return { from: run.input }
      })
      const id = await transact('two', async (transaction) => {
        const stores = transaction.organization(run.organizationId)
        return (await stores.conversations.create({ title: 'of a step' })).id
      })
      await append({ name: 'three' })
      return { one, id }
    })
    const { id } = await runs.create('flow', { input: 5 })
    const run = await over(id)
    const { data } = await world.organization.conversations.list()
    expect(data.map(({ title }) => title)).toEqual(['of a step'])
    expect(run).toMatchObject({
      status: 'succeeded', output: { one: { from: 5 }, id: data[0]!.id }, attempt: 1, stepCount: 3,
    })
    const steps = (await runs.steps.list(id)).data
    expect(steps.map(({ name, key, status }) => [name, key, status])).toEqual([
      ['first', 'one', 'succeeded'], ['two', 'two', 'succeeded'], ['three', null, 'succeeded'],
    ])
    expect(steps[0]).toMatchObject({ tokensUsed: 7, costUsd: '0.01', input: 'in' })
    expect(await queues.get(run.jobId!)).toMatchObject({ state: 'completed' })
  })

  it('tries again what failed, and does no step again that succeeded', async () => {
    const world = await open()
    const done: string[] = []
    const { runs, over } = await begun(world, async ({ run, step, transact }) => {
      await step('one', () => done.push('one'))
      await transact('two', async (transaction) => {
        done.push('two')
        await transaction.organization(run.organizationId).conversations.create()
        return null
      })
      await transact('three', async (transaction) => {
        await transaction.organization(run.organizationId).conversations.create()
        done.push(`three of ${run.attempt}`)
        if (run.attempt < 3) throw new Error('not yet')
        return 3
      })
      return 'done'
    })
    const { id } = await runs.create('flow', { attemptsMax: 3, ...quick })
    expect(await over(id)).toMatchObject({ status: 'succeeded', output: 'done', attempt: 3 })
    expect(done).toEqual(['one', 'two', 'three of 1', 'three of 2', 'three of 3'])
    // What a failed try wrote is taken back; that it failed is kept.
    expect((await world.organization.conversations.list()).data).toHaveLength(2)
    const { data } = await runs.steps.list(id)
    expect(data.map(({ name, status, attempt }) => [name, status, attempt])).toEqual([
      ['one', 'succeeded', 1], ['two', 'succeeded', 1], ['three', 'failed', 1],
      ['three', 'failed', 2], ['three', 'succeeded', 3],
    ])
  })

  it('fails a run by its policy, with its job and what was thrown', async () => {
    const world = await open()
    const { runs, queues, over } = await begun(world, ({ run }) => {
      throw run.input === 'final' ? new JobFailed('never', { retry: false }) : new Error('no')
    }, { unwritable: () => ({ a: Number.NaN }) })
    const tried = await over((await runs.create('flow', { attemptsMax: 2, ...quick })).id)
    expect(tried).toMatchObject({
      status: 'failed', attempt: 2, error: { name: 'Error', message: 'no' },
    })
    expect(await queues.get(tried.jobId!)).toMatchObject({ state: 'completed', failures: 1 })
    const final = await over((await runs.create('flow', { input: 'final' })).id)
    expect(final).toMatchObject({ status: 'failed', attempt: 1, error: { message: 'never' } })
    const unwritable = await over((await runs.create('unwritable')).id)
    expect(unwritable).toMatchObject({ status: 'failed', attempt: 1 })
  })

  it('stops a run that is cancelled, by its signal', async () => {
    const world = await open()
    let reached: (status: RunStatus) => void = () => undefined
    const aborted = new Promise<RunStatus>((done) => (reached = done))
    let began: () => void = () => undefined
    const running = new Promise<void>((done) => (began = done))
    const { runs, over } = await begun(world, ({ run, signal, step }) =>
      new Promise((_, refuse) => {
        began()
        signal.addEventListener('abort', async () => {
          await step('late', () => 1).catch(() => undefined)
          reached((await runs.get(run.id)).status)
          refuse(signal.reason)
        })
      }))
    const { id } = await runs.create('flow')
    await running
    await runs.cancel(id, 'no longer wanted')
    expect(await aborted).toBe('cancelled')
    expect(await over(id)).toMatchObject({
      status: 'cancelled', error: 'no longer wanted', stepCount: 0,
    })
  })

  it('leaves a run as somebody else ended it meanwhile, and ends the job', async () => {
    const world = await open()
    const { runs, queues, over } = await begun(world, async ({ run }) => {
      await runs.fail(run.id, { message: 'by hand' })
      return 'too late'
    })
    const { id } = await runs.create('flow', { attemptsMax: 1 })
    const { jobId } = await over(id)
    await expect.poll(async () => (await queues.get(jobId!)).state).toBe('completed')
    expect(await runs.get(id)).toMatchObject({
      status: 'failed', output: null, error: { message: 'by hand' },
    })
  })

  it('ends no run whose job it has lost', async () => {
    const world = await open()
    const { runs, queues } = world.organization
    await world.organization.workflows.create({ name: 'x', handle: 'flow' })
    await world.organization.workflows.createVersion('flow', { graph: 1 })
    const { id } = await runs.create('flow')
    const [job] = await queues.claim('runs', { worker: 'one' })
    await runs.start(id, { attempt: 1 })
    await queues.release(job!)
    const [again] = await queues.claim('runs', { worker: 'two' })
    const stale = queues.complete(job!, null, runs.endBeside(id, 1, { output: 'stale' }))
    await expect(stale).rejects.toMatchObject({ code: 'attempt_stale' })
    expect(await runs.get(id)).toMatchObject({ status: 'running', attempt: 1 })
    await runs.start(id, { attempt: 2 })
    await queues.complete(again!, null, runs.endBeside(id, 2, { output: 'fresh' }))
    expect(await runs.get(id)).toMatchObject({ status: 'succeeded', output: 'fresh' })
  })

  it('ends 40 runs at once, each with its own job and output', async () => {
    const world = await open()
    const { runs, over } = await begun(world, ({ run }) => ({ twice: Number(run.input) * 2 }))
    const made = await Promise.all(Array.from({ length: 40 }, (_, input) =>
      runs.create('flow', { input, tags: [`tag ${input % 2}`] })))
    const ended = await Promise.all(made.map(({ id }) => over(id, 30_000)))
    const wanted = made.map((_, input) => ({ twice: 2 * input }))
    expect(ended.map(({ output }) => output)).toEqual(wanted)
    expect(new Set(ended.map(({ jobId }) => jobId)).size).toBe(40)
    const { data } = await runs.list({ tag: 'tag 1', limit: 50 })
    expect(data.map(({ id }) => id).sort()).toEqual(
      made.filter((_, input) => input % 2 === 1).map(({ id }) => id).sort())
  })

  it('does nothing for a run that was over before it began', async () => {
    const world = await open()
    const done: string[] = []
    const { runs, runner, over } = await begun(world, ({ run }) => void done.push(run.id))
    const late = { delayMs: 300 }
    const [gone, cancelled] = [await runs.create('flow', late), await runs.create('flow', late)]
    await runs.abandon(gone.id, 'x')
    await runs.cancel(cancelled.id)
    const { id } = await runs.create('flow', late)
    await over(id)
    while (runner.figures.completed < 2) await new Promise((end) => setTimeout(end, 10))
    expect(done).toEqual([id])
  })

  it('goes on from the step of a fork', async () => {
    const world = await open()
    const done: string[] = []
    const { runs, over } = await begun(world, async ({ run, step }) => {
      const outputs = []
      for (const key of ['a', 'b', 'c']) {
        outputs.push(await step(key, () => {
          done.push(`${key}${String(run.input)}`)
          return `${key}${String(run.input)}`
        }))
      }
      return outputs
    })
    const { id } = await runs.create('flow', { input: 1 })
    await over(id)
    const fork = await runs.rerun(id, { fromStep: 3, input: 2 })
    expect(await over(fork.id)).toMatchObject({ output: ['a1', 'b1', 'c2'], stepCount: 3 })
    expect(done).toEqual(['a1', 'b1', 'c1', 'c2'])
  })

  it('makes the run of a job that names a workflow, as schedules enqueue them, once', async () => {
    const world = await open()
    const { runs, queues, over } = await begun(world, ({ run }) => {
      if (run.attempt === 1) throw new Error('once more')
      return run.input
    })
    const payload = { workflow: 'flow', input: 5, tags: ['nightly'] }
    const { id } = await queues.enqueue('runs', { payload, ...quick })
    while ((await runs.list()).data.length === 0) await new Promise((end) => setTimeout(end, 10))
    expect(await over(id)).toMatchObject({
      id, jobId: id, triggerKind: 'cron', tags: ['nightly'], output: 5, attempt: 2, queue: 'runs',
    })
    expect((await runs.list({ tag: 'nightly' })).data).toHaveLength(1)
    const nameless = await queues.enqueue('runs', { payload: { input: 1 } })
    while ((await queues.get(nameless.id)).state !== 'dead') {
      await new Promise((end) => setTimeout(end, 10))
    }
    expect(await queues.get(nameless.id)).toMatchObject({
      error: { code: 'invalid_input' }, failures: 1,
    })
    expect((await runs.list()).data).toHaveLength(1)
  })

  it('makes such a run as the payload says, none of what is not known', async () => {
    const world = await open()
    const { workflows, runs, queues, over } = await begun(world, ({ run }) => run.configuration)
    await workflows.createVersion('flow', { graph: 2 })
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
    const payload = {
      workflow: 'flow', version: 1, configuration: { of: 'payload' }, metadata: { m: 1 },
      traceparent, tracestate: 'a=b',
    }
    const { id } = await queues.enqueue('runs', { payload, ...quick })
    while ((await runs.list()).data.length === 0) await new Promise((end) => setTimeout(end, 10))
    expect(await over(id)).toMatchObject({
      version: 1, output: { of: 'payload' }, metadata: { m: 1 }, traceparent, tracestate: 'a=b',
    })
    for (const [more, message] of [
      [{ priority: 5 }, 'payload.priority is not known'], [{ version: 0 }, 'payload.version must'],
      [{ tags: 'x' }, 'payload.tags must'], [{ traceparent: 'x' }, 'payload.traceparent must'],
    ] as const) {
      const bad = await queues.enqueue('runs', { payload: { ...payload, ...more } })
      while ((await queues.get(bad.id)).state !== 'dead') {
        await new Promise((end) => setTimeout(end, 10))
      }
      const { error } = await queues.get(bad.id)
      expect(error).toMatchObject({ message: expect.stringContaining(message) as string })
    }
    expect((await runs.list()).data).toHaveLength(1)
  })

  it('ends runs whose job is dead, cancelled or gone', async () => {
    const world = await open()
    const { runs, queues, over } = await begun(world, () => null)
    const waiting = { queue: 'nobody', attemptsMax: 1 }
    const [dead, cancelled, purged, fine] = [
      await runs.create('flow', waiting), await runs.create('flow', waiting),
      await runs.create('flow', waiting), await runs.create('flow', waiting),
    ]
    const [job] = await queues.claim('nobody', { worker: 'w' })
    await queues.fail(job!, { message: 'broken' }, { retry: false })
    await queues.cancel(cancelled.jobId!)
    const jobs = (await queues.list('nobody')).data
    expect(jobs).toHaveLength(4)
    await world.holdfast.database.run(world.holdfast.database.write.deleteFrom('jobs')
      .where('id', '=', purged.jobId as never))
    expect(await over(dead.id)).toMatchObject({
      status: 'failed', error: { name: 'JobLost', cause: { message: 'broken' } },
    })
    expect(await over(cancelled.id)).toMatchObject({ status: 'failed' })
    expect(await over(purged.id)).toMatchObject({
      error: { message: 'The job of the run was deleted.' },
    })
    expect(await runs.get(fine.id)).toMatchObject({ status: 'pending' })
  })

  it('fails a run over which too many workers died', async () => {
    const world = await open()
    const done: string[] = []
    const { runs, queues, over } = await begun(world, ({ run }) => void done.push(run.id))
    const { id, jobId } = await runs.create('flow', { crashesMax: 2, delayMs: 400 })
    // As if two had died over it.
    const { database } = world.holdfast
    await database.run(database.write.updateTable('jobs').set({ crashes: 2 as never })
      .where('id', '=', jobId as never))
    expect(await over(id)).toMatchObject({ status: 'failed', error: { name: 'WorkersDied' } })
    expect(done).toEqual([])
    expect(await queues.get(jobId!)).toMatchObject({ state: 'completed' })
  })

  it('gives runs back that it cannot end in time, and they go on elsewhere', async () => {
    const world = await open()
    let began: () => void = () => undefined
    const running = new Promise<void>((done) => (began = done))
    const flow = async ({ run, signal, step }: Context) => {
      await step('one', () => run.attempt)
      if (run.attempt > 1) return step('two', () => run.attempt)
      began()
      await new Promise((_, refuse) =>
        signal.addEventListener('abort', () => refuse(signal.reason)))
    }
    const { runs, runner, over } = await begun(world, flow)
    const { id } = await runs.create('flow')
    await running
    await runner.close()
    expect(await runs.get(id)).toMatchObject({ status: 'running', attempt: 1 })
    const other = world.holdfast.runner({
      workflows: { flow }, organizationId: world.organizationId, pollMs: 20,
    }).start()
    leftovers.push(() => other.close())
    expect(await over(id)).toMatchObject({ status: 'succeeded', attempt: 2, output: 2 })
    expect((await runs.steps.list(id)).data.map(({ output }) => output)).toEqual([1, 2])
  })

  it('refuses handlers that are none', async () => {
    const { holdfast } = await open()
    for (const workflows of [{}, { a: 1 }, undefined] as unknown as Handlers[]) {
      expect(() => holdfast.runner({ workflows })).toThrow('workflows')
    }
  })

  it('ends a run that is done in the moment in which it closes', async () => {
    const { runs, runner } = await begun(await open(), async ({ signal }) => {
      if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done))
      return 'done'
    })
    const { id } = await runs.create('flow')
    await expect.poll(() => runner.figures.running, { timeout: 10_000 }).toBe(1)
    await runner.close()
    expect(await runs.get(id)).toMatchObject({ status: 'succeeded', output: 'done', attempt: 1 })
  })
})
