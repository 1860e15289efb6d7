import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Clock, nowOf } from '../../clock.js'
import { addressOf } from '../../database/address.js'
import { factsOfFile, settleFile } from '../../database/database-file.js'
import { migrations } from '../../database/migrations/index.js'
import { type MovedTable } from '../../database/moving.js'
import { type RootKeyProvider } from '../../secrets/index.js'
import { openEnd } from '../transfer/ends.js'
import { compareContent } from './content.js'
import { BackupMismatch, BackupTooNew } from './errors.js'
import { type BackupWatch, stopIfAsked } from './events.js'
import { hashed, packEncrypted, unpack } from './files.js'
import { type BackupKeys, newKeys } from './keys.js'
import {
  type BackupFile, type BackupManifest, type BackupVerification, writeManifest,
} from './manifest.js'
import { inWorkFolder, newName, publish } from './places.js'
import { fileUrl, snapshotInto } from './snapshot.js'

/** What backups are made of and with. */
export interface BackupParts {
  readonly database: string
  readonly directory: string
  readonly scratch: string | undefined
  readonly provider: RootKeyProvider | undefined
  readonly catalogue: readonly MovedTable[]
  readonly clock: Clock
  readonly watch: BackupWatch
}

const plainName = 'database.file'

/**
 * Where plain bytes may lie for a while: beside a database in a file, which are the same bytes, or
 * where this machine keeps what passes; never where encrypted backups are.
 */
export function scratchOf(parts: Pick<BackupParts, 'database' | 'scratch'>): string {
  const { database, scratch } = parts
  if (scratch !== undefined) return scratch
  const address = addressOf(database)
  return address.kind === 'file' ? dirname(address.path) : tmpdir()
}

/** Makes a backup, tries a restore of it, and gives it its name. */
export async function createBackup(
  parts: BackupParts,
  { encrypt, verify }: { readonly encrypt: boolean; readonly verify: boolean },
): Promise<{ readonly path: string; readonly manifest: BackupManifest }> {
  const { directory, clock, watch } = parts
  const name = newName(clock.now())
  const { keys, encryption } = encrypt ? await newKeys(parts.provider, name)
    : { keys: undefined, encryption: null }
  const made = await inWorkFolder(directory, (folder) =>
    inWorkFolder(scratchOf(parts), async (scratch) => {
      const content = join(folder, 'backup')
      mkdirSync(content, { mode: 0o700 })
      const plain = join(keys === undefined ? content : scratch, plainName)
      const { tables, notes, ...taken } = await snapshotInto(plain, { ...parts, keys })
      settleFile(plain)
      stopIfAsked(watch)
      watch.onEvent?.({ type: 'phase', phase: 'pack' })
      const file = await packed(plain, content, { keys, watch })
      const unverified: BackupManifest = {
        format: 'holdfast.backup', version: 1, name, ...taken, created_at: nowOf(clock),
        files: [file], rows: tables.reduce((sum, { rows }) => sum + rows, 0), tables, encryption,
        verified: null, notes: [...notes, ...standingNotes],
      }
      const verified = verify
        ? await triedRestore(content, unverified, { ...parts, keys, scratch }) : null
      const manifest = { ...unverified, verified }
      await writeManifest(content, manifest, keys?.seal)
      stopIfAsked(watch)
      return { path: publish(content, directory, name), manifest }
    }))
  return made
}

const standingNotes = [
  'Bytes of attachments that are kept outside the database are not in it.',
]

async function packed(
  plain: string,
  folder: string,
  { keys, watch }: { readonly keys: BackupKeys | undefined; readonly watch: BackupWatch },
): Promise<BackupFile> {
  if (keys === undefined) return { file: plainName, ...(await hashed(plain, watch)) }
  const file = `${plainName}.encrypted`
  const how = { from: plain, to: join(folder, file), name: file }
  const written = await packEncrypted(how, keys, watch)
  rmSync(plain)
  return { file, ...written }
}

/** What a trial takes. */
export interface Trial extends Pick<BackupParts, 'catalogue' | 'clock' | 'watch'> {
  readonly keys: BackupKeys | undefined
  /** A folder for what is restored. */
  readonly scratch: string
}

/**
 * Restores a backup into a file beside, and compares every row by content. Throws InvalidBackup,
 * BackupMismatch, MigrationUnknown.
 */
export async function triedRestore(
  folder: string, manifest: BackupManifest, trial: Trial,
): Promise<BackupVerification> {
  const { catalogue, clock, watch, keys } = trial
  const restored = join(trial.scratch, 'restored')
  await restoredInto(restored, { folder, manifest, keys, watch })
  watch.onEvent?.({ type: 'phase', phase: 'compare' })
  const { backend } = await openEnd(fileUrl(restored), true)
  try {
    const onlyCounted = await compareContent(
      { reading: backend, said: manifest.tables, catalogue, keys }, watch)
    return {
      at: nowOf(clock), rows: manifest.rows,
      not_tried: [
        ...onlyCounted.map((table) => `The rows of ${table} were counted, not compared: this ` +
          'version has other columns.'),
        ...(manifest.place === 'file' ? []
          : ['It was restored into a file, not into a server.']),
      ],
    }
  } finally {
    await backend.close()
  }
}

/** Writes the database of a backup into a new file and looks whether it is sound. */
export async function restoredInto(
  path: string,
  { folder, manifest, keys, watch }: {
    readonly folder: string
    readonly manifest: BackupManifest
    readonly keys: BackupKeys | undefined
    readonly watch: BackupWatch
  },
): Promise<void> {
  watch.onEvent?.({ type: 'phase', phase: 'unpack' })
  const [file] = manifest.files
  await unpack({ from: join(folder, file!.file), to: path, file: file!, keys }, watch)
  const { faults: [fault], migrations: applied } = factsOfFile(path)
  if (fault !== undefined) throw new BackupMismatch(`The restored database is damaged: ${fault}`)
  const unknown = applied.filter((each) => !migrations.some(({ name }) => name === each))
  if (unknown.length > 0) {
    throw new BackupTooNew(`The restored database has migrations that this version does not know ` +
      `(${unknown.join(', ')}); use the version that made it, or a newer one.`)
  }
  const schema = [...applied].sort().at(-1)
  if (schema === manifest.schema) return
  throw new BackupMismatch(`The restored database is of the schema ${schema}, and the manifest ` +
    `says ${manifest.schema}.`)
}

