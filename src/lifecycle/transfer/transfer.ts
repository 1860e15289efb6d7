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
import { type Plan, planned } from './plan.js'
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
  async copy({ live = false, batchRows }: CopyOptions = {}): Promise<CopyReport> {
    if (!await this.#hasBegun()) await this.#checkPlan()
    return this.#between(!live, (source, target) => copyAll({
      source, target, tables: this.#tables, watch: this.#options, live, batchRows,
      follow: () => installLog(source, this.#tables),
    }))
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

  #planned(failuresOnly: boolean): Promise<Plan> {
    const { from, to } = this.#options
    return planned({ from, to, tables: this.#tables, watch: this.#options, failuresOnly })
  }

  async #checkPlan(): Promise<void> {
    const { findings } = await this.#planned(true)
    const failures = findings.filter(({ level }) => level === 'failure')
    const [first] = failures
    if (first === undefined) return
    const more = failures.length === 1 ? '' : ` (and ${failures.length - 1} more findings)`
    throw new TransferRefused(`${first.message}${more}; see: holdfast transfer plan`)
  }

  async #between<R>(
    references: boolean,
    work: (source: End, target: End) => Promise<R>,
  ): Promise<R> {
    const { from, to } = this.#options
    if (isUnmade(from)) throw new TransferRefused(`There is no database at ${labelOf(from)}.`)
    const source = await openEnd(from, references)
    try {
      const target = await openEnd(to, references)
      try {
        return await work(source, target)
      } finally {
        await target.backend.close()
      }
    } finally {
      await source.backend.close()
    }
  }
}
