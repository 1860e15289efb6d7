import { sql, type SqlBool } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { RunAttemptStale, RunNotFound, RunStatusConflict } from './errors.js'
import { type RunStatus, type RunTables, workflowRuns } from './run-tables.js'

const { columns } = workflowRuns

/** How a run stands. */
export interface RunStanding {
  readonly status: RunStatus
  readonly attempt: number
  readonly stepCount: number
  /** Whether it runs in somebody's hands while it has a queue as well. */
  readonly byHand: boolean
}

/** The columns by which a run is found. */
export interface RunKey {
  readonly organization_id: Stored<'id'>
  readonly id: Stored<'id'>
}

/** How a run stands; undefined when there is none, or none any more. */
export async function findStanding(
  database: Database<RunTables>,
  key: RunKey,
): Promise<RunStanding | undefined> {
  const stored = await database.first(database.write.selectFrom('workflow_runs')
    .select(['status', 'attempt', 'step_count', 'by_hand', 'queue'])
    .where((where) => where.and(key))
    .where('withdrawn_at', 'is', null))
  return stored === undefined ? undefined : {
    status: columns.status.decode(stored.status) as RunStatus,
    attempt: columns.attempt.decode(stored.attempt),
    stepCount: columns.stepCount.decode(stored.step_count),
    byHand: columns.byHand.decode(stored.by_hand) && stored.status === 'running' &&
      stored.queue !== null,
  }
}

/** Whether a run is to be seen: of one that is being deleted its steps are not, either. */
export const isSeen = ({ organization_id, id }: RunKey) => sql<SqlBool>`exists (
  select 1 from workflow_runs r
  where r.organization_id = ${organization_id} and r.id = ${id} and r.withdrawn_at is null)`

/** Keeps a run from being deleted until the transaction ends. Throws RunNotFound. */
export async function holdRun(transaction: Database<RunTables>, key: RunKey): Promise<void> {
  const query = transaction.write.selectFrom('workflow_runs').select('id')
    .where((where) => where.and(key))
    .where('withdrawn_at', 'is', null)
  const isLocked = transaction.engine.rowLocks
  const held = await transaction.first(isLocked ? query.forKeyShare() : query)
  if (held === undefined) throw runNotFound(key.id)
}

/** What was asked of a run in vain. */
export interface Refused {
  readonly runId: string
  /** The attempt that asked, if one had to be named. */
  readonly fence: number | null
  /** Completes "The run is failed and cannot …". */
  readonly verb: string
}

/** Why a run did not do what was asked. */
export function refusalOf(
  standing: RunStanding | undefined,
  { runId, fence, verb }: Refused,
): Error {
  if (standing === undefined) return runNotFound(runId)
  if (fence !== null && standing.attempt !== Number(fence)) {
    return staleAttempt(standing, fence)
  }
  return new RunStatusConflict(`The run is ${standing.status} and cannot ${verb}.`)
}

/** No such run. */
export const runNotFound = (runId: string) => new RunNotFound(`There is no run ${runId} here.`)

/** Another attempt has the run. */
export const staleAttempt = ({ attempt, byHand }: RunStanding, given: number) =>
  new RunAttemptStale(byHand && given > attempt
    ? `Somebody began the run by hand, as attempt ${attempt}, and has not said what became of it.`
    : `The run is at attempt ${attempt}; what attempt ${given} says does not count.`)
