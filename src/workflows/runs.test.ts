import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidInput, InvalidValue } from '../errors.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  type NewRun, RunAttemptStale, RunNotFound, runStatuses, RunStatusConflict, type RunStore,
  WorkflowArchived, WorkflowNotFound, type WorkflowRun, WorkflowVersionNotFound,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
const twenty = Array.from({ length: 20 }, (_, index) => index)
const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`

/** A workflow with a version, by its handle. */
async function begun({ organization }: Pick<ContractWorld, 'organization'>, handle = 'flow') {
  const { workflows, runs, queues } = organization
  const { id: workflowId } = await workflows.create({ name: 'x', handle })
  await workflows.createVersion(handle, { graph: 1, configuration: { of: 'one' } })
  return { workflows, runs, queues, workflowId, make: (run?: NewRun) => runs.create(handle, run) }
}

/** A run in a status. */
async function runIn(runs: RunStore, status: string, queue: string | null = null) {
  const { id } = await runs.create('flow', { queue })
  if (status !== 'pending' && status !== 'cancelled') await runs.start(id)
  if (status === 'succeeded') await runs.succeed(id)
  if (status === 'failed') await runs.fail(id, 'no')
  if (status === 'cancelled') await runs.cancel(id)
  return id
}

contract('runs', (open) => {
  it('come back as they were made, and wait as a job of the same transaction', async () => {
    const world = await open()
    const { runs, queues, workflowId, make } = await begun(world)
    const made = await make({
      input: { [hard]: [-0, null] }, tags: [hard, 'b', hard], metadata: { [hard]: 1 },
      trigger: 'cron',
      traceparent, tracestate: 'a=b', priority: 5, concurrencyKey: 'k', attemptsMax: 2,
    })
    expect(made).toMatchObject({
      workflowId, version: 1, status: 'pending', input: { [hard]: [-0, null] }, output: null,
      error: null, configuration: { of: 'one' }, triggerKind: 'cron', tags: [hard, 'b'],
      metadata: { [hard]: 1 }, traceparent, tracestate: 'a=b', attempt: 0, attemptsMax: 2,
      crashesMax: 3, stepCount: 0, queue: 'runs', startedAt: null, durationMs: null,
    })
    expect(made).not.toHaveProperty('day')
    expect(await runs.get(made.id.toUpperCase())).toStrictEqual(made)
    expect(await queues.get(made.jobId!)).toMatchObject({
      queue: 'runs', priority: 5, concurrencyKey: 'k', attemptsMax: 2, state: 'ready',
      payload: { run_id: made.id, workflow_id: workflowId },
    })
    expect(await make({ queue: null })).toMatchObject({ queue: null, jobId: null, input: null })
    await expect(world.holdfast.transaction(async (transaction) => {
      await transaction.organization(world.organizationId).runs.create('flow')
      throw new Error('on purpose')
    })).rejects.toThrow('on purpose')
    expect((await runs.list()).data).toHaveLength(2)
    expect((await queues.list('runs')).data).toHaveLength(1)
  })

  it('are of the latest version, or of the one named', async () => {
    const { workflows, runs, make } = await begun(await open())
    await workflows.createVersion('flow', { graph: 2, configuration: { of: 'two' } })
    expect(await make()).toMatchObject({ version: 2, configuration: { of: 'two' } })
    expect(await make({ version: 1 })).toMatchObject({ version: 1, configuration: { of: 'one' } })
    expect(await make({ configuration: {} })).toMatchObject({ configuration: {} })
    await expect(make({ version: 3 })).rejects.toThrow(WorkflowVersionNotFound)
    const { id } = await workflows.create({ name: 'empty' })
    await expect(runs.create(id)).rejects.toThrow(WorkflowVersionNotFound)
    await workflows.update('flow', { archived: true }).then(({ id: archived }) =>
      expect(runs.create(archived)).rejects.toThrow(WorkflowArchived))
    await expect(make()).rejects.toThrow(WorkflowNotFound)
  })

  it('that are not there are not found, nor those of a neighbour', async () => {
    const world = await open()
    const { runs } = await begun(world)
    const { make: makeTheirs } = await begun({ organization: world.neighbour })
    const theirs = await makeTheirs()
    for (const id of [unknownId, theirs.id]) {
      for (const call of [
        () => runs.get(id), () => runs.start(id), () => runs.start(id, { attempt: 1 }),
        () => runs.succeed(id), () => runs.fail(id, 'no'), () => runs.cancel(id),
        () => runs.rerun(id), () => runs.follow(id).next(), () => runs.abandon(id, 'x'),
        () => runs.steps.list(id), () => runs.steps.append(id, { name: 'x' }),
        () => runs.steps.finish(id, 1),
      ]) await expect(call()).rejects.toThrow(RunNotFound)
    }
    expect((await runs.list()).data).toEqual([])
    await expect(runs.list({ workflow: 'none' })).rejects.toThrow(WorkflowNotFound)
    expect(await world.neighbour.runs.get(theirs.id)).toStrictEqual(theirs)
  })

  it('lead on from a status only where that is legal', async () => {
    const { runs } = await begun(await open())
    const ways: Record<string, readonly [readonly string[], (id: string) => Promise<WorkflowRun>]> =
      {
        start: [['pending'], (id) => runs.start(id)],
        begin: [['pending', 'running'], (id) => runs.start(id, { attempt: 9 })],
        succeed: [['running'], (id) => runs.succeed(id, hard)],
        fail: [['running'], (id) => runs.fail(id, hard)],
        retry: [['running'], (id) => runs.fail(id, hard, { retry: true })],
        abandon: [['pending', 'running'], (id) => runs.abandon(id, hard)],
        cancel: [['pending', 'running'], (id) => runs.cancel(id, hard)],
      }
    for (const status of runStatuses) {
      for (const [name, [from, change]] of Object.entries(ways)) {
        const id = await runIn(runs, status)
        const before = await runs.get(id)
        const changing = change(id)
        if (from.includes(status)) {
          expect([name, status, (await changing).status !== status || name === 'begin'])
            .toEqual([name, status, true])
          expect(await runs.get(id)).toStrictEqual(await changing)
        } else {
          await expect(changing).rejects.toThrow(RunStatusConflict)
          expect(await runs.get(id)).toStrictEqual(before)
        }
      }
    }
  })

  it('end once, whoever wants what of them at the same time', async () => {
    const world = await open()
    const { runs } = await begun(world)
    const other = world.isLasting ? await world.another() : world.holdfast
    const stores = [runs, other.organization(world.organizationId).runs]
    const id = await runIn(runs, 'running', 'runs')
    const results = await Promise.allSettled(twenty.map((index) => {
      const store = stores[index % 2]!
      if (index % 3 === 0) return store.succeed(id, index)
      return index % 3 === 1 ? store.fail(id, index) : store.cancel(id, index)
    }))
    const [won, ...rest] = results.flatMap((each) =>
      each.status === 'fulfilled' ? [each.value] : [])
    expect(rest).toEqual([])
    expect(results.filter((each) => each.status === 'rejected').map(({ reason }) => reason))
      .toEqual(Array.from({ length: 19 }, () => expect.any(RunStatusConflict)))
    expect(await runs.get(id)).toStrictEqual(won)
  })

  it('tell how long they took, and never less than nothing', async () => {
    const world = await open()
    const clock = new ManualClock(Date.parse('2026-03-29T23:59:59Z'))
    const holdfast = await world.another({ clock })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Clocked' })
    const { runs, make } = await begun({ organization: holdfast.organization(organizationId) })
    const took = async (ms: number) => {
      const { id } = await make({ queue: null })
      await runs.start(id)
      clock.advance(ms)
      return (await runs.succeed(id)).durationMs
    }
    expect(await took(1_500)).toBe(1_500)
    expect(await took(-5_000)).toBe(0)
    const { id } = await make({ queue: null })
    expect(await runs.cancel(id)).toMatchObject({ startedAt: null, durationMs: null })
  })

  it('count their attempts, and hear no earlier one', async () => {
    const { runs, make } = await begun(await open())
    const { id } = await make({ queue: null })
    expect(await runs.start(id)).toMatchObject({ status: 'running', attempt: 1 })
    const waiting = await runs.fail(id, 'no', { attempt: 1, retry: true })
    expect(waiting).toMatchObject({ status: 'pending', error: 'no', finishedAt: null })
    expect(await runs.start(id, { attempt: 5 })).toMatchObject({ attempt: 5 })
    expect(await runs.start(id, { attempt: 7 })).toMatchObject({ attempt: 7, status: 'running' })
    for (const call of [
      () => runs.start(id, { attempt: 7 }), () => runs.start(id, { attempt: 6 }),
      () => runs.succeed(id, 1, { attempt: 5 }), () => runs.fail(id, 1, { attempt: 8 }),
      () => runs.steps.append(id, { name: 'x' }, { runAttempt: 5 }),
    ]) await expect(call()).rejects.toThrow(RunAttemptStale)
    expect(await runs.succeed(id, 1, { attempt: 7 })).toMatchObject({
      status: 'succeeded', output: 1, error: null,
    })
  })

  it('that are cancelled cancel their job, and the other way about nothing is left', async () => {
    const world = await open()
    const { runs, queues, make } = await begun(world)
    const [one, other] = [await make(), await make()]
    await runs.cancel(one.id, 'why')
    expect(await queues.get(one.jobId!)).toMatchObject({ state: 'cancelled' })
    expect(await runs.get(one.id)).toMatchObject({ status: 'cancelled', error: 'why' })
    await queues.cancel(other.jobId!)
    await expect(runs.cancel(one.id)).rejects.toThrow(RunStatusConflict)
    expect(await runs.cancel(other.id)).toMatchObject({ status: 'cancelled' })
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const world = await open()
    const { runs, make } = await begun(world)
    const { make: makeTheirs } = await begun({ organization: world.neighbour })
    const { id: theirs } = await makeTheirs({})
    const refused: readonly (readonly [object, string])[] = [
      [{ trigger: 'No' }, 'trigger'], [{ tags: ['a', ''] }, 'tags[1]'],
      [{ metadata: [] }, 'metadata'], [{ configuration: 7 }, 'configuration'],
      [{ traceparent: 'x' }, 'traceparent'],
      [{ traceparent: `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01` }, 'traceparent'],
      [{ attemptsMax: 0 }, 'attempts_max'], [{ crashesMax: 51 }, 'crashes_max'],
      [{ queue: 'No!' }, 'queue'], [{ priority: 1_001 }, 'priority'],
      [{ metadata: { a: 'x'.repeat(64 * 1024) } }, 'metadata'],
      [{ input: 'x'.repeat(1024 * 1024) }, 'input'], [{ parentRunId: unknownId }, 'parent_run_id'],
      [{ parentRunId: theirs }, 'parent_run_id'],
    ]
    for (const [given, field] of refused) {
      const error = await make(given).catch((one: unknown) => one)
      expect([given, error, (error as { field: string }).field])
        .toEqual([given, expect.any(InvalidInput), field])
    }
    await expect(make({ input: { a: undefined as never } })).rejects.toThrow(InvalidValue)
    await expect(make({ parentRunId: 'x' })).rejects.toThrow(InvalidValue)
    expect((await runs.list()).data).toEqual([])
    const id = await runIn(runs, 'running')
    for (const call of [
      () => runs.fail(id, 'x'.repeat(64 * 1024)), () => runs.succeed(id, 1, { attempt: 0.5 }),
      () => runs.fail(id, undefined as never),
    ]) await expect(call()).rejects.toThrow()
    expect(await runs.get(id)).toMatchObject({ status: 'running' })
  })
})

/** All pages of a list, three rows a page. */
async function all(runs: RunStore, listing: Parameters<RunStore['list']>[0]) {
  const found: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await runs.list({ ...listing, limit: 3, ...(cursor ? { cursor } : {}) })
    found.push(...page.data.map(({ id }) => id))
    if (page.nextCursor === null) return found
    cursor = page.nextCursor
  }
}

contract('lists of runs', (open) => {
  it('are newest first in total order, by everything they can be narrowed to', async () => {
    const world = await open()
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'))
    const holdfast = await world.another({ clock })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Listed' })
    const organization = holdfast.organization(organizationId)
    const { runs, workflowId } = await begun({ organization })
    await begun({ organization }, 'other')
    const made: WorkflowRun[] = []
    for (const index of Array.from({ length: 24 }, (_, each) => each)) {
      // Six of each moment, so that ids decide.
      if (index % 6 === 0) clock.advance(3_600_000)
      const { id } = await runs.create(index % 4 === 0 ? 'other' : 'flow', {
        queue: null, tags: index % 3 === 0 ? ['third', hard] : [hard],
        parentRunId: index % 5 === 1 && index > 1 ? made[0]!.id : null,
      })
      if (index % 2 === 0) await runs.start(id)
      clock.advance(index)
      if (index % 4 === 2) await runs.succeed(id)
      clock.advance(-index)
      made.push(await runs.get(id))
    }
    const wanted = (filter: (run: WorkflowRun) => boolean) => made.filter(filter)
      .map(({ createdAt, id }) => `${createdAt} ${id}`).sort().reverse()
      .map((each) => each.split(' ')[1])
    const [from, to] = [made[8]!.createdAt, made[20]!.createdAt]
    const isWithin = (run: WorkflowRun) => run.createdAt >= from && run.createdAt < to
    const cases: [Parameters<RunStore['list']>[0], (run: WorkflowRun) => boolean][] = [
      [{}, () => true],
      [{ workflow: 'flow' }, (run) => run.workflowId === workflowId],
      [{ workflow: workflowId, status: 'succeeded' }, (run) => run.status === 'succeeded'],
      [{ status: 'pending' }, (run) => run.status === 'pending'],
      [{ tag: 'third' }, (run) => run.tags.includes('third')],
      [{ tag: hard, workflow: 'other', from, to },
        (run) => run.workflowId !== workflowId && isWithin(run)],
      [{ from, to, status: 'running' }, (run) => isWithin(run) && run.status === 'running'],
      [{ durationMsMin: 6, durationMsMax: 14 },
        (run) => run.durationMs !== null && run.durationMs >= 6 && run.durationMs <= 14],
      [{ parentRunId: made[0]!.id }, (run) => run.parentRunId !== null],
      [{ tag: 'none' }, () => false],
    ]
    for (const [listing, filter] of cases) {
      expect([listing, await all(runs, listing)]).toEqual([listing, wanted(filter)])
    }
    expect(wanted((run) => run.durationMs !== null).length).toBe(6)
    const { data: [entry], nextCursor } = await runs.list({ limit: 1 })
    for (const hidden of ['input', 'output', 'configuration']) {
      expect(entry).not.toHaveProperty(hidden)
    }
    await expect(runs.list({ limit: 1, cursor: nextCursor!, status: 'failed' }))
      .rejects.toThrow('cursor')
    for (const [listing, field] of [
      [{ status: 'x' }, 'status'], [{ tag: '' }, 'tag'], [{ durationMsMin: -1 }, 'duration_ms_min'],
      [{ limit: 201 }, 'limit'], [{ from: 'x' }, 'from'],
    ] as const) {
      await expect(runs.list(listing as object)).rejects.toMatchObject({ field })
    }
  })

  it('are counted and ranked the same on every engine', async () => {
    const world = await open()
    const clock = new ManualClock(Date.parse('2026-01-30T22:00:00Z'))
    const holdfast = await world.another({ clock })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Counted' })
    const organization = holdfast.organization(organizationId)
    const { runs } = await begun({ organization })
    await begun({ organization }, 'other')
    for (let index = 0; index < 40; index += 1) {
      const { id } = await runs.create(index % 2 === 0 ? 'flow' : 'other', { queue: null })
      if (index % 4 !== 3) await runs.start(id)
      clock.advance(1_000 * (index + 1))
      if (index % 4 < 2) await runs.succeed(id)
      if (index % 4 === 2) await runs.fail(id, 'no')
      if (index === 39) await runs.cancel(id)
      clock.advance(300_000)
    }
    const whole = await runs.statistics()
    // Durations of the 30 that were begun: 1, 2, 3, 5, 6, 7, … seconds.
    const seconds = Array.from({ length: 40 }, (_, index) => index)
      .filter((index) => index % 4 !== 3).map((index) => index + 1)
    expect(whole).toMatchObject({
      total: 40,
      byStatus: { pending: 9, running: 0, succeeded: 20, failed: 10, cancelled: 1 },
      failureRate: 10 / 30,
      durationMsP50: seconds[14]! * 1_000,
      durationMsP95: seconds[28]! * 1_000,
    })
    expect(whole.days.map(({ day }) => day)).toEqual(['2026-01-30', '2026-01-31'])
    expect(whole.days.reduce((sum, { total }) => sum + total, 0)).toBe(40)
    const flow = await runs.statistics({ workflow: 'flow' })
    expect(flow).toMatchObject({ total: 20, byStatus: { succeeded: 10, failed: 10 } })
    const none = await runs.statistics({
      from: '2025-01-01T00:00:00.000000Z', to: '2025-01-02T00:00:00.000000Z',
    })
    expect(none).toMatchObject({ total: 0, failureRate: null, durationMsP50: null, days: [] })
    await expect(runs.statistics({ from: whole.to, to: whole.from }))
      .rejects.toMatchObject({ field: 'to' })
    await expect(runs.statistics({ from: '2024-01-01T00:00:00.000000Z', to: whole.to }))
      .rejects.toThrow('366 days')
  })
})

contract('runs that are repeated', (open) => {
  it('are made of what the first was made of, or of what is given instead', async () => {
    const { workflows, runs, make } = await begun(await open())
    const first = await make({ input: 1, tags: ['t'], metadata: { m: 1 }, traceparent })
    await workflows.createVersion('flow', { graph: 2, configuration: { of: 'two' } })
    const second = await runs.rerun(first.id)
    expect(second).toMatchObject({
      version: 1, input: 1, tags: ['t'], metadata: { m: 1 }, traceparent, triggerKind: 'rerun',
      parentRunId: first.id, fromStep: null, status: 'pending', stepCount: 0, queue: 'runs',
      configuration: { of: 'one' },
    })
    expect(second.jobId).not.toBe(first.jobId)
    const third = await runs.rerun(first.id, { version: 2, input: 2, queue: null, trigger: 'x' })
    expect(third).toMatchObject({
      version: 2, input: 2, queue: null, jobId: null, triggerKind: 'x',
      configuration: { of: 'two' },
    })
    expect((await runs.list({ parentRunId: first.id })).data).toHaveLength(2)
  })

  it('from a step on have the steps before it that succeeded', async () => {
    const { runs, make } = await begun(await open())
    const { id } = await make({ queue: null })
    await runs.start(id)
    const outputs: JsonValue[] = [hard, { a: -0 }, 3, 4]
    await runs.steps.appendMany(id, outputs.map((output, index) => ({
      name: `n${index}`, key: `k${index}`, output,
      status: index === 1 ? 'failed' as const : 'succeeded' as const,
    })))
    const fork = await runs.rerun(id, { fromStep: 4, input: 'other' })
    expect(fork).toMatchObject({ fromStep: 4, stepCount: 2, input: 'other' })
    expect(await runs.get(fork.id)).toStrictEqual(fork)
    const { data } = await runs.steps.list(fork.id)
    expect(data.map(({ number, name, key, output, runAttempt }) =>
      [number, name, key, output, runAttempt]))
      .toEqual([[1, 'n0', 'k0', hard, 0], [2, 'n2', 'k2', 3, 0]])
    await runs.start(fork.id)
    expect(await runs.steps.append(fork.id, { name: 'next' })).toMatchObject({ number: 3 })
    for (const fromStep of [0, 6, 1.5]) {
      await expect(runs.rerun(id, { fromStep })).rejects.toMatchObject({ field: 'from_step' })
    }
    expect(await runs.rerun(id, { fromStep: 5 })).toMatchObject({ stepCount: 3 })
  })
})
