import { createHash } from 'node:crypto'
import { ledgerMarks } from '../../database/migrate.js'
import { type Backend, type Session, type Statement } from '../../database/engine.js'
import { type Moved, type MovedTable } from '../../database/moving.js'
import { Ahead } from './ahead.js'
import { asideOn, type End, rowsOn, runOn } from './ends.js'
import { TransferRefused } from './errors.js'
import { Meter, stopIfAsked, type TransferWatch } from './events.js'
import { isLogging } from './follow.js'
import {
  countsOf, type Key, keyAfter, keyOf, lastKey, lumpOf, nextRows, release, type RowSizes,
  steadyCount,
} from './pages.js'
import { detachedPieces, makePieces, weigh } from './pieces.js'
import {
  beginState, dropProgress, keepPieces, mark, migratorOf, progressOf, recordBatch, setPhase,
  stateOf, type TableProgress, type TransferState, unmark,
} from './progress.js'
import { compareAll, type Verdict } from './verify.js'

/** What a copy works with. */
export interface CopyParts {
  readonly source: End
  readonly target: End
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
  /** Whether the source goes on being changed. */
  readonly live: boolean
  readonly batchRows?: number | undefined
  /** Whether both are compared before anyone may open the target. */
  readonly verify: boolean
  /** Of the source, as far as they are known. */
  readonly sizes?: RowSizes | undefined
  /** Begins to log the changes of the source. */
  follow(): Promise<void>
}

/** What a copy did. */
export interface CopyReport {
  /** Rows in the target, by table; those of earlier runs included. */
  readonly rows: Readonly<Record<string, number>>
  /** Rows that this run wrote. */
  readonly written: number
  /** `differing` when the comparison found a difference: no server opens the target. */
  readonly phase: TransferState['phase']
  /** What the comparison found, where one was asked for. */
  readonly verdict?: Verdict
}

/** Copies every table into an empty target, or goes on where an earlier run ended. */
export async function copyAll(parts: CopyParts): Promise<CopyReport> {
  const { source, target, tables, watch } = parts
  watch.onEvent?.({ type: 'phase', phase: 'prepare' })
  const state = await prepared(parts)
  if (!isUnended(state)) {
    const verdict = parts.verify ? { verdict: await compareAll(parts) } : {}
    return { rows: {}, written: 0, phase: state.phase, ...verdict }
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
    // What comes while it is being copied is in the log.
    if (counts.get(table.name) === 0) {
      rows[table.name] = at?.rows ?? 0
      continue
    }
    const copied = await new TableCopy(parts, table, walled.has(table.name)).run(at, meter)
    rows[table.name] = (at?.rows ?? 0) + copied
    written += copied
  }
  watch.onEvent?.({ type: 'phase', phase: 'indexes' })
  const loaded = Object.keys(rows).filter((table) => rows[table]! > 0)
  const verdict = await completed(parts, loaded)
  if (verdict?.equal === false) {
    await setPhase(target.backend, 'differing')
    return { rows, written, phase: 'differing', verdict }
  }
  const phase = parts.live ? 'following' : 'copied'
  await target.backend.transaction(async (session) => {
    await setPhase(session, phase)
    if (phase === 'copied') {
      await dropProgress(session, false)
      await unmark(session)
    }
  })
  return { rows, written, phase, ...verdict && { verdict } }
}

/** Makes what comes after the load, and compares both ends if that is asked for. */
async function completed(
  parts: CopyParts,
  loaded: readonly string[],
): Promise<Verdict | undefined> {
  stopIfAsked(parts.watch)
  const rest = async () => {
    // While the source is changed, rows may refer to others that come with its changes.
    await makePieces(parts, !parts.live)
    await weigh(parts.target, loaded)
  }
  if (!parts.verify) return void await rest()
  // The source is read while the target makes its indexes, which the comparison needs.
  const ahead = new Ahead(parts)
  try {
    await makePieces(parts, false)
    const [made, compared] = await Promise.allSettled([rest(), compareAll({ ...parts, ahead })])
    if (made.status === 'rejected') throw made.reason
    if (compared.status === 'rejected') throw compared.reason
    return compared.value
  } finally {
    await ahead.stop()
  }
}

