import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { addressOf } from '../../database/address.js'
import { type Backend } from '../../database/engine.js'
import { type MovedTable } from '../../database/moving.js'
import { HoldfastError } from '../../errors.js'
import { firstFilled, notEmpty } from './copy.js'
import { asideOn, type End, isUnmade, labelOf, openEnd } from './ends.js'
import { stopIfAsked, type TransferWatch } from './events.js'
import { countsOf, type RowSizes } from './pages.js'
import { type Finding, failure } from './findings.js'
import { markOf, migratorOf, movedTo, stateOf } from './progress.js'
import { currentShape } from './shape.js'
import { orphans, schemaFindings, valueFindings, vouchedBy } from './scan.js'

/** What a plan works with. */
export interface PlanParts {
  readonly from: string
  readonly to: string
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
  /** Whether only that is looked for which stops a copy. @default false */
  readonly failuresOnly?: boolean
  /** Is told the sizes that were found. */
  readonly sizes?: RowSizes | undefined
  /** Opens the source for whoever closes it himself: a plan alone opens and closes its own. */
  readonly openSource?: (() => Promise<End>) | undefined
}

/** What a copy would do, and everything it would fail at. */
export interface Plan {
  /** Whether nothing was found that stops the copy. */
  readonly possible: boolean
  readonly findings: readonly Finding[]
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
  readonly rows: number
  /** Of the source; undefined when it cannot be read. */
  readonly bytes: number | undefined
  /** Free for the target, where that can be known. */
  readonly freeBytes: number | undefined
  /** A guess: rows and bytes at the pace measured on two cores. */
  readonly seconds: number
}

/** What two cores did, comparing included; see docs/decisions/0042-transfer.md. */
const pace = { rowsPerSecond: 25_000, bytesPerSecond: 20_000_000 }

/** Indexes of the target may take more room than those of the source. */
const spaceFactor = 1.5

/** Looks at both ends and writes to neither. */
export async function planned(parts: PlanParts): Promise<Plan> {
  parts.watch.onEvent?.({ type: 'phase', phase: 'plan' })
  const findings: Finding[] = []
  if (labelOf(parts.from) === labelOf(parts.to)) {
    findings.push(failure('same_database', 'Source and target are one database.'))
    return summary(findings, [], {})
  }
  const target = await lookAtTarget(parts, findings)
  const source = await lookAtSource(parts, target.indexBytesMax, findings)
  const { bytes } = source
  const needed = (bytes ?? 0) * spaceFactor
  if (target.freeBytes !== undefined && target.freeBytes < needed) {
    findings.push(failure('target_space', `The target has ${target.freeBytes} bytes free and ` +
      `may need ${Math.ceil(needed)}.`))
  }
  return summary(findings, source.tables, { bytes, freeBytes: target.freeBytes })
}

function summary(
  findings: readonly Finding[],
  tables: Plan['tables'],
  { bytes, freeBytes }: Partial<Pick<Plan, 'bytes' | 'freeBytes'>>,
): Plan {
  const rows = tables.reduce((sum, each) => sum + each.rows, 0)
  const seconds = Math.ceil(rows / pace.rowsPerSecond + (bytes ?? 0) / pace.bytesPerSecond)
  const possible = findings.every(({ level }) => level !== 'failure')
  return { possible, findings, tables, rows, bytes, freeBytes, seconds }
}

interface SourceView {
  readonly tables: Plan['tables']
  readonly bytes?: number
}

async function lookAtSource(
  { from, tables, watch, failuresOnly = false, sizes = new Map(), openSource }: PlanParts,
  indexBytesMax: number | undefined,
  findings: Finding[],
): Promise<SourceView> {
  const address = addressOf(from)
  if (address.kind === 'process') {
    findings.push(failure('source_missing', 'A database in memory ends with its process.'))
    return { tables: [] }
  }
  if (isUnmade(from)) {
    findings.push(failure('source_missing', `There is no database at ${labelOf(from)}.`))
    return { tables: [] }
  }
  let end: End | undefined
  try {
    end = openSource === undefined ? await openEnd(from, true) : undefined
    const { backend } = end ?? await openSource!()
    return await readSource(
      { backend, tables, watch, indexBytesMax, failuresOnly, sizes }, findings)
  } catch (error) {
    if (!HoldfastError.isInstance(error) || watch.signal?.aborted === true) throw error
    findings.push(unreadable('source', error))
    return { tables: [] }
  } finally {
    await end?.backend.close()
  }
}

interface Reading {
  readonly backend: Backend
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
  readonly indexBytesMax: number | undefined
  readonly failuresOnly: boolean
  readonly sizes: RowSizes
}

