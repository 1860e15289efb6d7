import { Recorder } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { type Page } from '../database/page.js'
import { isUuid } from '../ids.js'
import { type Job, JobFinished, JobNotFound, QueueStore } from '../queues/index.js'
import { type Scope } from '../scope.js'
import { WorkflowArchived, WorkflowVersionNotFound } from './errors.js'
import {
  insertRun, jobOfRun, type NewRun, runOfJob, type RunPlace, type RunRow, runRow,
} from './run-draft.js'
import { followRun, type RunEvent, type RunFollowing } from './run-follow.js'
import { listRuns, type RunListing, type WorkflowRunEntry } from './run-listing.js'
import { type RunLog } from './run-log.js'
import { copySteps, type Rerun, rerunOf } from './run-rerun.js'
import { findStanding, type RunKey, runNotFound } from './run-standing.js'
import {
  type RunStatistics, runStatistics, spanOf, type StatisticsListing,
} from './run-statistics.js'
import { runOf, type RunTables, type WorkflowRun, workflowRuns } from './run-tables.js'
import { type RunTarget, RunTransitions } from './run-transitions.js'
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
    const place = await this.#placeOf(workflow, run.version)
    const row = runRow(run, place)
    return this.#inTransaction((transaction) => this.#insert(transaction, row, run))
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
      const made = await this.#insert(transaction, row, run)
      if (fromStep === undefined) return made
      const copied = { from: this.#key(before.id), to: row.id, before: fromStep }
      const stepCount = await copySteps(transaction, copied)
      return { ...made, stepCount }
    })
  }

  /**
   * The id of the run of a job that names a workflow and no run, as those of schedules do; its
   * first attempt makes it. The payload: `workflow`, and `input`, `tags`, `metadata` if you like.
   * Throws WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound, InvalidInput.
   */
  async ofJob(job: Job): Promise<string> {
    const key = this.#key(job.id)
    if ((await findStanding(this.#database, key)) !== undefined) return key.id
    const { workflow, run } = runOfJob(job)
    const row = runRow(run, { ...await this.#placeOf(workflow, undefined), ...key })
    const whole = { ...row, job_id: columns.jobId.encode(job.id) }
    await this.#inTransaction((transaction) => insertRun(transaction, whole))
    return key.id
  }

  /** A run. Throws RunNotFound. */
  async get(runId: string): Promise<WorkflowRun> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('workflow_runs').selectAll().where((where) => where.and(this.#key(runId))))
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
   * that of its job, as this one, and also when an earlier attempt did not say what became of it.
   * Throws RunNotFound, RunStatusConflict, RunAttemptStale.
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
    output: JsonValue = null,
    speaking: Speaking = {},
  ): Promise<WorkflowRun> {
    return this.#told(this.#transitions().succeed(this.#target(runId, speaking), output))
  }

  /**
   * Ends a running run badly; with `retry`, it waits for another attempt instead. Throws as
   * `succeed`.
   */
  async fail(
    runId: string,
    error: JsonValue,
    { retry = false, ...speaking }: Speaking & { readonly retry?: boolean | undefined } = {},
  ): Promise<WorkflowRun> {
    const target = this.#target(runId, speaking)
    return this.#told(retry
      ? this.#transitions().retry(target, error)
      : this.#transitions().fail(target, error))
  }

  /** Ends a run of which nobody will say anything any more, begun or not. Throws as `succeed`. */
  async abandon(runId: string, error: JsonValue): Promise<WorkflowRun> {
    const target = { key: this.#key(runId), fence: null }
    return this.#told(this.#transitions().fail(target, error, 'abandon'))
  }

  /**
   * Cancels a run that is not over, and its job: a worker learns it with its next heartbeat, and
   * whatever it says afterwards is refused. Throws RunNotFound, RunStatusConflict.
   */
  async cancel(runId: string, reason: JsonValue = null): Promise<WorkflowRun> {
    const { jobId } = await this.get(runId)
    return this.#told(this.#inTransaction(async (transaction) => {
      // The job first, as workers do that end both.
      if (jobId !== null) await this.#cancelJob(transaction, jobId)
      return this.#transitions(transaction).cancel(this.#key(runId), reason)
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

  async #insert(transaction: On, row: RunRow, run: NewRun): Promise<WorkflowRun> {
    const queued = row.queue === null ? row : {
      ...row,
      job_id: columns.jobId.encode(
        (await this.#queues(transaction).enqueue(row.queue, jobOfRun(row, run))).id),
    }
    await insertRun(transaction, queued)
    return runOf(queued)
  }

  async #placeOf(workflow: string, version: number | undefined): Promise<RunPlace> {
    const { write } = this.#database
    const wanted = version === undefined ? undefined : columns.version.encode(version, 'version')
    const found = await new WorkflowStore(this.#database.as(), this.#scope, this.#log).get(workflow)
    if (found.archivedAt !== null) {
      throw new WorkflowArchived(`The workflow ${found.id} is archived; restore it first.`)
    }
    const workflowId = columns.workflowId.encode(found.id)
    const number = wanted ?? columns.version.encode(found.versionCount)
    const stored = await this.#database.first(write.selectFrom('workflow_versions')
      .select('configuration')
      .where('organization_id', '=', this.#organizationId)
      .where('workflow_id', '=', workflowId)
      .where('number', '=', number))
    if (stored === undefined) {
      throw new WorkflowVersionNotFound(version === undefined
        ? 'The workflow has no version yet, so that nothing of it can run.'
        : `The workflow has no version ${version}.`)
    }
    return {
      organization_id: this.#organizationId, id: columns.id.encode(this.#log.ids.next()),
      workflowId, version: Number(number), configuration: stored.configuration,
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

  #queues(transaction: On): QueueStore {
    const witness = new Recorder(this.#scope, this.#log)
    return new QueueStore(this.#log.jobs, this.#scope, { witness, transaction: transaction.as() })
  }

  #transitions(database = this.#database): RunTransitions {
    return new RunTransitions(database, this.#log.clock)
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

