import { type ExpressionBuilder, sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { storedError, storedValue } from './run-rules.js'
import { findStanding, refusalOf, type RunKey, staleAttempt } from './run-standing.js'
import {
  runOf, type RunStatus, type RunTables, type WorkflowRun, workflowRuns, workflowSteps,
} from './run-tables.js'

type On = Database<RunTables>
type Set = ExpressionBuilder<RunTables, 'workflow_runs'>

const { columns } = workflowRuns

/** Which run is to change, and who says so. */
export interface RunTarget {
  readonly key: RunKey
  /** The attempt that says so; null for whoever need not be one. */
  readonly fence: Stored<'integer'> | null
}

/** From which statuses a change leads on, and what completes "cannot …" elsewhere. */
interface Way {
  readonly from: readonly RunStatus[]
  readonly verb: string
}

/** Every change of a run's status. */
const ways = {
  start: { from: ['pending'], verb: 'start' },
  begin: { from: ['pending', 'running'], verb: 'begin' },
  retry: { from: ['running'], verb: 'wait for another attempt' },
  succeed: { from: ['running'], verb: 'succeed' },
  fail: { from: ['running'], verb: 'fail' },
  abandon: { from: ['pending', 'running'], verb: 'fail' },
  cancel: { from: ['pending', 'running'], verb: 'be cancelled' },
} as const satisfies Record<string, Way>

type WayName = keyof typeof ways

/**
 * Changes the status of runs. Whether a change may be is judged by the statement that makes it; why
 * one was refused is asked afterwards.
 */
export class RunTransitions {
  readonly #database: On
  readonly #clock: Clock

  constructor(database: On, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Begins a run that waits, as its next attempt. */
  start(key: RunKey): Promise<WorkflowRun> {
    return this.#change('start', { key, fence: null }, (expression) => ({
      ...this.#begun(), attempt: expression('attempt', '+', 1 as Stored<'integer'>),
    }))
  }

  /** Begins a run as this attempt, greater than those before it; theirs say no more. */
  async begin(key: RunKey, attempt: number): Promise<WorkflowRun> {
    const stored = columns.attempt.encode(attempt, 'attempt')
    return this.#change('begin', { key, fence: null, above: stored }, () => ({
      ...this.#begun(), attempt: stored,
    }))
  }

  /** Lets a run wait for its next attempt. */
  retry(target: RunTarget, error: JsonValue): Promise<WorkflowRun> {
    const set = {
      status: columns.status.encode('pending'), error: storedError(error),
    }
    return this.#change('retry', target, () => set)
  }

  /** Ends a run well. */
  succeed(target: RunTarget, output: JsonValue): Promise<WorkflowRun> {
    const set = { output: storedValue(output, 'output'), error: null }
    return this.#change('succeed', target, () => this.#ended('succeeded', set))
  }

  /** Ends a run badly; `abandon` also one that has not begun. */
  fail(target: RunTarget, error: JsonValue, way: 'fail' | 'abandon' = 'fail') {
    const set = { error: storedError(error) }
    return this.#change(way, target, () => this.#ended('failed', set))
  }

  /** Ends a run that is no longer wanted. */
  cancel(key: RunKey, reason: JsonValue): Promise<WorkflowRun> {
    const set = { error: storedError(reason, 'reason') }
    return this.#change('cancel', { key, fence: null }, () => this.#ended('cancelled', set))
  }

  async #change(
    name: WayName,
    { key, fence, above }: RunTarget & { readonly above?: Stored<'integer'> },
    set: (expression: Set) => object,
  ): Promise<WorkflowRun> {
    const { write } = this.#database
    const { from, verb } = ways[name]
    const update = write.updateTable('workflow_runs')
      .set((expression) => set(expression))
      .where((where) => where.and({ ...key }))
      .where('status', 'in', from.map((status) => columns.status.encode(status)))
      .$if(fence !== null, (all) => all.where('attempt', '=', fence!))
      .$if(above !== undefined, (all) => all.where('attempt', '<', above!))
      .returningAll()
      .compile()
    const [changed] = await this.#database.atomic([update, this.#closeSteps(key)])
    const [stored] = changed!.rows
    if (stored !== undefined) return runOf(stored)
    const standing = await findStanding(this.#database, key)
    const isWay = ways[name].from.some((status) => status === standing?.status)
    if (above !== undefined && standing !== undefined && isWay) throw staleAttempt(standing, above)
    throw refusalOf(standing, { runId: key.id, fence, verb })
  }

  /**
   * Steps that nobody will end any more: those of attempts that are over, and all once the run
   * does not run.
   */
  #closeSteps({ organization_id, id }: RunKey) {
    return this.#database.write.updateTable('workflow_steps')
      .set({
        status: workflowSteps.columns.status.encode('cancelled'), finished_at: this.#now(),
      })
      .where('organization_id', '=', organization_id)
      .where('run_id', '=', id)
      .where('status', '=', sql.lit('running') as never)
      .where((where) => where.not(where.exists(where.selectFrom('workflow_runs')
        .select('workflow_runs.id')
        .where('workflow_runs.organization_id', '=', organization_id)
        .where('workflow_runs.id', '=', id)
        .where('workflow_runs.status', '=', columns.status.encode('running'))
        .whereRef('workflow_runs.attempt', '=', 'workflow_steps.run_attempt'))))
      .compile()
  }

  #begun() {
    const nowMs = columns.startedMs.encode(this.#clock.now())
    return {
      status: columns.status.encode('running'),
      started_at: sql`coalesce(started_at, ${this.#now()})`,
      started_ms: sql`coalesce(started_ms, ${nowMs})`,
    }
  }

  /** A clock that went back makes no negative duration. */
  #ended(status: RunStatus, set: object) {
    const nowMs = columns.startedMs.encode(this.#clock.now())
    return {
      ...set,
      status: columns.status.encode(status),
      finished_at: this.#now(),
      duration_ms: sql`case when started_ms is null then null
        when started_ms < ${nowMs} then ${nowMs} - started_ms else 0 end`,
    }
  }

  #now(): Stored<'instant'> {
    return columns.finishedAt.encode(instantOf(this.#clock.now()))!
  }
}
