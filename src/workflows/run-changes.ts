import { type RawBuilder, sql } from 'kysely'
import { type Outcome } from '../database/coalesce.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type RunTables, workflowRuns } from './run-tables.js'

type On = Database<RunTables>
type Rows = RawBuilder<unknown>

/** One row a change of a run's status. */
export const changeKinds = {
  organization_id: 'id',
  run_id: 'id',
  /** From which statuses it leads on. */
  from_pending: 'flag',
  from_running: 'flag',
  /** The attempt that the run must be at; null for any. */
  fence: 'integer',
  /** The attempt that the run must not have reached yet; null for any. */
  above: 'integer',
  /** The attempt of the run's job that must have completed it; null for none. */
  job_attempt: 'integer',
  status: 'text',
  /** The attempt that begins; null when none does, or the next one. */
  attempt: 'integer',
  /** Whether the next attempt begins. */
  is_next: 'flag',
  begins: 'flag',
  ends: 'flag',
  sets_output: 'flag',
  output: 'json',
  sets_error: 'flag',
  error: 'json',
  at: 'instant',
  at_ms: 'integer',
} as const

export type ChangeRow = BatchRow<typeof changeKinds>

/** A run as a change left it; undefined where nothing changed. */
export type ChangedRow = Readonly<Record<string, unknown>> | undefined

const sameRun = (runs: string, given: string) => sql.raw(
  `${runs}.organization_id = ${given}.organization_id and ${runs}.id = ${given}.run_id`)

const whole = sql.join(workflowRuns.columnNames.map((name) => sql.ref(`workflow_runs.${name}`)))

/**
 * Whether a run that was to wait for another attempt has had its last one. Of a run with a job the
 * job says so, which counts failures; one without is begun as often as it failed.
 */
const isLast = sql`(g.status = 'pending' and workflow_runs.queue is null
  and workflow_runs.attempt >= workflow_runs.attempts_max)`

/** Whoever began a run by hand has it until they say what became of it; jobs wait for that. */
const isByHand = sql`(workflow_runs.by_hand and workflow_runs.queue is not null)`

/** Whether a change may be is judged here. A clock that went back makes no negative duration. */
const change = (rows: Rows) => sql`
  update workflow_runs set
    status = case when ${isLast} then 'failed' else g.status end,
    attempt = case when g.is_next then workflow_runs.attempt + 1
      when g.attempt is null then workflow_runs.attempt else g.attempt end,
    by_hand = case when g.begins then g.is_next else workflow_runs.by_hand end,
    output = case when g.sets_output then g.output else workflow_runs.output end,
    error = case when g.sets_error then g.error else workflow_runs.error end,
    started_at = case when g.begins then coalesce(workflow_runs.started_at, g.at)
      else workflow_runs.started_at end,
    started_ms = case when g.begins then coalesce(workflow_runs.started_ms, g.at_ms)
      else workflow_runs.started_ms end,
    finished_at = case when g.ends or ${isLast} then g.at else workflow_runs.finished_at end,
    duration_ms = case when not (g.ends or ${isLast}) then workflow_runs.duration_ms
      when workflow_runs.started_ms is null then null
      when workflow_runs.started_ms < g.at_ms then g.at_ms - workflow_runs.started_ms
      else 0 end
  from ${rows} as g
  where ${sameRun('workflow_runs', 'g')}
    and ((g.from_pending and workflow_runs.status = 'pending')
      or (g.from_running and workflow_runs.status = 'running'
        and not (g.above is not null and ${isByHand})))
    and (g.fence is null or workflow_runs.attempt = g.fence)
    and (g.above is null or workflow_runs.attempt < g.above)
    and (g.job_attempt is null or exists (
      select 1 from jobs j
      where j.organization_id = g.organization_id and j.id = workflow_runs.job_id
        and j.attempt = g.job_attempt and j.state = 'completed'))
  returning ${whole}`

const closingKinds = { organization_id: 'id', run_id: 'id', at: 'instant' } as const

/**
 * Steps that nobody will end any more: those of attempts that are over, and all once the run does
 * not run.
 */
const closeSteps = (rows: Rows) => sql`
  update workflow_steps set status = 'cancelled', finished_at = g.at
  from ${rows} as g
  where workflow_steps.organization_id = g.organization_id and workflow_steps.run_id = g.run_id
    and workflow_steps.status = 'running'
    and not exists (
      select 1 from workflow_runs r
      where ${sameRun('r', 'g')} and r.status = 'running'
        and r.attempt = workflow_steps.run_attempt)`

/** Changes the status of many runs in one atomic batch: one transaction, one round trip. */
export class RunChanges {
  readonly #database: On
  readonly #change: (rows: readonly ChangeRow[]) => Statement
  readonly #close: (rows: readonly BatchRow<typeof closingKinds>[]) => Statement

  constructor(database: On) {
    this.#database = database
    const on = database.as<never>()
    this.#change = prepareBatch(on, {
      name: 'workflow_runs_change', kinds: changeKinds, build: change,
    })
    this.#close = prepareBatch(on, {
      name: 'workflow_steps_close', kinds: closingKinds, build: closeSteps,
    })
  }

  /**
   * The run behind each change, in order; undefined where the run did not allow it. The batch
   * reaches the organizations of its own changes; a transaction keeps its reach.
   */
  async write(
    calls: readonly ChangeRow[],
    database = this.#database.within(calls.map((call) => call.organization_id!)),
  ): Promise<Outcome<ChangedRow>[]> {
    const outcomes = new Map<ChangeRow, Outcome<ChangedRow>>()
    for (const round of roundsOf(calls)) {
      try {
        const [{ rows } = { rows: [] }] = await repeated(() =>
          database.atomic(this.statements(round)))
        const byRun = new Map(rows.map((row) => [`${row.organization_id} ${row.id}`, row]))
        for (const call of round) outcomes.set(call, { value: byRun.get(nameOf(call)) })
      } catch (error) {
        // Once others were changed, the writer must not repeat the batch.
        if (outcomes.size === 0) throw error
        for (const call of calls) if (!outcomes.has(call)) outcomes.set(call, { error })
        break
      }
    }
    return calls.map((call) => outcomes.get(call)!)
  }

  /** What changes runs, none of them twice. */
  readonly statements = (rows: readonly ChangeRow[]): Statement[] =>
    [this.#change(rows), this.#close(rows)]
}

const nameOf = ({ organization_id, run_id }: ChangeRow): string => `${organization_id} ${run_id}`

/** In each round a run stands once, and its changes in order. */
function roundsOf(calls: readonly ChangeRow[]): ChangeRow[][] {
  const rounds: ChangeRow[][] = []
  const counts = new Map<string, number>()
  for (const call of calls) {
    const count = counts.get(nameOf(call)) ?? 0
    counts.set(nameOf(call), count + 1)
    const round = rounds[count] ?? []
    rounds[count] = round
    round.push(call)
  }
  return rounds.map((round) => round.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)))
}
