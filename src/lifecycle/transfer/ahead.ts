import { createHash, type Hash } from 'node:crypto'
import { type MovedTable, type Moving } from '../../database/moving.js'
import { comparedColumns } from './catalogue.js'
import { asideOn, type End } from './ends.js'
import {
  countsOf, type Key, keyAfter, type Lump, lumpOf, type Readable, release, type RowSizes,
  steadyCount,
} from './pages.js'

/** Rows of both sides as hashes, which are one as long as the rows are the same. */
export class Sums {
  readonly #one: Hash
  #other: Hash | undefined
  readonly #rows: [number, number]

  constructor(one = createHash('sha256'), rows = 0) {
    this.#one = one
    this.#rows = [rows, rows]
  }

  /** The same as long as both sides are. */
  copy(): Sums {
    return new Sums(this.#one.copy(), this.#rows[0])
  }

  addSame({ rows, gathered }: Lump): void {
    if (gathered === null) return
    for (const hash of [this.#one, this.#other]) hash?.update(gathered)
    this.#rows[0] += rows
    this.#rows[1] += rows
  }

  add(side: 0 | 1, text: string): void {
    this.#other ??= this.#one.copy()
    const hash = side === 0 ? this.#one : this.#other
    hash.update(text)
    this.#rows[side] += 1
  }

  results() {
    const one = this.#one.copy().digest('hex')
    const other = this.#other?.copy().digest('hex') ?? one
    const [rows, others] = this.#rows
    return [{ rows, sha256: one }, { rows: others, sha256: other }] as const
  }
}

/** How rows are compared many at a time: as one text, or as its hash; undefined if not so. */
export function lumpParts(moving: Moving, table: MovedTable, hashed: boolean) {
  const fields = comparedColumns(table).map(({ kind, name }) => moving.lumped(kind, name))
  if (!fields.every((field) => field !== undefined)) return undefined
  const isHashed = hashed && moving.digested !== undefined
  const gathered = isHashed ? moving.digested!('line') : moving.gathered('line')
  return { line: moving.joined(fields), gathered, isHashed }
}

/** The SHA-256 of what was gathered. */
export const sha256 = ({ gathered }: Lump): string =>
  createHash('sha256').update(gathered ?? '').digest('hex')

/** What the source holds between two keys. */
export interface Digest {
  readonly table: string
  readonly after: Key | undefined
  readonly until: Key | undefined
  /** Rows asked for at most. */
  readonly limit: number
  readonly rows: number
  readonly sha256: string
  /** Of everything up to here. */
  readonly sums: Sums
}

/** So many digests wait at most; each is of a thousand rows. */
const digestsMax = 2_000

/** Lumps read while another is hashed. */
const lumpsAhead = 2

interface AheadParts {
  readonly source: End
  readonly tables: readonly MovedTable[]
  readonly sizes?: RowSizes | undefined
}

/**
 * Reads the source's side of a comparison while the target has other things to do. Of a table that
 * cannot be compared many rows at a time, or is empty, it tells nothing.
 */
export class Ahead {
  readonly #parts: AheadParts
  readonly #places: ReadonlyMap<string, number>
  readonly #digests: Digest[] = []
  readonly #done: Promise<void>
  #waiting: (() => void)[] = []
  #ended = false
  #stopped = false

  constructor(parts: AheadParts) {
    this.#parts = parts
    this.#places = new Map(parts.tables.map(({ name }, place) => [name, place]))
    this.#done = this.#readAll().finally(() => {
      this.#ended = true
      this.#changed()
    })
    this.#done.catch(() => undefined)
  }

  /** The next of a table; undefined behind its last one. Tables are asked for in their order. */
  async next({ name }: MovedTable): Promise<Digest | undefined> {
    for (;;) {
      const [first] = this.#digests
      if (first === undefined) {
        if (this.#ended) return void await this.#done
        await this.#change()
      } else if (first.table === name) {
        this.#changed()
        return this.#digests.shift()
      } else if (this.#places.get(first.table)! > this.#places.get(name)!) {
        return undefined
      } else {
        this.#digests.shift()
        this.#changed()
      }
    }
  }

  /** Reads no more; resolves when nothing is at work. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#changed()
    await this.#done.catch(() => undefined)
  }

  async #readAll(): Promise<void> {
    const { source: { backend }, tables } = this.#parts
    const counts = await countsOf(asideOn(backend), tables)
    for (const table of tables) {
      if (this.#stopped) return
      if (counts.get(table.name) !== 0) await this.#read(table)
    }
  }

  async #read(table: MovedTable): Promise<void> {
    const { source: { backend }, sizes } = this.#parts
    const { moving } = backend.engine
    const parts = lumpParts(moving, table, false)
    const from: Readable = { session: backend, moving, sizes }
    const count = parts && await steadyCount({ ...from, session: asideOn(backend) }, table)
    if (parts === undefined || count === undefined) return
    const sums = new Sums()
    const lumps: Promise<Omit<Digest, 'sums' | 'sha256'> & { readonly lump: Lump }>[] = []
    for (let after: Key | undefined, isLast = false; !isLast || lumps.length > 0;) {
      if (!isLast) {
        const until = await keyAfter(from, table, { after, count })
        const limit = until === undefined ? count * 2 : count + 1
        const range = { table: table.name, after, until, limit }
        const lump = lumpOf({ session: asideOn(backend), moving, until }, table,
          { ...parts, after, count: limit }).then((found) =>
          ({ ...range, rows: found.rows, lump: found }))
        lump.catch(() => undefined)
        lumps.push(lump)
        after = until
        isLast = until === undefined
      }
      if (!isLast && lumps.length <= lumpsAhead) continue
      const { lump, ...digest } = await lumps.shift()!
      sums.addSame(lump)
      this.#digests.push({ ...digest, sha256: sha256(lump), sums: sums.copy() })
      release(backend, lump.gathered)
      this.#changed()
      while (this.#digests.length >= digestsMax && !this.#stopped) await this.#change()
      if (this.#stopped) return void await Promise.allSettled(lumps)
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
