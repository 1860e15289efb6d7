import { sql } from 'kysely'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, largeRowsOf, type Page, type PageRequest } from '../database/page.js'
import { StepFinished, StepNotFound } from './errors.js'
import { checkLimit } from './rules.js'
import { type RunLog } from './run-log.js'
import { checkStepCount } from './run-rules.js'
import { findStanding, isSeen, refusalOf, type RunKey, runNotFound } from './run-standing.js'
import { type RunTables, stepOf, type WorkflowStep, workflowSteps as table } from './run-tables.js'
import { fenceOf, translated } from './step-batch.js'
import { endDraft, type NewStep, stepDraft, type StepEnd, stepOfDraft } from './step-draft.js'

type On = Database<RunTables>

const { columns } = table

/** Who says something of a step. */
export interface StepSpeaking {
  /** The attempt of the run; refused unless the run is at it. */
  readonly runAttempt?: number | undefined
}

/** Which steps are meant, by page or by name. */
export interface StepListing extends PageRequest {
  /** Only steps behind this number. @default 0 */
  readonly after?: number | undefined
}

/** The steps of one organization's runs. */
export class StepStore {
  readonly #log: RunLog
  readonly #database: On
  readonly #transaction: On | undefined
  readonly #organizationId: Stored<'id'>

  constructor(log: RunLog, organizationId: Stored<'id'>, transaction: On | undefined) {
    this.#log = log
    this.#organizationId = organizationId
    this.#transaction = transaction
    this.#database = transaction ?? log.database.within([organizationId])
  }