async function readSource(reading: Reading, findings: Finding[]): Promise<SourceView> {
  const { backend } = reading
  const where = await movedTo(backend)
  if (where !== undefined) {
    findings.push(failure('source_moved', `What the source held has moved to ${where}.`))
  } else if (await markOf(backend) !== undefined) {
    findings.push(failure('source_moved', 'The source is the target of a transfer that has not ' +
      'ended.'))
  }
  const version = await versionFault(backend, true)
  if (version !== undefined) findings.push(failure('source_version', version))
  // Each takes its time and none needs the other.
  const [damage, rows] = await Promise.allSettled([damageOf(backend), readRows(reading, true)])
  if (damage.status === 'rejected') throw damage.reason
  const isDamaged = damage.value.length > 0
  if (isDamaged) {
    findings.push(failure('source_damaged',
      `The source is damaged: ${damage.value.join('; ')}`))
  }
  if (rows.status === 'rejected') throw rows.reason
  // What a damaged database says of its values is worth nothing.
  const { schema, values, orphaned, counts } =
    isDamaged ? await readRows(reading, false) : rows.value
  findings.push(...schema, ...values, ...orphaned)
  const [size] = (await backend.run(backend.engine.moving.databaseBytes)).rows
  return {
    tables: [...counts].map(([table, count]) => ({ table, rows: count })),
    bytes: Number(size!.bytes),
  }
}

async function damageOf(backend: Backend): Promise<string[]> {
  const { check } = backend.engine.moving
  if (check === undefined) return []
  const { rows } = await asideOn(backend).run(check)
  return rows.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
}

/** Looks at every row; `vouched`, as far as an undamaged engine does not say what they are. */
async function readRows(reading: Reading, vouched: boolean) {
  const { backend, tables, watch, ...rules } = reading
  const { findings: schema, readable } = schemaFindings(tables, await backend.introspect())
  const shape = await currentShape()
  const isVouched = vouched ? await vouchedBy(backend) : () => false
  const names = new Set(readable.map(({ name }) => name))
  const references = shape.references.filter(({ table, parent }) =>
    names.has(table) && names.has(parent))
  const valuesOf = async () => {
    const values: Finding[] = []
    for (const table of readable) {
      stopIfAsked(watch)
      values.push(...await valueFindings(backend, table, { ...rules, shape, isVouched }))
    }
    return values
  }
  const [values, orphaned, counts] = await Promise.all([
    valuesOf(), orphans(backend, readable, references), countsOf(asideOn(backend), readable),
  ])
  return { schema, values, orphaned, counts }
}

function unreadable(end: 'source' | 'target', error: HoldfastError): Finding {
  const isDamaged = error.code === 'database_failure' && end === 'source'
  const { cause } = error
  const detail = cause instanceof Error ? ` (${cause.message})` : ''
  return failure(isDamaged ? 'source_damaged' : `${end}_unreadable`, `${error.message}${detail}`)
}

/** Why a database is not of this version; an empty one may be, unless rows are to be in it. */
async function versionFault(backend: Backend, needed: boolean): Promise<string | undefined> {
  try {
    const status = await migratorOf(backend).status()
    const isEmpty = status.every(({ appliedAt }) => appliedAt === null)
    if (!isEmpty || needed) await migratorOf(backend).check()
    return undefined
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error
    if (['schema_mismatch', 'migration_unknown'].includes(error.code)) return error.message
    throw error
  }
}

interface TargetView {
  readonly indexBytesMax: number | undefined
  readonly freeBytes: number | undefined
}

async function lookAtTarget({ to, from, tables }: PlanParts, findings: Finding[]) {
  const address = addressOf(to)
  if (address.kind === 'process') {
    findings.push(failure('target_unreadable', 'A database in memory ends with its process.'))
  }
  const freeBytes = address.kind === 'file' ? freeAround(address.path, findings) : undefined
  if (address.kind !== 'server' && isUnmade(to)) return { indexBytesMax: undefined, freeBytes }
  let end: End | undefined
  try {
    end = await openEnd(to, true)
    const { indexBytesMax } = end.backend.engine.moving
    await readTarget(end, { from, tables }, findings)
    return { indexBytesMax, freeBytes } satisfies TargetView
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error
    findings.push(unreadable('target', error))
    return { indexBytesMax: undefined, freeBytes }
  } finally {
    await end?.backend.close()
  }
}

async function readTarget(
  end: End,
  { from, tables }: Pick<PlanParts, 'from' | 'tables'>,
  findings: Finding[],
): Promise<void> {
  const { backend } = end
  const { obstacles } = backend.engine.moving
  const sentences = obstacles === undefined ? [] : (await backend.run(obstacles)).rows
  for (const { sentence } of sentences) {
    findings.push(failure('target_login', `The target cannot be filled: ${String(sentence)}.`))
  }
  const version = await versionFault(backend, false)
  if (version !== undefined) return void findings.push(failure('target_version', version))
  const state = await stateOf(backend)
  if (state !== undefined && state.source !== labelOf(from)) {
    findings.push(failure('target_busy', `A transfer from ${state.source} began into the target.`))
  }
  if (state !== undefined) return
  const present = new Set((await backend.introspect()).map(({ table }) => table))
  const filled = await firstFilled(backend, tables.filter(({ name }) => present.has(name)))
  if (filled !== undefined) findings.push(failure('target_filled', notEmpty(end, filled).message))
}

/** The room where a file is or would be. */
function freeAround(path: string, findings: Finding[]): number | undefined {
  const folder = dirname(resolve(path))
  try {
    accessSync(existsSync(path) ? path : folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    findings.push(failure('target_folder', `The folder ${folder} is not there, or not writable.`))
    return undefined
  }
}
