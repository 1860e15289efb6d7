import { recordAudit } from '../audit/index.js'
import { instantOf, millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf as keyIn, type Page, type PageRequest, pageOf } from '../database/page.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import {
  AttachmentCompleted, AttachmentIncomplete, AttachmentNotFound, AttachmentPlaceNotFound,
} from './errors.js'
import { checkMeasures, type Expected, Measure, type Measures } from './measure.js'
import { checkAttachment, checkExpected, checkLimit } from './rules.js'
import { answered, type ByteRange, readFrom } from './storage.js'
import {
  type Attachment, attachmentBlobs, attachmentContents, attachments as table,
  type AttachmentTables,
} from './tables.js'
import { type AttachmentWorks, keyOf, type PlacedBlob } from './works.js'

/** An attachment to begin. */
export interface NewAttachment {
  /** 1 to 255 characters, without a folder. */
  readonly name: string
  /** What its bytes are said to be; they are served as what they look like. @default null */
  readonly declaredType?: string | null
  /** Bytes it must have. @default any number up to the limit */
  readonly size?: number | null
  /** The SHA-256 its bytes must have, in hexadecimal. @default any */
  readonly sha256?: string | null
  /** It goes when this conversation is deleted. @default null */
  readonly conversationId?: string | null
}

/** Options of `list`. */
export interface AttachmentListing extends PageRequest {
  /** Only those bound to this conversation. */
  readonly conversationId?: string
}

/** Bytes to be read. */
export interface AttachmentContent {
  readonly attachment: Attachment
  readonly size: number
  readonly sha256: string
  readonly mediaType: string
  /** The bytes of a part, in pieces; all of them without a part. */
  read(range?: ByteRange): AsyncIterable<Uint8Array>
}

const { columns } = table
type Pending = Row<typeof table>
type On = Database<AttachmentTables>

/** The attachments of one organization. */
export class AttachmentStore {
  readonly #works: AttachmentWorks
  readonly #scope: Scope
  readonly #database: On
  readonly #isInTransaction: boolean
  readonly #organizationId: Stored<'id'>

