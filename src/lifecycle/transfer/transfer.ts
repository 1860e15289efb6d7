import { type Table } from '../../database/table.js'
import { type MovedTable } from '../../database/moving.js'
import { movedTables } from './catalogue.js'
import { copyAll, type CopyReport } from './copy.js'
import {
  catchUp, type CatchUpReport, cutOver, type CutoverReport, endFollowing,
} from './cutover.js'
import { type End, isUnmade, labelOf, openEnd } from './ends.js'
import { TransferRefused } from './errors.js'
import { type TransferWatch } from './events.js'
import { type FollowParts, installLog } from './follow.js'
import { type RowSizes } from './pages.js'
import { type Plan, type PlanParts, planned } from './plan.js'
import { stateOf } from './progress.js'
import { compareAll, type Verdict } from './verify.js'

/** Between which databases, and how it is followed. */
export interface TransferOptions extends TransferWatch {
  /** URL of the database that has the rows. */
  readonly from: string
  /** URL of the database that gets them; its login owns the tables. */
  readonly to: string
}

/** Options of `Transfer.copy`. */
export interface CopyOptions {
  /** True when servers go on writing to the source: changes are logged there. @default false */
  readonly live?: boolean
  /**
   * Compares both before servers may open the target; the report has the verdict. Not with `live`,
   * where the cutover compares. @default false
   */
  readonly verify?: boolean
  /** Rows that share a transaction with their progress. @default 1000 */
  readonly batchRows?: number
}

interface TransferParts extends TransferOptions {
  readonly tables: readonly Table[]
}

/** Moves everything from one database into another, of any engines, unchanged to the last byte. */
export class Transfer {
  readonly #options: TransferOptions
  readonly #tables: readonly MovedTable[]

  constructor({ tables, ...options }: TransferParts) {
    this.#options = options
    this.#tables = movedTables(tables)
  }

  /** What a copy would do and what it would fail at. Writes nothing. */
  plan(): Promise<Plan> {
    return this.#planned(false)
  }

  /**
   * Copies every row into an empty target, which it makes when it is missing. Ended at any moment,
   * it goes on there when called again. Throws TransferRefused, before anything is written, when
   * the plan has found what would fail.
   */
  async copy(options: CopyOptions = {}): Promise<CopyReport> {
    const { live = false, verify = false, batchRows } = options
    if (live && verify) {
      throw new TransferRefused('What is still changed is compared by the cutover: ' +
        'copy without --verify.')
    }
    // While servers write there may be larger rows at any time.
    const sizes: RowSizes | undefined = live ? undefined : new Map()
    // The plan reads by the threads that the copy goes on with.
    const opening = new Opening(this.#options.from, !live)
    try {
      if (!await this.#hasBegun()) await this.#checkPlan({ sizes, openSource: opening.end })
      return await this.#between(!live, (source, target) => copyAll({
        source, target, tables: this.#tables, watch: this.#options, live, verify, batchRows, sizes,
        follow: () => installLog(source, this.#tables),
      }), opening)
    } finally {
      await opening.close()
    }
  }

  /** Brings over what servers changed in the source since the copy. Throws TransferRefused. */
  catchUp(): Promise<CatchUpReport> {
    return this.#following((parts) => catchUp(parts))
  }

  /**
   * Compares everything, keeps writers out of the source while the last changes are brought over,
   * and lets nobody work on the source any more. The target then logs what changes, for a way back.
   * Throws TransferMismatch, with the source in use as before.
   */
  cutover(): Promise<CutoverReport> {
    return this.#following((parts) => cutOver(parts))
  }

  /** The same from the target back into the source, with what was changed there meanwhile. */
  back(): Promise<CutoverReport> {
    return this.#following(({ source, target, ...parts }) =>
      cutOver({ ...parts, source: target, target: source }))
  }

  /** Takes log and fence back where they are needed no more: there is no way back from then on. */
  end(): Promise<void> {
    return this.#following((parts) => endFollowing(parts))
  }

  /** Compares both databases row by row, by code of its own. */
  verify(): Promise<Verdict> {
    return this.#between(true, (source, target) =>
      compareAll({ source, target, tables: this.#tables, watch: this.#options }))
  }

  #following<R>(work: (parts: FollowParts) => Promise<R>): Promise<R> {
    return this.#between(false, (source, target) =>
      work({ source, target, tables: this.#tables, watch: this.#options }))
  }

  async #hasBegun(): Promise<boolean> {
    const { to } = this.#options
    if (isUnmade(to)) return false
    const { backend } = await openEnd(to, true)
    try {
      return await stateOf(backend) !== undefined
    } finally {
      await backend.close()
    }
  }

  #planned(failuresOnly: boolean, shared: Shared = {}): Promise<Plan> {
    const { from, to } = this.#options
    const parts = { from, to, tables: this.#tables, watch: this.#options, failuresOnly }
    return planned({ ...parts, ...shared })
  }

  async #checkPlan(shared: Shared): Promise<void> {
    const { findings } = await this.#planned(true, shared)
    const failures = findings.filter(({ level }) => level === 'failure')
    const [first] = failures
    if (first === undefined) return
    const more = failures.length === 1 ? '' : ` (and ${failures.length - 1} more findings)`
    const message = first.message.replace(/\.$/, '')
    throw new TransferRefused(`${message}${more}; see: holdfast transfer plan`)
  }

  async #between<R>(
    references: boolean,
    work: (source: End, target: End) => Promise<R>,
    opening = new Opening(this.#options.from, references),
  ): Promise<R> {
    const { from, to } = this.#options
    if (isUnmade(from)) throw new TransferRefused(`There is no database at ${labelOf(from)}.`)
    try {
      const source = await opening.end()
      const target = await openEnd(to, references)
      try {
        return await work(source, target)
      } finally {
        await target.backend.close()
      }
    } finally {
      await opening.close()
    }
  }
}

/** What a plan has in common with the copy behind it. */
type Shared = Pick<PlanParts, 'sizes' | 'openSource'>

/** A database that is opened once, when it is needed. */
class Opening {
  /** The database, opened. */
  readonly end: () => Promise<End>
  #opened: Promise<End> | undefined

  constructor(url: string, references: boolean) {
    this.end = () => (this.#opened ??= openEnd(url, references))
  }

  /** Closes it if it was opened. */
  async close(): Promise<void> {
    const end = await this.#opened?.catch(() => undefined)
    await end?.backend.close()
  }
}
