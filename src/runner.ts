import { type Holdfast, type HoldfastTransaction } from './holdfast.js'
import { type WorkerOptions } from './queues/index.js'
import {
  checkRunHandlers, runHandler, type RunHandlers, runQueueDefault,
} from './workflows/index.js'

/** How to run workflows. */
export interface RunnerOptions extends Omit<WorkerOptions<HoldfastTransaction>, 'queues'> {
  /** A handler for each workflow, by its handle or id. */
  readonly workflows: RunHandlers<HoldfastTransaction>
  /** Where their runs wait. @default ['runs'] */
  readonly queues?: readonly string[]
}

/** Handles are kept for so many workflows, since nearly every run asks for one. */
const handlesMax = 1_000

/** For how long: one that is changed is known by its new name a little later. */
const handlesMs = 5_000

/** The options of a worker whose jobs are runs. Throws InvalidInput. */
export function runnerSettings(
  holdfast: Holdfast,
  { workflows, queues = [runQueueDefault], ...options }: RunnerOptions,
): WorkerOptions<HoldfastTransaction> {
  checkRunHandlers(workflows)
  const handles = new Map<string, { readonly handle: string | null; readonly sinceMs: number }>()
  const handler = runHandler<HoldfastTransaction>(workflows, {
    runsOf: (organizationId, transaction) =>
      (transaction ?? holdfast).organization(organizationId).runs,
    async handleOf(organizationId, workflowId) {
      const known = handles.get(workflowId)
      if (known !== undefined && performance.now() - known.sinceMs < handlesMs) return known.handle
      const { handle } = await holdfast.organization(organizationId).workflows.get(workflowId)
      if (handles.size >= handlesMax) handles.clear()
      handles.set(workflowId, { handle, sinceMs: performance.now() })
      return handle
    },
    transaction: (work) => holdfast.transaction(work),
  })
  return { ...options, queues: Object.fromEntries(queues.map((queue) => [queue, handler])) }
}
