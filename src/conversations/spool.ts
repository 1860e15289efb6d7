import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes kept in memory; what is longer goes to a file. */
export const spoolMemoryMax = 1024 * 1024

const readBytes = 256 * 1024

/**
 * Keeps bytes until all of them are there, then gives them back as often as asked. The file has no
 * name while it is used: it ends with the process, however that ends.
 */
export class Spool {
  #kept: Uint8Array[] = []
  #length = 0
  #file: FileHandle | undefined
  /** Set where an open file cannot lose its name. */
  #path: string | undefined

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length
    if (this.#file === undefined) {
      // The sender may use its bytes again.
      this.#kept.push(Buffer.from(bytes))
      if (this.#length <= spoolMemoryMax) return
      this.#file = await this.#open()
      const kept = Buffer.concat(this.#kept)
      this.#kept = []
      return this.#append(kept)
    }
    return this.#append(bytes)
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#kept
    if (this.#file === undefined) return
    for (let at = 0; at < this.#length;) {
      const buffer = Buffer.allocUnsafe(readBytes)
      const { bytesRead } = await this.#file.read(buffer, 0, readBytes, at)
      if (bytesRead === 0) throw new Error('The spool is shorter than what was written to it.')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  /** Forgets everything. */
  async close(): Promise<void> {
    this.#kept = []
    await this.#file?.close()
    if (this.#path !== undefined) await rm(this.#path, { force: true })
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file!.write(bytes, done)
      done += bytesWritten
    }
  }

  async #open(): Promise<FileHandle> {
    const path = join(tmpdir(), `holdfast-import-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await rm(path).catch(() => {
      this.#path = path
    })
    return file
  }
}
