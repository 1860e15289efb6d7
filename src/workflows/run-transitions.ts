import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonInput } from '../database/json.js'
import { type ChangedRow, type ChangeRow } from './run-changes.js'
import { storedError, storedValue } from './run-rules.js'
import { findStanding, refusalOf, type RunKey, staleAttempt } from './run-standing.js'
import {
  runOf, type RunStatus, type RunTables, type WorkflowRun, workflowRuns,
} from './run-tables.js'

type On = Database<RunTables>

const { columns } = workflowRuns

/** Which run is to change, and who says so. */
export interface RunTarget {
  readonly key: RunKey
  /** The attempt that says so; null for whoever need not be one. */
  readonly fence: Stored<'integer'> | null
}

/** Whence a change leads and whither, and what completes "cannot …" elsewhere. */
interface Way {
  readonly from: readonly RunStatus[]
  readonly to: RunStatus
  readonly verb: string
}

/** Every change of a run's status. */
const ways = {
  start: { from: ['pending'], to: 'running', verb: 'start' },
  begin: { from: ['pending', 'running'], to: 'running', verb: 'begin' },
  retry: { from: ['running'], to: 'pending', verb: 'wait for another attempt' },
  succeed: { from: ['running'], to: 'succeeded', verb: 'succeed' },
  fail: { from: ['running'], to: 'failed', verb: 'fail' },
  abandon: { from: ['pending', 'running'], to: 'failed', verb: 'fail' },
  cancel: { from: ['pending', 'running'], to: 'cancelled', verb: 'be cancelled' },
} as const satisfies Record<string, Way>

type WayName = keyof typeof ways

/** What a change sets beside the status. */
type Set = Partial<Pick<ChangeRow, 'attempt' | 'is_next' | 'output' | 'error'>>

/** Where changes are made. */
export interface TransitionParts {
  readonly database: On
  readonly clock: Clock
  /** Makes a change; the run then, or undefined where it did not allow it. */
  change(row: ChangeRow): Promise<ChangedRow>
}

/**
 * Changes the status of runs. Whether a change may be is judged by the statement that makes it; why
 * one was refused is asked afterwards.
 */
export class RunTransitions {
  readonly #parts: TransitionParts

  constructor(parts: TransitionParts) {
    this.#parts = parts
  }

  /** Begins a run that waits, as its next attempt. */
  start(key: RunKey): Promise<WorkflowRun> {
    return this.#change('start', { key, fence: null }, { is_next: yes })
  }

  /** Begins a run as this attempt, greater than those before it; theirs say no more. */
  async begin(key: RunKey, attempt: number): Promise<WorkflowRun> {
    const stored = columns.attempt.encode(attempt, 'attempt')
    return this.#change('begin', { key, fence: null, above: stored }, { attempt: stored })
  }

  /** Lets a run wait for its next attempt. */
  async retry(target: RunTarget, error: JsonInput): Promise<WorkflowRun> {
    return this.#change('retry', target, { error: storedError(error) })
  }

  /** Ends a run well. */
  async succeed(target: RunTarget, output: JsonInput): Promise<WorkflowRun> {
    return this.#change('succeed', target, succeeded(output))
  }

  /** Ends a run badly; `abandon` also one that has not begun. */
  async fail(target: RunTarget, error: JsonInput, way: 'fail' | 'abandon' = 'fail') {
    return this.#change(way, target, { error: storedError(error) })
  }

  /** Ends a run that is no longer wanted. */
  async cancel(key: RunKey, reason: JsonInput): Promise<WorkflowRun> {
    return this.#change('cancel', { key, fence: null }, { error: storedError(reason, 'reason') })
  }

  /**
   * The change by which a run ends with its job, to be written beside the completion by the same
   * attempt: it does nothing where the job was not completed.
   */
  endWithJob(target: RunTarget, end: RunEnd): ChangeRow {
    const isGood = 'output' in end
    const set = isGood ? succeeded(end.output) : { error: storedError(end.error) }
    const row = this.#row(isGood ? 'succeed' : 'fail', target, set)
    return { ...row, job_attempt: target.fence }
  }

  async #change(name: WayName, target: Target, set: Set): Promise<WorkflowRun> {
    const { key, fence, above } = target
    const stored = await this.#parts.change(this.#row(name, target, set))
    if (stored !== undefined) return runOf(stored)
    const standing = await findStanding(this.#parts.database, key)
    const { from, verb }: Way = ways[name]
    const isWay = from.some((status) => status === standing?.status)
    if (above !== undefined && standing !== undefined && isWay) throw staleAttempt(standing, above)
    throw refusalOf(standing, { runId: key.id, fence, verb })
  }

  #row(name: WayName, { key, fence, above }: Target, set: Set): ChangeRow {
    const { from, to }: Way = ways[name]
    const nowMs = this.#parts.clock.now()
    return {
      organization_id: key.organization_id,
      run_id: key.id,
      from_pending: flag(from.includes('pending')),
      from_running: flag(from.includes('running')),
      fence, above: above ?? null, job_attempt: null,
      status: columns.status.encode(to),
      attempt: null, is_next: no,
      begins: flag(to === 'running'),
      ends: flag(to !== 'running' && to !== 'pending'),
      sets_output: flag(set.output !== undefined), output: null,
      sets_error: flag(set.error !== undefined), error: null,
      at: columns.createdAt.encode(instantOf(nowMs)),
      at_ms: columns.startedMs.encode(nowMs)!,
      ...set,
    }
  }
}

/** How a run ends. */
export type RunEnd = { readonly output: JsonInput } | { readonly error: JsonInput }

interface Target extends RunTarget {
  /** The attempt that must be greater than those before it. */
  readonly above?: Stored<'integer'> | undefined
}

const flag = (value: boolean) => (value ? 1 : 0) as Stored<'flag'>
const [yes, no] = [flag(true), flag(false)]

const succeeded = (output: JsonInput): Set =>
  ({ output: storedValue(output, 'output'), error: null })
