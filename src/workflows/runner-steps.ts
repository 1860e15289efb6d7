import { type Instant, instantOf } from '../clock.js'
import { type JsonInput } from '../database/json.js'
import { HoldfastError } from '../errors.js'
import { failureOf } from '../queues/index.js'
import { StepKeyTaken } from './errors.js'
import { type WorkflowRun, type WorkflowStep } from './run-tables.js'
import { type NewStep } from './step-draft.js'
import { type StepStore } from './step-store.js'

/** What is kept beside a step's output, if its work says so. */
export type StepNotes = Pick<NewStep, 'name' | 'input' | 'metadata' | 'tokensUsed' | 'costUsd' |
  'spanId'>

/** What the work of a step is given. */
export interface StepContext {
  readonly signal: AbortSignal
  /** Keeps this beside what the step comes to; what was noted last stands. */
  note(notes: Partial<StepNotes>): void
}

/** The work of a step; what it returns is the step's output. */
export type StepWork<R extends JsonInput> = (context: StepContext) => Promise<R> | R

/** The work of a step whose writes stand or fall with it. */
export type TransactedWork<Transaction, R extends JsonInput> =
  (transaction: Transaction, context: StepContext) => Promise<R>

/** What the steps of one attempt need. */
export interface RunStepsParts<Transaction> {
  readonly signal: AbortSignal
  stepsOf(transaction?: Transaction): StepStore
  transaction<R>(work: (transaction: Transaction) => Promise<R>): Promise<R>
}

/** Steps of a run as its handler does them: each once, and what it came to is kept. */
export class RunSteps<Transaction> {
  readonly #run: WorkflowRun
  readonly #parts: RunStepsParts<Transaction>
  /** Whether there may be steps that an earlier attempt, or the run before, has done. */
  readonly #hasPast: boolean
  /** Keys of steps that this attempt has begun itself. */
  readonly #begun = new Set<string>()

  constructor(run: WorkflowRun, parts: RunStepsParts<Transaction>) {
    this.#run = run
    this.#parts = parts
    this.#hasPast = run.stepCount > 0
  }

  step<R extends JsonInput>(key: string, work: StepWork<R>): Promise<R> {
    return this.#once(key, async (doing) => {
      const output = await work(doing)
      await this.#keep(this.#parts.stepsOf(), doing, output)
      return output
    })
  }

  transact<R extends JsonInput>(key: string, work: TransactedWork<Transaction, R>): Promise<R> {
    return this.#once(key, (doing) => this.#parts.transaction(async (transaction) => {
      const output = await work(transaction, doing)
      await this.#keep(this.#parts.stepsOf(transaction), doing, output)
      return output
    }))
  }

  append(step: NewStep): Promise<WorkflowStep> {
    return this.#parts.stepsOf().append(this.#run.id, step, { runAttempt: this.#run.attempt })
  }

  async #once<R extends JsonInput>(key: string, work: (doing: Doing) => Promise<R>): Promise<R> {
    this.#parts.signal.throwIfAborted()
    const isAgain = this.#begun.has(key)
    this.#begun.add(key)
    const kept = this.#hasPast || isAgain ? await this.#find(key) : undefined
    if (kept !== undefined) return kept.output as R
    const doing = new Doing(key, this.#parts.signal)
    try {
      return await work(doing)
    } catch (error) {
      const there = await this.#thereAfter(error, key)
      if (there !== undefined) return there.output as R
      await this.#keepFailure(doing, error)
      throw error
    }
  }

  /**
   * The step that is kept though this one was not, or seems not to be: another attempt was faster,
   * whereupon whatever this one wrote with its step is taken back, or the answer was lost.
   */
  async #thereAfter(error: unknown, key: string): Promise<WorkflowStep | undefined> {
    if (error instanceof StepKeyTaken) return this.#find(key)
    if (!HoldfastError.isInstance(error) || !error.retryable) return undefined
    return this.#find(key).catch(() => undefined)
  }

  #find(key: string): Promise<WorkflowStep | undefined> {
    return this.#parts.stepsOf().findByKey(this.#run.id, key)
  }

  async #keep(steps: StepStore, doing: Doing, output: JsonInput): Promise<void> {
    const { id, attempt } = this.#run
    await steps.append(id, { ...doing.told(attempt), output: output ?? null }, {
      runAttempt: attempt,
    })
  }

  /** That it failed is worth keeping, and no reason to fail otherwise. */
  async #keepFailure(doing: Doing, thrown: unknown): Promise<void> {
    const { id, attempt } = this.#run
    const { error } = failureOf(thrown)
    await this.#parts.stepsOf()
      .append(id, { ...doing.told(attempt), status: 'failed', error }, { runAttempt: attempt })
      .catch(() => undefined)
  }
}

/** A step that is being done. */
class Doing implements StepContext {
  readonly signal: AbortSignal
  readonly #key: string
  readonly #startedAt: Instant = instantOf(Date.now())
  #notes: Partial<StepNotes> = {}

  constructor(key: string, signal: AbortSignal) {
    this.#key = key
    this.signal = signal
  }

  readonly note = (notes: Partial<StepNotes>): void => {
    this.#notes = { ...this.#notes, ...notes }
  }

  told(attempt: number): NewStep {
    return {
      name: this.#key, ...this.#notes, key: this.#key, attempt, startedAt: this.#startedAt,
    }
  }
}
