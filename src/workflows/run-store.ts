import { type AuditRecord, Recorder } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { type Page } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Beside, type Job, JobFinished, JobNotFound, QueueStore } from '../queues/index.js'
import { type Scope } from '../scope.js'
import {
  jobOfRun, type NewRun, type RunPlace, type RunRow, runRow,
} from './run-draft.js'
import { followRun, type RunEvent, type RunFollowing } from './run-follow.js'
import { listRuns, type RunListing, type WorkflowRunEntry } from './run-listing.js'
import { type RunLog } from './run-log.js'
import { runOfJob } from './run-payload.js'
import { copySteps, type Rerun, rerunOf } from './run-rerun.js'
import { findStanding, type RunKey, runNotFound } from './run-standing.js'
import {
  type RunStatistics, runStatistics, spanOf, type StatisticsListing,
} from './run-statistics.js'
import { runOf, type RunTables, type WorkflowRun, workflowRuns } from './run-tables.js'
import { type RunEnd, type RunTarget, RunTransitions } from './run-transitions.js'
import { fenceOf } from './step-batch.js'
import { StepStore } from './step-store.js'
import { WorkflowStore } from './store.js'

/** Who says something of a run: an attempt of it, or whoever need not be one. */
export interface Speaking {
  /** Refused unless the run is at this attempt. */
  readonly attempt?: number | undefined
}

type On = Database<RunTables>

const { columns } = workflowRuns

/** The runs of one organization's workflows. */
export class RunStore {
  /** The steps of runs. */
  readonly steps: StepStore
  readonly #log: RunLog
  readonly #scope: Scope
  readonly #database: On
  readonly #transaction: On | undefined
  readonly #organizationId: Stored<'id'>

