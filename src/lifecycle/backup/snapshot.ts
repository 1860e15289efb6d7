import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import { instantOf } from '../../clock.js'
import { addressOf } from '../../database/address.js'
import { snapshotFile } from '../../database/database-file.js'
import { statementBuilder } from '../../database/database.js'
import { type Backend, type Engine, type Session, type Statement } from '../../database/engine.js'
import { type MovedTable, moverTables } from '../../database/moving.js'
import { Migrator } from '../../database/migrate.js'
import { migrations } from '../../database/migrations/index.js'
import { type End, labelOf, openEnd, type Reading, rowsOn, runOn } from '../transfer/ends.js'
import { countsOf, keyOf, nextRows } from '../transfer/pages.js'
import { dropProgress } from '../transfer/progress.js'
import { digested, strangers, tablesThere } from './content.js'
import { BackupRefused } from './errors.js'
import { type BackupWatch, rowMeter } from './events.js'
import { type BackupKeys } from './keys.js'
import { type BackupTable } from './manifest.js'

/** What a snapshot is taken with. */
export interface SnapshotParts {
  /** URL of the database. */
  readonly database: string
  /** Every declared table that moves, parents before children. */
  readonly catalogue: readonly MovedTable[]
  readonly keys: BackupKeys | undefined
  readonly watch: BackupWatch
}

/** One state of a database, in a file. */
export interface Snapshot {
  readonly engine: string
  readonly place: 'file' | 'server'
  readonly source: string
  readonly schema: string
  readonly moment: string
  readonly tables: readonly BackupTable[]
  readonly notes: readonly string[]
}

/** The URL of a database in a file. */
export const fileUrl = (path: string): string => `file:${path}`

/**
 * Writes one state of a database into a new file, while others write. Throws BackupRefused, and
 * what a database is refused for that no server would begin on.
 */
export async function snapshotInto(path: string, parts: SnapshotParts): Promise<Snapshot> {
  const address = addressOf(parts.database)
  if (address.kind === 'process') {
    throw new BackupRefused('A database in memory has no backup; name one that lasts.')
  }
  if (address.kind === 'file' && !existsSync(address.path)) {
    throw new BackupRefused(`There is no database at ${address.path}.`)
  }
  const source = await openEnd(parts.database, true)
  try {
    const schema = await schemaOf(source.backend)
    parts.watch.onEvent?.({ type: 'phase', phase: 'snapshot' })
    const taken = address.kind === 'file'
      ? await takenOfFile(address.path, path, parts)
      : await takenOfRows(source, path, parts)
    const { name: engine } = source.backend.engine
    return { engine, place: address.kind, source: labelOf(parts.database), schema, ...taken }
  } finally {
    await source.backend.close()
  }
}

/** The newest migration that was applied. */
export async function schemaOf(backend: Backend): Promise<string> {
  const status = await new Migrator(backend, { migrations }).status()
  const applied = status.filter(({ appliedAt }) => appliedAt !== null)
  if (applied.length > 0) return applied.at(-1)!.name
  throw new BackupRefused('There is nothing of Holdfast in this database.')
}

type Taken = Pick<Snapshot, 'moment' | 'tables' | 'notes'>

/** The database itself writes the file; its rows are counted and hashed there. */
async function takenOfFile(from: string, to: string, parts: SnapshotParts): Promise<Taken> {
  const momentMs = await snapshotFile(from, to)
  const { backend } = await openEnd(fileUrl(to), true)
  try {
    await tidied(backend, parts.catalogue)
    parts.watch.onEvent?.({ type: 'phase', phase: 'digest' })
    const tables = tablesThere(parts.catalogue, await backend.introspect())
    const content = await digested({ reading: backend, tables, keys: parts.keys }, parts.watch)
    const notes = await notesOnKeys(backend, tables)
    return { moment: instantOf(momentMs), tables: content, notes }
  } finally {
    await backend.close()
  }
}

/** Takes out what was of the moment: who served from it, and the log of a move that went on. */
async function tidied(backend: Backend, catalogue: readonly MovedTable[]): Promise<void> {
  const live = new Set((await backend.introspect()).map(({ table }) => table))
  if (live.has('processes')) {
    await runOn(backend, { sql: 'delete from processes', parameters: [] })
  }
  if (!Object.values(moverTables).some((table) => live.has(table))) return
  const moved = catalogue.filter(({ name }) => live.has(name))
  for (const statements of backend.engine.moving.changes.remove(moved)) {
    await backend.atomic(statements)
  }
  await dropProgress(backend, true)
}

