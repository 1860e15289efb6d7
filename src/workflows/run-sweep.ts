import { sql, type SqlBool } from 'kysely'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { jobs, type QueueTables } from '../queues/index.js'
import { RunStatusConflict } from './errors.js'
import { type RunLog } from './run-log.js'
import { type RunKey } from './run-standing.js'
import { type RunTables, workflowRuns } from './run-tables.js'
import { RunTransitions } from './run-transitions.js'

/** Runs that one pass looks at. */
const passMax = 500

/** A worker of another language ends the run beside the job; it gets this long to do so. */
const graceMs = 60_000

const { columns } = workflowRuns

/**
 * Ends runs whose job is over without them: dead, cancelled, deleted, or completed by somebody who
 * said nothing of the run. Each pass looks at the next few of those that are not over.
 */
export class RunSweep {
  readonly #database: Database<RunTables & QueueTables>
  readonly #log: RunLog
  #after: RunKey | undefined

  constructor(log: RunLog) {
    this.#database = log.database.as()
    this.#log = log
  }

  /** How many runs it ended. */
  async pass(): Promise<number> {
    const after = this.#after
    const { write, engine } = this.#database
    const rows = await this.#database.all(write.selectFrom('workflow_runs as r')
      .leftJoin('jobs as j', (join) => join
        .onRef('j.organization_id', '=', 'r.organization_id')
        .onRef('j.id', '=', 'r.job_id'))
      .select(['r.organization_id', 'r.id', 'j.state', 'j.error'])
      .select(sql<unknown>`j.finished_at < ${engine.now(-graceMs)}`.as('is_old'))
      .where('r.job_id', 'is not', null)
      .where('r.finished_at', 'is', null)
      .$if(after !== undefined, (all) => all.where(
        sql<SqlBool>`(r.organization_id, r.id) > (${after!.organization_id}, ${after!.id})`))
      .orderBy('r.organization_id').orderBy('r.id')
      .limit(passMax))
    const last = rows.at(-1)
    this.#after = rows.length < passMax || last === undefined
      ? undefined
      : { organization_id: last.organization_id, id: last.id }
    let ended = 0
    for (const row of rows) {
      const state = row.state === null ? null : jobs.columns.state.decode(row.state)
      const isOld = row.is_old === 't' || row.is_old === 1
      if (!isLost(state, isOld)) continue
      ended += await this.#end(row, errorOf(state, jobs.columns.error.decode(row.error)))
    }
    return ended
  }

  async #end({ organization_id, id }: RunKey, error: JsonValue): Promise<number> {
    const own = this.#database.within([columns.organizationId.decode(organization_id)])
    try {
      const target = { key: { organization_id, id }, fence: null }
      const transitions = new RunTransitions({
        database: own.as(), clock: this.#log.clock, change: (row) => this.#log.change(row),
      })
      await transitions.fail(target, error, 'abandon')
      return 1
    } catch (refused) {
      // It ended by itself meanwhile.
      if (refused instanceof RunStatusConflict) return 0
      throw refused
    }
  }
}

const isLost = (state: string | null, isOld: boolean): boolean =>
  state === null || state === 'dead' || state === 'cancelled' || (state === 'completed' && isOld)

function errorOf(state: string | null, error: JsonValue | null): JsonValue {
  const message = state === null
    ? 'The job of the run was deleted.'
    : `The job of the run is ${state}; nobody ended the run.`
  const told = { name: 'JobLost', message }
  const isSmall = error !== null && JSON.stringify(error).length < 16_000
  return isSmall ? { ...told, cause: error } : told
}
