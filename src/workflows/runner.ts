import { InvalidInput, InvalidValue } from '../errors.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import {
  failureOf, type Job, JobDeclined, JobFailed, type JobHandler, type JointContext,
} from '../queues/index.js'
import { RunAttemptStale, RunNotFound, RunStatusConflict } from './errors.js'
import { storedValue } from './run-rules.js'
import { RunSteps, type StepWork, type TransactedWork } from './runner-steps.js'
import { type RunStore } from './run-store.js'
import { type WorkflowRun, type WorkflowStep } from './run-tables.js'
import { type RunEnd } from './run-transitions.js'
import { type NewStep } from './step-draft.js'

/** What the handler of a workflow is given. */
export interface RunContext<Transaction> {
  /** As it was begun; `traceparent` is to be handed on. */
  readonly run: WorkflowRun
  /** Aborted when the run is cancelled, when its lease is lost, and when the worker closes. */
  readonly signal: AbortSignal
  /**
   * Does the work of a step and keeps what it came to. Of one key a run succeeds once: a later call
   * or attempt, or a rerun from a later step, gets what was kept and does nothing. The work itself
   * is done again when its process dies before that is kept.
   */
  step<R extends JsonInput>(key: string, work: StepWork<R>): Promise<R>
  /**
   * As `step`, but what the work writes through the transaction is kept together with the step or
   * not at all: exactly once, however often the run is tried.
   */
  transact<R extends JsonInput>(key: string, work: TransactedWork<Transaction, R>): Promise<R>
  /** Appends a step that was done otherwise. */
  append(step: NewStep): Promise<WorkflowStep>
}

/**
 * Does a run. What it returns is the run's output; what it throws fails the attempt (see
 * JobFailed). It may run more than once, and must stop soon when its signal is aborted.
 */
export type RunHandler<Transaction> =
  (context: RunContext<Transaction>) => Promise<JsonInput | void> | JsonInput | void

/** A handler for each workflow, by its handle or id. */
export type RunHandlers<Transaction> = Readonly<Record<string, RunHandler<Transaction>>>

/** What running needs beside handlers. */
export interface RunnerParts<Transaction> {
  /** The runs of an organization; inside a transaction, if one is given. */
  runsOf(organizationId: string, transaction?: Transaction): RunStore
  /** The handle of a workflow. */
  handleOf(organizationId: string, workflowId: string): Promise<string | null>
  /** Runs `work` in a transaction. */
  transaction<R>(work: (transaction: Transaction) => Promise<R>): Promise<R>
}

/** Handlers checked. Throws InvalidInput. */
export function checkRunHandlers<T>(workflows: RunHandlers<T>): void {
  const handlers = Object.entries(workflows ?? {})
  const field = 'workflows'
  if (handlers.length === 0) throw new InvalidInput('workflows must name a workflow', { field })
  for (const [name, handler] of handlers) {
    if (typeof handler === 'function') continue
    throw new InvalidInput(`workflows.${name} must be a function`, { field: `workflows.${name}` })
  }
}

/** The handler of the jobs in which runs wait. */
export function runHandler<Transaction>(
  workflows: RunHandlers<Transaction>,
  parts: RunnerParts<Transaction>,
): JobHandler<Transaction> {
  const handlers = new Handlers(workflows, parts)
  // Workers hand in no other context; what more it can do is nothing for handlers of applications.
  return async (context) =>
    new Running(handlers, parts, context as JointContext<Transaction>).work()
}

/** Workflows without a handler that are remembered. */
const missingMax = 1_000

/** The handlers of one runner, and for which workflows it was found to have none. */
class Handlers<Transaction> {
  readonly #handlers: RunHandlers<Transaction>
  readonly #parts: RunnerParts<Transaction>
  readonly #missing = new Set<string>()
  #turnMs = 0

  constructor(handlers: RunHandlers<Transaction>, parts: RunnerParts<Transaction>) {
    this.#handlers = handlers
    this.#parts = parts
  }

