import { createHash } from 'node:crypto'
import { ledgerMarks } from '../../database/migrate.js'
import { type Backend, type Session } from '../../database/engine.js'
import { type Moved, type MovedTable, type Piece } from '../../database/moving.js'
import { type End, rowsOn, runOn } from './ends.js'
import { TransferRefused } from './errors.js'
import { Meter, stopIfAsked, type TransferWatch } from './events.js'
import { keyOf, lastKey, nextRows } from './pages.js'
import {
  beginState, dropProgress, forgetPiece, keepPieces, keptPieces, mark, migratorOf, progressOf,
  recordBatch, setPhase, stateOf, type TableProgress, type TransferState, unmark,
} from './progress.js'

/** What a copy works with. */
export interface CopyParts {
  readonly source: End
  readonly target: End
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
  /** Whether the source goes on being changed. */
  readonly live: boolean
  readonly batchRows?: number | undefined
  /** Begins to log the changes of the source. */
  follow(): Promise<void>
}

/** What a copy did. */
export interface CopyReport {
  /** Rows in the target, by table; those of earlier runs included. */
  readonly rows: Readonly<Record<string, number>>
  /** Rows that this run wrote. */
  readonly written: number
  readonly phase: TransferState['phase']
}

/** Copies every table into an empty target, or goes on where an earlier run ended. */
export async function copyAll(parts: CopyParts): Promise<CopyReport> {
  const { source, target, tables, watch } = parts
  watch.onEvent?.({ type: 'phase', phase: 'prepare' })
  const state = await prepared(parts)
  if (state.phase !== 'copying') {
    return { rows: {}, written: 0, phase: state.phase }
  }
  if (parts.live) await parts.follow()
  watch.onEvent?.({ type: 'phase', phase: 'copy' })
  const progress = await progressOf(target.backend)
  const counts = await countsOf(source.backend, tables)
  const before = [...progress.values()].reduce((sum, { rows }) => sum + rows, 0)
  const total = [...counts.values()].reduce((sum, rows) => sum + rows, 0)
  const meter = new Meter(watch, total, before)
  const walled = await walledTables(target.backend)
  const rows: Record<string, number> = {}
  let written = 0
  for (const table of tables) {
    const at = progress.get(table.name)
    const copied = await new TableCopy(parts, table, walled.has(table.name)).run(at, meter)
    rows[table.name] = (at?.rows ?? 0) + copied
    written += copied
  }
  watch.onEvent?.({ type: 'phase', phase: 'indexes' })
  // While the source is changed, rows may refer to others that come with its changes.
  const phase = parts.live ? 'following' : 'copied'
  await makePieces(parts, !parts.live)
  await target.backend.transaction(async (session) => {
    await setPhase(session, phase)
    if (phase === 'copied') {
      await dropProgress(session, false)
      await unmark(session)
    }
  })
  return { rows, written, phase }
}

/** Rows of each table of a database. */
export async function countsOf(
  backend: Backend,
  tables: readonly MovedTable[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { name } of tables) {
    const [row] = await rowsOn(backend, `select count(*) as rows from "${name}"`)
    counts.set(name, Number(row!.rows))
  }
  return counts
}

/** Small pieces share a transaction for so long. */
const sharedMs = 500

/** Makes what was left for after the load: all of it, or what needs not all rows to be there. */
export async function makePieces(
  { target: { backend }, watch }: Pick<CopyParts, 'target' | 'watch'>,
  all: boolean,
): Promise<void> {
  const left = (await keptPieces(backend)).filter(({ isLate }) => all || !isLate)
  if (left.length === 0) return
  while (left.length > 0) {
    stopIfAsked(watch)
    await backend.transaction(async (session) => {
      const sinceMs = performance.now()
      while (left.length > 0 && performance.now() - sinceMs < sharedMs) {
        const { number, definition } = left.shift()!
        await runOn(session, { sql: definition, parameters: [], reach: null })
        await forgetPiece(session, number)
      }
    })
  }
  const { analyze } = backend.engine.moving
  if (analyze !== undefined) await backend.run(analyze)
}

/** Makes schema and progress in an empty target, or finds those of an earlier run. */
async function prepared(parts: CopyParts): Promise<TransferState> {
  const { source, target, tables, live } = parts
  const { backend } = target
  await migratorOf(source.backend).check()
  const found = await stateOf(backend)
  if (found !== undefined) return sameTransfer(found, parts)
  const isNew = (await migratorOf(backend).status()).every(({ appliedAt }) => appliedAt === null)
  await migratorOf(backend).up()
  const filled = isNew ? undefined : await firstFilled(backend, tables)
  if (filled !== undefined) throw notEmpty(target, filled)
  await backend.exclusive(async (session) => {
    await beginState(session, { backend, label: source.label }, live)
    await mark(session, backend, ledgerMarks.unfinished + source.label)
    const pieces = await detachedPieces(session, backend, tables)
    await keepPieces(session, backend, pieces)
  })
  return { source: source.label, phase: 'copying', live }
}

