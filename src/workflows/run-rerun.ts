import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { InvalidInput } from '../errors.js'
import { type NewRun } from './run-draft.js'
import { holdRun, type RunKey } from './run-standing.js'
import { type RunTables, type WorkflowRun, workflowRuns, workflowSteps } from './run-tables.js'

/** How a run is repeated; what is left out is as it was. */
export interface Rerun extends Omit<NewRun, 'parentRunId'> {
  /**
   * From this step on, 1 to one more than there are; with another input or version, a fork.
   * @default from the beginning
   */
  readonly fromStep?: number | undefined
}

/** The run that repeats another one. Throws InvalidInput. */
export function rerunOf(before: WorkflowRun, { fromStep, ...changes }: Rerun): NewRun {
  const last = before.stepCount + 1
  const valid = fromStep === undefined ||
    (Number.isInteger(fromStep) && fromStep >= 1 && fromStep <= last)
  if (!valid) {
    throw new InvalidInput(`from_step must be an integer from 1 to ${last}`, {
      field: 'from_step',
    })
  }
  const { input, version, configuration, tags, metadata, traceparent, tracestate } = before
  const { queue, attemptsMax, crashesMax, priority, concurrencyKey, backoff } = before
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return {
    input, version, tags, metadata, traceparent, tracestate, queue, attemptsMax, crashesMax,
    concurrencyKey, backoff, ...(priority === null ? {} : { priority }),
    // Another version brings its own configuration.
    ...(changes.version === undefined ? { configuration } : {}),
    trigger: 'rerun',
    ...Object.fromEntries(given),
    parentRunId: before.id,
  }
}

/** Which steps go into which run of the same organization. */
export interface CopiedSteps {
  readonly from: RunKey
  readonly to: Stored<'id'>
  /** The number of the first step that does not go along. */
  readonly before: number
}

const copied = workflowSteps.columnNames.filter((name) =>
  !['organization_id', 'run_id', 'number', 'run_attempt'].includes(name))

/** Copies the steps that succeeded, numbered anew without gaps; how many. Throws RunNotFound. */
export async function copySteps(
  transaction: Database<RunTables>,
  { from, to, before }: CopiedSteps,
): Promise<number> {
  await holdRun(transaction, from)
  const names = sql.join(copied.map((name) => sql.ref(name)))
  const copy = sql`
    insert into workflow_steps (organization_id, run_id, number, run_attempt, ${names})
    select organization_id, target, place, 0, ${names}
    from (
      select s.*, r.id as target, row_number() over (order by s.number) as place
      from workflow_steps s
      join workflow_runs r on r.organization_id = s.organization_id and r.id = ${to}
      where s.organization_id = ${from.organization_id} and s.run_id = ${from.id}
        and s.status = 'succeeded'
        and s.number < ${workflowSteps.columns.number.encode(before, 'from_step')}) as c`
  const { changed } = await transaction.execute(copy.compile(transaction.write))
  const stepCount = workflowRuns.columns.stepCount.encode(changed)
  await transaction.run(transaction.write.updateTable('workflow_runs')
    .set({ step_count: stepCount })
    .where('organization_id', '=', from.organization_id)
    .where('id', '=', to))
  return changed
}
