import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import { DatabaseStorage } from './database-storage.js'
import { AttachmentUnavailable } from './errors.js'
import { attachmentBytesMaxDefault } from './rules.js'
import { type BlobKey, type BlobStorage } from './storage.js'
import {
  attachmentBlobs, attachmentContents, attachments, type AttachmentTables,
} from './tables.js'

/** How attachments are kept. */
export interface AttachmentOptions {
  /** Bytes of an attachment at most. @default 26214400 (25 MiB) */
  readonly bytesMax?: number | undefined
  /** How long an attachment may be unfinished. @default 86400 (a day) */
  readonly pendingSeconds?: number | undefined
  /** Where new bytes go; those in the database stay readable. @default the database */
  readonly storage?: BlobStorage | undefined
}

/** Parts that attachments take from outside. */
export interface AttachmentSource {
  readonly clock: Clock
  readonly ids: IdGenerator
}

/** A blob and where it is. */
export interface PlacedBlob extends BlobKey {
  readonly storage: string
}

const columns = attachmentBlobs.columns
const contentColumns = attachmentContents.columns

type On = Database<AttachmentTables>

/** What the attachments of all organizations share: storages, limits, and the sweep. */
export class AttachmentWorks {
  /** Sees every organization. */
  readonly database: On
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly bytesMax: number
  readonly pendingMs: number
  /** Where new bytes go. */
  readonly storage: BlobStorage
  readonly #storages: ReadonlyMap<string, BlobStorage>
  readonly #discarding = new Set<Promise<void>>()

