import { createHash, type Hash } from 'node:crypto'
import { type Backend } from '../../database/engine.js'
import { columnList, type Moved, type MovedColumn, type MovedTable } from '../../database/moving.js'
import { comparedColumns, keyColumns } from './catalogue.js'
import { countsOf } from './copy.js'
import { type End, rowsOn } from './ends.js'
import { Meter, stopIfAsked, type TransferWatch } from './events.js'
import { behind, countOfNext } from './pages.js'

/** A row that is not the same on both sides. Values are not told: they may be secret. */
export interface Difference {
  readonly table: string
  /** Values of the primary key. */
  readonly key: readonly string[]
  /** `missing` in the target, `extra` in it, or `changed` in the column. */
  readonly kind: 'missing' | 'extra' | 'changed'
  readonly column?: string
}

/** One table on both sides. */
export interface TableVerdict {
  readonly table: string
  readonly source: { readonly rows: number; readonly sha256: string }
  readonly target: { readonly rows: number; readonly sha256: string }
  readonly equal: boolean
}

/** Both databases, compared by content. */
export interface Verdict {
  readonly equal: boolean
  readonly tables: readonly TableVerdict[]
  /** The first of them; see `differencesMax`. */
  readonly differences: readonly Difference[]
}

/** What a comparison works with. */
export interface VerifyParts {
  readonly source: End
  readonly target: End
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
  /** Differences told at most. @default 100 */
  readonly differencesMax?: number
}

/** Reads both sides in the order of their keys and compares them row by row. */
export async function compareAll(parts: VerifyParts): Promise<Verdict> {
  const { source, target, tables, watch, differencesMax = 100 } = parts
  watch.onEvent?.({ type: 'phase', phase: 'compare' })
  const counts = await countsOf(source.backend, tables)
  const meter = new Meter(watch, [...counts.values()].reduce((sum, rows) => sum + rows, 0))
  const verdicts: TableVerdict[] = []
  const differences: Difference[] = []
  for (const table of tables) {
    const sides = [new Side(source.backend, table), new Side(target.backend, table)] as const
    const report = (difference: Difference) => {
      if (differences.length < differencesMax) differences.push(difference)
    }
    let seen = 0
    await compareTable(table, sides, (difference) => {
      if (difference !== undefined) report(difference)
      if ((seen += 1) % 1_000 === 0) {
        stopIfAsked(watch)
        meter.add(table.name, 1_000)
      }
    })
    meter.add(table.name, seen % 1_000)
    const [from, into] = sides.map((side) => side.result())
    const equal = from!.sha256 === into!.sha256
    verdicts.push({ table: table.name, source: from!, target: into!, equal })
  }
  return { equal: verdicts.every(({ equal }) => equal), tables: verdicts, differences }
}

/** Walks both sides in step; calls `seen` for each key, with what differs. */
async function compareTable(
  table: MovedTable,
  [source, target]: readonly [Side, Side],
  seen: (difference: Difference | undefined) => void,
): Promise<void> {
  const kinds = keyColumns(table)
  const columns = comparedColumns(table)
  for (;;) {
    const [one, other] = [await source.peek(), await target.peek()]
    if (one === undefined && other === undefined) return
    const order = one === undefined ? 1 : other === undefined ? -1
      : orderOf(kinds, one.key, other.key)
    const name = { table: table.name, key: (order > 0 ? other! : one!).key }
    if (order < 0) seen({ ...name, kind: 'missing' })
    else if (order > 0) seen({ ...name, kind: 'extra' })
    else if (one!.text === other!.text) seen(undefined)
    else {
      for (const [index, { name: column }] of columns.entries()) {
        if (one!.values[index] !== other!.values[index]) seen({ ...name, kind: 'changed', column })
      }
    }
    if (order <= 0) source.shift()
    if (order >= 0) target.shift()
  }
}

/** As both engines order keys: text by its bytes, numbers by value. */
export function orderOf(
  kinds: readonly MovedColumn[],
  one: readonly string[],
  other: readonly string[],
): number {
  for (const [index, { kind }] of kinds.entries()) {
    const [a, b] = [one[index]!, other[index]!]
    if (a === b) continue
    if (kind === 'integer') return BigInt(a) < BigInt(b) ? -1 : 1
    if (kind === 'real') return Number(a) - Number(b)
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
  }
  return 0
}

interface CanonicalRow {
  readonly key: readonly string[]
  readonly values: readonly (string | null)[]
  /** All values, each with its length. */
  readonly text: string
}

/** The rows of one table on one side, in the order of their keys, with a hash over all of them. */
class Side {
  readonly #backend: Backend
  readonly #table: MovedTable
  readonly #hash: Hash = createHash('sha256')
  #rows: CanonicalRow[] = []
  #at = 0
  #count = 0
  #after: readonly Moved[] | undefined
  #ended = false

  constructor(backend: Backend, table: MovedTable) {
    this.#backend = backend
    this.#table = table
  }

  /** The next row; undefined at the end. */
  async peek(): Promise<CanonicalRow | undefined> {
    if (this.#at === this.#rows.length && !this.#ended) await this.#fill()
    return this.#rows[this.#at]
  }

  /** Goes on to the one behind it. */
  shift(): void {
    this.#hash.update(this.#rows[this.#at]!.text)
    this.#count += 1
    this.#at += 1
  }

  result(): { rows: number; sha256: string } {
    return { rows: this.#count, sha256: this.#hash.digest('hex') }
  }

  async #fill(): Promise<void> {
    const from = { session: this.#backend, moving: this.#backend.engine.moving }
    const count = await countOfNext(from, this.#table, this.#after)
    const { where, parameters } = behind(from, this.#table, this.#after)
    const rows = count === 0 ? [] : await rowsOn(this.#backend, `
      select ${canonicalColumns(this.#backend, this.#table)} from "${this.#table.name}"
      where ${where} order by ${columnList(this.#table.primaryKey)} limit ${count}`, parameters)
    this.#rows = rows.map((row) => canonicalRow(this.#backend, this.#table, row))
    this.#at = 0
    this.#after = this.#rows.at(-1)?.key
    this.#ended = rows.length === 0
  }
}

/** What is read of a row to compare it. */
export function canonicalColumns({ engine }: Backend, table: MovedTable): string {
  return [...comparedColumns(table), ...keyColumns(table)].map(({ kind, name }, index) =>
    `${engine.moving.canonical(kind, name)} as v${index}`).join(', ')
}

/** A row read so. */
export function canonicalRow(
  { engine }: Backend,
  table: MovedTable,
  row: Record<string, unknown>,
): CanonicalRow {
  const columns = comparedColumns(table)
  const values = columns.map(({ kind }, index) =>
    engine.moving.comparable(kind, row[`v${index}`]))
  const key = keyColumns(table).map(({ kind }, index) =>
    engine.moving.comparable(kind, row[`v${columns.length + index}`])!)
  const text = `${values.map((value) => (value === null ? '-' : `${value.length} ${value}`))
    .join(';')}\n`
  return { key, values, text }
}