/** Rows are copied in one transaction that sees one state, and hashed in the same. */
async function takenOfRows(source: End, to: string, parts: SnapshotParts): Promise<Taken> {
  const { engine } = source.backend
  const live = await source.backend.introspect()
  const tables = tablesThere(parts.catalogue, live)
  const others = strangers(tables, live)
  const target = await openEnd(fileUrl(to), false)
  try {
    await migratedAs(target.backend, source.backend)
    return await source.backend.transaction(async (session) => {
      for (const statement of engine.moving.snapshot) await session.run(statement)
      const moment = await clockOf(session, engine)
      const reading: Reading = { engine, run: (statement) => session.run(statement) }
      const { backend } = target
      const writing: Writing = {
        engine: backend.engine, write: (statements) => backend.atomic(statements),
      }
      await copied(reading, writing, { ...parts, tables })
      parts.watch.onEvent?.({ type: 'phase', phase: 'digest' })
      const content = await digested({ reading, tables, keys: parts.keys }, parts.watch)
      const notes = others.map((table) => `The table ${table} is none of Holdfast’s.`)
      return { moment, tables: content, notes: [...notes, ...await notesOnKeys(reading, tables)] }
    })
  } finally {
    await target.backend.close()
  }
}

/** Which root keys open what is sealed in it. */
async function notesOnKeys(
  reading: Reading, tables: readonly MovedTable[],
): Promise<string[]> {
  if (tables.every(({ name }) => name !== 'root_keys')) return []
  const rows = await rowsOn(reading,
    `select kid from root_keys where state <> 'retired' order by version`)
  if (rows.length === 0) return []
  const kids = rows.map(({ kid }) => String(kid)).join(', ')
  return [`Secrets stay sealed: they open under the root key ${kids}, which is not in it.`]
}

/** The database's clock; asking it is the first look at the state, and it is read before that. */
async function clockOf(session: Session, engine: Engine): Promise<string> {
  const { sql: text } = sql`select ${engine.now()} as moment`.compile(statementBuilder(engine))
  const [row] = await rowsOn(session,
    `select ${engine.moving.read('instant', 'moment')} as moment from (${text}) as clock`)
  return String(row!.moment)
}

/** Makes the schema that another database has, which may be older than this version. */
async function migratedAs(target: Backend, like: Backend): Promise<void> {
  const status = await new Migrator(like, { migrations }).status()
  const applied = new Set(status.filter(({ appliedAt }) => appliedAt !== null)
    .map(({ name }) => name))
  await new Migrator(target, {
    migrations: migrations.filter(({ name }) => applied.has(name)),
  }).up()
}

/** What whole tables are written on. */
export interface Writing {
  readonly engine: Engine
  /** All of them, in order. */
  write(statements: readonly Statement[]): Promise<unknown>
}

interface CopiedParts extends Pick<SnapshotParts, 'watch'> {
  readonly tables: readonly MovedTable[]
  /** See `Moving.walledTables`. */
  readonly walled?: ReadonlySet<string>
}

/** Copies every row, the next batch being read while the last one is written. */
export async function copied(
  from: Reading,
  to: Writing,
  { tables, watch, walled = new Set() }: CopiedParts,
): Promise<void> {
  const counts = await countsOf(from, tables)
  const add = rowMeter(watch, [...counts.values()].reduce((sum, rows) => sum + rows, 0))
  const readable = { session: from, moving: from.engine.moving }
  for (const table of tables) {
    for (let rows = await nextRows(readable, table, undefined); rows.length > 0;) {
      const statements = to.engine.moving.insert(table, rows, walled.has(table.name))
      const last = keyOf(table, rows.at(-1)!)
      const [next, wrote] = await Promise.allSettled([
        nextRows(readable, table, last), to.write(statements),
      ])
      if (wrote.status === 'rejected') throw wrote.reason
      if (next.status === 'rejected') throw next.reason
      add(table.name, rows.length)
      rows = next.value
    }
  }
}