  /** With `transaction`, everything happens inside it. */
  constructor(log: RunLog, scope: Scope, transaction?: On) {
    this.#log = log
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#transaction = transaction?.within([this.#organizationId])
    this.#database = this.#transaction ?? log.database.within([this.#organizationId])
    this.steps = new StepStore(log, this.#organizationId, this.#transaction)
  }

  /**
   * Makes a run of a version, in one transaction with the job in which it waits for a worker.
   * Throws WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound, InvalidInput, InvalidValue.
   */
  async create(workflow: string, run: NewRun = {}): Promise<WorkflowRun> {
    const row = runRow(run, await this.#placeOf(workflow, run.version))
    if (row.parent_run_id !== null) await this.#requireParent(row.parent_run_id)
    return this.#insert(row, run, this.#transaction)
  }

  /**
   * Makes a run of what another one was made of; what is given is used instead. With `fromStep`,
   * the steps before it that succeeded are those of the new run already, so that only the rest is
   * done. Throws RunNotFound, and as `create`.
   */
  async rerun(runId: string, changes: Rerun = {}): Promise<WorkflowRun> {
    const before = await this.get(runId)
    const run = rerunOf(before, changes)
    const place = await this.#placeOf(before.workflowId, run.version)
    const { fromStep } = changes
    const row = runRow(run, { ...place, ...(fromStep === undefined ? {} : { fromStep }) })
    return this.#inTransaction(async (transaction) => {
      const made = await this.#insert(row, run, transaction)
      await this.#tell(transaction, 'rerun', { id: before.id, details: toldOf(made, changes) })
      if (fromStep === undefined) return made
      const copied = { from: this.#key(before.id), to: row.id, before: fromStep }
      const stepCount = await copySteps(transaction, copied)
      return { ...made, stepCount }
    })
  }

  /**
   * The id of the run of a job that names a workflow and no run, as those of schedules do; its
   * first attempt makes it. The payload: `workflow`, and `input`, `version`, `configuration`,
   * `tags`, `metadata`, `traceparent`, `tracestate` if you like; anything else is refused. Throws
   * WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound, InvalidInput.
   */
  async ofJob(job: Job): Promise<string> {
    const key = this.#key(job.id)
    if ((await findStanding(this.#database, key)) !== undefined) return key.id
    const { workflow, run } = runOfJob(job)
    const { priority, concurrencyKey, backoff } = job
    const waiting = { priority, concurrencyKey, backoff }
    const place = await this.#placeOf(workflow, run.version)
    const row = runRow({ ...waiting, ...run }, { ...place, ...key })
    const whole = { ...row, job_id: columns.jobId.encode(job.id) }
    await this.#database.atomic(this.#log.inserts([whole]))
    return key.id
  }

  /** A run. Throws RunNotFound. */
  async get(runId: string): Promise<WorkflowRun> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('workflow_runs').selectAll().where((where) => where.and(this.#key(runId)))
      .where('withdrawn_at', 'is', null))
    if (stored === undefined) throw runNotFound(runId)
    return runOf(stored)
  }

  /** One page of runs, newest first. Throws WorkflowNotFound, InvalidInput, InvalidCursor. */
  async list({ workflow, ...listing }: RunListing = {}): Promise<Page<WorkflowRunEntry>> {
    const workflowId = await this.#workflowId(workflow)
    return listRuns(this.#database, this.#organizationId, { ...listing, workflowId })
  }

  /** How runs fared, over all and day by day. Throws WorkflowNotFound, InvalidInput. */
  async statistics(listing: StatisticsListing = {}): Promise<RunStatistics> {
    const span = spanOf(listing, this.#log.clock.now())
    const workflowId = await this.#workflowId(listing.workflow)
    return runStatistics(this.#database, {
      organizationId: this.#organizationId, workflowId, ...span,
    })
  }

  /**
   * Begins a run. Without `attempt` one that waits, as its next attempt; with `attempt`, which is
   * that of its job, as this one, and also when an earlier attempt did not say what became of it,
   * unless that was begun by hand. Throws RunNotFound, RunStatusConflict, RunAttemptStale.
   */
  async start(runId: string, { attempt }: Speaking = {}): Promise<WorkflowRun> {
    const key = this.#key(runId)
    return this.#told(attempt === undefined
      ? this.#transitions().start(key)
      : this.#transitions().begin(key, attempt))
  }

  /** Ends a running run well. Throws RunNotFound, RunStatusConflict, RunAttemptStale. */
  async succeed(
    runId: string,
    output: JsonInput = null,
    speaking: Speaking = {},
  ): Promise<WorkflowRun> {
    return this.#told(this.#transitions().succeed(this.#target(runId, speaking), output))
  }

  /**
   * Ends a running run badly; with `retry`, it waits for another attempt instead, unless it has no
   * queue and this was its last (`attemptsMax`). Throws as `succeed`.
   */
  async fail(
    runId: string,
    error: JsonInput,
    { retry = false, ...speaking }: Speaking & { readonly retry?: boolean | undefined } = {},
  ): Promise<WorkflowRun> {
    const target = this.#target(runId, speaking)
    return this.#told(retry
      ? this.#transitions().retry(target, error)
      : this.#transitions().fail(target, error))
  }

  /**
   * What ends a run beside the completion of its job, by the same attempt: for runners. Throws
   * InvalidInput, InvalidValue.
   */
  endBeside(runId: string, attempt: number, end: RunEnd): Beside {
    const target = this.#target(runId, { attempt })
    const row = this.#transitions().endWithJob(target, end)
    return { writer: this.#log.changes.statements, row }
  }

  /** Tells who follows that a run has changed, where nobody else has. */
  tell(runId: string): void {
    const name = { organizationId: this.#scope.organizationId, runId: this.#key(runId).id }
    this.#database.afterCommit(() => this.#log.tell(name))
  }

  /** Ends a run of which nobody will say anything any more, begun or not. Throws as `succeed`. */
  async abandon(runId: string, error: JsonValue): Promise<WorkflowRun> {
    const target = { key: this.#key(runId), fence: null }
    return this.#told(this.#inTransaction(async (transaction) => {
      const run = await this.#transitions(transaction).fail(target, error, 'abandon')
      await this.#tell(transaction, 'abandoned', run)
      return run
    }))
  }

  /**
   * Cancels a run that is not over, and its job: a worker learns it with its next heartbeat, and
   * whatever it says afterwards is refused. Throws RunNotFound, RunStatusConflict.
   */
  async cancel(runId: string, reason: JsonInput = null): Promise<WorkflowRun> {
    const { jobId } = await this.get(runId)
    return this.#told(this.#inTransaction(async (transaction) => {
      // The job first, as workers do that end both.
      if (jobId !== null) await this.#cancelJob(transaction, jobId)
      const run = await this.#transitions(transaction).cancel(this.#key(runId), reason)
      await this.#tell(transaction, 'cancelled', run)
      return run
    }))
  }

  /**
   * What happens to a run, as it happens: how it stands, then its steps as they begin and end, and
   * each change of its status. Ends with the run, or with `signal`. Throws RunNotFound,
   * InvalidInput.
   */
  follow(runId: string, following: RunFollowing = {}): AsyncGenerator<RunEvent, void, void> {
    return followRun(this, this.#log, {
      name: { organizationId: this.#organizationId, runId: this.#key(runId).id }, ...following,
    })
  }

  /** Inserts a run with the job in which it waits, in company with others outside a transaction. */
  async #insert(row: RunRow, run: NewRun, transaction: On | undefined): Promise<WorkflowRun> {
    if (row.queue === null) {
      await (transaction ?? this.#database).atomic(this.#log.inserts([row]))
      return runOf(row)
    }
    let queued = row
    await this.#queues(transaction).enqueue(row.queue, jobOfRun(row, run), (jobId) => {
      queued = { ...row, job_id: jobId }
      return { writer: this.#log.inserts, row: queued }
    })
    return runOf(queued)
  }

  async #requireParent(id: Stored<'id'>): Promise<void> {
    const key = { organization_id: this.#organizationId, id }
    if ((await findStanding(this.#database, key)) !== undefined) return
    const field = 'parent_run_id'
    throw new InvalidInput(`${field} must name a run that is there`, { field })
  }

  async #placeOf(workflow: string, version: number | undefined): Promise<RunPlace> {
    const organizationId = this.#organizationId
    const place = await this.#log.versions.find(
      this.#database, { organizationId, workflow, version })
    return {
      ...place, organization_id: organizationId, id: columns.id.encode(this.#log.ids.next()),
      createdBy: this.#scope.actor.id, now: instantOf(this.#log.clock.now()),
    }
  }

  async #workflowId(workflow: string | undefined): Promise<Stored<'id'> | undefined> {
    if (workflow === undefined) return undefined
    if (isUuid(workflow)) return columns.workflowId.encode(workflow)
    const store = new WorkflowStore(this.#database.as(), this.#scope, this.#log)
    return columns.workflowId.encode((await store.get(workflow)).id)
  }

  async #cancelJob(transaction: On, jobId: string): Promise<void> {
    try {
      await this.#queues(transaction).cancel(jobId)
    } catch (error) {
      // Of a job that is over the run itself tells whether it may be cancelled.
      if (!(error instanceof JobFinished) && !(error instanceof JobNotFound)) throw error
    }
  }

  #queues(transaction: On | undefined): QueueStore {
    return new QueueStore(this.#log.jobs, this.#scope, {
      witness: this.#recorder(), transaction: transaction?.as(),
    })
  }

  #recorder(): Recorder {
    return new Recorder(this.#scope, this.#log)
  }

  /** Tells the audit log what was done to a run, in the transaction that does it. */
  async #tell(
    transaction: On,
    verb: string,
    { id, details = {} }: { readonly id: string; readonly details?: AuditRecord['details'] },
  ): Promise<void> {
    await this.#recorder().record(transaction, {
      action: `run.${verb}`, resourceKind: 'run', resourceId: id, details,
    })
  }

  #transitions(transaction = this.#transaction): RunTransitions {
    return new RunTransitions({
      database: transaction ?? this.#database, clock: this.#log.clock,
      change: (row) => this.#log.change(row, transaction),
    })
  }

  #target(runId: string, { attempt }: Speaking): RunTarget {
    return { key: this.#key(runId), fence: fenceOf(attempt) }
  }

  #inTransaction<R>(work: (transaction: On) => Promise<R>): Promise<R> {
    return this.#database.transaction(work, { repeatable: true })
  }

  /** Tells who follows, once the change is committed. */
  async #told(changing: Promise<WorkflowRun>): Promise<WorkflowRun> {
    const run = await changing
    const name = { organizationId: run.organizationId, runId: run.id }
    this.#database.afterCommit(() => this.#log.tell(name))
    return run
  }

  #key(runId: string): RunKey {
    return { organization_id: this.#organizationId, id: columns.id.encode(runId, 'run_id') }
  }
}

/** Of a rerun its id and the names of what was given anew, never the content. */
function toldOf({ id }: WorkflowRun, { fromStep, ...changes }: Rerun) {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return {
    run_id: id, changed: given.map(([name]) => name),
    ...(fromStep === undefined ? {} : { from_step: fromStep }),
  }
}