  async find(
    { organizationId, workflowId }: Pick<WorkflowRun, 'organizationId' | 'workflowId'>,
  ): Promise<RunHandler<Transaction> | undefined> {
    const own = (name: string | null) =>
      name !== null && Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined
    return own(workflowId) ?? own(await this.#parts.handleOf(organizationId, workflowId))
  }

  /** Leaves the job of a run to workers that have a handler; told once a workflow. */
  async decline(job: Job, workflowId: string): Promise<never> {
    const handle = await this.#parts.handleOf(job.organizationId, workflowId)
    const told = !this.#missing.has(workflowId)
    if (this.#missing.size >= missingMax) this.#missing.clear()
    this.#missing.add(workflowId)
    const reason = `No handler here is for the workflow ${handle ?? workflowId}.`
    throw new JobDeclined(reason, { told, delayMs: this.restMs(job) })
  }

  /** How long a job rests that is left to others, or for later. */
  restMs({ attempt, failures, crashes }: Job): number {
    const before = Math.max(attempt - 1 - failures - crashes, 0)
    const restMs = Math.min(restMostMs, restLeastMs * (1 + before / 10))
    // Many come back one behind the other, so that they take few claims from those that are done.
    const nowMs = performance.now()
    this.#turnMs = Math.max(this.#turnMs + apartMs, nowMs)
    // Somewhere in the upper half, so that workers do not meet in step.
    return Math.round(restMs * (0.5 + Math.random() / 2) + this.#turnMs - nowMs)
  }
}

/** A job that is left to others rests so long; the longer, the oftener it came back. */
const [restLeastMs, restMostMs] = [1_000, 10_000]

/** Between two that come back to one runner. */
const apartMs = 10

/** One attempt at one run. */
class Running<Transaction> {
  readonly #handlers: Handlers<Transaction>
  readonly #parts: RunnerParts<Transaction>
  readonly #context: JointContext<Transaction>

  constructor(
    handlers: Handlers<Transaction>,
    parts: RunnerParts<Transaction>,
    context: JointContext<Transaction>,
  ) {
    this.#handlers = handlers
    this.#parts = parts
    this.#context = context
  }

  async work(): Promise<void> {
    const { job, signal } = this.#context
    const place = await this.#place()
    // What is left to others must stay as it is, so this is asked before the run begins.
    if (place !== undefined && await this.#handlers.find(place) === undefined) {
      return this.#decline(place)
    }
    const run = place && await this.#begin(place.id)
    // Nobody wants it any more; the job is over without a word.
    if (run === undefined) return
    if (job.crashes >= run.crashesMax) return this.#endWithJob(run, { error: died })
    let output: JsonInput
    try {
      const handler = await this.#handlers.find(run)
      if (handler === undefined) throw new JobFailed('The job of the run names another workflow.')
      output = await handler(this.#contextOf(run)) ?? null
      storedValue(output, 'output')
    } catch (error) {
      if (signal.aborted) throw error
      return this.#failed(run, error)
    }
    await this.#endWithJob(run, { output })
  }

  /** Which run the job is of, and of which workflow; undefined when there is none any more. */
  async #place(): Promise<RunOfJob | undefined> {
    const { job } = this.#context
    const { run_id: id, workflow_id: workflowId } = Object(job.payload) as Payload
    if (typeof id === 'string' && typeof workflowId === 'string') {
      return { organizationId: job.organizationId, id, workflowId }
    }
    return this.#find(typeof id === 'string' ? id : await this.#idOf(job))
  }

  /** The run that the payload asks for. What it cannot ask for today it cannot tomorrow either. */
  async #idOf(job: Job): Promise<string> {
    try {
      return await this.#runs().ofJob(job)
    } catch (cause) {
      if (!(cause instanceof InvalidInput)) throw cause
      throw new JobFailed(cause.message, { retry: false, cause })
    }
  }

  async #find(id: string): Promise<WorkflowRun | undefined> {
    try {
      return await this.#runs().get(id)
    } catch (error) {
      if (error instanceof RunNotFound) return undefined
      throw error
    }
  }

  async #begin(id: string): Promise<WorkflowRun | undefined> {
    try {
      return await this.#runs().start(id, { attempt: this.#context.job.attempt })
    } catch (error) {
      if (error instanceof RunNotFound || error instanceof RunStatusConflict) return undefined
      // Somebody began it by hand; the job waits for what becomes of that.
      if (error instanceof RunAttemptStale) {
        const delayMs = this.#handlers.restMs(this.#context.job)
        throw new JobDeclined(error.message, { told: false, delayMs })
      }
      throw error
    }
  }

  /** Leaves the run to a worker that can do it; of one that is over the job is over as well. */
  async #decline({ id, workflowId }: RunOfJob): Promise<void> {
    const run = await this.#find(id)
    if (run === undefined || run.finishedAt !== null) return
    return this.#handlers.decline(this.#context.job, workflowId)
  }

  /** Lets the run be tried again, or ends it with the job, by its policy. */
  async #failed(run: WorkflowRun, error: unknown): Promise<void> {
    const { failures, attemptsMax } = this.#context.job
    const { retry, error: told } = failureOf(error)
    const isWorthwhile = retry && !(error instanceof InvalidValue)
    if (!isWorthwhile || failures + 1 >= attemptsMax) return this.#endWithJob(run, { error: told })
    await this.#runs().fail(run.id, told, { attempt: run.attempt, retry: true })
    throw error
  }

  /** The run and its job, in one batch with others. */
  async #endWithJob({ id, attempt }: WorkflowRun, end: RunEnd): Promise<void> {
    const runs = this.#runs()
    await this.#context.completeBeside(runs.endBeside(id, attempt, end))
    runs.tell(id)
  }

  #contextOf(run: WorkflowRun): RunContext<Transaction> {
    const { signal } = this.#context
    const steps = new RunSteps<Transaction>(run, {
      signal,
      stepsOf: (transaction) => this.#runs(transaction).steps,
      transaction: (work) => this.#parts.transaction(work),
    })
    return {
      run,
      signal,
      step: (key, work) => steps.step(key, work),
      transact: (key, work) => steps.transact(key, work),
      append: (step) => steps.append(step),
    }
  }

  #runs(transaction?: Transaction): RunStore {
    return this.#parts.runsOf(this.#context.job.organizationId, transaction)
  }
}

type RunOfJob = Pick<WorkflowRun, 'organizationId' | 'id' | 'workflowId'>

/** Of the job of a run; anybody may enqueue something else. */
interface Payload {
  readonly run_id?: unknown
  readonly workflow_id?: unknown
}

const died: JsonValue = {
  name: 'WorkersDied', message: 'Too many workers died over the run.',
}
