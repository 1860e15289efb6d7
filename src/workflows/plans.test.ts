import { expect, it } from 'vitest'
import { type Statement } from '../database/engine.js'
import { Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { RunLog, RunStore, type RunTables } from './index.js'

/** Runs over a database that keeps the statements it is given. */
function watched({ holdfast, organizationId }: ContractWorld) {
  const seen: Statement[] = []
  const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
  const database = Database.over<RunTables>(watching).within('all')
  const { clock, ids, jobs, coordination: { signals } } = holdfast
  const log = new RunLog(database, { clock, ids, jobs, signals })
  return { seen, runs: new RunStore(log, { organizationId, actor: { id: 'x' } }) }
}

const stepCount = 4_000
const runCount = 1_100

/** A workflow of many runs, one of them of many steps, beside those of a neighbour. */
async function filled(world: ContractWorld) {
  for (const { workflows } of [world.neighbour, world.organization]) {
    for (const handle of ['flow', 'other']) {
      await workflows.create({ name: 'x', handle })
      await workflows.createVersion(handle, { graph: 1 })
    }
  }
  await world.holdfast.transaction(async (transaction) => {
    for (const organizationId of [world.neighbourId, world.organizationId]) {
      const { runs } = transaction.organization(organizationId)
      for (let index = 0; index < runCount; index += 1) {
        await runs.create(index % 100 === 0 ? 'other' : 'flow', {
          queue: null, tags: index % 40 === 0 ? ['rare', 'all'] : ['all'],
        })
      }
    }
  })
  const { runs } = world.organization
  const { id } = await runs.create('flow', { queue: null })
  await runs.start(id)
  for (let made = 0; made < stepCount; made += 1_000) {
    await runs.steps.appendMany(id, Array.from({ length: 1_000 }, (_, index) => (
      { name: `${made + index}`, key: `${made + index}` })))
  }
  // More took 7 ms than are sorted; those of the other workflow took longer, 90 ms and on.
  const database = world.holdfast.database.within('all')
  const timed = (duration: string, condition: string) => database.execute({
    sql: `update workflow_runs set duration_ms = ${duration}
      where organization_id = '${world.organizationId}' and ${condition}`,
    parameters: [],
  })
  await timed('7', `id <> '${id}'`)
  const { id: otherId } = await world.organization.workflows.get('other')
  await timed('90 + step_count', `workflow_id = '${otherId}'`)
  await analyze(world)
  return id
}

async function pagesOf(runs: RunStore, listing: object, limit: number): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await runs.list({ ...listing, limit, cursor })
    ids.push(...page.data.map(({ id }) => id))
    if (page.nextCursor === null) return ids
    cursor = page.nextCursor
  }
}

contract('runs by how long they took', (open) => {
  it('are looked up when they are few, and met on the way when they are many', async () => {
    const world = await open()
    await filled(world)
    const { seen, runs } = watched(world)
    const all: { id: string; durationMs: number | null; tags: readonly string[] }[] = []
    for (let cursor: string | undefined; ;) {
      const page = await runs.list({ limit: 200, cursor })
      all.push(...page.data)
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    const wanted = (min: number, max: number) => all
      .filter(({ durationMs }) => durationMs !== null && durationMs >= min && durationMs <= max)
    expect([wanted(90, 90).length, wanted(7, 7).length]).toEqual([11, 1_089])
    const planned = async (listing: object) => {
      seen.length = 0
      await runs.list({ ...listing, limit: 5 })
      const plans = await Promise.all(seen.map((statement) => planOf(world, statement)))
      return plans.filter((plan) => plan.includes('workflow_run'))
    }
    for (const listing of [
      { durationMsMin: 90 }, { durationMsMin: 8, durationMsMax: 90 }, { durationMsMax: 6 },
      { durationMsMin: 91 }, { durationMsMin: 90, tag: 'rare' },
    ]) {
      const { durationMsMin = 0, durationMsMax = 1_000, tag } = listing as {
        durationMsMin?: number; durationMsMax?: number; tag?: string
      }
      const expected = wanted(durationMsMin, durationMsMax)
        .filter(({ tags }) => tag === undefined || tags.includes(tag)).map(({ id }) => id)
      expect([listing, await pagesOf(runs, listing, 3)]).toEqual([listing, expected])
      const plans = await planned(listing)
      expect(plans).toHaveLength(2)
      for (const plan of plans) {
        expect([listing, plan]).toEqual([listing, expect.stringContaining('runs_duration')])
        expect(plan).not.toMatch(/Seq Scan|SCAN (?:workflow_runs|t)\b|workflow_runs_listed/)
      }
    }
    const dense = { durationMsMin: 7 }
    expect(await pagesOf(runs, dense, 200)).toEqual(wanted(7, 1_000).map(({ id }) => id))
    const plans = await planned(dense)
    expect(plans).toEqual([
      expect.stringContaining('runs_duration'), expect.stringContaining('runs_listed'),
    ])
    expect(plans[1]).not.toMatch(/Seq Scan|Sort|TEMP B-TREE/)
  }, 120_000)
})

contract('many runs, and one of many steps', (open) => {
  it('are read by an index for each list, and steps appended without reading any', async () => {
    const world = await open()
    const id = await filled(world)
    const { seen, runs } = watched(world)
    const plansOf = async (call: () => Promise<unknown>) => {
      seen.length = 0
      await call()
      return Promise.all(seen.map((statement) => planOf(world, statement)))
    }
    const lists: [object, string][] = [
      [{}, 'listed'], [{ status: 'running' }, 'status'], [{ workflow: 'other' }, 'workflow'],
      [{ workflow: 'other', status: 'running' }, 'workflow'], [{ tag: 'rare' }, 'run_tags'],
    ]
    for (const [listing, index] of lists) {
      const plans = await plansOf(async () => {
        const { nextCursor } = await runs.list({ ...listing, limit: 1 })
        if (nextCursor !== null) await runs.list({ ...listing, limit: 5, cursor: nextCursor })
      })
      const ofRuns = plans.filter((plan) => plan.includes('workflow_run'))
      expect(ofRuns.length).toBeGreaterThan(0)
      for (const plan of ofRuns) {
        expect([listing, plan]).toEqual([listing, expect.stringContaining(index)])
        expect(plan).not.toMatch(/Seq Scan|SCAN (?:workflow|t)\b|Sort|TEMP B-TREE/)
      }
    }
    for (const after of [0, stepCount - 10]) {
      const plans = await plansOf(() => runs.steps.list(id, { after, limit: 5 }))
      expect(plans).toHaveLength(1)
      expect(plans[0]).toMatch(/workflow_steps_pkey|sqlite_autoindex_workflow_steps_1/)
      expect(plans[0]).not.toMatch(/Seq Scan|Sort|TEMP B-TREE/)
    }
    const appended = await plansOf(() => runs.steps.append(id, { name: 'last', key: 'last' }))
    // One statement where `with` may write, two elsewhere; nothing counts the steps.
    expect(appended.length).toBeLessThanOrEqual(2)
    for (const plan of appended) {
      expect(plan).not.toMatch(/Seq Scan|SCAN workflow|on workflow_steps \w|SEARCH workflow_steps/)
    }
    const found = await plansOf(() => runs.steps.findByKey(id, '7'))
    expect(found[0]).toContain('workflow_steps_key')
    expect((await runs.steps.list(id, { after: stepCount, limit: 5 })).data
      .map(({ number, name }): JsonValue[] => [number, name])).toEqual([[stepCount + 1, 'last']])
  }, 120_000)
})
