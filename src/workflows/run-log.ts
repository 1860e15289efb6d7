import { type Clock } from '../clock.js'
import { type Signals } from '../coordination/coordination.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Database, prepareBatch } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import { type JobLog } from '../queues/index.js'
import { type ChangedRow, type ChangeRow, RunChanges } from './run-changes.js'
import { runInserts } from './run-inserts.js'
import { VersionPlaces } from './run-place.js'
import { type RunTables } from './run-tables.js'
import { type Numbered, StepBatch, type StepCall } from './step-batch.js'
import { endKinds, endStatement } from './step-statements.js'

/** Parts that the log takes from outside. */
export interface RunSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly signals: Signals
  readonly jobs: JobLog
  /** How long an append waits for those before it. @default 5000 */
  readonly waitingTimeoutMs?: number | undefined
}

/** Which run is meant. */
export interface RunName {
  readonly organizationId: string
  readonly runId: string
}

/**
 * The topic of signals that say "this run has changed". A hint: what changed is read by
 * `RunStore.follow`.
 */
export const runTopic = ({ organizationId, runId }: RunName): string =>
  `workflow-runs:${organizationId}/${runId}`

/** What the stores of runs of one database share. */
export class RunLog {
  readonly database: Database<RunTables>
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly signals: Signals
  readonly jobs: JobLog
  readonly batch: StepBatch
  readonly endSteps
  readonly versions: VersionPlaces
  /** Statements that insert runs. */
  readonly inserts
  readonly changes: RunChanges
  readonly #writer: CoalescingWriter<StepCall, Numbered>
  readonly #changeWriter: CoalescingWriter<ChangeRow, ChangedRow>

  constructor(database: Database<RunTables>, source: RunSource) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.signals = source.signals
    this.jobs = source.jobs
    this.batch = new StepBatch(database)
    this.endSteps = prepareBatch(database.as<never>(), {
      name: 'workflow_steps_end', kinds: endKinds, build: endStatement,
    })
    this.versions = new VersionPlaces(database)
    this.inserts = runInserts(database)
    this.changes = new RunChanges(database)
    const { waitingTimeoutMs } = source
    const waiting = waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }
    this.#writer = new CoalescingWriter<StepCall, Numbered>({
      write: (calls) => this.batch.write(calls),
      orderKey: ({ organizationId, runId }) => `${organizationId} ${runId}`,
      weigh: ({ drafts }) => drafts.reduce((sum, { input, output, error }) =>
        sum + 300 + (input?.length ?? 0) + (output?.length ?? 0) + (error?.length ?? 0), 0),
      ...waiting,
    })
    this.#changeWriter = new CoalescingWriter<ChangeRow, ChangedRow>({
      write: (calls) => this.changes.write(calls),
      orderKey: (call) => `${call.organization_id} ${call.run_id}`,
      weigh: ({ output, error }) => 300 + (output?.length ?? 0) + (error?.length ?? 0),
      ...waiting,
    })
  }

  /** Appends steps in company with others; inside a transaction alone. */
  async append(call: StepCall, transaction?: Database<RunTables>): Promise<Numbered> {
    if (transaction === undefined) return this.#writer.append(call)
    const [outcome] = await this.batch.write([call], transaction)
    if ('error' in outcome!) throw outcome.error
    return outcome!.value
  }

  /** Changes a run in company with others; inside a transaction alone. */
  async change(row: ChangeRow, transaction?: Database<RunTables>): Promise<ChangedRow> {
    if (transaction === undefined) return this.#changeWriter.append(row)
    const [outcome] = await this.changes.write([row], transaction)
    if ('error' in outcome!) throw outcome.error
    return outcome!.value
  }

  /** Says that a run has changed; call it after the commit. */
  tell(run: RunName): void {
    void this.signals.publish(runTopic(run), '').catch(() => undefined)
  }

  /** Resolves when no step and no change is on its way to the database. */
  async idle(): Promise<void> {
    await Promise.all([this.#writer.idle(), this.#changeWriter.idle()])
  }
}