function sameTransfer(state: TransferState, { source, live }: CopyParts): TransferState {
  if (state.source !== source.label) {
    throw new TransferRefused(`A transfer from ${state.source} began into this target; ` +
      'name that source, or another target.')
  }
  if (state.phase === 'copying' && state.live !== live) {
    throw new TransferRefused(state.live
      ? 'This transfer began with changes being logged; go on with --live.'
      : 'This transfer began without a log of changes; go on without --live.')
  }
  return state
}

/** The first table that has rows. */
export async function firstFilled(
  session: Session,
  tables: readonly MovedTable[],
): Promise<string | undefined> {
  for (const { name } of tables) {
    const rows = await rowsOn(session, `select 1 as one from "${name}" limit 1`)
    if (rows.length > 0) return name
  }
  return undefined
}

/** Why a target that has rows is not written to. */
export const notEmpty = ({ label }: End, table: string): Error =>
  new TransferRefused(`The target ${label} holds rows already (in ${table}); name an empty one.`)

/** Drops what is better made later, in one transaction with the note of it. */
async function detachedPieces(
  session: Session,
  { engine: { moving } }: Backend,
  tables: readonly MovedTable[],
): Promise<Piece[]> {
  if (moving.pieces === undefined) return []
  const names = tables.map(({ name }) => name)
  const { rows } = await session.run({ ...moving.pieces, parameters: [names] })
  const pieces = rows as unknown as Piece[]
  for (const { drop } of pieces.toReversed()) {
    await runOn(session, { sql: drop, parameters: [], reach: null })
  }
  return pieces
}

/** The tables whose walls a load must open for this login. */
async function walledTables(backend: Backend): Promise<Set<string>> {
  const { walledTables: statement } = backend.engine.moving
  if (statement === undefined) return new Set()
  return new Set((await backend.run(statement)).rows.map(({ name }) => String(name)))
}

/** The copy of one table: the next batch is read while the last one is written. */
class TableCopy {
  readonly #parts: CopyParts
  readonly #table: MovedTable
  readonly #walled: boolean
  /** Rows behind it came since, by the log. Else a busy writer would be chased for ever. */
  #until: readonly Moved[] | undefined

  constructor(parts: CopyParts, table: MovedTable, walled: boolean) {
    this.#parts = parts
    this.#table = table
    this.#walled = walled
  }

  /** The rows written. */
  async run(at: TableProgress | undefined, meter: Meter): Promise<number> {
    const { watch } = this.#parts
    let number = at?.batches ?? 0
    let copied = 0
    this.#until = this.#parts.live ? await lastKey(this.#from(), this.#table) : undefined
    let rows = await this.#read(at?.last)
    while (rows.length > 0) {
      stopIfAsked(watch)
      const last = keyOf(this.#table, rows.at(-1)!)
      number += 1
      const [next] = await settled([this.#read(last), this.#write(rows, last, number)])
      copied += rows.length
      meter.add(this.#table.name, rows.length)
      rows = next!
    }
    return copied
  }

  #read(after: readonly Moved[] | undefined): Promise<Moved[][]> {
    return nextRows({ ...this.#from(), until: this.#until }, this.#table, after)
  }

  #from() {
    const { source: { backend }, batchRows: rowsMax } = this.#parts
    return { session: backend, moving: backend.engine.moving, rowsMax }
  }

  async #write(rows: readonly Moved[][], last: readonly Moved[], number: number): Promise<void> {
    const { backend } = this.#parts.target
    const statements = backend.engine.moving.insert(this.#table, rows, this.#walled)
    const record = {
      table: this.#table.name, number, rows: rows.length, last, sha256: digestOf(rows),
    }
    await backend.transaction(async (session) => {
      for (const statement of statements) await runOn(session, statement)
      await recordBatch(session, backend, record)
    })
  }
}

/** Both, or the first failure once neither is at work any more. */
async function settled(work: readonly [Promise<Moved[][]>, Promise<void>]) {
  const [read, write] = await Promise.allSettled(work)
  if (write.status === 'rejected') throw write.reason
  if (read.status === 'rejected') throw read.reason
  return [read.value] as const
}

/** Each value with its length before it, so that no two batches look alike. */
function digestOf(rows: readonly Moved[][]): string {
  const hash = createHash('sha256')
  for (const row of rows) {
    let text = ''
    for (const value of row) {
      if (value === null) text += '-,'
      else if (typeof value === 'string') text += `${value.length}:${value},`
      else {
        hash.update(`${text}b${value.length}:`).update(value)
        text = ','
      }
    }
    hash.update(`${text}\n`)
  }
  return hash.digest('hex')
}