  constructor(database: On, source: AttachmentSource, options: AttachmentOptions = {}) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.bytesMax = options.bytesMax ?? attachmentBytesMaxDefault
    this.pendingMs = (options.pendingSeconds ?? 86_400) * 1_000
    const own = new DatabaseStorage(database)
    this.storage = options.storage ?? own
    this.#storages = new Map([own, this.storage].map((each) => [each.name, each]))
  }

  /** The storage that a blob is in. Throws AttachmentUnavailable. */
  storageOf({ storage }: Pick<PlacedBlob, 'storage'>): BlobStorage {
    const found = this.#storages.get(storage)
    if (found !== undefined) return found
    throw new AttachmentUnavailable(`The storage "${storage}" is not configured here.`)
  }

  /** Takes doomed bytes away once the transaction is over; what fails is left to the sweep. */
  discard(database: On, blob: PlacedBlob): void {
    database.afterCommit(() => this.#background(this.#remove(blob)))
  }

  /** Dooms a blob in the transaction that let go of it. */
  async doom(database: On, blob: BlobKey): Promise<void> {
    const stored = await database.first(database.write
      .updateTable('attachment_blobs')
      .set({ state: columns.state.encode('doomed') })
      .where((where) => where.and(keyOf(blob)))
      .returning('storage'))
    if (stored !== undefined) {
      this.discard(database, { ...blob, storage: columns.storage.decode(stored.storage) })
    }
  }

  /** Lets go of a content that no attachment has any more; one that has it again keeps it. */
  async release(database: On, organizationId: string, sha256: string): Promise<void> {
    const key = {
      organization_id: contentColumns.organizationId.encode(organizationId, 'organization_id'),
      sha256: contentColumns.sha256.encode(sha256, 'sha256'),
    }
    // Locked first: who completes with the same bytes at this time has done so, or waits.
    await database.run(database.write.updateTable('attachment_contents')
      .set((expression) => ({ size: expression.ref('size') }))
      .where((where) => where.and(key)))
    const deleted = await database.first(database.write.deleteFrom('attachment_contents')
      .where((where) => where.and(key))
      .where(({ not, exists, selectFrom }) => not(exists(
        selectFrom('attachments').select('id')
          .where('attachments.organization_id', '=', key.organization_id)
          .where('attachments.sha256', '=', key.sha256))))
      .returning('blob_id'))
    if (deleted === undefined) return
    await this.doom(database, { organizationId, id: contentColumns.blobId.decode(deleted.blob_id) })
  }

  /**
   * Takes away what is over, in all organizations: unfinished attachments that have expired,
   * contents without attachments, staged and doomed blobs; at most `limit` of each. How many.
   */
  async sweep(limit = 100): Promise<number> {
    const expired = await this.#sweepExpired(limit)
    const released = await this.#sweepContents(limit)
    return expired + released + await this.#sweepBlobs(limit)
  }

  /** Once the transaction is over, lets go of contents whose attachments went with it. */
  releaseUnused(database: On, organizationId: string): void {
    database.afterCommit(() => this.#background(this.#sweepContents(100, organizationId)))
  }

  /** Resolves when all that was being discarded is gone. */
  async idle(): Promise<void> {
    while (this.#discarding.size > 0) await Promise.all(this.#discarding)
  }

  /** What fails is left to the sweep. */
  #background(work: Promise<unknown>): void {
    const settled: Promise<void> = work.then(() => undefined, () => undefined)
      .finally(() => this.#discarding.delete(settled))
    this.#discarding.add(settled)
  }

  async #sweepExpired(limit: number): Promise<number> {
    const now = attachments.columns.expiresAt.encode(instantOf(this.clock.now()))
    return this.database.run(this.database.write.deleteFrom('attachments')
      .where('state', '=', attachments.columns.state.encode('pending'))
      .where(({ eb, refTuple, selectFrom }) => eb(refTuple('organization_id', 'id'), 'in',
        selectFrom('attachments').select(['organization_id', 'id'])
          .where('expires_at', '<', now).limit(limit).$asTuple('organization_id', 'id'))))
  }

  /** Those whose attachments went with a conversation, or with an organization's user. */
  async #sweepContents(limit: number, organizationId?: string): Promise<number> {
    const reach = organizationId === undefined ? 'all' : [organizationId]
    let query = this.database.write.selectFrom('attachment_contents as c')
      .select(['c.organization_id', 'c.sha256'])
      .where(({ not, exists, selectFrom }) => not(exists(selectFrom('attachments as a')
        .select('a.id')
        .whereRef('a.organization_id', '=', 'c.organization_id')
        .whereRef('a.sha256', '=', 'c.sha256'))))
      .limit(limit)
    if (organizationId !== undefined) {
      const encoded = contentColumns.organizationId.encode(organizationId)
      query = query.where('c.organization_id', '=', encoded)
    }
    const rows = await this.database.within(reach).all(query)
    for (const row of rows) {
      const id = contentColumns.organizationId.decode(row.organization_id)
      await this.database.within([id]).transaction((transaction) =>
        this.release(transaction, id, contentColumns.sha256.decode(row.sha256)))
    }
    return rows.length
  }

  /** A staged one may still be on its way for as long as an attachment may be unfinished. */
  async #sweepBlobs(limit: number): Promise<number> {
    const before = columns.createdAt.encode(instantOf(this.clock.now() - this.pendingMs))
    const rows = await this.database.all(this.database.write.selectFrom('attachment_blobs as b')
      .select(['b.organization_id', 'b.id', 'b.storage'])
      .where(({ eb, or, and, not, exists, selectFrom }) => or([
        eb('b.state', '=', columns.state.encode('doomed')),
        and([
          eb('b.state', '=', columns.state.encode('staged')), eb('b.created_at', '<', before),
          not(exists(selectFrom('attachments as a').select('a.id')
            .whereRef('a.organization_id', '=', 'b.organization_id')
            .whereRef('a.blob_id', '=', 'b.id'))),
        ]),
      ]))
      .where('b.state', '<>', columns.state.encode('kept'))
      .orderBy('b.created_at').limit(limit))
    let removed = 0
    for (const row of rows) {
      const blob = {
        organizationId: columns.organizationId.decode(row.organization_id),
        id: columns.id.decode(row.id), storage: columns.storage.decode(row.storage),
      }
      if (!this.#storages.has(blob.storage)) continue
      await this.#remove(blob)
      removed += 1
    }
    return removed
  }

  /** Bytes first: a crash in between leaves a row that says what to do. */
  async #remove(blob: PlacedBlob): Promise<void> {
    const database = this.database.within([blob.organizationId])
    // From here on no attachment can be completed with it.
    const doomed = await database.run(database.write.updateTable('attachment_blobs')
      .set({ state: columns.state.encode('doomed') })
      .where((where) => where.and(keyOf(blob)))
      .where('state', '<>', columns.state.encode('kept')))
    if (doomed === 0) return
    await this.storageOf(blob).delete(blob)
    await database.run(database.write.deleteFrom('attachment_blobs')
      .where((where) => where.and(keyOf(blob))))
  }
}

/** A blob's key in stored form. */
export function keyOf({ organizationId, id }: BlobKey) {
  return {
    organization_id: columns.organizationId.encode(organizationId, 'organization_id'),
    id: columns.id.encode(id, 'blob_id') as Stored<'id'>,
  }
}
