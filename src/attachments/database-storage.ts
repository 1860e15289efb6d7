import { type Database } from '../database/database.js'
import { type BlobKey, type BlobStorage, type ByteRange, pieces } from './storage.js'
import { attachmentChunks, type AttachmentTables } from './tables.js'

/** Bytes of a chunk; all but the last have as many. */
export const chunkBytes = 256 * 1024

const { columns } = attachmentChunks

/** Keeps blobs as rows of chunks, which go with the row of their blob. */
export class DatabaseStorage implements BlobStorage {
  readonly name = 'database'
  readonly #database: Database<AttachmentTables>

  constructor(database: Database<AttachmentTables>) {
    this.#database = database
  }

  async put(key: BlobKey, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const database = this.#within(key)
    let number = 0
    const insert = async (piece: Uint8Array) => {
      await database.run(database.write.insertInto('attachment_chunks').values({
        ...keyOf(key),
        number: columns.number.encode(number),
        bytes: columns.bytes.encode(piece, 'bytes'),
      }))
      number += 1
    }
    for await (const piece of pieces(bytes, chunkBytes)) await insert(piece)
    // What has no bytes is there, too.
    if (number === 0) await insert(new Uint8Array())
  }

  async *read(key: BlobKey, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const database = this.#within(key)
    for (let number = Math.floor(start / chunkBytes); number * chunkBytes < end; number++) {
      const query = database.write.selectFrom('attachment_chunks').select('bytes')
        .where((where) => where.and(keyOf(key)))
        .where('number', '=', columns.number.encode(number))
      const stored = await database.first(query)
      if (stored === undefined) throw new Error(`chunk ${number} of blob ${key.id} is missing`)
      const from = number * chunkBytes
      const piece = columns.bytes.decode(stored.bytes)
      yield piece.subarray(Math.max(0, start - from), Math.min(piece.length, end - from))
    }
  }

  async delete(key: BlobKey): Promise<void> {
    const database = this.#within(key)
    await database.run(database.write
      .deleteFrom('attachment_chunks').where((where) => where.and(keyOf(key))))
  }

  async exists(key: BlobKey): Promise<boolean> {
    const database = this.#within(key)
    const query = database.write.selectFrom('attachment_chunks').select('number')
      .where((where) => where.and(keyOf(key))).limit(1)
    return (await database.first(query)) !== undefined
  }

  #within({ organizationId }: BlobKey): Database<AttachmentTables> {
    return this.#database.within([organizationId])
  }
}

function keyOf({ organizationId, id }: BlobKey) {
  return {
    organization_id: columns.organizationId.encode(organizationId, 'organization_id'),
    blob_id: columns.blobId.encode(id, 'blob_id'),
  }
}
