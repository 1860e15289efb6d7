import { expect, it } from 'vitest'
import { type Statement } from '../database/engine.js'
import { Database } from '../database/database.js'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import {
  type NewRun, type RunKeeperEvent, RunLog, RunNotFound, RunStore, type RunTables,
} from './index.js'
import { RunPruning } from './run-pruning.js'

const dayMs = 86_400_000
const twenty = Array.from({ length: 20 }, (_, index) => index)
const tables = ['workflow_runs', 'workflow_steps', 'workflow_run_tags'] as const

/** A workflow whose runs are made and ended in a word. */
async function begun({ workflows, runs, queues }: ContractWorld['organization']) {
  const { id: workflow } = await workflows.create({ name: 'x' })
  await workflows.createVersion(workflow, { graph: 1 })
  const make = async (run: NewRun = {}) => (await runs.create(workflow, { queue: null, ...run })).id
  const started = async (stepCount = 0, run: NewRun = {}) => {
    const id = await make({ tags: ['a', 'b'], ...run })
    await runs.start(id)
    for (let left = stepCount; left > 0; left -= 1_000) {
      await runs.steps.appendMany(id, Array.from(
        { length: Math.min(left, 1_000) }, (_, index) => ({ name: 'x', key: `${left - index}` })))
    }
    return id
  }
  const ended = async (stepCount = 0, run: NewRun = {}) =>
    (await runs.succeed(await started(stepCount, run))).id
  return { runs, queues, workflow, make, started, ended }
}

type On = Pick<ContractWorld, 'holdfast'>

const reaching = ({ holdfast }: On, backend = holdfast.backend) =>
  Database.over<RunTables>(backend).within('all')

/** Prunes as if it were so many days later. */
function pruningIn(days: number, world: On, backend = world.holdfast.backend): RunPruning {
  const clock = { now: () => Date.now() + days * dayMs }
  return new RunPruning({ database: reaching(world, backend), clock })
}

/** Rows of a run that are there, whoever sees them. */
async function rowsOf(world: On, id: string): Promise<number[]> {
  const counts = tables.map(async (table) => {
    const column = table === 'workflow_runs' ? 'id' : 'run_id'
    const { rows: [row] } = await reaching(world).execute(
      { sql: `select count(*) as count from ${table} where ${column} = '${id}'`, parameters: [] })
    return Number(row!.count)
  })
  return Promise.all(counts)
}

/** Enough once it was asked so often. */
function after(times: number) {
  let asked = 0
  return () => (asked += 1) >= times
}

