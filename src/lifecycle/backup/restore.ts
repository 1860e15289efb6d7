import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { addressOf } from '../../database/address.js'
import { Database } from '../../database/database.js'
import { isFilled, placeFile } from '../../database/database-file.js'
import { type Backend, type Session } from '../../database/engine.js'
import { Busy } from '../../database/failures.js'
import { type MovedTable, type Piece } from '../../database/moving.js'
import { Migrator } from '../../database/migrate.js'
import { migrations } from '../../database/migrations/index.js'
import { UuidV7Generator } from '../../ids.js'
import { ProcessRegistry } from '../../processes/index.js'
import { firstFilled } from '../transfer/copy.js'
import { type End, labelOf, openEnd, type Reading, runOn } from '../transfer/ends.js'
import { compareContent, digested } from './content.js'
import { type BackupParts, restoredInto, scratchOf, triedRestore } from './create.js'
import { BackupRefused, BackupTooNew, InvalidBackup } from './errors.js'
import { type BackupWatch, stopIfAsked } from './events.js'
import { type BackupKeys, keysOf } from './keys.js'
import { type BackupManifest, readManifest } from './manifest.js'
import { inWorkFolder } from './places.js'
import { copied, fileUrl, type Writing } from './snapshot.js'

/** What a restore did. */
export interface RestoreReport {
  readonly manifest: BackupManifest
  /** Where it is now. */
  readonly target: string
  readonly rows: number
}

interface Opened {
  readonly folder: string
  readonly manifest: BackupManifest
  readonly keys: BackupKeys | undefined
}

/** Reads manifest and keys of a backup. Throws what it is refused for. */
export async function openedBackup(
  folder: string, { provider }: Pick<BackupParts, 'provider'>,
): Promise<Opened> {
  const read = readManifest(folder)
  const keys = await keysOf(read, provider)
  const { schema, name } = read.manifest
  if (!migrations.some((migration) => migration.name === schema)) {
    throw new BackupTooNew(`The backup ${name} is of the schema ${schema}, which this version ` +
      'does not know; use the version that made it, or a newer one.')
  }
  return { folder, manifest: read.manifest, keys }
}

/** Restores a backup into a database. Nothing of it is touched before the backup is found right. */
export async function restoreBackup(
  folder: string,
  parts: BackupParts,
  { replace }: { readonly replace: boolean },
): Promise<RestoreReport> {
  const opened = await openedBackup(folder, parts)
  const { manifest } = opened
  const address = addressOf(parts.database)
  if (address.kind === 'process') {
    throw new BackupRefused('A database in memory ends with this process; name one that lasts.')
  }
  if (address.kind === 'file') await intoFile(realPath(address.path), opened, { parts, replace })
  else await intoServer(opened, { parts, replace })
  return { manifest, target: labelOf(parts.database), rows: manifest.rows }
}

/** Links behind each other, as the system follows them at most. */
const linksMax = 40

/** A link stays one: what it leads to is replaced, or made. */
function realPath(path: string, left = linksMax): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (!isLink || left === 0) return path
  return realPath(resolve(dirname(path), readlinkSync(path)), left - 1)
}

interface RestoreParts {
  readonly parts: BackupParts
  readonly replace: boolean
}

async function intoFile(
  path: string, opened: Opened, { parts, replace }: RestoreParts,
): Promise<void> {
  const { watch } = parts
  const there = statSync(path, { throwIfNoEntry: false })
  if (there !== undefined && !there.isFile()) {
    throw new BackupRefused(`${path} is no file, but a folder or a device; name another place.`)
  }
  if (isFilled(path) && !replace) throw notEmpty(path)
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // In the same folder, so that giving it its name is one step.
  await inWorkFolder(folder, async (work) => {
    const fresh = join(work, 'restored')
    if (opened.manifest.verified === null) {
      // A trial opens what it restores, and what gets the name must never have been open.
      await inWorkFolder(work, (scratch) =>
        triedRestore(opened.folder, opened.manifest, { ...parts, ...opened, scratch }))
    }
    await restoredInto(fresh, { ...opened, watch })
    stopIfAsked(watch)
    watch.onEvent?.({ type: 'phase', phase: 'place' })
    try {
      placeFile(fresh, path, { replacing: replace, movedTo: `${path}, restored` })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw notEmpty(path)
      if (!(cause instanceof Busy)) throw cause
      throw new BackupRefused(`Something uses the database ${path}: stop servers, workers and ` +
        'whatever else has it open, and restore again. It is as it was.', { cause })
    }
  })
}

const notEmpty = (place: string) =>
  new BackupRefused(`There is a database at ${place} already; name another place, or replace ` +
    'what is there: --replace')

/** Rows go into a server in one transaction, which compares them before it ends. */
async function intoServer(opened: Opened, { parts, replace }: RestoreParts): Promise<void> {
  await inWorkFolder(scratchOf(parts), async (work) => {
    const { watch, catalogue } = parts
    const path = join(work, 'restored')
    await restoredInto(path, { ...opened, watch })
    const source = await openEnd(fileUrl(path), true)
    try {
      const { keys } = opened
      // By what the manifest says, before an older schema is brought up to this one.
      const said = opened.manifest.tables
      if (opened.manifest.verified === null) {
        await compareContent({ reading: source.backend, said, catalogue, keys }, watch)
      }
      await new Migrator(source.backend, { migrations }).up()
      const target = await openEnd(parts.database, true)
      try {
        await readied(target, catalogue, replace)
        const { rows } = opened.manifest
        await loaded(source.backend, target.backend, { catalogue, watch, replace, rows })
      } finally {
        await target.backend.close()
      }
    } finally {
      await source.backend.close()
    }
  })
}

