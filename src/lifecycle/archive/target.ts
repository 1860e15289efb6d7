import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Header, type HeaderData } from 'tar'
import { type Clock } from '../../clock.js'
import { namingFile } from '../../database/database-file.js'
import { InvalidInput } from '../../errors.js'
import { blockSize } from './tar-places.js'

/** The lines of a file of an archive, each with its line feed. */
export type Lines = AsyncIterable<string> | Iterable<string>

/** What was written of a file. */
export interface WrittenFile {
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** An archive that is being written, one file after the other. */
export interface ArchiveTarget {
  write(name: string, lines: Lines, signal?: AbortSignal): Promise<WrittenFile>
  /** Ends it: its bytes are on disk. */
  finish(): Promise<void>
  /** Leaves nothing of it. */
  discard(): Promise<void>
}

/** Characters that are written at once. */
const pieceLength = 65_536

/**
 * Begins an archive at a path: one file in the tar format where that ends in `.tar`, else a
 * directory, which may be there when it is empty. Throws InvalidInput.
 */
export async function targetAt(path: string, clock: Clock): Promise<ArchiveTarget> {
  if (path.endsWith('.tar')) return TarTarget.begin(path, clock)
  const isThere = existsSync(path)
  if (isThere && readdirSync(path).length > 0) {
    throw new InvalidInput(`${path} is not empty`, { field: 'path' })
  }
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return new DirectoryTarget(path, isThere)
}

class DirectoryTarget implements ArchiveTarget {
  readonly #path: string
  readonly #isThere: boolean
  readonly #written: string[] = []

  constructor(path: string, isThere: boolean) {
    this.#path = path
    this.#isThere = isThere
  }

  async write(name: string, lines: Lines, signal?: AbortSignal): Promise<WrittenFile> {
    const path = join(this.#path, name)
    this.#written.push(path)
    const handle = await open(path, 'w', 0o600)
    try {
      const written = await writeLines({ handle, path, signal }, lines)
      if (written.bytes > 0) await namingFile(path, () => handle.sync())
      return written
    } finally {
      await handle.close()
    }
  }

  async finish(): Promise<void> {}

  async discard(): Promise<void> {
    for (const path of this.#written) rmSync(path, { force: true })
    if (!this.#isThere && readdirSync(this.#path).length === 0) rmdirSync(this.#path)
  }
}

type HeaderOf = (file: HeaderData) => Header

/**
 * A tar that is written straight to its place: the header of a file says its size and stands before
 * it, so room is left for it, and it is written once the size is known. What is cut off has no
 * manifest, which comes last.
 */
class TarTarget implements ArchiveTarget {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #headerOf: HeaderOf
  #position = 0

  private constructor(path: string, handle: FileHandle, headerOf: HeaderOf) {
    this.#path = path
    this.#handle = handle
    this.#headerOf = headerOf
  }

  static async begin(path: string, clock: Clock): Promise<TarTarget> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const { Header } = await import('tar')
    const mtime = new Date(clock.now())
    try {
      return new TarTarget(path, await open(path, 'wx', 0o600), (file) =>
        new Header({ type: 'File', mode: 0o600, uid: 0, gid: 0, mtime, ...file }))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      throw new InvalidInput(`${path} is there already`, { field: 'path', cause: error })
    }
  }

  async write(name: string, lines: Lines, signal?: AbortSignal): Promise<WrittenFile> {
    const at = this.#position
    await this.#append(Buffer.alloc(blockSize))
    const [handle, path] = [this.#handle, this.#path]
    const written = await writeLines({ handle, path, signal }, lines)
    this.#position += written.bytes
    await this.#append(Buffer.alloc(-written.bytes & (blockSize - 1)))
    const header = Buffer.alloc(blockSize)
    this.#headerOf({ path: name, size: written.bytes }).encode(header, 0)
    await namingFile(path, () => handle.write(header, 0, blockSize, at))
    return written
  }

  async finish(): Promise<void> {
    // Two blocks of zeros are the end of a tar.
    await this.#append(Buffer.alloc(2 * blockSize))
    await namingFile(this.#path, () => this.#handle.sync())
    await this.#handle.close()
  }

  async discard(): Promise<void> {
    await this.#handle.close()
    rmSync(this.#path, { force: true })
  }

  async #append(bytes: Buffer): Promise<void> {
    await namingFile(this.#path, () => this.#handle.appendFile(bytes))
    this.#position += bytes.length
  }
}

interface Writing {
  readonly handle: FileHandle
  readonly path: string
  readonly signal: AbortSignal | undefined
}

/** Writes where the handle stands. */
async function writeLines({ handle, path, signal }: Writing, lines: Lines): Promise<WrittenFile> {
  const hash = createHash('sha256')
  let [rows, bytes, pending] = [0, 0, '']
  const flush = async () => {
    const piece = Buffer.from(pending)
    pending = ''
    hash.update(piece)
    bytes += piece.length
    await namingFile(path, () => handle.appendFile(piece))
  }
  for await (const line of lines) {
    signal?.throwIfAborted()
    rows += 1
    pending += line
    if (pending.length >= pieceLength) await flush()
  }
  await flush()
  return { rows, bytes, sha256: hash.digest('hex') }
}
