import { counter } from './count.mjs'

const handle = 'bench'

/** Holdfast's workflows: a run waits as a job, which a runner of this process takes. */
export async function connect({ dist, database, redis }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, redis })
  const { workflows, runs } = holdfast.organization()
  await workflows.create({ name: handle, handle })
  await workflows.createVersion(handle, { graph: { nodes: ['work'] } })
  const runner = holdfast.runner({
    workflows: { [handle]: ({ run, step }) => step('work', () => run.input) }, concurrency: 16,
  })
  runner.start()
  const ended = await counter(
    database, `select count(*)::int as count from workflow_runs where status = 'succeeded'`)
  return {
    begin: (input) => runs.create(handle, { input }),
    succeeded: () => ended.count(),
    async close() {
      await runner.close()
      await ended.close()
      await holdfast.close()
    },
  }
}
