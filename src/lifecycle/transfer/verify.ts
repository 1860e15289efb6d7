import { createHash } from 'node:crypto'
import {
  columnList, marks, type MovedColumn, type MovedTable,
} from '../../database/moving.js'
import { type Ahead, type Digest, lumpParts, sha256, Sums } from './ahead.js'
import { comparedColumns, keyColumns } from './catalogue.js'
import { asideOn, type End, type Reading, rowsOn } from './ends.js'
import { Meter, stopIfAsked, type TransferWatch } from './events.js'
import {
  behind, countOfNext, countsOf, type Key, keyAfter, lastKey, type Lump, lumpOf, release,
  type RowSizes, steadyCount,
} from './pages.js'

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
  /**
   * True while writers go on: rows behind the last one there was at first are left out, else a
   * busy writer would be chased for ever. @default false
   */
  readonly live?: boolean
  /** What was read of the source already. */
  readonly ahead?: Ahead | undefined
  readonly sizes?: RowSizes | undefined
}

/** Reads both sides in the order of their keys and compares them. */
export async function compareAll(parts: VerifyParts): Promise<Verdict> {
  const { source, target, tables, watch, differencesMax = 100 } = parts
  watch.onEvent?.({ type: 'phase', phase: 'compare' })
  const counts = await countsOf(source.backend, tables)
  const meter = new Meter(watch, [...counts.values()].reduce((sum, rows) => sum + rows, 0))
  const others = await countsOf(target.backend, tables)
  const verdicts: TableVerdict[] = []
  const differences: Difference[] = []
  const report = (difference: Difference) => {
    if (differences.length < differencesMax) differences.push(difference)
  }
  for (const table of tables) {
    const comparison = new Comparison(parts, table, { report, meter })
    // Whoever adds rows to a table that is empty on both sides has begun after this.
    const isEmpty = counts.get(table.name) === 0 && others.get(table.name) === 0
    if (!isEmpty) await comparison.run()
    verdicts.push(comparison.verdict())
  }
  return { equal: verdicts.every(({ equal }) => equal), tables: verdicts, differences }
}

/** Where a comparison tells what it sees. */
interface Told {
  readonly report: (difference: Difference) => void
  readonly meter: Meter
}

/** Keys between which rows are: behind one, and not behind the other. */
interface Range {
  readonly after?: Key | undefined
  readonly until?: Key | undefined
}

/** What both sides have there. */
interface Pair {
  readonly range: Range
  /** Rows asked for at most. */
  readonly limit: number
  readonly source: Lump
  readonly isSame: boolean
}

/** Rows that came meanwhile may be more than were asked for. */
function isAsDigested(digest: Digest, target: Lump, isHashed: boolean): boolean {
  if (digest.rows !== target.rows || digest.rows === digest.limit) return false
  return digest.rows === 0 ||
    digest.sha256 === (isHashed ? target.gathered : sha256(target))
}

function isSame(source: Lump, target: Lump, isHashed: boolean): boolean {
  if (source.rows !== target.rows) return false
  return source.rows === 0 || sha256(source) === (isHashed ? target.gathered : sha256(target))
}

/** Lumps of the target that are asked for at once. */
const askedMax = 2

/** Lumps read ahead of the one that is compared: one engine reads while the other does. */
const lumpsAhead = 1

/** Two sides of one table. Many rows at once, as one text; where these differ, row by row. */
class Comparison {
  readonly #parts: VerifyParts
  readonly #table: MovedTable
  readonly #told: Told
  #sums = new Sums()

  constructor(parts: VerifyParts, table: MovedTable, told: Told) {
    this.#parts = parts
    this.#table = table
    this.#told = told
  }

