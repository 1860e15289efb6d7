import { createHash } from 'node:crypto'
import { type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { InvalidArchive } from './errors.js'
import { manifestName } from './names.js'
import { type ArchiveSource } from './source.js'

/** What an archive holds. */
export type ArchiveScope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'organization'; readonly organization_id: string }
  | { readonly kind: 'conversation'; readonly organization_id: string
    readonly conversation_id: string }

/** A file of an archive. */
export interface ArchiveFile {
  /** The table it is of, or `conversation`. */
  readonly name: string
  readonly file: string
  readonly rows: number
  readonly sha256: string
}

/** What stands in `manifest.json`. */
export interface ArchiveManifest {
  readonly format: 'holdfast.archive'
  readonly version: 1
  /** The newest migration of the database it is of. */
  readonly schema: string
  readonly scope: ArchiveScope
  readonly created_at: string
  readonly files: readonly ArchiveFile[]
  readonly notes: readonly string[]
}

/** The text of a manifest: with the hash of all else in it. */
export function manifestText(manifest: ArchiveManifest): string {
  const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
  return `${JSON.stringify({ ...manifest, sha256 }, null, 2)}\n`
}

/** Reads the manifest, and holds every file to it. Throws InvalidArchive. */
export async function verifiedManifest(
  source: ArchiveSource, schema: string, signal?: AbortSignal,
): Promise<ArchiveManifest> {
  const manifest = await readManifest(source)
  if (manifest.schema !== schema) {
    throw new InvalidArchive(`the archive is of the schema ${manifest.schema}, and the database ` +
      `of ${schema}: import it with the version that wrote it, then migrate`)
  }
  for (const file of manifest.files) {
    signal?.throwIfAborted()
    await verifyFile(source, file)
  }
  return manifest
}

async function readManifest(source: ArchiveSource): Promise<ArchiveManifest> {
  const file = source.open(manifestName)
  if (file === undefined) throw new InvalidArchive(`there is no ${manifestName} in ${source.path}`)
  const read = await text(file)
  let given: Record<string, unknown> | null
  try {
    given = JSON.parse(read) as typeof given
  } catch (cause) {
    throw new InvalidArchive(`${manifestName} is no JSON`, { cause })
  }
  const { sha256, ...manifest } = given ?? {}
  if (manifest.format !== 'holdfast.archive' || manifest.version !== 1) {
    throw new InvalidArchive('the archive is of another version: this one reads version 1')
  }
  if (sha256 !== createHash('sha256').update(JSON.stringify(manifest)).digest('hex')) {
    throw new InvalidArchive(`${manifestName} was changed: its sha256 is of another text`)
  }
  return manifest as unknown as ArchiveManifest
}

async function verifyFile(
  source: ArchiveSource, { file, rows, sha256 }: ArchiveFile,
): Promise<void> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const piece of openFile(source, file) as AsyncIterable<Buffer>) {
    hash.update(piece)
    for (const byte of piece) if (byte === 10) lines += 1
  }
  if (hash.digest('hex') !== sha256) {
    throw new InvalidArchive(`${file} was changed or cut off: its sha256 is not the manifest's`)
  }
  if (lines !== rows) {
    throw new InvalidArchive(`${file} has ${lines} lines, and the manifest says ${rows}`)
  }
}

/** The bytes of a file that the manifest names. Throws InvalidArchive. */
export function openFile(source: ArchiveSource, name: string): Readable {
  const file = /^[a-z_]+\.jsonl$/.test(name) ? source.open(name) : undefined
  if (file === undefined) throw new InvalidArchive(`the file ${name} is missing`)
  return file
}
