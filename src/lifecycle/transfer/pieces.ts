import { type Backend, type Session } from '../../database/engine.js'
import { type MovedTable, type Piece } from '../../database/moving.js'
import { type End, runOn } from './ends.js'
import { stopIfAsked, type TransferWatch } from './events.js'
import { forgetPiece, keptPieces } from './progress.js'

/** With fewer rows a table is filled with its indexes as fast as without. */
const manyRows = 2_000

interface Load {
  readonly tables: readonly MovedTable[]
  readonly live: boolean
  readonly counts: ReadonlyMap<string, number>
}

/** Drops what is better made later, in one transaction with the note of it. */
export async function detachedPieces(
  session: Session,
  { engine: { moving } }: Backend,
  load: Load,
): Promise<Piece[]> {
  if (moving.pieces === undefined) return []
  const names = load.tables.map(({ name }) => name)
  const { rows } = await session.run({ ...moving.pieces, parameters: [names] })
  const pieces = (rows as unknown as Piece[]).filter((piece) => isForLater(piece, names, load))
  for (const { drop } of pieces.toReversed()) {
    await runOn(session, { sql: drop, parameters: [], reach: null })
  }
  return pieces
}

/** A reference goes before what it refers to can, and while rows it refers to may still come. */
function isForLater({ table, parent }: Piece, names: readonly string[], load: Load): boolean {
  const hasMany = (name: string) => (load.counts.get(name) ?? 0) >= manyRows
  if (parent === null) return hasMany(table)
  return load.live || hasMany(table) || hasMany(parent) ||
    names.indexOf(parent) >= names.indexOf(table)
}

/** Small pieces share a transaction for so long. */
const sharedMs = 500

interface Making {
  readonly target: End
  readonly watch: TransferWatch
}

/** Makes what was left for after the load: all of it, or what needs not all rows to be there. */
export async function makePieces(
  { target: { backend }, watch }: Making,
  all: boolean,
): Promise<void> {
  const left = (await keptPieces(backend)).filter(({ isLate }) => all || !isLate)
  while (left.length > 0) {
    stopIfAsked(watch)
    await backend.transaction(async (session) => {
      for (const statement of backend.engine.moving.piecing) await runOn(session, statement)
      const sinceMs = performance.now()
      while (left.length > 0 && performance.now() - sinceMs < sharedMs) {
        const { number, definition } = left.shift()!
        await runOn(session, { sql: definition, parameters: [], reach: null })
        await forgetPiece(session, number)
      }
    })
  }
}

/** Tells the planner what these tables hold now. */
export async function weigh({ backend }: End, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return
  for (const statement of backend.engine.moving.weigh(tables)) await runOn(backend, statement)
}
