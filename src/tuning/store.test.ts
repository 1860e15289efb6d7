import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { InvalidCursor } from '../database/page.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { WorkflowNotFound } from '../workflows/index.js'
import {
  type NewTuningCheckpoint, TuningCheckpointNotFound, TuningStore, type TuningTables,
} from './index.js'

const tried = (accuracy: unknown, more: Partial<NewTuningCheckpoint> = {}): NewTuningCheckpoint =>
  ({ runnableConfig: { temperature: 0.2 }, metrics: { accuracy } as never, ...more })

/** A workflow that nobody has tuned. */
async function untuned({ organization: { tuning, workflows }, neighbour }: ContractWorld) {
  const another = async () => (await workflows.create({ name: 'x' })).id
  return { tuning, workflowId: await another(), theirs: neighbour, another }
}

const versions = async (tuning: TuningStore, workflowId: string, listing = {}) =>
  (await tuning.list(workflowId, { limit: 200, ...listing })).data
    .map(({ configVersion }) => configVersion)

contract('tuning checkpoints', (open) => {
  it('are listed in pages that end early where they are large', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const metadata = { of: 'x'.repeat(1_000_000) }
    for (let count = 0; count < 18; count += 1) {
      await tuning.record(workflowId, tried(0.5, { metadata }))
    }
    const first = await tuning.list(workflowId, { limit: 50 })
    expect(first.data.length).toBeLessThan(18)
    const rest = await tuning.list(workflowId, { limit: 50, cursor: first.nextCursor! })
    expect([...first.data, ...rest.data].map(({ configVersion }) => configVersion))
      .toEqual(Array.from({ length: 18 }, (_, index) => 18 - index))
    expect(rest.nextCursor).toBeNull()
  })

  it('come back as they were recorded', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const given = {
      runnableConfig: { prompt: ['\0', '\ud800'], k: 1 },
      metrics: { loss: -0.5, notes: 'x', n: {} },
      metadata: { run: [1, { a: null }] }, artifactUrl: 's3://bucket/é',
    }
    const recorded = await tuning.record(workflowId, given)
    expect(recorded).toMatchObject({ ...given, workflowId, configVersion: 1, isBest: false })
    expect(await tuning.get(recorded)).toEqual(recorded)
    const least = await tuning.record(workflowId, { runnableConfig: {}, metrics: {} })
    expect(least).toMatchObject({ configVersion: 2, metadata: {}, artifactUrl: null })
    expect((await tuning.list(workflowId)).data).toEqual([least, recorded])
  })

  it('get dense versions from 50 writers at once, and leave one best', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const made = await Promise.all(Array.from({ length: 50 }, (_, index) =>
      tuning.record(workflowId, tried(index, { best: index % 2 === 0 }))))
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
    expect(made.map(({ configVersion }) => configVersion).sort((a, b) => a - b)).toEqual(numbers)
    expect(await versions(tuning, workflowId)).toEqual(numbers.toReversed())
    expect(await versions(tuning, workflowId, { best: true })).toHaveLength(1)
  })

  it('have exactly one best after 50 setters at once, the last of them', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const made = await Promise.all(
      Array.from({ length: 50 }, () => tuning.record(workflowId, tried(1))))
    expect(await tuning.best(workflowId)).toBeUndefined()
    await Promise.all(made.map((each) => tuning.setBest(each)))
    const all = (await tuning.list(workflowId, { limit: 200 })).data
    expect(all.filter(({ isBest }) => isBest)).toHaveLength(1)
    expect(await versions(tuning, workflowId, { best: false })).toHaveLength(49)
    const last = await tuning.setBest(made[7]!)
    expect(last).toEqual({ ...made[7], isBest: true })
    expect(await tuning.best(workflowId)).toEqual(last)
  })

  it('are recorded for no workflow that goes at that time', async () => {
    const { holdfast, organizationId, organization: { tuning, workflows } } = await open()
    const { id } = await workflows.create({ name: 'a' })
    let recorded: Promise<unknown> | undefined
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).workflows.delete(id)
      recorded = tuning.record(id, tried(1))
      recorded.catch(() => undefined)
      await sleep(200)
    })
    await expect(recorded).rejects.toThrow(WorkflowNotFound)
    const database = Database.over<TuningTables>(holdfast.backend).within([organizationId as never])
    for (const name of ['tuning_workflows', 'tuning_checkpoints', 'tuning_metrics'] as const) {
      expect(await database.all(database.write.selectFrom(name).select('workflow_id')
        .where('workflow_id', '=', id as never))).toEqual([])
    }
  })

  it('are deleted with their workflow, and those of no other', async () => {
    const { holdfast, organizationId, organization: { tuning, workflows } } = await open()
    const gone = await workflows.create({ name: 'a' })
    const kept = await workflows.create({ name: 'b' })
    for (const { id } of [gone, kept]) await tuning.record(id, tried(1, { best: true }))
    const refusal = new Error('taken back')
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).workflows.delete(gone.id)
      throw refusal
    })).rejects.toBe(refusal)
    expect(await versions(tuning, gone.id)).toEqual([1])
    await workflows.delete(gone.id)
    await expect(tuning.list(gone.id)).rejects.toThrow(WorkflowNotFound)
    expect(await versions(tuning, kept.id)).toEqual([1])
    const database = Database.over<TuningTables>(holdfast.backend).within([organizationId as never])
    for (const name of ['tuning_workflows', 'tuning_checkpoints', 'tuning_metrics'] as const) {
      const rows = await database.all(database.write.selectFrom(name)
        .select('workflow_id').where('organization_id', '=', organizationId as never))
      expect(rows).toEqual([{ workflow_id: kept.id }])
    }
  })

  it('that are best can be deleted, and no setter brings them back', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const other = await tuning.record(workflowId, tried(1))
    for (let round = 0; round < 10; round++) {
      const best = await tuning.record(workflowId, tried(2, { best: true }))
      await Promise.allSettled([
        tuning.setBest(best), tuning.delete(best), tuning.setBest(best),
      ])
      await expect(tuning.get(best)).rejects.toThrow(TuningCheckpointNotFound)
      await expect(tuning.setBest(best)).rejects.toThrow(TuningCheckpointNotFound)
      expect(await tuning.best(workflowId)).toBeUndefined()
      expect(await versions(tuning, workflowId, { best: false })).toEqual([1])
    }
    await tuning.setBest(other)
    expect(await tuning.record(workflowId, tried(3))).toMatchObject({ configVersion: 12 })
    await expect(tuning.delete({ workflowId, id: workflowId }))
      .rejects.toThrow(TuningCheckpointNotFound)
    expect((await tuning.best(workflowId))?.id).toBe(other.id)
  })

  it('are found by a metric’s range, numbers compared as numbers', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const values = [
      0, -0, 1, 9, 10, 100, -1, -10, 0.1, 0.30000000000000004, 0.3, 1e21, 5e-324, 2 ** 53,
      1.7976931348623157e308, '10', null, true, [10], { accuracy: 10 },
    ]
    for (const value of values) await tuning.record(workflowId, tried(value))
    await tuning.record(workflowId, { runnableConfig: {}, metrics: { accuracy_2: 10 } })
    for (const [min, max] of [
      [0, 0], [-0, 0], [9, 10], [10, undefined], [undefined, -1], [0.3, 0.3], [-Infinity, 1],
      [undefined, undefined], [1e21, 1e308], [5e-324, 0.1], [2 ** 53, 2 ** 53], [11, 9],
    ]) {
      const isIn = (value: unknown) => typeof value === 'number' &&
        value >= (min ?? -Infinity) && value <= (max ?? Infinity)
      const expected = values.flatMap((value, index) => (isIn(value) ? [index + 1] : [])).reverse()
      const asked = { metric: 'accuracy', min: min === -Infinity ? undefined : min, max }
      expect([asked, await versions(tuning, workflowId, asked)]).toEqual([asked, expected])
    }
  })

  it('are found by what their metadata contains, with other filters', async () => {
    const { tuning, workflowId } = await untuned(await open())
    await tuning.record(workflowId, tried(1, { metadata: { tags: ['a', 'b'], n: 1 } }))
    await tuning.record(workflowId, tried(2, { metadata: { tags: ['a'], n: '1' } }))
    await tuning.record(workflowId, tried(3, { metadata: { tags: 'a' }, best: true }))
    const found = (listing: object) => versions(tuning, workflowId, listing)
    expect(await found({ metadata: { tags: ['a'] } })).toEqual([2, 1])
    expect(await found({ metadata: { n: 1 } })).toEqual([1])
    expect(await found({ metadata: {} })).toEqual([3, 2, 1])
    expect(await found({ metadata: { tags: ['a'] }, metric: 'accuracy', min: 2 })).toEqual([2])
    expect(await found({ metadata: { tags: 'a' }, best: false })).toEqual([])
  })

  it('are paged to the end, and a cursor fits its own list alone', async () => {
    const { tuning, workflowId, another } = await untuned(await open())
    for (let index = 0; index < 7; index++) await tuning.record(workflowId, tried(index))
    const seen: number[] = []
    let first: string | null = null
    for (let cursor: string | undefined; ;) {
      const page = await tuning.list(workflowId, { metric: 'accuracy', min: 1, limit: 2, cursor })
      seen.push(...page.data.map(({ configVersion }) => configVersion))
      first ??= page.nextCursor
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2])
    for (const [other, listing] of [
      [await another(), { metric: 'accuracy', min: 1 }],
      [workflowId, { metric: 'accuracy', min: 2 }],
      [workflowId, {}],
    ] as const) {
      await expect(tuning.list(other, { ...listing, cursor: first! }))
        .rejects.toThrow(InvalidCursor)
    }
  })

  it('of others are unseen and unchanged', async () => {
    const { tuning, workflowId, theirs } = await untuned(await open())
    const { id: their } = await theirs.workflows.create({ name: 'x' })
    const made = await theirs.tuning.record(their, tried(1, { best: true }))
    expect(await tuning.record(workflowId, tried(2))).toMatchObject({ configVersion: 1 })
    for (const deed of ['get', 'setBest', 'delete'] as const) {
      await expect(tuning[deed](made)).rejects.toThrow(WorkflowNotFound)
      await expect(tuning[deed]({ ...made, workflowId }))
        .rejects.toThrow(TuningCheckpointNotFound)
    }
    expect(await tuning.best(workflowId)).toBeUndefined()
    expect(await theirs.tuning.best(their)).toEqual(made)
  })

  it('are of a workflow that is there, named by its id or handle', async () => {
    const { tuning, theirs } = await untuned(await open())
    const [none, { id }] = [
      '00000000-0000-7000-8000-000000000001', await theirs.workflows.create({ name: 'x' }),
    ]
    for (const workflowId of [none, 'gone', id]) {
      for (const call of [
        () => tuning.record(workflowId, tried(1)), () => tuning.list(workflowId),
        () => tuning.best(workflowId), () => tuning.get({ workflowId, id: none }),
        () => tuning.setBest({ workflowId, id: none }),
        () => tuning.delete({ workflowId, id: none }),
      ]) await expect(call()).rejects.toThrow(WorkflowNotFound)
    }
    const flow = await theirs.workflows.create({ name: 'x', handle: 'flow' })
    const made = await theirs.tuning.record('flow', tried(1, { best: true }))
    expect(made).toMatchObject({ workflowId: flow.id })
    expect(await theirs.tuning.get({ workflowId: 'FLOW', id: made.id })).toEqual(made)
    expect(await theirs.tuning.best(flow.id)).toEqual(made)
  })

  it('are refused where they break a rule, and nothing is half-done', async () => {
    const { tuning, workflowId } = await untuned(await open())
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`m${index}`, 1]))
    const wrong: [Partial<NewTuningCheckpoint>, string][] = [
      [{ runnableConfig: [] as never }, 'runnable_config'], [{ metrics: null as never }, 'metrics'],
      [{ metrics: many }, 'metrics'], [{ metrics: { ['x'.repeat(201)]: 1 } }, 'metrics'],
      [{ metadata: 'x' as never }, 'metadata'], [{ artifactUrl: '' }, 'artifact_url'],
      [{ runnableConfig: { a: 'x'.repeat(1024 * 1024) } }, 'runnable_config'],
    ]
    for (const [fault, field] of wrong) {
      await expect(tuning.record(workflowId, { ...tried(1), ...fault }))
        .rejects.toMatchObject({ field, status: 400 })
    }
    for (const [listing, field] of [
      [{ metric: '' }, 'metric'], [{ min: 1 }, 'min'], [{ metric: 'a', max: NaN }, 'max'],
      [{ metadata: [] }, 'metadata'], [{ metadata: { a: 'x'.repeat(2_000) } }, 'metadata'],
      [{ limit: 201 }, 'limit'],
    ] as const) {
      await expect(tuning.list(workflowId, listing as never)).rejects.toMatchObject({ field })
    }
    expect(await tuning.record(workflowId, tried(1))).toMatchObject({ configVersion: 1 })
  })

  it('are found by indexes, whatever else there is', async () => {
    const world = await open()
    const { tuning, workflowId, another } = await untuned(world)
    const { holdfast, organizationId } = world
    for (let workflow = 0; workflow < 20; workflow++) {
      const id = workflow === 0 ? workflowId : await another()
      await Promise.all(Array.from({ length: 100 }, (_, index) =>
        tuning.record(id, tried(index, { metadata: { index } }))))
    }
    await analyze(world)
    const seen: Statement[] = []
    const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
    const database = Database.over<TuningTables>(watching).within([organizationId])
    const watched = new TuningStore(database, { organizationId, actor: { id: 'x' } }, {
      ...holdfast, workflowIdOf: async (workflow) => workflow, hold: async () => undefined,
    })
    await watched.list(workflowId)
    await watched.list(workflowId, { metric: 'accuracy', min: 99 })
    await watched.list(workflowId, { metadata: { index: 3 } })
    expect(seen).toHaveLength(3)
    for (const statement of seen) {
      // The 20 workflows are a page or two: PostgreSQL may rightly read those as they lie.
      expect(await planOf(world, statement))
        .not.toMatch(/Seq Scan on tuning_(checkpoints|metrics)|SCAN (c|m|w)\b/)
    }
  }, 60_000)
})
