import { createHash, createHmac } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../database/database-file.js'
import { BackupTooNew, InvalidBackup } from './errors.js'

/** A file of a backup, as it lies there. */
export interface BackupFile {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** The rows of one table. */
export interface BackupTable {
  readonly table: string
  /** What the digest is over. */
  readonly columns: readonly string[]
  readonly rows: number
  /** A hash of all of them by content; under a key of the backup where it is encrypted. */
  readonly digest: string
}

/** How a backup is encrypted. */
export interface BackupEncryption {
  readonly cipher: string
  /** The name of the key that the backup's own is under. */
  readonly kid: string
  /** The backup's own key, wrapped by that one. */
  readonly key: string
}

/** What a trial restore has shown. */
export interface BackupVerification {
  readonly at: string
  readonly rows: number
  /** What was not tried, as sentences. */
  readonly not_tried: readonly string[]
}

/** What stands in `manifest.json`. */
export interface BackupManifest {
  readonly format: 'holdfast.backup'
  readonly version: 1
  readonly name: string
  /** What kind of database it is of, and where that was. */
  readonly engine: string
  readonly place: 'file' | 'server'
  readonly source: string
  /** The newest migration of that database. */
  readonly schema: string
  readonly created_at: string
  /** Everything acknowledged until then is in it. */
  readonly moment: string
  readonly files: readonly BackupFile[]
  readonly rows: number
  readonly tables: readonly BackupTable[]
  readonly encryption: BackupEncryption | null
  /** Null until it was restored and compared. */
  readonly verified: BackupVerification | null
  readonly notes: readonly string[]
}

export const manifestName = 'manifest.json'

/** The text of a manifest: with a hash of all else in it, and a seal where there is a key. */
export function manifestText(manifest: BackupManifest, sealKey: Uint8Array | undefined): string {
  const seal = sealKey === undefined ? {} : { seal: sealOf(manifest, sealKey) }
  return textWith(manifest, seal)
}

function textWith(manifest: BackupManifest, seal: { readonly seal?: string }): string {
  const sha256 = createHash('sha256').update(JSON.stringify({ ...manifest, ...seal })).digest('hex')
  return `${JSON.stringify({ ...manifest, ...seal, sha256 }, null, 2)}\n`
}

const sealOf = (manifest: BackupManifest, key: Uint8Array): string =>
  createHmac('sha256', key).update(JSON.stringify(manifest)).digest('hex')

/** A manifest as it was read; `isSealedWith` tells whether who wrote it had the key. */
export interface ReadManifest {
  readonly manifest: BackupManifest
  isSealedWith(key: Uint8Array): boolean
}

/** Reads a manifest, to the last byte as it was written. Throws InvalidBackup, BackupTooNew. */
export function readManifest(folder: string): ReadManifest {
  const path = join(folder, manifestName)
  if (!existsSync(path)) throw new InvalidBackup(`There is no ${manifestName} in ${folder}.`)
  const text = readFileSync(path, 'utf8')
  const given = parsed(text)
  if (given.format !== 'holdfast.backup') {
    throw new InvalidBackup(`${path} is no manifest of a backup.`)
  }
  const { sha256: _sha256, seal, ...rest } = given
  const manifest = rest as unknown as BackupManifest
  if (text !== textWith(manifest, seal === undefined ? {} : { seal: seal as string })) {
    throw new InvalidBackup(`${path} was changed or cut off: its sha256 is of another text.`)
  }
  if (manifest.version !== 1) {
    throw new BackupTooNew(`The backup is in format ${String(given.version)}, and this version ` +
      'reads 1; use the one that made it, or a newer one.')
  }
  checkNames(manifest)
  return { manifest, isSealedWith: (key) => seal === sealOf(manifest, key) }
}

/** Whoever wrote a manifest that is not sealed may have written anything: names become paths. */
function checkNames({ files, tables }: BackupManifest): void {
  const isSound = files.length === 1 &&
    files.every(({ file }) => /^[a-z]+(\.[a-z]+)*$/.test(file)) &&
    tables.every(({ table }) => /^[a-z][a-z0-9_]*$/.test(table))
  if (isSound) return
  throw new InvalidBackup(`${manifestName} names what no backup has.`)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw new InvalidBackup(`${manifestName} was changed or cut off: it is no JSON.`, { cause })
  }
  throw new InvalidBackup(`${manifestName} is no object.`)
}

/** Writes a manifest: the one before, or this one, is there at each moment. */
export async function writeManifest(
  folder: string, manifest: BackupManifest, sealKey: Uint8Array | undefined,
): Promise<void> {
  const draft = join(folder, `${manifestName}.${process.pid}.new`)
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(manifestText(manifest, sealKey))
    await file.sync()
  } finally {
    await file.close()
  }
  renameSync(draft, join(folder, manifestName))
  syncFolder(folder)
}
