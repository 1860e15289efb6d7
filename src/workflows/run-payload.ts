import { type JsonValue } from '../database/json.js'
import { HoldfastError, InvalidInput } from '../errors.js'
import { type Job } from '../queues/index.js'
import { type NewRun, runRow } from './run-draft.js'
import { checkText, require } from './rules.js'
import { triesCeiling } from './run-rules.js'

/** The run that the payload of a job asks for. */
export interface PayloadRun {
  /** The workflow, by its id or handle. */
  readonly workflow: string
  readonly run: Pick<NewRun,
    'input' | 'version' | 'configuration' | 'tags' | 'metadata' | 'traceparent' | 'tracestate'>
}

const known: readonly string[] = [
  'workflow', 'input', 'version', 'configuration', 'tags', 'metadata', 'traceparent', 'tracestate',
] satisfies readonly ('workflow' | keyof PayloadRun['run'])[]

/** Where a run would be, to see whether it could be. */
const nowhere = {
  organization_id: '00000000-0000-7000-8000-000000000000',
  id: '00000000-0000-7000-8000-000000000000',
  workflowId: '00000000-0000-7000-8000-000000000000',
  version: 1, configuration: '{}', createdBy: '-', now: '2026-01-01T00:00:00.000000Z',
} as Parameters<typeof runRow>[1]

/**
 * Reads what the payload of a job asks for. A field that is not known is refused, since what it was
 * meant to do would not happen. Throws InvalidInput, naming `payload.…`.
 */
export function runOfPayload(payload: JsonValue): PayloadRun {
  const { workflow, ...run } = Object(payload) as PayloadRun['run'] & { workflow?: unknown }
  require(typeof workflow === 'string', 'payload.workflow', 'must name a workflow')
  checkText(workflow, 'payload.workflow', [1, 100])
  const unknown = Object.keys(run).find((name) => !known.includes(name))
  require(unknown === undefined, `payload.${unknown}`,
    `is not known of a run; known are ${known.join(', ')}`)
  const { version } = run
  const isVersion = version === undefined || (Number.isSafeInteger(version) && version >= 1)
  require(isVersion, 'payload.version', 'must be the number of a version')
  check(run)
  return { workflow: workflow as string, run }
}

function check(run: NewRun): void {
  try {
    runRow(run, nowhere)
  } catch (cause) {
    if (!HoldfastError.isInstance(cause) || cause.field === undefined) throw cause
    throw new InvalidInput(`payload.${cause.message}`, { field: `payload.${cause.field}`, cause })
  }
}

/** The run of a job that names a workflow. Throws InvalidInput, naming `payload.…`. */
export function runOfJob({ payload, queue, attemptsMax, crashesMax }: Job) {
  const { workflow, run: asked } = runOfPayload(payload)
  const run: NewRun = {
    ...asked, queue, trigger: 'cron',
    attemptsMax: Math.min(attemptsMax, triesCeiling),
    crashesMax: Math.min(crashesMax, triesCeiling),
  }
  return { workflow, run }
}