  verdict(): TableVerdict {
    const [source, target] = this.#sums.results()
    const equal = source.sha256 === target.sha256
    return { table: this.#table.name, source, target, equal }
  }

  async run(): Promise<void> {
    const ends = [this.#parts.source.backend, this.#parts.target.backend].map((backend) =>
      ({ session: backend, moving: backend.engine.moving }))
    const last = this.#parts.live === true ? await lastKey(ends[0]!, this.#table) : undefined
    const [one, other] = ends.map(({ moving }, side) => lumpParts(moving, this.#table, side === 1))
    const count = await steadyCount({ ...ends[0]!, sizes: this.#parts.sizes }, this.#table)
    if (one === undefined || other === undefined || count === undefined) {
      return this.#walk({ until: last })
    }
    const rest = await this.#checkAhead(other)
    if (rest === undefined) return
    const pairs: Promise<Pair>[] = []
    for (let { after } = rest, isLast = false; !isLast || pairs.length > 0;) {
      if (!isLast) {
        const next = await keyAfter({ ...ends[0]!, until: last }, this.#table, { after, count })
        const until = next ?? last
        const range = { after, until }
        const limit = next === undefined ? count * 2 : count + 1
        const asked = { after, count: limit }
        const { backend } = this.#parts.source
        const session = next === undefined ? backend : asideOn(backend)
        const pair = Promise.all([
          // What one engine does at once would keep the other from being asked.
          lumpOf({ ...ends[1]!, until }, this.#table, { ...asked, ...other }),
          lumpOf({ ...ends[0]!, session, until }, this.#table, { ...asked, ...one }),
        ]).then(([target, source]) => ({
          range, limit, source, isSame: isSame(source, target, other.isHashed),
        }))
        pair.catch(() => undefined)
        pairs.push(pair)
        after = next
        isLast = next === undefined
      }
      if (isLast || pairs.length > lumpsAhead) await this.#compare(await pairs.shift()!)
    }
  }

  /**
   * Compares the target with what was read of the source ahead, as far as they are the same: the
   * key behind which more is to be compared, undefined at the end.
   */
  async #checkAhead(other: NonNullable<ReturnType<typeof lumpParts>>): Promise<Range | undefined> {
    const { ahead, target: { backend } } = this.#parts
    if (ahead === undefined) return {}
    const from = { session: backend, moving: backend.engine.moving }
    const asked: Promise<{ digest: Digest; isSame: boolean }>[] = []
    let isNew = true
    for (let isLast = false; ;) {
      const digest: Digest | undefined = isLast ? undefined : await ahead.next(this.#table)
      isLast = digest === undefined
      if (digest !== undefined) {
        const { after, until, limit } = digest
        const lump = lumpOf({ ...from, until }, this.#table, { ...other, after, count: limit })
          .then((found) => ({ digest, isSame: isAsDigested(digest, found, other.isHashed) }))
        lump.catch(() => undefined)
        asked.push(lump)
      }
      if (asked.length === 0) return isNew ? {} : undefined
      if (!isLast && asked.length < askedMax) continue
      const { digest: first, isSame: same } = await asked.shift()!
      stopIfAsked(this.#parts.watch)
      if (!same) {
        await Promise.allSettled(asked)
        return { after: first.after }
      }
      isNew = false
      this.#sums = first.sums
      this.#told.meter.add(this.#table.name, first.rows)
    }
  }

  async #compare({ range, limit, source, isSame: same }: Pair): Promise<void> {
    stopIfAsked(this.#parts.watch)
    // Rows that came meanwhile may be more than were asked for.
    if (!same || source.rows === limit) return this.#walk(range)
    this.#sums.addSame(source)
    release(this.#parts.source.backend, source.gathered)
    this.#told.meter.add(this.#table.name, source.rows)
  }

  async #walk(range: Range): Promise<void> {
    const { report, meter } = this.#told
    const { source, target, watch } = this.#parts
    const sides = ([[source, 0], [target, 1]] as const).map(([{ backend }, place]) =>
      new Side(backend, this.#table, {
        ...range, passed: ({ text }) => this.#sums.add(place, text),
      })) as [Side, Side]
    let seen = 0
    await compareRows(this.#table, sides, (difference) => {
      if (difference !== undefined) report(difference)
      if ((seen += 1) % 1_000 === 0) {
        stopIfAsked(watch)
        meter.add(this.#table.name, 1_000)
      }
    })
    meter.add(this.#table.name, seen % 1_000)
  }
}

/** Counts and hashes the rows of a table on one side, as a walk along two would. */
export async function contentOf(
  reading: Reading,
  table: MovedTable,
  seen: (rows: number) => void,
): Promise<{ rows: number; sha256: string }> {
  const hash = createHash('sha256')
  const side = new Side(reading, table, { passed: ({ text }) => hash.update(text) })
  let rows = 0
  while (await side.peek() !== undefined) {
    side.shift()
    rows += 1
    if (rows % 1_000 === 0) seen(1_000)
  }
  seen(rows % 1_000)
  return { rows, sha256: hash.digest('hex') }
}

/** Walks both sides in step; calls `seen` for each key, with what differs. */
async function compareRows(
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
  /** All values as one text, as `Moving.joined` makes it. */
  readonly text: string
}

/** The rows of a range on one side, in the order of their keys. */
class Side {
  readonly #backend: Reading
  readonly #table: MovedTable
  readonly #until: Key | undefined
  readonly #passed: (row: CanonicalRow) => void
  #rows: CanonicalRow[] = []
  #at = 0
  #after: Key | undefined
  #ended = false

  /** `passed` is called with each row that is gone by. */
  constructor(
    backend: Reading,
    table: MovedTable,
    { after, until, passed }: Range & { readonly passed: (row: CanonicalRow) => void },
  ) {
    this.#backend = backend
    this.#table = table
    this.#after = after
    this.#until = until
    this.#passed = passed
  }

  /** The next row; undefined at the end. */
  async peek(): Promise<CanonicalRow | undefined> {
    if (this.#at === this.#rows.length && !this.#ended) await this.#fill()
    return this.#rows[this.#at]
  }

  /** Goes on to the one behind it. */
  shift(): void {
    this.#passed(this.#rows[this.#at]!)
    this.#at += 1
  }

  async #fill(): Promise<void> {
    const { engine: { moving } } = this.#backend
    const from = { session: this.#backend, moving, until: this.#until }
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
export function canonicalColumns({ engine }: Reading, table: MovedTable): string {
  return [...comparedColumns(table), ...keyColumns(table)].map(({ kind, name }, index) =>
    `${engine.moving.canonical(kind, name)} as v${index}`).join(', ')
}

/** A row read so. */
export function canonicalRow(
  { engine }: Reading,
  table: MovedTable,
  row: Record<string, unknown>,
): CanonicalRow {
  const columns = comparedColumns(table)
  const values = columns.map(({ kind }, index) =>
    engine.moving.comparable(kind, row[`v${index}`]))
  const key = keyColumns(table).map(({ kind }, index) =>
    engine.moving.comparable(kind, row[`v${columns.length + index}`])!)
  const fields = values.map((value, index) => (value === null ? marks.absent
    : columns[index]!.kind === 'text' ? `${Buffer.byteLength(value)}:${value}` : value))
  const text = fields.join(marks.field) + marks.row
  return { key, values, text }
}
