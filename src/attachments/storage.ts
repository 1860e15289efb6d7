import { HoldfastError } from '../errors.js'
import { AttachmentUnavailable } from './errors.js'

/** Names a blob: ids made by this program, so that no path or key holds a name from outside. */
export interface BlobKey {
  readonly organizationId: string
  readonly id: string
}

/** A part of a blob, in bytes: from `start` to before `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Keeps blobs. Each key is written once. */
export interface BlobStorage {
  /** Stands in the row of each blob: never changes. */
  readonly name: string
  /**
   * For how long all bytes of a `put` that was rejected may still appear, in milliseconds: the
   * answer of a server was lost, but not the request. @default 0
   */
  readonly arrivingMs?: number
  /**
   * Keeps all the bytes, durably, or rejects; what it then leaves is nothing that `exists`. Bytes
   * are taken as they come: no more than a piece is held in memory.
   */
  put(key: BlobKey, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** The bytes of a part, in pieces. */
  read(key: BlobKey, range: ByteRange): AsyncIterable<Uint8Array>
  /** Takes the blob away; one that is not there is no error. */
  delete(key: BlobKey): Promise<void>
  exists(key: BlobKey): Promise<boolean>
  /** Rejects unless blobs can be kept here now. @default nothing is looked at */
  check?(): Promise<void>
}

/** What a storage answers; where it fails for reasons of its own, AttachmentUnavailable. */
export async function answered<T>({ name }: BlobStorage, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw unavailable(name, cause)
  }
}

/** The bytes that a storage reads, as `answered`. */
export async function* readFrom(
  storage: BlobStorage,
  key: BlobKey,
  range: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* storage.read(key, range)
  } catch (cause) {
    throw unavailable(storage.name, cause)
  }
}

function unavailable(name: string, cause: unknown): unknown {
  if (HoldfastError.isInstance(cause)) return cause
  return new AttachmentUnavailable(`The storage "${name}" of attachments failed.`, { cause })
}

/** Pieces of exactly so many bytes, the last one shorter; none for no bytes. */
export async function* pieces(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const each of bytes) {
    let taken = 0
    while (taken < each.length) {
      const part = each.subarray(taken, taken + size - filled)
      piece.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled < size) continue
      yield piece
      piece = Buffer.allocUnsafe(size)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
