import { sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { HoldfastError } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { DatabaseStorage } from './database-storage.js'
import { AttachmentUnavailable } from './errors.js'
import { attachmentBytesMaxDefault } from './rules.js'
import { answered, type BlobKey, type BlobStorage } from './storage.js'
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
  /** Where bytes went before, which stay readable. @default none but the database */
  readonly olderStorages?: readonly BlobStorage[] | undefined
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

/** Where attachments may be bound. */
interface Place {
  readonly organizationId: string
  readonly conversationId: string
}

/** How a blob is doomed. */
interface Doom {
  /** How long its bytes may still be on their way. @default 0 */
  readonly arrivingMs?: number | undefined
  /** Whether it is the blob of a content, which nothing has any more. @default false */
  readonly isKept?: boolean | undefined
}

/** Contents looked at by one sweep. */
const contentsPage = 1_000

/** Blobs of one storage that may fail in one sweep. */
const faultsMax = 3

/** When the sweep tries a blob again that its storage did not take away. */
const retryMs = 60_000

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
  /** The content that the walk through all of them saw last. */
  #walked: readonly [Stored<'id'>, Stored<'text'>] | undefined

  constructor(database: On, source: AttachmentSource, options: AttachmentOptions = {}) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.bytesMax = options.bytesMax ?? attachmentBytesMaxDefault
    this.pendingMs = (options.pendingSeconds ?? 86_400) * 1_000
    const own = new DatabaseStorage(database)
    this.storage = options.storage ?? own
    const all = [own, ...options.olderStorages ?? [], this.storage]
    this.#storages = new Map(all.map((each) => [each.name, each]))
  }

  /** The storage that a blob is in. Throws AttachmentUnavailable. */
  storageOf({ storage }: Pick<PlacedBlob, 'storage'>): BlobStorage {
    const found = this.#storages.get(storage)
    if (found !== undefined) return found
    throw new AttachmentUnavailable(`The storage "${storage}" is not configured here.`)
  }

  /**
   * Dooms a blob in the transaction that let go of it, and takes its bytes away once that is over;
   * what fails then is left to the sweep. Bytes that may arrive yet are left to it at once. What
   * became the blob of a content since it was looked up stays: others may have that content.
   */
  async doom(
    database: On, blob: BlobKey, { arrivingMs = 0, isKept = false }: Doom = {},
  ): Promise<void> {
    let update = database.write
      .updateTable('attachment_blobs')
      .set({ state: columns.state.encode('doomed'), sweep_after: this.#in(arrivingMs) })
      .where((where) => where.and(keyOf(blob)))
    if (!isKept) update = update.where('state', '<>', columns.state.encode('kept'))
    const stored = await database.first(update.returning('storage'))
    if (stored === undefined || arrivingMs > 0) return
    const placed = { ...blob, storage: columns.storage.decode(stored.storage) }
    database.afterCommit(() => this.#background(this.#remove(placed)))
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
    const blob = { organizationId, id: contentColumns.blobId.decode(deleted.blob_id) }
    await this.doom(database, blob, { isKept: true })
  }

  /**
   * Looks up what a conversation has before it is deleted. What comes back is to be called after
   * that, in the same transaction if there is one: it takes the bytes away that nobody has now.
   */
  async ofConversation(database: On, place: Place): Promise<() => void> {
    const { organizationId, conversationId } = place
    const { write } = database
    const rows = await database.all(write.selectFrom('attachments').distinct()
      .select(['sha256', 'blob_id'])
      .where('organization_id', '=', attachments.columns.organizationId.encode(organizationId))
      .where('conversation_id', '=',
        attachments.columns.conversationId.encode(conversationId, 'conversation_id')))
    const letGo = async () => {
      for (const row of rows) {
        const sha256 = attachments.columns.sha256.decode(row.sha256)
        const blobId = attachments.columns.blobId.decode(row.blob_id)
        await this.database.within([organizationId]).transaction(async (transaction) => {
          if (sha256 !== null) await this.release(transaction, organizationId, sha256)
          if (blobId !== null) await this.doom(transaction, { organizationId, id: blobId })
        }, { repeatable: true })
      }
    }
    return () => {
      if (rows.length > 0) database.afterCommit(() => this.#background(letGo()))
    }
  }

  /**
   * Takes away what is over, in all organizations: unfinished attachments that have expired,
   * contents without attachments, staged and doomed blobs; at most `limit` of each. How many.
   * Throws AttachmentUnavailable when a storage kept some; they are tried again a minute later.
   */
  async sweep(limit = 100): Promise<number> {
    const expired = await this.#sweepExpired(limit)
    const released = await this.#sweepContents()
    return expired + released + await this.#sweepBlobs(limit)
  }

  /** Resolves when all that was being discarded is gone, or has failed. */
  async idle(): Promise<void> {
    while (this.#discarding.size > 0) await Promise.all(this.#discarding)
  }

  /** Takes away all bytes that nobody has any more; false when a storage kept some. */
  async discardAll(): Promise<boolean> {
    await this.idle()
    try {
      // All contents are walked through, which takes a sweep a page.
      this.#walked = undefined
      while (await this.sweep() > 0 || this.#walked !== undefined);
    } catch (error) {
      if (!HoldfastError.isInstance(error)) throw error
    }
    const doomed = await this.database.first(this.database.write.selectFrom('attachment_blobs')
      .select('id').where('state', '=', columns.state.encode('doomed')).limit(1))
    return doomed === undefined
  }

  /** What fails is left to the sweep. */
  #background(work: Promise<unknown>): void {
    const settled: Promise<void> = work.then(() => undefined, () => undefined)
      .finally(() => this.#discarding.delete(settled))
    this.#discarding.add(settled)
  }

  async #sweepExpired(limit: number): Promise<number> {
    return this.database.run(this.database.write.deleteFrom('attachments')
      .where('state', '=', attachments.columns.state.encode('pending'))
      .where(({ eb, refTuple, selectFrom }) => eb(refTuple('organization_id', 'id'), 'in',
        selectFrom('attachments').select(['organization_id', 'id'])
          .where('expires_at', '<', this.#in(0)).limit(limit).$asTuple('organization_id', 'id'))))
  }

  /**
   * Contents whose attachments went with their conversation or organization while a process died.
   * A page of all contents at each call, from where the call before ended.
   */
  async #sweepContents(): Promise<number> {
    const { organizationId, sha256 } = contentColumns
    let query = this.database.write.selectFrom('attachment_contents as c')
      .select(['c.organization_id', 'c.sha256'])
      .select(({ selectFrom }) => selectFrom('attachments as a').select('a.id')
        .whereRef('a.organization_id', '=', 'c.organization_id')
        .whereRef('a.sha256', '=', 'c.sha256').limit(1).as('one'))
      .orderBy('c.organization_id').orderBy('c.sha256').limit(contentsPage)
    const after = this.#walked
    if (after !== undefined) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('c.organization_id', 'c.sha256'), '>', tuple(...after)))
    }
    const rows = await this.database.all(query)
    const last = rows.at(-1)
    this.#walked = rows.length < contentsPage || last === undefined
      ? undefined
      : [last.organization_id, last.sha256]
    const unused = rows.filter(({ one }) => one === null)
    for (const row of unused) {
      const id = organizationId.decode(row.organization_id)
      await this.database.within([id]).transaction((transaction) =>
        this.release(transaction, id, sha256.decode(row.sha256)), { repeatable: true })
    }
    return unused.length
  }

  async #sweepBlobs(limit: number): Promise<number> {
    const faults = new Map<string, unknown[]>()
    let removed = 0
    for (const blob of await this.#blobsOver(limit)) {
      const failed = faults.get(blob.storage) ?? []
      // It is away, and each try takes its time.
      if (failed.length >= faultsMax) continue
      try {
        await this.#remove(blob)
        removed += 1
      } catch (error) {
        faults.set(blob.storage, [...failed, error])
        await this.#postpone(blob)
      }
    }
    const [fault] = [...faults.values()].flat()
    if (fault !== undefined) throw fault
    return removed
  }

  async #blobsOver(limit: number): Promise<PlacedBlob[]> {
    const names = [...this.#storages.keys()].map((each) => columns.storage.encode(each))
    const rows = await this.database.all(this.database.write.selectFrom('attachment_blobs as b')
      .select(['b.organization_id', 'b.id', 'b.storage'])
      // Literally, or the planner cannot know that the index of those holds all of them.
      .where('b.state', '<>', sql.lit('kept') as never)
      .where('b.sweep_after', '<=', this.#in(0))
      .where('b.storage', 'in', names)
      .where(({ eb, or, not, exists, selectFrom }) => or([
        eb('b.state', '=', columns.state.encode('doomed')),
        not(exists(selectFrom('attachments as a').select('a.id')
          .whereRef('a.organization_id', '=', 'b.organization_id')
          .whereRef('a.blob_id', '=', 'b.id'))),
      ]))
      .orderBy('b.sweep_after').limit(limit))
    return rows.map((row) => ({
      organizationId: columns.organizationId.decode(row.organization_id),
      id: columns.id.decode(row.id), storage: columns.storage.decode(row.storage),
    }))
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
    const storage = this.storageOf(blob)
    await answered(storage, storage.delete(blob))
    await database.run(database.write.deleteFrom('attachment_blobs')
      .where((where) => where.and(keyOf(blob))))
  }

  /** Others come first, since this one may fail for ever. */
  async #postpone(blob: PlacedBlob): Promise<void> {
    const database = this.database.within([blob.organizationId])
    await database.run(database.write.updateTable('attachment_blobs')
      .set({ sweep_after: this.#in(retryMs) })
      .where((where) => where.and(keyOf(blob))))
  }

  /** An instant so many milliseconds from now. */
  #in(milliseconds: number) {
    return columns.sweepAfter.encode(instantOf(this.clock.now() + milliseconds))
  }
}

/** A blob's key in stored form. */
export function keyOf({ organizationId, id }: BlobKey) {
  return {
    organization_id: columns.organizationId.encode(organizationId, 'organization_id'),
    id: columns.id.encode(id, 'blob_id') as Stored<'id'>,
  }
}
