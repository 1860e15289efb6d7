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
   * Keeps all the bytes, durably, or rejects; what it then leaves is nothing that `exists`. Bytes
   * are taken as they come: no more than a piece is held in memory.
   */
  put(key: BlobKey, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** The bytes of a part, in pieces. */
  read(key: BlobKey, range: ByteRange): AsyncIterable<Uint8Array>
  /** Takes the blob away; one that is not there is no error. */
  delete(key: BlobKey): Promise<void>
  exists(key: BlobKey): Promise<boolean>
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
