import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { namingFile } from '../../database/database-file.js'
import { decrypted, encrypted } from './cipher.js'
import { InvalidBackup } from './errors.js'
import { byteMeter, type BackupWatch } from './events.js'
import { type BackupKeys } from './keys.js'
import { type BackupFile } from './manifest.js'

/** Given to the disk at once; more would hold up those who wait for it. */
const syncEveryBytes = 8 * 1_048_576

async function* chunks(path: string): AsyncGenerator<Buffer, void, void> {
  const file = await open(path, 'r')
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(1_048_576))
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The size and the hash of a file. */
export async function hashed(path: string, watch: BackupWatch): Promise<Omit<BackupFile, 'file'>> {
  const { size: bytes } = statSync(path)
  const add = byteMeter(watch, bytes)
  const hash = createHash('sha256')
  for await (const chunk of chunks(path)) {
    hash.update(chunk)
    add(chunk.length)
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Encrypts one file into another. */
export async function packEncrypted(
  { from, to, name }: { readonly from: string; readonly to: string; readonly name: string },
  keys: BackupKeys,
  watch: BackupWatch,
): Promise<Omit<BackupFile, 'file'>> {
  const add = byteMeter(watch, statSync(from).size)
  const hash = createHash('sha256')
  let bytes = 0
  await written(to, (async function* () {
    for await (const chunk of encrypted(chunks(from), keys.files, name)) {
      hash.update(chunk)
      bytes += chunk.length
      add(chunk.length)
      yield chunk
    }
  })())
  return { bytes, sha256: hash.digest('hex') }
}

/** What a file is unpacked from and to. */
export interface Unpacking {
  readonly from: string
  readonly to: string
  readonly file: BackupFile
  readonly keys: BackupKeys | undefined
}

/**
 * Writes the plain bytes of a file of a backup, once its size is right, and holds them to hash and
 * tags on the way. Throws InvalidBackup; what was written then is of no use.
 */
export async function unpack({ from, to, file, keys }: Unpacking, watch: BackupWatch) {
  checkSize(from, file)
  const add = byteMeter(watch, file.bytes)
  const hash = createHash('sha256')
  const stored = (async function* () {
    for await (const chunk of chunks(from)) {
      hash.update(chunk)
      add(chunk.length)
      yield chunk
    }
  })()
  await written(to, keys === undefined ? stored : decrypted(stored, keys.files, file.file))
  if (hash.digest('hex') !== file.sha256) throw changed(file)
}

const changed = ({ file }: BackupFile) =>
  new InvalidBackup(`${file} was changed: its sha256 is not the manifest’s.`)

function checkSize(path: string, { file, bytes }: BackupFile): void {
  if (!existsSync(path)) throw new InvalidBackup(`${file} is missing.`)
  const { size } = statSync(path)
  if (size === bytes) return
  throw new InvalidBackup(`${file} is cut off or grew: it has ${size} bytes, and the manifest ` +
    `says ${bytes}.`)
}

async function written(to: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(to, 'wx', 0o600)
  try {
    let unsynced = 0
    for await (const chunk of bytes) {
      await namingFile(to, () => file.writeFile(chunk))
      unsynced += chunk.length
      if (unsynced < syncEveryBytes) continue
      await namingFile(to, () => file.datasync())
      unsynced = 0
    }
    await namingFile(to, () => file.sync())
  } finally {
    await file.close()
  }
}