  /**
   * Appends a step to a running run: one that begins, or one that is over; resolves once it is
   * durable. Inside a transaction it stands or falls with what is written there. Throws
   * RunNotFound, RunStatusConflict, RunAttemptStale, StepKeyTaken, InvalidInput, InvalidValue.
   */
  async append(
    runId: string,
    step: NewStep,
    speaking: StepSpeaking = {},
  ): Promise<WorkflowStep> {
    const draft = stepDraft(step, this.#now())
    return (await this.#append(runId, [draft], speaking))[0]!
  }

  /** Appends 1 to 1000 steps in order, all or none; otherwise as `append`. */
  async appendMany(
    runId: string,
    steps: readonly NewStep[],
    speaking: StepSpeaking = {},
  ): Promise<WorkflowStep[]> {
    checkStepCount(steps)
    const now = this.#now()
    const drafts = steps.map((step, index) => stepDraft(step, now, `steps[${index}].`))
    return this.#append(runId, drafts, speaking)
  }

  /**
   * Ends a step that runs. Throws StepNotFound, StepFinished, StepKeyTaken, RunNotFound,
   * RunStatusConflict, RunAttemptStale, InvalidInput, InvalidValue.
   */
  async finish(
    runId: string,
    number: number,
    { runAttempt, ...end }: StepEnd & StepSpeaking = {},
  ): Promise<WorkflowStep> {
    const key = this.#key(runId)
    const row = {
      ...key, number: columns.number.encode(number, 'number'), fence: fenceOf(runAttempt),
      ...endDraft(end, this.#now()),
    }
    const { rows: [stored] } = await this.#database.execute(this.#log.endSteps([row]))
      .catch((error: unknown) => { throw translated(error) })
    if (stored === undefined) throw await this.#refusal(row)
    this.#tell(key.run_id)
    return stepOf(stored)
  }

  /** A step. Throws StepNotFound. */
  async get(runId: string, number: number): Promise<WorkflowStep> {
    const found = await this.#find(this.#key(runId), columns.number.encode(number, 'number'))
    if (found === undefined) throw stepNotFound(number)
    return found
  }

  /** The step of a key in which the run succeeded, or undefined. */
  async findByKey(runId: string, key: string): Promise<WorkflowStep | undefined> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('workflow_steps').selectAll()
      .where((where) => where.and(this.#key(runId)))
      .where(isSeen(this.#runKey(runId)))
      .where('key', '=', columns.key.encode(key, 'key'))
      // Written out, so that a plan for any value knows the index of keys.
      .where('status', '=', sql.lit('succeeded') as never))
    return stored === undefined ? undefined : stepOf(stored)
  }

  /**
   * One page of a run's steps in order, in one query wherever it begins; shorter than asked for
   * where they are large. Throws RunNotFound, InvalidInput, InvalidCursor.
   */
  async list(runId: string, listing: StepListing = {}): Promise<Page<WorkflowStep>> {
    const limit = checkLimit(listing)
    const key = this.#key(runId)
    const { after = 0, cursor } = listing
    const list = ['workflow_steps', ...Object.values(key), after]
    const last = cursor === undefined ? after : Number(keyOf(list, cursor)[0])
    const from = columns.number.encode(last, 'after')
    let isPiece = false
    const { rows, more } = await largeRowsOf<RunTables['workflow_steps']>(limit, {
      fetch: (count, before) => {
        isPiece = before !== undefined
        return this.#database.all(this.#database.write
          .selectFrom('workflow_steps').selectAll()
          .where((where) => where.and(key))
          .where(isSeen(this.#runKey(runId)))
          .where('number', '>', before?.number ?? from)
          .orderBy('number')
          .limit(count))
      },
      lengthOf: ({ input, output, error }) =>
        (input?.length ?? 0) + (output?.length ?? 0) + (error?.length ?? 0),
    })
    // A run that went between two pieces of a page must not look as if it had ended there.
    if (rows.length === 0 || (isPiece && !more)) await this.#checkRun(runId)
    const data = rows.map(stepOf)
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.number]) : null }
  }

  async #append(
    runId: string,
    drafts: readonly ReturnType<typeof stepDraft>[],
    { runAttempt: given }: StepSpeaking,
  ): Promise<WorkflowStep[]> {
    const { run_id: id } = this.#key(runId)
    const call = { organizationId: this.#organizationId, runId: id, fence: fenceOf(given), drafts }
    const { first, runAttempt } = await this.#log.append(call, this.#transaction)
    this.#tell(id)
    const place = { organizationId: this.#organizationId, runId: id, runAttempt }
    return drafts.map((draft, index) => stepOfDraft(draft, { number: first + index, ...place }))
  }

  async #find(key: StepsOf, number: Stored<'integer'>): Promise<WorkflowStep | undefined> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('workflow_steps').selectAll()
      .where((where) => where.and(key))
      .where(isSeen({ organization_id: key.organization_id, id: key.run_id }))
      .where('number', '=', number))
    return stored === undefined ? undefined : stepOf(stored)
  }

  /** Why a step was not ended. */
  async #refusal({ number, fence, ...row }: Ending): Promise<Error> {
    const key = { organization_id: row.organization_id, run_id: row.run_id }
    const run = { organization_id: row.organization_id, id: row.run_id }
    const standing = await findStanding(this.#database, run)
    const step = standing && await this.#find(key, number)
    if (standing !== undefined && step === undefined) return stepNotFound(Number(number))
    if (step !== undefined && step.status !== 'running') {
      return new StepFinished(`The step is ${step.status} already.`)
    }
    return refusalOf(standing, { runId: row.run_id, fence, verb: 'end steps' })
  }

  async #checkRun(runId: string): Promise<void> {
    const standing = await findStanding(this.#database, this.#runKey(runId))
    if (standing === undefined) throw runNotFound(runId)
  }

  #tell(runId: Stored<'id'>): void {
    const run = { organizationId: this.#organizationId, runId }
    this.#database.afterCommit(() => this.#log.tell(run))
  }

  #key(runId: string): StepsOf {
    return { organization_id: this.#organizationId, run_id: columns.runId.encode(runId, 'run_id') }
  }

  #runKey(runId: string): RunKey {
    return { organization_id: this.#organizationId, id: columns.runId.encode(runId, 'run_id') }
  }

  #now() {
    return instantOf(this.#log.clock.now())
  }
}

interface StepsOf {
  readonly organization_id: Stored<'id'>
  readonly run_id: Stored<'id'>
}

type Ending = StepsOf & {
  readonly number: Stored<'integer'>
  readonly fence: Stored<'integer'> | null
}

const stepNotFound = (number: number) => new StepNotFound(`The run has no step ${number}.`)
