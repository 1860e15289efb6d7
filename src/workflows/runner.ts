import { InvalidInput, InvalidValue } from '../errors.js'
import { type JsonValue } from '../database/json.js'
import { failureOf, type JobContext, JobFailed, type JobHandler } from '../queues/index.js'
import { RunNotFound, RunStatusConflict } from './errors.js'
import { storedValue } from './run-rules.js'
import { RunSteps, type StepWork, type TransactedWork } from './runner-steps.js'
import { type RunStore } from './run-store.js'
import { type WorkflowRun, type WorkflowStep } from './run-tables.js'
import { type NewStep } from './step-draft.js'

/** What the handler of a workflow is given. */
export interface RunContext<Transaction> {
  /** As it was begun; `traceparent` is to be handed on. */
  readonly run: WorkflowRun
  /** Aborted when the run is cancelled, when its lease is lost, and when the worker closes. */
  readonly signal: AbortSignal
  /**
   * Does the work of a step and keeps what it came to. Of one key a run succeeds once: a later
   * attempt, or a rerun from a later step, gets what was kept and does nothing. The work itself is
   * done again when its process dies before that is kept.
   */
  step<R extends JsonValue>(key: string, work: StepWork<R>): Promise<R>
  /**
   * As `step`, but what the work writes through the transaction is kept together with the step or
   * not at all: exactly once, however often the run is tried.
   */
  transact<R extends JsonValue>(key: string, work: TransactedWork<Transaction, R>): Promise<R>
  /** Appends a step that was done otherwise. */
  append(step: NewStep): Promise<WorkflowStep>
}

/**
 * Does a run. What it returns is the run's output; what it throws fails the attempt (see
 * JobFailed). It may run more than once, and must stop soon when its signal is aborted.
 */
export type RunHandler<Transaction> =
  (context: RunContext<Transaction>) => Promise<JsonValue | void> | JsonValue | void

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
  return async (context) => new Running(workflows, parts, context).work()
}

/** One attempt at one run. */
class Running<Transaction> {
  readonly #workflows: RunHandlers<Transaction>
  readonly #parts: RunnerParts<Transaction>
  readonly #context: JobContext<Transaction>

  constructor(
    workflows: RunHandlers<Transaction>,
    parts: RunnerParts<Transaction>,
    context: JobContext<Transaction>,
  ) {
    this.#workflows = workflows
    this.#parts = parts
    this.#context = context
  }

  async work(): Promise<void> {
    const { job, signal } = this.#context
    const run = await this.#begin()
    // Nobody wants it any more; the job is over without a word.
    if (run === undefined) return
    if (job.crashes >= run.crashesMax) return this.#end(run, died)
    let output: JsonValue
    try {
      const handler = await this.#handlerOf(run)
      output = await handler(this.#contextOf(run)) ?? null
      storedValue(output, 'output')
    } catch (error) {
      if (signal.aborted) throw error
      return this.#failed(run, error)
    }
    const { id, attempt } = run
    await this.#context.complete(null, async (transaction) => {
      await this.#runs(transaction).succeed(id, output, { attempt })
    })
  }

  async #begin(): Promise<WorkflowRun | undefined> {
    const { job } = this.#context
    const { run_id: runId } = Object(job.payload) as { readonly run_id?: unknown }
    const id = typeof runId === 'string' ? runId : await this.#runs().ofJob(job)
    try {
      return await this.#runs().start(id, { attempt: job.attempt })
    } catch (error) {
      if (error instanceof RunNotFound || error instanceof RunStatusConflict) return undefined
      throw error
    }
  }

  async #handlerOf({ organizationId, workflowId }: WorkflowRun): Promise<RunHandler<Transaction>> {
    const own = (name: string | null) =>
      name !== null && Object.hasOwn(this.#workflows, name) ? this.#workflows[name] : undefined
    const found = own(workflowId) ?? own(await this.#parts.handleOf(organizationId, workflowId))
    if (found !== undefined) return found
    throw new JobFailed(`No handler here is for the workflow ${workflowId}.`)
  }

  /** Lets the run be tried again, or ends it with the job, by its policy. */
  async #failed(run: WorkflowRun, error: unknown): Promise<void> {
    const { failures, attemptsMax } = this.#context.job
    const { retry, error: told } = failureOf(error)
    const isWorthwhile = retry && !(error instanceof InvalidValue)
    if (!isWorthwhile || failures + 1 >= attemptsMax) return this.#end(run, told)
    await this.#runs().fail(run.id, told, { attempt: run.attempt, retry: true })
    throw error
  }

  async #end({ id, attempt }: WorkflowRun, error: JsonValue): Promise<void> {
    await this.#context.complete(null, async (transaction) => {
      await this.#runs(transaction).fail(id, error, { attempt })
    })
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

const died: JsonValue = {
  name: 'WorkersDied', message: 'Too many workers died over the run.',
}
