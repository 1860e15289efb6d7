import { encodeRow } from '../../../database/table.js'
import { InvalidInput } from '../../../errors.js'
import { workflowRuns, workflowSteps } from '../../../workflows/index.js'
import { type ExactJson, membersOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type ImportRow } from '../rows.js'
import { idOf, OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'

/** Steps written in one transaction. */
const batchMax = 300

/** How a last step says that its run is over. */
const ends: Readonly<Record<string, string>> = {
  completed: 'succeeded', error: 'failed', cancelled: 'cancelled',
}

/** Imports the steps of runs. */
export class OrcheoSteps {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #runs: ReadonlySet<string>
  #batch: ImportRow[] = []

  constructor(work: OrcheoWork, runs: ReadonlySet<string>) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
    this.#runs = runs
  }

  async run(): Promise<void> {
    await this.#reading.each('execution_history_steps', async (row) => {
      this.#batch.push(this.#step(row))
      if (this.#batch.length >= batchMax) await this.#flush()
    })
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const { organizationId } = this.#work.parts
    const { stepCount } = workflowRuns.columns
    await this.#reading.rows.add('execution_history_steps', workflowSteps as never, {
      rows: this.#batch,
      beside: async (database, rows) => {
        const highest = new Map<unknown, number>()
        for (const { row } of rows) {
          highest.set(row.run_id, Math.max(highest.get(row.run_id) ?? 0, Number(row.number)))
        }
        for (const [id, number] of highest) {
          await database.run(database.write.updateTable('workflow_runs')
            .set({ step_count: stepCount.encode(number) })
            .where('organization_id', '=', organizationId).where('id', '=', id)
            .where('step_count', '<', number))
        }
      },
    })
    this.#batch = []
  }

  #step(row: SourceRow): ImportRow {
    const runId = row.needed('execution_id')
    if (!this.#runs.has(runId)) {
      throw new InvalidInput('execution_id names no run that was imported')
    }
    const index = row.integer('step_index')
    if (index === null || index < 0) throw new InvalidInput('step_index must be 0 or more')
    const payload = row.json('payload')
    if (payload === undefined) throw new InvalidInput('payload is empty')
    const at = this.#reading.moment(row, 'at')
    if (at === null) throw new InvalidInput('at is empty')
    this.#reading.losses('execution_history_steps', row, { payload })
    const { name, status, error } = readStep(payload)
    const stored = encodeRow(workflowSteps, {
      organizationId: this.#work.parts.organizationId, runId: idOf(runId), number: index + 1,
      name: name.slice(0, 255), key: null, status, attempt: 1, runAttempt: 1, input: null,
      output: null, error: null, metadata: {}, tokensUsed: null, costUsd: null, spanId: null,
      startedAt: at, finishedAt: at,
    })
    return { place: row.place, row: { ...stored, output: payload.stored, error } }
  }
}

/** A step is an object with the name of its node alone, or says how the run ended. */
function readStep({ value, stored }: ExactJson) {
  const names = isObject(value) ? Object.keys(value) : []
  const said = isObject(value) ? value.status : undefined
  const end = typeof said === 'string' && Object.hasOwn(ends, said) ? ends[said]! : undefined
  if (end === undefined) {
    const name = names.length === 1 && names[0] !== '' ? names[0]! : 'step'
    return { name, status: 'succeeded', error: null }
  }
  const members = membersOf(stored)
  const error = end === 'succeeded' ? null : members.get('error') ?? members.get('reason') ?? null
  return { name: 'end', status: end, error: error === 'null' ? null : error }
}
