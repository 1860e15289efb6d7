import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes held in memory at most; what is longer goes to a file. */
const memoryBytesMax = 1024 * 1024

const readBytes = 256 * 1024

let named = 0

/**
 * Bytes that have all come, to be sent as often as it takes: in memory while they are few, else in
 * a file of the folder for temporary files, which has no name and so goes with the process.
 */
export class Spool {
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string
  readonly size: number
  readonly #file: FileHandle | undefined
  readonly #parts: readonly Uint8Array[]

  private constructor(parts: readonly Uint8Array[], file: FileHandle | undefined, of: Measured) {
    this.#parts = parts
    this.#file = file
    this.sha256 = of.sha256
    this.size = of.size
  }

  /** Takes all the bytes; rejects with what they throw, and what the file system does. */
  static async of(bytes: AsyncIterable<Uint8Array>): Promise<Spool> {
    const hash = createHash('sha256')
    let file: FileHandle | undefined
    let parts: Buffer[] = []
    let size = 0
    try {
      for await (const piece of bytes) {
        hash.update(piece)
        size += piece.length
        if (size > memoryBytesMax) {
          file ??= await nameless()
          for (const part of parts) await file.writeFile(part)
          parts = []
          await file.writeFile(piece)
        } else {
          // Whoever sent it may use it again.
          parts.push(Buffer.from(piece))
        }
      }
    } catch (error) {
      await file?.close()
      throw error
    }
    return new Spool(parts, file, { sha256: hash.digest('hex'), size })
  }

  /** The bytes from their beginning, each time it is called. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#parts
    if (this.#file === undefined) return
    for (let place = 0; place < this.size;) {
      const length = Math.min(readBytes, this.size - place)
      const { buffer, bytesRead } =
        await this.#file.read(Buffer.allocUnsafe(length), 0, length, place)
      if (bytesRead === 0) throw new Error('a temporary file is shorter than what was written')
      yield buffer.subarray(0, bytesRead)
      place += bytesRead
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}

interface Measured {
  readonly sha256: string
  readonly size: number
}

/** A file that only this handle knows. */
async function nameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `holdfast-${process.pid}-${Date.now()}-${(named += 1)}`)
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return file
}