/** Makes schema and progress in an empty target, or finds those of an earlier run. */
async function prepared(parts: CopyParts): Promise<TransferState> {
  const { source, target, tables, live } = parts
  const { backend } = target
  await migratorOf(source.backend).check()
  const found = await stateOf(backend)
  if (found !== undefined) {
    await checkFollowed(found, source)
    return sameTransfer(found, parts)
  }
  const isNew = (await migratorOf(backend).status()).every(({ appliedAt }) => appliedAt === null)
  await migratorOf(backend).up()
  const filled = isNew ? undefined : await firstFilled(backend, tables)
  if (filled !== undefined) throw notEmpty(target, filled)
  const counts = await countsOf(source.backend, tables)
  await backend.exclusive(async (session) => {
    await beginState(session, { backend, label: source.label }, live)
    await mark(session, backend, ledgerMarks.unfinished + source.label)
    const pieces = await detachedPieces(session, backend, { tables, live, counts })
    await keepPieces(session, backend, pieces)
  })
  return { source: source.label, phase: 'copying', live }
}

/** What changed since the log was taken back is known to nobody. Throws TransferRefused. */
export async function checkFollowed(state: TransferState, end: End): Promise<void> {
  const { phase, source } = state
  if (phase !== 'following' || source !== end.label || await isLogging(end)) return
  throw new TransferRefused(`The changes of ${source} are logged no more (by holdfast transfer ` +
    'end): begin again, with an empty target.')
}

/** Whether no server opens the target yet. */
const isUnended = ({ phase }: TransferState): boolean =>
  phase === 'copying' || phase === 'differing'

function sameTransfer(
  state: TransferState,
  { source, live, verify }: CopyParts,
): TransferState {
  if (state.source !== source.label) {
    throw new TransferRefused(`A transfer from ${state.source} began into this target; ` +
      'name that source, or another target.')
  }
  if (isUnended(state) && state.live !== live) {
    throw new TransferRefused(state.live
      ? 'This transfer began with changes being logged; go on with --live.'
      : 'This transfer began without a log of changes; go on without --live.')
  }
  if (state.phase === 'differing' && !verify) {
    throw new TransferRefused('The comparison found that the target differs: compare again ' +
      'with --verify, or begin with an empty target.')
  }
  return state
}

/** The first table that has rows. */
export async function firstFilled(
  session: Session,
  tables: readonly MovedTable[],
): Promise<string | undefined> {
  if (tables.length === 0) return undefined
  const [first] = await rowsOn(session, tables.map(({ name }, index) =>
    `select ${index} as place, '${name}' as name where exists (select 1 from "${name}")`)
    .join(' union all ') + ' order by place limit 1')
  return first && String(first.name)
}

/** Why a target that has rows is not written to. */
export const notEmpty = ({ label }: End, table: string): Error =>
  new TransferRefused(`The target ${label} holds rows already (in ${table}); name an empty one.`)

/** The tables whose walls a load must open for this login. */
async function walledTables(backend: Backend): Promise<Set<string>> {
  const { walledTables: statement } = backend.engine.moving
  if (statement === undefined) return new Set()
  return new Set((await backend.run(statement)).rows.map(({ name }) => String(name)))
}

/** What is read of the source at once. */
interface Batch {
  readonly rows: number
  readonly last: Key
  readonly sha256: string
  readonly statements: readonly Statement[]
  /** What the statements take their lines from. */
  readonly lines?: Uint8Array
}

/** Batches on their way into the target at once; they are committed in their order. */
const writesMax = 2

/** The copy of one table: the next batch is read while others are written. */
class TableCopy {
  readonly #parts: CopyParts
  readonly #table: MovedTable
  readonly #walled: boolean
  /** Rows behind it came since, by the log. Else a busy writer would be chased for ever. */
  #until: Key | undefined
  /** Rows of a batch whichever they are; undefined where they are looked at one by one. */
  #steady: number | undefined

  constructor(parts: CopyParts, table: MovedTable, walled: boolean) {
    this.#parts = parts
    this.#table = table
    this.#walled = walled
  }

