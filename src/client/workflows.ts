import { segmentOf } from './errors.js'
import { followEvents } from './following.js'
import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type AppendedWorkflowSteps, type NewWorkflow, type NewWorkflowRun, type NewWorkflowSteps,
  type NewWorkflowVersion, type Publication, type Workflow, type WorkflowChanges,
  type WorkflowPage, type WorkflowRerun, type WorkflowRun, type WorkflowRunEntry,
  type WorkflowRunFailure, type WorkflowRunPage, type WorkflowRunStart,
  type WorkflowRunStatistics, type WorkflowRunSuccess, type WorkflowStep, type WorkflowStepEnd,
  type WorkflowStepPage, type WorkflowVersion, type WorkflowVersionChanges,
  type WorkflowVersionDiff, type WorkflowVersionPage,
} from './schema.js'
import { type StreamTransport } from './streams.js'

/** What happened to a run. */
export type ToldRunEvent =
  /** How the run stands: at first, and whenever its status or attempt changes. */
  | { readonly type: 'run'; readonly id: string; readonly data: WorkflowRun }
  /** A step that began or ended. */
  | { readonly type: 'step'; readonly id: string; readonly data: WorkflowStep }

/** Where a follower of a run begins, and when it ends. */
export interface RunFollowing extends CallOptions {
  /** The id of the last event seen. @default before the first step */
  readonly after?: string
  /** False: ends once all that was missed is told. @default true */
  readonly live?: boolean
}

/** Workflows and their versions. A workflow is named by its id, or by its handle while active. */
export class Workflows {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Makes a workflow; fails with `workflow_handle_taken`. */
  create(workflow: NewWorkflow, options: WriteOptions = {}): Promise<Workflow> {
    return this.#request('createWorkflow', { body: workflow, ...options })
  }

  /** The workflow; fails with `workflow_not_found`. */
  get(workflow: string, options: CallOptions = {}): Promise<Workflow> {
    return this.#request('getWorkflow', { path: { workflow }, ...options })
  }

  /** One page of workflows, newest first; at most 200 rows. */
  list(query: Query<'listWorkflows'> = {}, options: CallOptions = {}): Promise<WorkflowPage> {
    return this.#request('listWorkflows', { query, ...options })
  }

  /** Every workflow, newest first, page by page as it is asked for. */
  each(
    query: Query<'listWorkflows'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Workflow, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Changes, archives or restores it. */
  update(
    workflow: string,
    changes: WorkflowChanges,
    options: UpdateOptions = {},
  ): Promise<Workflow> {
    return this.#request('updateWorkflow', { path: { workflow }, body: changes, ...options })
  }

  /** Deletes it with its versions and runs. */
  delete(workflow: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteWorkflow', { path: { workflow }, ...options })
  }

  /** Publishes it, or changes for whom it is published. */
  publish(
    workflow: string,
    publication: Publication = {},
    options: UpdateOptions = {},
  ): Promise<Workflow> {
    return this.#request('publishWorkflow', { path: { workflow }, body: publication, ...options })
  }

  /** Takes the publication back. */
  unpublish(workflow: string, options: UpdateOptions = {}): Promise<Workflow> {
    return this.#request('unpublishWorkflow', { path: { workflow }, ...options })
  }

  /** Adds a version; the workflow hands out its number. */
  createVersion(
    workflow: string,
    version: NewWorkflowVersion,
    options: WriteOptions = {},
  ): Promise<WorkflowVersion> {
    return this.#request('createWorkflowVersion', {
      path: { workflow }, body: version, ...options,
    })
  }

  /** A version with its graph, the latest unless a number is named. */
  getVersion(
    workflow: string,
    version: number | 'latest' = 'latest',
    options: CallOptions = {},
  ): Promise<WorkflowVersion> {
    return this.#request('getWorkflowVersion', {
      path: { workflow, version: String(version) }, ...options,
    })
  }

  /** One page of versions without graphs, newest first. */
  listVersions(
    workflow: string,
    query: Query<'listWorkflowVersions'> = {},
    options: CallOptions = {},
  ): Promise<WorkflowVersionPage> {
    return this.#request('listWorkflowVersions', { path: { workflow }, query, ...options })
  }

  /** Changes configuration or notes of a version; its graph never changes. */
  updateVersion(
    workflow: string,
    version: number,
    { options = {}, ...changes }: WorkflowVersionChanges & { readonly options?: UpdateOptions },
  ): Promise<WorkflowVersion> {
    const path = { workflow, version }
    return this.#request('updateWorkflowVersion', { path, body: changes, ...options })
  }

  /** How two versions differ; the second is the latest unless it is named. */
  diff(
    workflow: string,
    query: Query<'diffWorkflowVersions'>,
    options: CallOptions = {},
  ): Promise<WorkflowVersionDiff> {
    return this.#request('diffWorkflowVersions', { path: { workflow }, query, ...options })
  }
}