/** Throws BackupRefused for a target that may not be written to; makes the schema of a new one. */
async function readied(
  target: End, catalogue: readonly MovedTable[], replace: boolean,
): Promise<void> {
  const { backend, label } = target
  const { obstacles } = backend.engine.moving
  const [obstacle] = obstacles === undefined ? [] : (await backend.run(obstacles)).rows
  if (obstacle !== undefined) {
    throw new BackupRefused(`The target cannot be filled: ${String(obstacle.sentence)}. Name the ` +
      'login that owns its tables.')
  }
  const migrator = new Migrator(backend, { migrations })
  const status = await migrator.status()
  if (status.every(({ appliedAt }) => appliedAt === null)) {
    await migrator.up()
    return
  }
  await migrator.check()
  if (!replace && await firstFilled(backend, catalogue) !== undefined) throw notEmpty(label)
  const registry = new ProcessRegistry(Database.over(backend).within('all').as(), {
    ids: new UuidV7Generator({ clock: { now: () => Date.now() } }), coordination: '',
  })
  const living = await registry.list()
  if (living.length === 0) return
  const names = living.map(({ host, pid }) => `${host}:${pid}`).join(', ')
  throw new BackupRefused(`Servers work on this database (${names}): stop them, and restore ` +
    'again. It is as it was.')
}

/** From so many rows on, indexes are made after the load; for fewer that takes longer. */
const detachedFromRows = 100_000

async function loaded(
  source: Backend,
  target: Backend,
  { catalogue: tables, watch, replace, rows }: {
    readonly rows: number
    readonly catalogue: readonly MovedTable[]
    readonly watch: BackupWatch
    readonly replace: boolean
  },
): Promise<void> {
  watch.onEvent?.({ type: 'phase', phase: 'load' })
  const { engine } = target
  const { moving } = engine
  const walled = moving.walledTables === undefined ? []
    : (await target.run(moving.walledTables)).rows.map(({ name }) => String(name))
  await target.exclusive(async (session) => {
    if (replace) await emptied(session, tables)
    else if (await firstFilled(session, tables) !== undefined) throw notEmpty('the target')
    const isLong = rows > detachedFromRows
    const pieces = await detached(session, target, { tables, isLong })
    const reading: Reading & Writing = {
      engine,
      run: (statement) => session.run(statement),
      // One after the other: rows that are copied go alone.
      write: async (statements) => {
        for (const statement of statements) await runOn(session, statement)
      },
    }
    await copied(source, reading, { tables, watch, walled: new Set(walled) })
    for (const { create } of pieces) {
      stopIfAsked(watch)
      await runOn(session, { sql: create, parameters: [], reach: null })
    }
    watch.onEvent?.({ type: 'phase', phase: 'compare' })
    const said = await digested({ reading: source, tables, keys: undefined }, watch)
    await compareContent({ reading, said, catalogue: tables, keys: undefined }, watch)
    stopIfAsked(watch)
  })
  if (moving.analyze !== undefined) await target.run(moving.analyze)
}

/** Takes every row out, and what says how far rows of this database were looked at. */
async function emptied(session: Session, tables: readonly MovedTable[]): Promise<void> {
  const names = [...tables.map(({ name }) => name), 'processes']
  const list = names.map((name) => `"${name}"`).join(', ')
  try {
    await runOn(session, { sql: `truncate ${list}`, parameters: [], reach: null })
  } catch (cause) {
    const reason = (cause as Error).cause
    if (!(reason instanceof Error)) throw cause
    throw new BackupRefused('The rows of the target cannot be taken out ' +
      `(${reason.message}). It is as it was.`, { cause })
  }
  await runOn(session, {
    sql: `update search_horizon set of_organization_id = null, of_conversation_id = null,
      message_id = null`, parameters: [],
  })
}

/** Drops what is better, or only, made when all rows are there. */
async function detached(
  session: Session,
  { engine: { moving } }: Backend,
  { tables, isLong }: { readonly tables: readonly MovedTable[]; readonly isLong: boolean },
): Promise<Piece[]> {
  if (moving.pieces === undefined) return []
  const { rows } = await session.run({
    ...moving.pieces, parameters: [tables.map(({ name }) => name)],
  })
  const pieces = (rows as unknown as Piece[]).filter(({ late }) => isLong || late === 'yes')
  for (const { drop } of pieces.toReversed()) {
    await runOn(session, { sql: drop, parameters: [], reach: null })
  }
  return pieces
}

/** A backup by its name in the place, or by the path of its folder. Throws InvalidBackup. */
export function folderOf(nameOrPath: string, directory: string): string {
  const named = join(directory, nameOrPath)
  if (!nameOrPath.includes('/') && existsSync(named)) return named
  if (existsSync(nameOrPath)) return nameOrPath
  throw new InvalidBackup(`There is no backup ${nameOrPath} in ${directory}, and no folder of ` +
    'that name.')
}
