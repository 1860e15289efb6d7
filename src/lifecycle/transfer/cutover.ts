import { type Backend, type Session } from '../../database/engine.js'
import { SchemaMismatch } from '../../database/failures.js'
import { ledgerMarks, MigrationUnknown } from '../../database/migrate.js'
import { type MovedTable, moverTables } from '../../database/moving.js'
import { checkFollowed } from './copy.js'
import { type End, rowsOn, runOn } from './ends.js'
import { TransferMismatch, TransferRefused } from './errors.js'
import { stopIfAsked } from './events.js'
import {
  applyAll, applySome, type ChangedKeys, entriesMax, type FollowParts, installLog, inTurns,
  isLogging, oneOf, portions, waiting,
} from './follow.js'
import { countsOf } from './pages.js'
import { makePieces, weigh } from './pieces.js'
import {
  dropProgress, hasTable, mark, markOf, migratorOf, movedTo, setPhase, stateOf, unmark,
} from './progress.js'
import { canonicalColumns, canonicalRow, compareAll } from './verify.js'

const { fence } = moverTables

/** What a catch-up did. */
export interface CatchUpReport {
  /** Entries of the log that were brought over. */
  readonly applied: number
}

/** What a cutover did. */
export interface CutoverReport extends CatchUpReport {
  /** How long the source took no writes before the target was ready for them. */
  readonly fenceMs: number
  /** Rows compared within the fence, since they had changed meanwhile. */
  readonly compared: number
}

/** Writers so fast that what waits does not shrink any more are left to the fence. */
const roundsInVain = 3

/** Brings over what changed, until hardly anything waits, or it gets no less. */
export async function catchUp(
  parts: FollowParts,
  changed: ChangedKeys = new Map(),
): Promise<CatchUpReport> {
  const { source, target, watch } = parts
  await checkFollowing(parts)
  watch.onEvent?.({ type: 'phase', phase: 'catch-up' })
  for (const end of [source, target]) await weigh(end, parts.tables.map(({ name }) => name))
  let applied = 0
  let least = Infinity
  for (let inVain = 0; inVain < roundsInVain;) {
    stopIfAsked(watch)
    const taken = await applySome(parts, changed)
    applied += taken
    const left = await waiting(source)
    watch.onEvent?.({ type: 'changes', applied, left })
    // Writers may go on for ever; what they do in a moment is little.
    if (taken === 0 || left < 100) break
    inVain = left < 0.9 * least ? 0 : inVain + 1
    least = Math.min(least, left)
  }
  if ((await stateOf(target.backend))?.phase === 'following') await settle(parts, changed)
  return { applied }
}

/** References hold once the target is as one state of the source was. */
async function settle(parts: FollowParts, changed: ChangedKeys): Promise<void> {
  for (let count = 0; count < roundsInVain; count++) {
    stopIfAsked(parts.watch)
    if (await applySome(parts, changed) < entriesMax) return makeRest(parts)
  }
  await applyAll(parts, changed)
  await makeRest(parts)
}

async function makeRest(parts: FollowParts): Promise<void> {
  await makePieces(parts, true)
  await weigh(parts.target, parts.tables.map(({ name }) => name))
}

/** The source is one whose changes are logged, and the target the one they belong into. */
async function checkFollowing({ source, target }: FollowParts): Promise<void> {
  const where = await movedTo(source.backend)
  if (where !== undefined) {
    throw new TransferRefused(`What ${source.label} held has moved to ${where} already.`)
  }
  const state = await stateOf(target.backend)
  if (state !== undefined) await checkFollowed(state, source)
  const returns = await movedTo(target.backend) === source.label
  const follows = state?.source === source.label && state.phase === 'following'
  if (await isLogging(source) && (returns || follows)) {
    for (const end of [source, target]) await checkSchema(end)
    return
  }
  throw new TransferRefused(state?.phase === 'copying'
    ? `The copy into ${target.label} has not ended; run it again first.`
    : `Nothing follows ${source.label} into ${target.label}; begin with: ` +
      'holdfast transfer copy --live')
}

/** What another version has besides would stay behind without a word. Throws TransferRefused. */
async function checkSchema({ backend, label }: End): Promise<void> {
  try {
    await migratorOf(backend).check()
  } catch (cause) {
    if (!(cause instanceof SchemaMismatch || cause instanceof MigrationUnknown)) throw cause
    throw new TransferRefused(`${label} is not of the schema that this version moves: a move ` +
      `goes on only between two of one schema. ${cause.message}`, { cause })
  }
}

/**
 * Moves the writers: compares everything, keeps writes out of the source for as long as the last
 * changes take, compares what changed, and lets nobody work on the source any more. Repeated after
 * an end in the middle it goes on; after a failure the source takes writes again.
 */
export async function cutOver(parts: FollowParts): Promise<CutoverReport> {
  const { source, target, watch } = parts
  if (await isDone(parts)) return { applied: 0, fenceMs: 0, compared: 0 }
  const changed: ChangedKeys = new Map()
  let { applied } = await catchUp(parts, changed)
  const { differences } = await compareAll({
    ...parts, differencesMax: 1_000_000, live: true,
  })
  applied += (await catchUp(parts, changed)).applied
  watch.onEvent?.({ type: 'phase', phase: 'fence' })
  const sinceMs = performance.now()
  let compared: number
  try {
    // Within: it may be closed though its answer is lost.
    await closeFence(source, target.label)
    watch.onEvent?.({ type: 'fence', closed: true, milliseconds: 0 })
    for (let taken = 1; taken > 0;) {
      stopIfAsked(watch)
      taken = await applySome(parts, changed)
      applied += taken
    }
    checkExplained(differences, changed)
    // A server of a newer version may have begun meanwhile.
    await checkSchema(source)
    compared = await compareWithin(parts, changed)
  } catch (error) {
    await openFence(source)
    throw error
  }
  // From here on a failure leaves the fence closed: servers may be at work on the target already.
  await openTarget(parts)
  await abandon(parts)
  const fenceMs = Math.round(performance.now() - sinceMs)
  watch.onEvent?.({ type: 'fence', closed: false, milliseconds: fenceMs })
  return { applied, fenceMs, compared }
}