/** Runs of workflows and their steps. */
export class Runs {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
  }

  /** Makes a run; by default it waits for a worker. */
  create(
    workflow: string,
    run: NewWorkflowRun = {},
    options: WriteOptions = {},
  ): Promise<WorkflowRun> {
    return this.#request('createRun', { path: { workflow }, body: run, ...options })
  }

  /** The run; fails with `run_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<WorkflowRun> {
    return this.#request('getRun', { path: { run_id: id }, ...options })
  }

  /** One page of runs without input, output and configuration, newest first. */
  list(query: Query<'listRuns'> = {}, options: CallOptions = {}): Promise<WorkflowRunPage> {
    return this.#request('listRuns', { query, ...options })
  }

  /** Every run, newest first, page by page as it is asked for. */
  each(
    query: Query<'listRuns'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<WorkflowRunEntry, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** How runs fared, over all and day by day. */
  statistics(
    query: Query<'getRunStatistics'> = {},
    options: CallOptions = {},
  ): Promise<WorkflowRunStatistics> {
    return this.#request('getRunStatistics', { query, ...options })
  }

  /** Begins a run that waits; with `attempt`, that of its job. */
  start(id: string, body: WorkflowRunStart = {}, options: WriteOptions = {}): Promise<WorkflowRun> {
    return this.#request('startRun', { path: { run_id: id }, body, ...options })
  }

  /** Ends a running run well. */
  succeed(
    id: string,
    body: WorkflowRunSuccess = {},
    options: WriteOptions = {},
  ): Promise<WorkflowRun> {
    return this.#request('succeedRun', { path: { run_id: id }, body, ...options })
  }

  /** Ends a running run badly; with `retry`, it waits for another attempt instead. */
  fail(id: string, body: WorkflowRunFailure, options: WriteOptions = {}): Promise<WorkflowRun> {
    return this.#request('failRun', { path: { run_id: id }, body, ...options })
  }

  /** Cancels a run that is not over; its worker learns it with its next heartbeat. */
  cancel(id: string, reason: unknown = null, options: WriteOptions = {}): Promise<WorkflowRun> {
    return this.#request('cancelRun', { path: { run_id: id }, body: { reason }, ...options })
  }

  /** Makes a run of what this one was made of; from a step on, or changed: a fork. */
  rerun(id: string, changes: WorkflowRerun = {}, options: WriteOptions = {}): Promise<WorkflowRun> {
    return this.#request('rerunRun', { path: { run_id: id }, body: changes, ...options })
  }

  /**
   * How the run stands and each step that begins or ends, as it happens, until the run is over;
   * goes on over broken connections. Fails with `run_not_found`, also when it is deleted.
   */
  async *follow(
    id: string,
    { after, live = true, signal }: RunFollowing = {},
  ): AsyncGenerator<ToldRunEvent, void, undefined> {
    const run = segmentOf(id, 'path.run_id')
    const path = `/v1/runs/${run}/events${live ? '' : '?live=false'}`
    let told = ''
    const following = { path, after, signal, isLast: isEnd, isWhole: !live }
    for await (const event of followEvents<ToldRunEvent>(this.#transport, following)) {
      if (event.type === 'run') {
        // Each new connection begins with how the run stands.
        const standing = `${event.data.status} ${event.data.attempt}`
        if (standing === told) continue
        told = standing
      }
      yield event
    }
  }

  /** Appends steps to a running run, all or none. */
  appendSteps(
    id: string,
    steps: NewWorkflowSteps,
    options: WriteOptions = {},
  ): Promise<AppendedWorkflowSteps> {
    return this.#request('appendSteps', { path: { run_id: id }, body: steps, ...options })
  }

  /** One step of a run; fails with `step_not_found`. */
  getStep(
    { run_id, number }: Pick<WorkflowStep, 'run_id' | 'number'>,
    options: CallOptions = {},
  ): Promise<WorkflowStep> {
    return this.#request('getStep', { path: { run_id, number }, ...options })
  }

  /** One page of a run's steps in order. */
  listSteps(
    id: string,
    query: Query<'listSteps'> = {},
    options: CallOptions = {},
  ): Promise<WorkflowStepPage> {
    return this.#request('listSteps', { path: { run_id: id }, query, ...options })
  }

  /** Every step of a run in order, page by page as it is asked for. */
  eachStep(
    id: string,
    query: Query<'listSteps'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<WorkflowStep, void, undefined> {
    return eachOf((cursor) => this.listSteps(id, { ...query, ...cursor }, options))
  }

  /** Ends a step that runs: `step` is one as it was appended. */
  finishStep(
    { run_id, number }: Pick<WorkflowStep, 'run_id' | 'number'>,
    end: WorkflowStepEnd = {},
    options: WriteOptions = {},
  ): Promise<WorkflowStep> {
    return this.#request('finishStep', { path: { run_id, number }, body: end, ...options })
  }
}

const isEnd = ({ type, data: { status } }: ToldRunEvent): boolean =>
  type === 'run' && status !== 'pending' && status !== 'running'