  /** With `transaction`, everything but `put` happens inside it. */
  constructor(works: AttachmentWorks, scope: Scope, transaction?: On) {
    this.#works = works
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? works.database).within([this.#organizationId])
    this.#isInTransaction = transaction !== undefined
  }

  /** Bytes of an attachment at most. */
  get bytesMax(): number {
    return this.#works.bytesMax
  }

  /** Begins an attachment. Throws InvalidInput, AttachmentPlaceNotFound. */
  async create(given: NewAttachment): Promise<Attachment> {
    checkAttachment(given)
    const { clock, ids, pendingMs, bytesMax } = this.#works
    const { declaredType = null, size = null, sha256 = null, conversationId = null } = given
    if (size !== null && size > bytesMax) {
      throw new InvalidInput(`size must be at most ${bytesMax}`, { field: 'size' })
    }
    const now = clock.now()
    const attachment = {
      organizationId: this.#organizationId, id: ids.next(), conversationId,
      userId: this.#scope.actor.userId ?? null, name: given.name, declaredType,
      declaredSize: size, declaredSha256: sha256?.toLowerCase() ?? null, state: 'pending',
      blobId: null, sha256: null, createdAt: instantOf(now), completedAt: null,
      expiresAt: instantOf(now + pendingMs),
    }
    const row = encodeRow(table, attachment)
    try {
      await this.#database.run(this.#database.write.insertInto('attachments').values(row))
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = 'There is no such conversation, organization or user here.'
      throw new AttachmentPlaceNotFound(message, { cause, field: 'conversation_id' })
    }
    return shown(row)
  }

  /** One attachment. Throws AttachmentNotFound. */
  async get(attachmentId: string): Promise<Attachment> {
    const [found] = await this.#select({ id: attachmentId })
    if (found === undefined) throw notFound(attachmentId)
    return shown(found)
  }

  /** One page of attachments, newest first. */
  async list(listing: AttachmentListing = {}): Promise<Page<Attachment>> {
    const limit = checkLimit(listing)
    const { conversationId, cursor } = listing
    const list = ['attachments', this.#organizationId, conversationId ?? null]
    const before = cursor === undefined ? undefined : String(keyIn(list, cursor)[0])
    const rows = await this.#select({ conversationId, before, limit: limit + 1 })
    return pageOf(rows.map(shown), limit, ({ id }) => cursorOf(list, [id]))
  }

  /**
   * Takes the bytes of an attachment, in pieces of any size; those put before are forgotten. When
   * it rejects nothing is kept, unless the attachment was completed with them meanwhile. Throws
   * AttachmentNotFound, AttachmentCompleted, AttachmentTooLarge, AttachmentMismatch,
   * AttachmentUnavailable, and what the bytes throw.
   */
  async put(attachmentId: string, bytes: AsyncIterable<Uint8Array>): Promise<Measures> {
    if (this.#isInTransaction) {
      throw new InvalidInput('bytes are not put inside a transaction', { field: 'body' })
    }
    const { storage } = this.#works
    const pending = await this.#pending(this.#database, attachmentId)
    const blob = { organizationId: this.#organizationId, id: this.#works.ids.next() }
    await this.#stage({ ...blob, storage: storage.name })
    const measure = new Measure(this.#works.bytesMax, expectedOf(pending))
    let arrivingMs = storage.arrivingMs ?? 0
    try {
      await answered(storage, storage.put(blob, measure.through(bytes)))
      arrivingMs = 0
      const { measures } = measure
      await this.#database.transaction((transaction) =>
        this.#attach(transaction, attachmentId, { ...blob, ...measures }), { repeatable: true })
      return measures
    } catch (error) {
      if (measure.failure !== undefined) arrivingMs = 0
      await this.#works.doom(this.#database, blob, { arrivingMs }).catch(() => undefined)
      throw measure.failure?.cause ?? error
    }
  }

  /**
   * Makes an attachment ready with the bytes put last; calling it again changes nothing. Bytes that
   * are there already are kept once. Throws AttachmentNotFound, AttachmentIncomplete,
   * AttachmentMismatch.
   */
  async complete(
    attachmentId: string,
    expected: { readonly size?: number | null; readonly sha256?: string | null } = {},
  ): Promise<Attachment> {
    checkExpected(expected)
    const { size = null, sha256 = null } = expected
    return this.#database.transaction(async (transaction) => {
      const store = new AttachmentStore(this.#works, this.#scope, transaction)
      const found = await store.#lock(attachmentId)
      if (found.state === 'pending') await store.#keep(found, { size, sha256 })
      const attachment = await store.get(attachmentId)
      checkMeasures({ size: attachment.size!, sha256: attachment.sha256! }, { size, sha256 })
      return attachment
    }, { repeatable: true })
  }

  /** What to read of an attachment. Throws AttachmentNotFound, AttachmentIncomplete. */
  async content(attachmentId: string): Promise<AttachmentContent> {
    const [found] = await this.#select({ id: attachmentId })
    if (found === undefined) throw notFound(attachmentId)
    const attachment = shown(found)
    const { size, sha256, mediaType } = attachment
    if (size === null || sha256 === null || mediaType === null) throw incomplete()
    const blob = {
      organizationId: attachment.organizationId,
      id: String(found.content_blob_id), storage: String(found.storage),
    }
    const storage = this.#works.storageOf(blob)
    return {
      attachment, size, sha256, mediaType,
      read: (range = { start: 0, end: size }) => readFrom(storage, blob, range),
    }
  }

  /** Deletes an attachment, and its bytes if no other has them. Throws AttachmentNotFound. */
  async delete(attachmentId: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const deleted = await transaction.first(transaction.write.deleteFrom('attachments')
        .where((where) => where.and(this.#key(attachmentId)))
        .returning(['sha256', 'blob_id']))
      if (deleted === undefined) throw notFound(attachmentId)
      const { organizationId } = this.#scope
      const sha256 = columns.sha256.decode(deleted.sha256)
      const blobId = columns.blobId.decode(deleted.blob_id)
      if (sha256 !== null) await this.#works.release(transaction, organizationId, sha256)
      if (blobId !== null) await this.#works.doom(transaction, { organizationId, id: blobId })
      await this.#record(transaction, 'attachment.deleted', attachmentId)
    }, { repeatable: true })
  }

  /** It may be on its way for as long as an attachment may be unfinished. */
  async #stage(blob: PlacedBlob): Promise<void> {
    const now = this.#works.clock.now()
    const row = encodeRow(attachmentBlobs, {
      ...blob, state: 'staged', sha256: null, size: null, mediaType: null,
      createdAt: instantOf(now), sweepAfter: instantOf(now + this.#works.pendingMs),
    })
    await this.#database.run(this.#database.write.insertInto('attachment_blobs').values(row))
  }

  /** Makes a blob, which is whole by now, what the attachment has. */
  async #attach(
    database: On,
    attachmentId: string,
    { organizationId, id, ...measures }: PlacedMeasures,
  ): Promise<void> {
    const { size, sha256, mediaType } = attachmentBlobs.columns
    const store = new AttachmentStore(this.#works, this.#scope, database)
    const { state, blobId } = await store.#lock(attachmentId)
    if (state !== 'pending') throw completed()
    const isThere = await database.run(database.write.updateTable('attachment_blobs')
      .set({
        size: size.encode(measures.size), sha256: sha256.encode(measures.sha256),
        media_type: mediaType.encode(measures.mediaType),
      })
      .where((where) => where.and(keyOf({ organizationId, id })))
      .where('state', '=', attachmentBlobs.columns.state.encode('staged')))
    // It took longer than an attachment may be unfinished, and was swept.
    if (isThere === 0) throw incomplete()
    await database.run(database.write.updateTable('attachments')
      .set({ blob_id: columns.blobId.encode(id) })
      .where((where) => where.and(this.#key(attachmentId))))
    if (blobId !== null) await this.#works.doom(database, { organizationId, id: blobId })
  }

  /** The first blob with these bytes stays theirs; whoever comes later lets go of its own. */
  async #keep(pending: Pending, expected: Expected): Promise<void> {
    const { organizationId, id, blobId } = pending
    if (blobId === null) throw incomplete()
    const stored = await this.#database.first(this.#database.write
      .updateTable('attachment_blobs')
      .set({ state: attachmentBlobs.columns.state.encode('kept') })
      .where((where) => where.and(keyOf({ organizationId, id: blobId })))
      .where('state', '=', attachmentBlobs.columns.state.encode('staged'))
      .returningAll())
    if (stored === undefined) throw incomplete()
    const { size, sha256, mediaType } = decodeRow(attachmentBlobs, stored)
    checkMeasures({ size: size!, sha256: sha256! }, expected)
    const now = instantOf(this.#works.clock.now())
    const kept = await this.#database.first(this.#database.write
      .insertInto('attachment_contents')
      .values(encodeRow(attachmentContents, {
        organizationId, sha256: sha256!, blobId, size: size!, mediaType: mediaType!, createdAt: now,
      }))
      .onConflict((conflict) => conflict.columns(['organization_id', 'sha256'])
        .doUpdateSet((expression) => ({ size: expression.ref('excluded.size') })))
      .returning('blob_id'))
    if (attachmentContents.columns.blobId.decode(kept!.blob_id) !== blobId) {
      await this.#works.doom(this.#database, { organizationId, id: blobId }, { isKept: true })
    }
    await this.#database.run(this.#database.write.updateTable('attachments')
      .set({
        state: columns.state.encode('ready'), sha256: columns.sha256.encode(sha256),
        blob_id: null, completed_at: columns.completedAt.encode(now), expires_at: null,
      })
      .where((where) => where.and(this.#key(id))))
    await this.#record(this.#database, 'attachment.completed', id)
  }

  /** The row, held until the transaction ends. */
  async #lock(attachmentId: string): Promise<Pending> {
    const stored = await this.#database.first(this.#database.write.updateTable('attachments')
      .set((expression) => ({ name: expression.ref('name') }))
      .where((where) => where.and(this.#key(attachmentId)))
      .returningAll())
    if (stored === undefined || this.#isOver(stored)) throw notFound(attachmentId)
    return decodeRow(table, stored)
  }

  async #pending(database: On, attachmentId: string): Promise<Pending> {
    const stored = await database.first(database.write.selectFrom('attachments').selectAll()
      .where((where) => where.and(this.#key(attachmentId))))
    if (stored === undefined || this.#isOver(stored)) throw notFound(attachmentId)
    const found = decodeRow(table, stored)
    if (found.state !== 'pending') throw completed()
    return found
  }

  /** An unfinished one is over with its time, swept or not. */
  #isOver({ expires_at: stored }: { readonly expires_at: unknown }): boolean {
    const expiresAt = columns.expiresAt.decode(stored)
    return expiresAt !== null && millisecondsOf(expiresAt) <= this.#works.clock.now()
  }

  async #select({ id, conversationId, before, limit = 1 }: Selection): Promise<StoredAttachment[]> {
    let query = this.#database.write.selectFrom('attachments as a')
      .leftJoin('attachment_contents as c', (join) => join
        .onRef('c.organization_id', '=', 'a.organization_id').onRef('c.sha256', '=', 'a.sha256'))
      .leftJoin('attachment_blobs as b', (join) => join
        .onRef('b.organization_id', '=', 'c.organization_id').onRef('b.id', '=', 'c.blob_id'))
      .selectAll('a')
      .select(['c.size', 'c.media_type', 'c.blob_id as content_blob_id', 'b.storage'])
      .where('a.organization_id', '=', this.#organizationId)
      .where(({ or, eb }) => or([
        eb('a.expires_at', 'is', null),
        eb('a.expires_at', '>', columns.expiresAt.encode(instantOf(this.#works.clock.now()))),
      ]))
      .orderBy('a.id', 'desc')
      .limit(limit)
    if (id !== undefined) query = query.where('a.id', '=', columns.id.encode(id, 'attachment_id'))
    if (conversationId !== undefined) {
      const encoded = columns.conversationId.encode(conversationId, 'conversation_id')
      query = query.where('a.conversation_id', '=', encoded)
    }
    if (before !== undefined) query = query.where('a.id', '<', columns.id.encode(before, 'cursor'))
    return this.#database.all(query)
  }

  #key(attachmentId: string) {
    return {
      organization_id: this.#organizationId,
      id: columns.id.encode(attachmentId, 'attachment_id'),
    }
  }

  async #record(database: On, action: string, attachmentId: string): Promise<void> {
    const record = { action, resourceKind: 'attachment', resourceId: attachmentId.toLowerCase() }
    await recordAudit(database.as(), this.#works, { ...this.#scope, record })
  }
}

type PlacedMeasures = Measures & { readonly organizationId: string; readonly id: string }
type StoredAttachment = Record<string, unknown>

interface Selection {
  readonly id?: string
  readonly conversationId?: string | undefined
  readonly before?: string | undefined
  readonly limit?: number
}

const expectedOf = ({ declaredSize, declaredSha256 }: Pending): Expected =>
  ({ size: declaredSize, sha256: declaredSha256 })

function shown(stored: StoredAttachment): Attachment {
  const { blobId: _, declaredSize: __, declaredSha256: ___, ...attachment } =
    decodeRow(table, stored)
  const { size = null, media_type: mediaType = null } = stored
  return {
    ...attachment,
    size: attachmentBlobs.columns.size.decode(size),
    mediaType: attachmentBlobs.columns.mediaType.decode(mediaType),
  }
}

const notFound = (id: string) => new AttachmentNotFound(`There is no attachment ${id} here.`)
const completed = () => new AttachmentCompleted('The attachment is ready; its bytes never change.')
const incomplete = () => new AttachmentIncomplete('The attachment is not ready: put its bytes.')