/** Whether all is done, if need be after what an earlier end left. */
async function isDone(parts: FollowParts): Promise<boolean> {
  const { source, target } = parts
  if (await movedTo(source.backend) === target.label) return true
  const [row] = await hasTable(source.backend, fence)
    ? await rowsOn(source.backend, `select message from ${fence} where closed`) : []
  // The target was opened, and only the mark of the source is missing.
  const isOpened = row !== undefined && String(row.message).endsWith(target.label) &&
    await isLogging(target) && await markOf(target.backend) === undefined
  if (isOpened) await abandon(parts)
  return isOpened
}

/** What differed while writers went on must have changed since; all changes are known by now. */
function checkExplained(differences: readonly Place[], changed: ChangedKeys): void {
  const left = differences.find(({ table, key }) =>
    changed.get(table)?.has(JSON.stringify(key)) !== true)
  if (left !== undefined) throw mismatch(left)
}

interface Place {
  readonly table: string
  readonly key: readonly unknown[]
  readonly column?: string | undefined
}

function mismatch({ table, key, column }: Place): Error {
  const where = column === undefined ? '' : ` in ${column}`
  return new TransferMismatch(`They differ: ${table} ${JSON.stringify(key)}${where}; ` +
    'the source stays in use. See: holdfast transfer verify')
}

/** Compares the rows that changed, and how many rows there are. */
async function compareWithin(parts: FollowParts, changed: ChangedKeys): Promise<number> {
  const { source, target, tables } = parts
  let compared = 0
  for (const table of tables) {
    const from = { session: source.backend, moving: source.backend.engine.moving }
    for await (const keys of portions(from, table, [...changed.get(table.name)?.values() ?? []])) {
      const [one, other] = [
        await canonicalRows(source.backend, table, keys),
        await canonicalRows(target.backend, table, keys),
      ]
      for (const key of keys) {
        const text = JSON.stringify(key)
        if (one.get(text) !== other.get(text)) throw mismatch({ table: table.name, key })
      }
      compared += keys.length
    }
  }
  const [one, other] = [
    await countsOf(source.backend, tables), await countsOf(target.backend, tables),
  ]
  for (const [table, rows] of one) {
    if (other.get(table) !== rows) throw mismatch({ table, key: [rows, other.get(table)] })
  }
  return compared
}

async function canonicalRows(
  backend: Backend,
  table: MovedTable,
  keys: Parameters<typeof oneOf>[2],
): Promise<Map<string, string>> {
  const { where, parameters } = oneOf(backend.engine.moving, table, keys)
  const rows = await rowsOn(backend, `select ${canonicalColumns(backend, table)}
    from "${table.name}" where ${where}`, parameters)
  return new Map(rows.map((row) => {
    const { key, text } = canonicalRow(backend, table, row)
    return [JSON.stringify(key), text]
  }))
}

/** Waits for writers at work, then keeps all out. */
async function closeFence({ backend }: End, to: string): Promise<void> {
  await backend.transaction(async (session) => {
    for (const statement of backend.engine.moving.changes.holdWriters) {
      await runOn(session, statement)
    }
    await setFence(session, backend, { closed: '1',
      message: `This database takes no writes: what it holds moves to ${to}` })
  })
}

const openFence = ({ backend }: End) => setFence(backend, backend, { closed: '0', message: '' })

async function setFence(
  session: Session,
  { engine: { moving } }: Backend,
  { closed, message }: { readonly closed: string; readonly message: string },
): Promise<void> {
  await runOn(session, {
    sql: `update ${fence} set closed = ${moving.slot('flag', 1)},
      message = ${moving.slot('text', 2)}`,
    parameters: [moving.bound('flag', closed), message],
  })
}

/** Lets servers work on the target, and logs what they change for a way back. */
async function openTarget({ target, tables }: FollowParts): Promise<void> {
  const { backend } = target
  await installLog(target, tables)
  const hasState = await stateOf(backend) !== undefined
  await backend.transaction(async (session) => {
    await setFence(session, backend, { closed: '0', message: '' })
    if (hasState) {
      await setPhase(session, 'moved')
      await dropProgress(session, false)
    }
    await unmark(session)
  })
}

/** Keeps every server out of the source for good, and stops its log. */
async function abandon({ source, target, tables }: FollowParts): Promise<void> {
  const { backend } = source
  await backend.transaction(async (session) => {
    await setFence(session, backend, { closed: '1',
      message: `What this database held has moved to ${target.label}` })
    await mark(session, backend, ledgerMarks.moved + target.label)
  })
  await inTurns(backend, backend.engine.moving.changes.stop(tables))
}

/**
 * Ends the following: before a cutover the source goes on as if nothing had been; behind it the
 * target keeps no log for a way back any more.
 */
export async function endFollowing({ source, target, tables }: FollowParts): Promise<void> {
  const where = await movedTo(source.backend)
  if (where !== undefined && where !== target.label) {
    throw new TransferRefused(`What ${source.label} held has moved to ${where}, and not to ` +
      `${target.label}: servers that still have it open would write to it again.`)
  }
  const isOver = where !== undefined
  const end = isOver ? target : source
  await inTurns(end.backend, end.backend.engine.moving.changes.remove(tables))
  if (isOver) await end.backend.transaction((session) => dropProgress(session, true))
}
