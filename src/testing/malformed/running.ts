import { type HttpWorld } from '../serving.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'

let handles = 0

/** A workflow, a run and a step that an operation may have, as far as it is about one. */
export async function flowFor(
  { organization: { workflows, runs } }: HttpWorld,
  { operationId, path }: Operation,
): Promise<Known> {
  if (!/^\/v1\/(?:workflows|runs|run-statistics)\b/.test(path)) return {}
  const { id: workflow } = await workflows.create({ name: 'steady' })
  await workflows.createVersion(workflow, { graph: 1 })
  const known = {
    workflow, handle: `handle-${handles += 1}`, version: '1', base: '1', target: 'latest',
    queue: 'flows', from: dayFromNow(-1), to: dayFromNow(1), after: '0', from_step: '1',
    traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, span_id: 'ab'.repeat(8),
  }
  if (operationId === 'createRun') {
    return { ...known, parent_run_id: (await runs.create(workflow, { queue: null })).id }
  }
  if (!path.includes('{run_id}')) return known
  const { id } = await runs.create(workflow, { queue: null })
  const run = { ...known, run_id: id, number: '1', attempt: '1', run_attempt: '1' }
  if (operationId === 'startRun') return run
  await runs.start(id)
  await runs.steps.append(id, { name: 'steady', status: 'running' })
  return run
}

function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1_000).toISOString()
}