  /** The rows written. */
  async run(at: TableProgress | undefined, meter: Meter): Promise<number> {
    let number = at?.batches ?? 0
    let copied = 0
    this.#until = this.#parts.live ? await lastKey(this.#from(), this.#table) : undefined
    this.#steady = this.#line() === undefined ? undefined
      : await steadyCount(this.#from(), this.#table)
    const writes: Promise<void>[] = []
    let reading = this.#reading(at?.last)
    try {
      for (;;) {
        stopIfAsked(this.#parts.watch)
        const batch = await reading
        if (batch === undefined) break
        reading = this.#reading(batch.last)
        number += 1
        const written = this.#write(batch, number, writes.at(-1)).then(() => {
          release(this.#parts.source.backend, batch.lines)
          copied += batch.rows
          meter.add(this.#table.name, batch.rows)
        })
        written.catch(() => undefined)
        writes.push(written)
        if (writes.length >= writesMax) await writes.shift()
      }
    } finally {
      // Nothing is at work any more when a failure is told.
      await Promise.allSettled([...writes, reading])
    }
    await Promise.all(writes)
    return copied
  }

  /** What fails is told when it is waited for. */
  #reading(after: Key | undefined): Promise<Batch | undefined> {
    const batch = this.#read(after)
    batch.catch(() => undefined)
    return batch
  }

  async #read(after: Key | undefined): Promise<Batch | undefined> {
    const lines = this.#steady === undefined ? undefined : await this.#readLines(after)
    if (lines !== undefined) return lines
    const rows = await nextRows(this.#from(), this.#table, after)
    if (rows.length === 0) return undefined
    const { moving } = this.#parts.target.backend.engine
    return {
      rows: rows.length, last: keyOf(this.#table, rows.at(-1)!), sha256: digestOf(rows),
      statements: moving.insert(this.#table, rows, this.#walled),
    }
  }

  /** The same as lines; undefined at the end, where fewer rows are left than a batch has. */
  async #readLines(after: Key | undefined): Promise<Batch | undefined> {
    const [from, count] = [this.#from(), this.#steady!]
    const last = await keyAfter(from, this.#table, { after, count })
    if (last === undefined) return undefined
    const aside = { ...from, session: asideOn(this.#parts.source.backend), until: last }
    const lump = (spaced: boolean) => lumpOf(aside, this.#table, {
      line: this.#line(spaced)!, gathered: from.moving.linesOf!('line'), after, count,
    })
    let { rows, gathered } = await lump(false)
    if (rows !== count) return undefined
    if (!hasLines(gathered as Uint8Array, rows)) {
      release(this.#parts.source.backend, gathered)
      ;({ rows, gathered } = await lump(true))
    }
    if (rows !== count) return undefined
    const lines = gathered as Uint8Array
    const { moving } = this.#parts.target.backend.engine
    return {
      rows, last, lines, sha256: createHash('sha256').update(lines).digest('hex'),
      statements: moving.insertLines!(this.#table, lines, this.#walled),
    }
  }

  /** How rows go from one engine to the other as lines, if they do. */
  #line(spaced = false): string | undefined {
    const { source, target } = this.#parts
    if (target.backend.engine.moving.insertLines === undefined) return undefined
    return source.backend.engine.moving.line?.(this.#table, spaced)
  }

  #from() {
    const { source: { backend }, batchRows: rowsMax } = this.#parts
    const { moving } = backend.engine
    return { session: backend, moving, rowsMax, until: this.#until, sizes: this.#parts.sizes }
  }

  async #write(batch: Batch, number: number, before: Promise<void> | undefined): Promise<void> {
    const { rows, last, sha256, statements } = batch
    const { backend } = this.#parts.target
    // Each takes the table for itself to open its wall: the second would keep the first from it.
    if (this.#walled) await before
    await backend.transaction(async (session) => {
      const { loading } = backend.engine.moving
      for (const statement of [...loading, ...statements]) await runOn(session, statement)
      // Who goes on after an end does so behind the last batch that is there.
      await before
      await recordBatch(session, backend, { table: this.#table.name, number, rows, last, sha256 })
    })
  }
}

/** Whether these are so many lines and nothing else would end one. */
function hasLines({ buffer, byteOffset, byteLength }: Uint8Array, count: number): boolean {
  // A plain array of bytes is searched ten times slower.
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  if (bytes.includes(returnSign)) return false
  let lines = 0
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines += 1
  return lines === count
}

const [lineFeed, returnSign] = [10, 13]

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
