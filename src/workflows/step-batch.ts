import { type Outcome } from '../database/coalesce.js'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type RowKinds, type Statement } from '../database/engine.js'
import { UniqueViolation } from '../database/failures.js'
import { StepKeyTaken } from './errors.js'
import { findStanding, refusalOf } from './run-standing.js'
import { type RunTables, workflowRuns } from './run-tables.js'
import { type StepDraft } from './step-draft.js'
import {
  countStatement, insertStatement, stepKinds, tallyKinds, wholeKinds, wholeStatement,
} from './step-statements.js'

/** One call of append: its steps follow each other, and stand together or not at all. */
export interface StepCall {
  readonly organizationId: Stored<'id'>
  readonly runId: Stored<'id'>
  /** The attempt of the run that appends; null for whoever need not be one. */
  readonly fence: Stored<'integer'> | null
  readonly drafts: readonly StepDraft[]
}

/** What became of a call: the number of its first step, and the run's attempt. */
export interface Numbered {
  readonly first: number
  readonly runAttempt: number
}

type Prepared<K extends RowKinds> = (rows: readonly BatchRow<K>[]) => Statement
type On = Database<RunTables>

/** Calls of one run and fence, which have one fate. */
interface Entry {
  readonly calls: StepCall[]
}

/**
 * Appends the steps of many calls in one atomic batch: each run hands out its numbers, then the
 * steps go in. One transaction, one round trip. A run that takes none refuses its calls alone.
 */
export class StepBatch {
  readonly #database: On
  readonly #whole: Prepared<typeof wholeKinds>
  readonly #count: Prepared<typeof tallyKinds>
  readonly #insert: Prepared<typeof stepKinds>

  constructor(database: On) {
    this.#database = database
    const on = database.as<never>()
    this.#whole = prepareBatch(on, {
      name: 'workflow_steps_append', kinds: wholeKinds, build: wholeStatement,
    })
    this.#count = prepareBatch(on, {
      name: 'workflow_steps_count', kinds: tallyKinds, build: countStatement,
    })
    this.#insert = prepareBatch(on, {
      name: 'workflow_steps_insert', kinds: stepKinds, build: insertStatement(database.engine),
    })
  }

  /**
   * One outcome a call, in order. Throws only when none was appended, or maybe none. The batch
   * reaches the organizations of its own calls; a transaction keeps its reach.
   */
  async write(
    calls: readonly StepCall[],
    database = this.#database.within(calls.map((call) => call.organizationId)),
  ): Promise<Outcome<Numbered>[]> {
    const outcomes = new Map<StepCall, Outcome<Numbered>>()
    for (const round of roundsOf(calls)) {
      try {
        await this.#append(round, outcomes, database)
      } catch (error) {
        // Once others were appended, the writer must not repeat the batch.
        if (outcomes.size === 0) throw translated(error)
        for (const call of calls) if (!outcomes.has(call)) outcomes.set(call, { error })
        break
      }
    }
    return calls.map((call) => outcomes.get(call)!)
  }

  async #append(
    round: readonly Entry[],
    outcomes: Map<StepCall, Outcome<Numbered>>,
    database: On,
  ): Promise<void> {
    const statements = database.engine.writesInWith
      ? [this.#whole(round.flatMap(rowsOf))]
      : round.flatMap((entry) => this.#apart(entry))
    const results = await repeated(() => database.atomic(statements))
    const counted = new Map(results.flatMap(({ rows }) => rows)
      .filter((row) => row.step_count !== undefined)
      .map((row) => [`${row.organization_id} ${row.id}`, row]))
    for (const { calls } of round) {
      const row = counted.get(runName(calls[0]!))
      let first = row === undefined ? 0 : Number(row.step_count) - addedBy(calls) + 1
      for (const call of calls) {
        outcomes.set(call, row === undefined
          ? { error: await this.#refusal(call, database) }
          : { value: { first, runAttempt: Number(row.run_attempt) } })
        first += call.drafts.length
      }
    }
  }

  #apart({ calls }: Entry): Statement[] {
    return [
      this.#count([tallyOf(calls)]),
      ...stepRowsOf(calls).map((row) => this.#insert([row])),
    ]
  }

  async #refusal({ organizationId, runId, fence }: StepCall, database: On): Promise<Error> {
    const standing = await findStanding(database, { organization_id: organizationId, id: runId })
    return refusalOf(standing, { runId, fence, verb: 'take steps' })
  }
}

/** A key that is taken is the only thing that two steps can clash in. */
export function translated(error: unknown): unknown {
  if (!(error instanceof UniqueViolation)) return error
  const message = 'The run has succeeded in a step of this key before; read what it came to.'
  return new StepKeyTaken(message, { cause: error, field: 'key' })
}

const runName = ({ organizationId, runId }: StepCall): string => `${organizationId} ${runId}`

const addedBy = (calls: readonly StepCall[]): number =>
  calls.reduce((sum, { drafts }) => sum + drafts.length, 0)

/** In each round a run stands once: calls with different fences are judged one after another. */
function roundsOf(calls: readonly StepCall[]): Entry[][] {
  const runs = new Map<string, Entry[]>()
  for (const call of calls) {
    const entries = runs.get(runName(call)) ?? []
    runs.set(runName(call), entries)
    const last = entries.at(-1)
    if (last !== undefined && last.calls[0]!.fence === call.fence) last.calls.push(call)
    else entries.push({ calls: [call] })
  }
  const rounds: Entry[][] = []
  // In one order everywhere, so that two processes with the same runs rarely deadlock.
  for (const name of [...runs.keys()].sort()) {
    runs.get(name)!.forEach((entry, index) => (rounds[index] ??= []).push(entry))
  }
  return rounds
}

type StepRow = BatchRow<typeof stepKinds>

function stepRowsOf(calls: readonly StepCall[]): StepRow[] {
  let followers = addedBy(calls)
  return calls.flatMap(({ organizationId, runId, drafts }) => drafts.map((draft) => ({
    organization_id: organizationId, run_id: runId,
    followers: (followers -= 1) as Stored<'integer'>, ...draft,
  })))
}

function tallyOf(calls: readonly StepCall[]): BatchRow<typeof tallyKinds> {
  const { organizationId, runId, fence } = calls[0]!
  return {
    organization_id: organizationId, run_id: runId, fence,
    added: addedBy(calls) as Stored<'integer'>,
  }
}

function rowsOf({ calls }: Entry): BatchRow<typeof wholeKinds>[] {
  const tally = tallyOf(calls)
  return stepRowsOf(calls).map((row, index) => (
    Object.assign({ leads: flag(index === 0) }, tally, row)))
}

const flag = (value: boolean) => (value ? 1 : 0) as Stored<'flag'>

/** The stored form of an attempt that says something; null for whoever need not be one. */
export function fenceOf(attempt: number | undefined): Stored<'integer'> | null {
  return attempt === undefined ? null : workflowRuns.columns.attempt.encode(attempt, 'attempt')
}
