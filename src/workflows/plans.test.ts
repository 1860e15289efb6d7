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
const runCount = 1_000

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
  await analyze(world)
  return id
}

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
