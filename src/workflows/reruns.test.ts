import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'

/** A workflow with one version. */
async function begun({ organization: { workflows, ...rest } }: ContractWorld) {
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  return { workflows, ...rest }
}

const waiting = {
  priority: -7, concurrencyKey: 'tenant 1', backoff: { baseMs: 5, capMs: 50 }, attemptsMax: 7,
  crashesMax: 2,
}

contract('a rerun', (open) => {
  it('waits as the run before it did, and so does a rerun of it', async () => {
    const { runs, queues } = await begun(await open())
    const first = await runs.create('flow', { ...waiting, delayMs: 100_000 })
    expect(first).toMatchObject(waiting)
    expect(await runs.get(first.id)).toStrictEqual(first)
    const second = await runs.rerun((await runs.rerun(first.id)).id)
    expect(second).toMatchObject(waiting)
    const job = await queues.get(second.jobId!)
    const { crashesMax: _, ...same } = waiting
    expect(job).toMatchObject({ ...same, queue: 'runs' })
    // When it was to begin was said of the first alone.
    expect(Date.parse(job.runAt) - Date.parse(job.createdAt)).toBeLessThan(50_000)
  })

  it('waits otherwise where that is said, and as any job where nothing ever was', async () => {
    const { runs, queues } = await begun(await open())
    const { id } = await runs.create('flow', waiting)
    const given = { priority: 3, concurrencyKey: null, backoff: { capMs: 9 }, attemptsMax: 1 }
    const changed = await runs.rerun(id, given)
    expect(changed).toMatchObject({ ...given, crashesMax: 2 })
    expect(changed.backoff).toEqual({ capMs: 9 })
    expect(await queues.get(changed.jobId!)).toMatchObject({
      priority: 3, concurrencyKey: null, backoff: { baseMs: 1_000, capMs: 9 }, attemptsMax: 1,
    })
    const plain = await runs.create('flow')
    const unsaid = { priority: null, concurrencyKey: null, backoff: {} }
    expect(plain).toMatchObject(unsaid)
    const again = await runs.rerun(plain.id)
    expect(again).toMatchObject({ ...unsaid, attemptsMax: 3, crashesMax: 3 })
    expect(await queues.get(again.jobId!)).toMatchObject({
      priority: 0, concurrencyKey: null, backoff: { baseMs: 1_000, capMs: 600_000 },
    })
  })

  it('keeps it of a run without a queue, so that one that gets a queue waits so', async () => {
    const { runs, queues } = await begun(await open())
    const { id } = await runs.create('flow', { ...waiting, queue: null })
    const queued = await runs.rerun(id, { queue: 'mine' })
    const { crashesMax: _, ...same } = waiting
    expect(await queues.get(queued.jobId!)).toMatchObject({ ...same, queue: 'mine' })
    for (const [field, wrong] of [
      ['priority', { priority: 1.5 }], ['concurrency_key', { concurrencyKey: '' }],
      ['backoff.base_ms', { backoff: { baseMs: -1 } }],
      ['backoff.cap_ms', { backoff: { capMs: Number.NaN } }],
    ] as const) {
      await expect(runs.create('flow', { queue: null, ...wrong })).rejects.toMatchObject({ field })
    }
  })

  it('waits as the job of a schedule did, of which the run was made', async () => {
    const { runs, queues } = await begun(await open())
    const { crashesMax: _, ...job } = waiting
    const { id } = await queues.enqueue('runs', { payload: { workflow: 'flow' }, ...job })
    await runs.ofJob(await queues.get(id))
    expect(await runs.rerun(id)).toMatchObject({ ...job, crashesMax: 3 })
  })
})

contract('what a person does to runs', (open) => {
  it('is told to the audit log with the change or not at all, never the content', async () => {
    const world = await open()
    const { runs, audit } = await begun(world)
    const content = { input: 'secret words', metadata: { secret: 'secret words' } }
    const { id } = await runs.create('flow', content)
    await runs.cancel(id.toUpperCase(), 'secret words')
    const again = await runs.rerun(id)
    const fork = await runs.rerun(id, { fromStep: 1, input: 'secret words', priority: 1 })
    await runs.abandon(again.id, 'secret words')
    const refused = [
      () => runs.cancel(id), () => runs.abandon(id, 'x'), () => runs.rerun(id, { fromStep: 9 }),
      () => runs.rerun(id, { priority: 5_000 }),
      () => world.holdfast.transaction(async (transaction) => {
        const inside = transaction.organization(world.organizationId).runs
        await inside.cancel(fork.id)
        await inside.rerun(id)
        throw new Error('taken back')
      }),
    ]
    for (const call of refused) await expect(call()).rejects.toThrow()
    await audit.seal()
    const { data } = await audit.list({ resourceKind: 'run' })
    expect(data.map(({ action, resourceId, details }) => [action, resourceId, details]).reverse())
      .toEqual([
        ['run.cancelled', id, {}],
        ['run.rerun', id, { run_id: again.id, changed: [] }],
        ['run.rerun', id, { run_id: fork.id, changed: ['input', 'priority'], from_step: 1 }],
        ['run.abandoned', again.id, {}],
      ])
    expect(new Set(data.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']))
    expect(JSON.stringify(data)).not.toContain('secret words')
    expect((await runs.get(fork.id)).status).toBe('pending')
  })
})
