import { constants } from 'node:fs'
import { access, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InvalidConfiguration } from '../errors.js'
import { isUuid } from '../ids.js'
import { type BlobKey, type BlobStorage, type ByteRange } from './storage.js'

const readBytes = 256 * 1024

/**
 * Keeps each blob as a file of mode 0600. It is written beside its place, flushed, and moved there;
 * then its folder is flushed as well, so that a crash leaves all of it or nothing.
 */
export class DirectoryStorage implements BlobStorage {
  readonly name = 'directory'
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  /** Uses a folder, which is made when it is missing. Throws InvalidConfiguration. */
  static async open(root: string): Promise<DirectoryStorage> {
    try {
      await mkdir(root, { recursive: true, mode: 0o700 })
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw new InvalidConfiguration(`The folder ${root} for attachments cannot be used.`, {
        cause,
      })
    }
    return new DirectoryStorage(root)
  }

  async put(key: BlobKey, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(key)
    await this.#makeFolders(dirname(path))
    const unfinished = `${path}.part`
    try {
      const file = await open(unfinished, 'wx', 0o600)
      try {
        for await (const piece of bytes) await file.writeFile(piece)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
      await flushFolder(dirname(path))
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  async *read(key: BlobKey, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const file = await open(this.#pathOf(key), 'r')
    try {
      for (let place = start; place < end;) {
        const length = Math.min(readBytes, end - place)
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, place)
        if (bytesRead === 0) throw new Error(`blob ${key.id} ends before its end`)
        yield buffer.subarray(0, bytesRead)
        place += bytesRead
      }
    } finally {
      await file.close()
    }
  }

  /** What was being written when a process died goes with it. */
  async delete(key: BlobKey): Promise<void> {
    const path = this.#pathOf(key)
    await rm(path, { force: true })
    await rm(`${path}.part`, { force: true })
  }

  async exists(key: BlobKey): Promise<boolean> {
    return access(this.#pathOf(key)).then(() => true, () => false)
  }

  async check(): Promise<void> {
    await access(this.#root, constants.R_OK | constants.W_OK | constants.X_OK)
  }

  /** Spread over folders by the end of the id, which is random. */
  #pathOf({ organizationId, id }: BlobKey): string {
    if (!isUuid(organizationId) || !isUuid(id)) throw new Error('a blob is named by two UUIDs')
    const name = id.toLowerCase()
    return join(this.#root, organizationId.toLowerCase(), name.slice(-2), name)
  }

  async #makeFolders(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (made === undefined) return
    // Each new folder is an entry of the one above it.
    for (let each = folder; each !== dirname(made); each = dirname(each)) {
      await flushFolder(dirname(each))
    }
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