contract('keeping of runs', (open) => {
  it('lets those go that ended before their retention, with steps and tags, of all', async () => {
    const world = await open()
    let ahead = 0
    const holdfast = await world.another({ clock: { now: () => Date.now() + ahead } })
    const on = async (name: string) =>
      begun(holdfast.organization((await holdfast.organizations.create({ name })).id))
    const [ours, theirs] = [await on('Ours'), await on('Theirs')]
    const old = [await ours.ended(3), await theirs.ended(2), await ours.started(1)]
    await ours.runs.fail(old[2]!, 'no')
    old.push((await ours.runs.cancel(await ours.make())).id)
    const kept = [await ours.make(), await ours.started(2), await theirs.started(1)]
    // As an import may have it, of a run that its source took for over and for running.
    await reaching({ holdfast }).execute({
      sql: `update workflow_runs set finished_at = created_at where id = '${kept[1]}'`,
      parameters: [],
    })
    const again = await ours.started(1, { attemptsMax: 5 })
    await ours.runs.fail(again, 'no', { retry: true })
    const long = await ours.started(2)
    ahead = 10 * dayMs
    kept.push(again, (await ours.runs.succeed(long)).id, await theirs.ended(1))
    const rowsBefore = await Promise.all(kept.map((id) => rowsOf({ holdfast }, id)))
    const events: RunKeeperEvent[] = []
    const passed = (retentionDays?: number) =>
      holdfast.runKeeper({ retentionDays, onEvent: (event) => events.push(event) }).pass()
    expect([await passed(), await passed(11), events]).toEqual([0, 0, []])
    expect([await passed(9), await passed(9)]).toEqual([4, 0])
    expect(events).toEqual([{ kind: 'pruned', runs: 4 }])
    for (const id of old) {
      await expect(ours.runs.get(id)).rejects.toThrow(RunNotFound)
      expect(await rowsOf({ holdfast }, id)).toEqual([0, 0, 0])
    }
    expect(await Promise.all(kept.map((id) => rowsOf({ holdfast }, id)))).toEqual(rowsBefore)
    expect((await ours.runs.list()).data.map(({ id }) => id).sort())
      .toEqual([kept[0], kept[1], again, long].sort())
    for (const days of [0, 1.5, 36_501]) {
      expect(() => holdfast.runKeeper({ retentionDays: days })).toThrow(InvalidInput)
    }
  })

  it('takes a bounded number at a time, of runs and of their steps', async () => {
    const world = await open()
    const { ended } = await begun(world.organization)
    for (let index = 0; index < 5; index += 1) await ended(400)
    const pruning = pruningIn(10, world)
    expect(await pruning.prune(5, () => true)).toBe(2)
    expect(await pruning.prune(5)).toBe(3)
    for (let index = 0; index < 210; index += 1) await ended()
    expect(await pruning.prune(5, () => true)).toBe(200)
    expect(await pruning.prune(5)).toBe(10)
  }, 30_000)

  it('takes a run of many steps out of sight at once, and away piece by piece', async () => {
    const world = await open()
    const { runs, workflow, ended, make } = await begun(world.organization)
    const id = await ended(2_500)
    const child = await make({ parentRunId: id })
    expect(await pruningIn(10, world).prune(5, after(4))).toBe(0)
    expect(await rowsOf(world, id)).toEqual([1, 500, 2])
    for (const call of [
      () => runs.get(id), () => runs.steps.list(id), () => runs.steps.list(id, { after: 2_100 }),
      () => runs.rerun(id), () => runs.rerun(id, { fromStep: 3 }), () => runs.follow(id).next(),
      () => runs.cancel(id), () => runs.start(id), () => runs.steps.append(id, { name: 'x' }),
    ]) await expect(call()).rejects.toThrow(RunNotFound)
    await expect(make({ parentRunId: id })).rejects.toThrow(InvalidInput)
    const numbers = [1, 1_250, 2_500]
    for (const number of numbers) {
      await expect(runs.steps.get(id, number)).rejects.toThrow('no step')
      expect(await runs.steps.findByKey(id, String(number))).toBeUndefined()
    }
    for (const listing of [
      {}, { workflow }, { tag: 'a' }, { status: 'succeeded' as const }, { durationMsMin: 0 },
    ]) expect((await runs.list(listing)).data.map((run) => run.id)).not.toContain(id)
    expect(await runs.statistics({ workflow })).toMatchObject({
      total: 1, byStatus: { succeeded: 0, pending: 1 },
    })
    // Whatever is kept by now, what was begun is finished.
    expect(await world.holdfast.runKeeper().pass()).toBe(1)
    expect(await rowsOf(world, id)).toEqual([0, 0, 0])
    expect(await runs.get(child)).toMatchObject({ parentRunId: id })
  }, 30_000)

  it('ends no page of steps where a run went while it was read', async () => {
    const world = await open()
    const { ended } = await begun(world.organization)
    const { backend, clock, ids, jobs, coordination: { signals } } = world.holdfast
    const read = async (stepCount: number) => {
      const id = await ended(stepCount)
      const between = watchedBackend(backend, () => undefined)
      let queries = 0
      between.run = async (statement) => {
        if ((queries += 1) === 2) await pruningIn(10, world).prune(5, after(3))
        return backend.run(statement)
      }
      const log = new RunLog(reaching(world, between), { clock, ids, jobs, signals })
      const { organizationId } = world
      const { steps } = new RunStore(log, { organizationId, actor: { id: 'x' } })
      return steps.list(id, { limit: 200 })
    }
    for (const stepCount of [100, 1_100]) {
      await expect(read(stepCount)).rejects.toThrow(RunNotFound)
    }
    expect(await world.holdfast.runKeeper().pass()).toBe(1)
  })

  it('takes no more steps in any statement than a bounded number', async () => {
    const world = await open()
    const { ended } = await begun(world.organization)
    const ids = [await ended(3_100), await ended(1_001), await ended(1_000)]
    const changes: number[] = []
    const { backend } = world.holdfast
    const counting = watchedBackend(backend, () => undefined)
    counting.run = async (statement) => {
      const result = await backend.run(statement)
      changes.push(result.changed)
      return result
    }
    expect(await pruningIn(10, world, counting).prune(5)).toBe(3)
    expect(Math.max(...changes)).toBe(1_000)
    expect(changes.filter((changed) => changed === 1_000)).toHaveLength(4)
    for (const id of ids) expect(await rowsOf(world, id)).toEqual([0, 0, 0])
  }, 30_000)

  it('takes each run once, however many keepers there are', async () => {
    const world = await open()
    const { ended, started } = await begun(world.organization)
    const kept = await started(3)
    for (let index = 0; index < 220; index += 1) await ended(index % 3)
    await ended(2_100)
    await ended(1_500)
    const others = world.isLasting ? [await world.another(), await world.another()] : []
    const places = [world, ...others.map((holdfast) => ({ holdfast }))]
    const pruned = await Promise.all(twenty.map((index) =>
      pruningIn(10, places[index % places.length]!).prune(5)))
    expect(pruned.reduce((sum, count) => sum + count)).toBe(222)
    expect(await rowsOf(world, kept)).toEqual([1, 3, 2])
    expect((await world.organization.runs.list()).data.map(({ id }) => id)).toEqual([kept])
  }, 60_000)

  it('leaves sub-runs and reruns where their parent goes, and parents where those go', async () => {
    const world = await open()
    const { runs, ended, started } = await begun(world.organization)
    const parent = await ended(3)
    const rerun = await runs.rerun(parent, { fromStep: 3 })
    const child = await started(1, { parentRunId: parent })
    expect(await pruningIn(10, world).prune(5)).toBe(1)
    expect(await runs.get(rerun.id)).toMatchObject({ parentRunId: parent, stepCount: 2 })
    expect((await runs.steps.list(rerun.id)).data.map(({ number }) => number)).toEqual([1, 2])
    expect((await runs.list({ parentRunId: parent })).data.map(({ id }) => id).sort())
      .toEqual([rerun.id, child].sort())
    const last = await runs.rerun(rerun.id)
    await runs.start(rerun.id)
    await runs.succeed(rerun.id)
    await runs.succeed(child)
    expect(await pruningIn(10, world).prune(5)).toBe(2)
    expect(await runs.get(last.id)).toMatchObject({ parentRunId: rerun.id, status: 'pending' })
  })

  it('waits for a rerun that copies its steps', async () => {
    const world = await open()
    const { runs, ended } = await begun(world.organization)
    const id = await ended(1_200)
    const pruning = pruningIn(10, world)
    let pruned: Promise<number> | undefined
    const rerun = await world.holdfast.transaction(async (transaction) => {
      const stores = transaction.organization(world.organizationId)
      const made = await stores.runs.rerun(id, { fromStep: 1_201 })
      pruned = pruning.prune(5)
      // Where writers do not wait for each other, it passes by.
      if (world.holdfast.backend.engine.rowLocks) expect(await pruned).toBe(0)
      return made
    })
    expect(await pruned! + await pruning.prune(5)).toBe(1)
    expect(await rowsOf(world, rerun.id)).toEqual([1, 1_200, 2])
    await expect(runs.get(id)).rejects.toThrow(RunNotFound)
  }, 30_000)

  it('leaves a run for as long as its job may do it again', async () => {
    const world = await open()
    const { runs, queues, workflow } = await begun(world.organization)
    const job = await queues.enqueue('ticks', { payload: { workflow }, attemptsMax: 1 })
    const id = await runs.ofJob(job)
    await runs.abandon(id, 'by hand')
    const done = await runs.create(workflow, { queue: 'others' })
    await runs.cancel(done.id)
    const pruning = pruningIn(10, world)
    expect(await pruning.prune(5)).toBe(1)
    expect(await runs.get(id)).toMatchObject({ status: 'failed' })
    // A job that is dead can be brought back.
    const [claimed] = await queues.claim('ticks', { worker: 'x', limit: 1 })
    await queues.fail(claimed!, 'x')
    expect((await queues.get(job.id)).state).toBe('dead')
    expect(await pruning.prune(5)).toBe(0)
    await queues.redrive('ticks')
    await queues.cancel(job.id)
    expect(await pruning.prune(5)).toBe(1)
    await expect(runs.get(id)).rejects.toThrow(RunNotFound)
  })

  it('goes on by itself until it is closed', async () => {
    const world = await open()
    let ahead = 0
    const holdfast = await world.another({ clock: { now: () => Date.now() + ahead } })
    const { runs, ended } = await begun(holdfast.organization())
    const ids = [await ended(), await ended()]
    const told: RunKeeperEvent[] = []
    const onEvent = (event: RunKeeperEvent) => { told.push(event) }
    const keeper = holdfast.runKeeper({ retentionDays: 5, everyMs: 5, onEvent }).start()
    await new Promise((done) => setTimeout(done, 30))
    expect((await runs.list()).data).toHaveLength(2)
    ahead = 6 * dayMs
    await expect.poll(() => told, { timeout: 5_000 }).toEqual([{ kind: 'pruned', runs: 2 }])
    await keeper.close()
    await keeper.close()
    for (const id of ids) await expect(runs.get(id)).rejects.toThrow(RunNotFound)
    const late = await ended()
    ahead = 20 * dayMs
    await new Promise((done) => setTimeout(done, 30))
    expect(await rowsOf({ holdfast }, late)).toEqual([1, 0, 2])
  })

  it('finds what is due by an index, whatever else there is', async () => {
    const world = await open()
    const { started, ended } = await begun(world.organization)
    await ended(1_100)
    const kept = await started(6_000)
    await world.holdfast.transaction(async (transaction) => {
      const { runs, make } = await begun(transaction.organization(world.organizationId))
      for (let index = 0; index < 1_000; index += 1) {
        const id = await make({ queue: index % 2 === 0 ? 'x' : null })
        await runs.start(id)
        if (index % 3 === 0) await runs.succeed(id)
      }
    })
    await analyze(world)
    const seen: Statement[] = []
    const watching = watchedBackend(world.holdfast.backend, (statement) => seen.push(statement))
    expect(await pruningIn(10, world, watching).prune(5)).toBeGreaterThan(100)
    const statements = [...new Map(seen.map((each) => [each.sql, each])).values()]
    expect(statements).toHaveLength(4)
    for (const statement of statements) {
      const plan = await planOf(world, statement)
      expect(plan).toMatch(/workflow_runs_finished|workflow_runs_withdrawn/)
      // A bound that is no condition of the index passes over the rest of the run each time.
      expect(plan).not.toMatch(/Filter: .*number/)
      expect(plan).not.toMatch(/Seq Scan|SCAN (?:r|s|j|workflow_\w+)\b(?! USING \w*INDEX)/)
    }
    expect(await rowsOf(world, kept)).toEqual([1, 6_000, 2])
  }, 60_000)
})
