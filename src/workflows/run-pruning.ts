import { setTimeout as pause } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareRaw, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type RunTables, workflowRuns } from './run-tables.js'

/** Runs and steps that go in one transaction at most; a run of more steps goes in several. */
const [runsAtOnce, stepsAtOnce] = [200, 1_000]

/** No rest between two steps is longer. */
const restMaxMs = 250

/** Where runs are deleted. */
export interface PruningParts {
  readonly database: Database<RunTables>
  readonly clock: Clock
}

type Due = { readonly before: Stored<'instant'> | null }
type Withdrawal = Due & { readonly now: Stored<'instant'> | null }

const { finishedAt, withdrawnAt } = workflowRuns.columns

/**
 * The oldest of the runs that are over. One whose job may still be worked on stays: without its run
 * a job that a schedule made would do everything again. With the limit inside, each job is looked
 * up by its key, however many there are.
 */
const dueRuns = (before: unknown, skipLocked: RawBuilder<unknown>) => sql`
  select r.organization_id, r.id, r.step_count, r.finished_at from workflow_runs r
  where r.finished_at < ${before} and r.withdrawn_at is null
    and r.status in ('succeeded', 'failed', 'cancelled')
    and coalesce((select j.state from jobs j
      where j.organization_id = r.organization_id and j.id = r.job_id limit 1), 'completed')
      in ('completed', 'cancelled')
  order by r.finished_at limit ${sql.lit(runsAtOnce)} ${skipLocked}`

/**
 * Deletes runs of all organizations that ended long ago, with their steps, in bounded steps. Most
 * go whole, as the run says how many steps it has. One with too many is withdrawn first: from then
 * on nobody sees it or any of its steps. Its steps go piece by piece and the run last, since the
 * run going first would take all steps with it at once, and steps going while it is seen would
 * show half of it. Several at once take different runs.
 */
export class RunPruning {
  readonly #parts: PruningParts
  readonly #delete: (given: Due) => Statement
  readonly #withdraw: (given: Withdrawal) => Statement
  readonly #deleteSteps: (given: object) => Statement
  readonly #deleteEmpty: (given: object) => Statement

  constructor(parts: PruningParts) {
    this.#parts = parts
    const { database } = parts
    const { skipLocked } = database.engine
    const prepared = <P extends object>(
      name: string, build: (parameter: Placeholder<P>) => RawBuilder<unknown>,
    ) => prepareRaw<P>(database, { name: `workflow_runs_${name}`, build })
    this.#delete = prepared<Due>('prune', (parameter) => sql`
      with due as materialized (${dueRuns(parameter('before'), skipLocked)}),
      counted as (
        select d.organization_id, d.id, sum(d.step_count) over (
          order by d.finished_at, d.organization_id, d.id rows unbounded preceding) as steps
        from due d where d.step_count <= ${sql.lit(stepsAtOnce)})
      delete from workflow_runs where (organization_id, id) in (
        select c.organization_id, c.id from counted c where c.steps <= ${sql.lit(stepsAtOnce)})`)
    this.#withdraw = prepared<Withdrawal>('withdraw', (parameter) => sql`
      with due as materialized (${dueRuns(parameter('before'), skipLocked)})
      update workflow_runs set withdrawn_at = ${parameter('now')}
      where (organization_id, id) in (select d.organization_id, d.id from due d
        where d.step_count > ${sql.lit(stepsAtOnce)} limit 1)`)
    // The end of a piece is no sum in the condition: row-level security keeps sums from the index.
    this.#deleteSteps = prepared('prune_steps', () => sql`
      with gone as materialized (
        select r.organization_id, r.id from workflow_runs r where r.withdrawn_at is not null
        order by r.organization_id, r.id limit 1 ${skipLocked}),
      piece as materialized (
        select s.number as first, s.number + ${sql.lit(stepsAtOnce)} as beyond
        from workflow_steps s
        where s.organization_id = (select g.organization_id from gone g)
          and s.run_id = (select g.id from gone g)
        order by s.number limit 1)
      delete from workflow_steps
      where organization_id = (select g.organization_id from gone g)
        and run_id = (select g.id from gone g)
        and number >= (select p.first from piece p)
        and number < (select p.beyond from piece p)`)
    this.#deleteEmpty = prepared('prune_empty', () => sql`
      with gone as materialized (
        select r.organization_id, r.id from workflow_runs r
        where r.withdrawn_at is not null and (select s.number from workflow_steps s
          where s.organization_id = r.organization_id and s.run_id = r.id limit 1) is null
        order by r.organization_id, r.id limit ${sql.lit(runsAtOnce)} ${skipLocked})
      delete from workflow_runs where (organization_id, id) in (
        select g.organization_id, g.id from gone g)`)
  }

  /**
   * Deletes runs that ended so many days ago and earlier; how many. Asks after each step whether
   * that is enough.
   */
  async prune(days: number, isEnough = () => false): Promise<number> {
    const nowMs = this.#parts.clock.now()
    const before = finishedAt.encode(instantOf(nowMs - days * 86_400_000))
    const now = withdrawnAt.encode(instantOf(nowMs))
    for (let total = 0; ;) {
      const deleted = await this.#changed(this.#delete({ before }))
      total += deleted
      if (isEnough()) return total
      if (deleted > 0) continue
      if (await this.#changed(this.#withdraw({ before, now })) === 0) return total
      total += await this.finish(isEnough)
      if (isEnough()) return total
    }
  }

  /** Deletes what is left of runs that were withdrawn, by whomever; how many. As `prune`. */
  async finish(isEnough = () => false): Promise<number> {
    for (let total = 0; ;) {
      if (isEnough()) return total
      if (await this.#changed(this.#deleteSteps({})) > 0) continue
      const deleted = await this.#changed(this.#deleteEmpty({}))
      total += deleted
      if (deleted === 0) return total
    }
  }

  /** Rests as long as a step took, so that writers of other processes have their turns. */
  async #changed(statement: Statement): Promise<number> {
    const sinceMs = performance.now()
    const { changed } = await repeated(() => this.#parts.database.execute(statement))
    if (changed > 0) await pause(Math.min(performance.now() - sinceMs, restMaxMs))
    return changed
  }
}
