import { InvalidInput } from './errors.js'
import { type Schedule } from './queues/index.js'
import {
  runOfPayload, runQueueDefault, WorkflowNotFound, type WorkflowStore, WorkflowVersionNotFound,
} from './workflows/index.js'

/**
 * Refuses a schedule that would start a run which cannot be. It starts runs when its queue is the
 * one of runs and its payload has a `workflow`; on other queues a payload is whatever its workers
 * take it for. Throws InvalidInput.
 */
export async function checkScheduledRun(
  workflows: WorkflowStore,
  { queue, payload, enabled }: Pick<Schedule, 'queue' | 'payload' | 'enabled'>,
): Promise<void> {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
  if (queue !== runQueueDefault || !isObject || !Object.hasOwn(payload, 'workflow')) return
  const { workflow, run: { version } } = runOfPayload(payload)
  const refuse = (message: string, field: string, cause?: unknown): never => {
    throw new InvalidInput(message, { field: `payload.${field}`, cause })
  }
  try {
    const { id, archivedAt } = await workflows.get(workflow)
    // While it is switched off the workflow may be so as well.
    if (archivedAt !== null && enabled) refuse(`The workflow ${workflow} is archived.`, 'workflow')
    if (version !== undefined) await workflows.getVersion(id, version)
  } catch (error) {
    if (error instanceof WorkflowNotFound) {
      refuse(`There is no workflow ${workflow} here.`, 'workflow', error)
    }
    if (error instanceof WorkflowVersionNotFound) refuse(error.message, 'version', error)
    throw error
  }
}
