import { type Table } from '../../database/table.js'
import { type MovedTable } from '../../database/moving.js'
import { movedTables } from './catalogue.js'
import { copyAll, type CopyReport } from './copy.js'
import { type End, isUnmade, labelOf, openEnd } from './ends.js'
import { TransferRefused } from './errors.js'
import { type TransferWatch } from './events.js'
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
    const { from, to } = this.#options
    return planned({ from, to, tables: this.#tables, watch: this.#options })
  }

  /**
   * Copies every row into an empty target, which it makes when it is missing. Ended at any moment,
   * it goes on there when called again. Throws TransferRefused, before anything is written, when
   * the plan has found what would fail.
   */
  async copy({ live = false }: CopyOptions = {}): Promise<CopyReport> {
    if (!await this.#hasBegun()) await this.#checkPlan()
    return this.#between(!live, (source, target) => copyAll({
      source, target, tables: this.#tables, watch: this.#options, live,
      follow: async () => undefined,
    }))
  }

  /** Compares both databases row by row, by code of its own. */
  verify(): Promise<Verdict> {
    return this.#between(true, (source, target) =>
      compareAll({ source, target, tables: this.#tables, watch: this.#options }))
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

  async #checkPlan(): Promise<void> {
    const { findings } = await this.plan()
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
