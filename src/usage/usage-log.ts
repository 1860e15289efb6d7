import { sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Database, repeated } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import {
  type RecordedRow, refuseContradiction, UsageAppends, type UsageCall,
} from './append.js'
import { compiled, takeStatements } from './rollup.js'
import { usageEvents, type UsageTables } from './tables.js'

/** Parts that the log takes from outside. */
export interface UsageSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly waitingTimeoutMs?: number | undefined
  /** Whether this process rolls up what it records, behind it. @default true */
  readonly background?: boolean | undefined
}

/** Events rolled up in one transaction. */
export const stepMax = 1_000

/** How soon what was recorded is rolled up. */
const pauseMs = 500

/** What all stores of usage of one database share. */
export class UsageLog {
  readonly database: Database<UsageTables>
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly #appends: UsageAppends
  readonly #writer: CoalescingWriter<UsageCall, RecordedRow[]>
  readonly #isBackground: boolean
  #timer: NodeJS.Timeout | undefined
  #rolling: Promise<void> | undefined
  #isClosed = false

  constructor(database: Database<UsageTables>, source: UsageSource) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.#isBackground = source.background ?? true
    this.#appends = new UsageAppends(database)
    this.#writer = new CoalescingWriter<UsageCall, RecordedRow[]>({
      write: (calls) => this.#appends.write(calls),
      orderKey: ([first]) => `${first!.organization_id} ${first!.id}`,
      weigh: (call) => call.reduce((sum, { data }) => sum + 400 + data.length, 0),
      waitingTimeoutMs: source.waitingTimeoutMs ?? 5_000,
    })
  }

  /** Records the events of one call, with those of others, or in a transaction. */
  async record(call: UsageCall, transaction?: Database<UsageTables>): Promise<RecordedRow[]> {
    refuseContradiction(call)
    if (transaction !== undefined) {
      const [outcome] = await this.#appends.write([call], transaction)
      if ('error' in outcome!) throw outcome.error
      transaction.afterCommit(() => this.#nudge())
      return outcome!.value
    }
    const rows = await this.#writer.append(call)
    this.#nudge()
    return rows
  }

  /**
   * Takes up to 1,000 pending events of all organizations into the roll-ups; how many. Several at
   * once take different ones.
   */
  async step(): Promise<number> {
    const { database } = this
    // A limit that the planner cannot know makes it expect few rows and prefer indexes.
    const rows = sql`select organization_id, event_id from usage_pending
      order by organization_id, event_id limit ${stepMax} ${database.engine.skipLocked}`
    const statements = takeStatements(database, { rows })
    const results = await repeated(() => database.atomic(statements))
    return results.at(-1)!.rows.length
  }

  /**
   * Deletes events recorded so many days ago and earlier; the roll-ups keep them. How many. Asks
   * after each step whether that is enough.
   */
  async prune(days: number, isEnough = () => false): Promise<number> {
    const { recordedAt } = usageEvents.columns
    const before = recordedAt.encode(instantOf(this.clock.now() - days * 86_400_000))
    const { database } = this
    const statement = compiled(database, sql`
      delete from usage_events where (organization_id, id) in (
        select e.organization_id, e.id from usage_events e
        where e.recorded_at < ${before} and not exists (select 1 from usage_pending p
          where p.organization_id = e.organization_id and p.event_id = e.id)
        order by e.recorded_at limit ${stepMax})`)
    for (let total = 0; ;) {
      const { changed } = await repeated(() => database.execute(statement))
      total += changed
      if (changed < stepMax || isEnough()) return total
    }
  }

  /** Resolves when nothing is on its way; nothing is rolled up behind it any more. */
  async close(): Promise<void> {
    await this.#writer.idle()
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#rolling
  }

  #nudge(): void {
    if (!this.#isBackground || this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#rolling = this.#roll().finally(() => { this.#timer = undefined })
    }, pauseMs).unref()
  }

  /** What fails is taken with a later event, or by a keeper. */
  async #roll(): Promise<void> {
    try {
      while (!this.#isClosed && await this.step() === stepMax);
    } catch {
      // Nothing is lost: it is pending still.
    }
  }
}
