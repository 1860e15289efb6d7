import { setMaxListeners } from 'node:events'
import { assert } from '../assert.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { JoinedSignal } from '../joined-signal.js'
import { type Scope } from '../scope.js'
import { type AppendCall } from './append-call.js'
import { createStream } from './create.js'
import { noSource } from './fork.js'
import { joined, messagesIn } from './json-messages.js'
import { anyBytes, checkContentType, contentTypeDefault, jsonType, mediaTypeOf } from './media.js'
import { offsetOf, positionOf, startOf } from './offset.js'
import { bodyOf } from './protocol.js'
import { gone, notFound, type StreamKey, type StreamPart, StreamReader } from './reader.js'
import {
  checkChunk, checkExpiry, checkFailure, checkLimit, checkPath, checkProducer, checkSequence,
  momentOf,
} from './rules.js'
import { type StreamLog } from './stream-log.js'
import { streamChunks, streams as table, type StreamTables } from './tables.js'
import { type Stream, streamFrom } from './stream.js'
import {
  type AppendResult, type MessageName, type NewStream, type StreamAppend, type StreamContent,
  type StreamData, type StreamListing, type StreamReading, type StreamWaiting,
} from './stream-calls.js'

const { columns } = table
const never = new AbortController().signal
// Any number of readers that nobody sends home listen to it.
setMaxListeners(0, never)

/** The streams of one organization. */
export class StreamStore {
  readonly #log: StreamLog
  readonly #database: Database<StreamTables>
  readonly #scope: Scope
  readonly #isInTransaction: boolean
  readonly #organizationId: Stored<'id'>
  readonly #reader: StreamReader

  /** With `transaction`, everything happens inside it instead of in shared batches. */
  constructor(log: StreamLog, scope: Scope, transaction?: Database<StreamTables>) {
    this.#log = log
    this.#isInTransaction = transaction !== undefined
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? log.database).within([this.#organizationId])
    this.#reader = new StreamReader(this.#database, log.statements)
  }

  /**
   * Makes a stream; one that is the same already is found instead. Throws StreamExists,
   * StreamNotFound or ForkSourceGone for the source of a fork, InvalidInput.
   */
  async create(
    path: string,
    options: NewStream = {},
  ): Promise<{ readonly stream: Stream; readonly created: boolean }> {
    const { fork, ttlSeconds, closed = false } = options
    checkExpiry(ttlSeconds, options.expiresAt)
    const contentType = options.contentType ??
      (fork === undefined ? contentTypeDefault : await this.#typeOf(fork.from))
    checkContentType(contentType)
    const { row, created } = await createStream(this.#database, this.#log, {
      key: this.#key(path),
      contentType,
      data: this.#encoded(options.data, mediaTypeOf(contentType)),
      closed,
      ttlSeconds,
      expiresAt: options.expiresAt && momentOf(options.expiresAt, 'expires_at'),
      fork,
      forkKey: fork && this.#key(fork.from, 'fork.from'),
      conversationId: options.conversationId ?? null,
      createdBy: this.#scope.actor.id,
    })
    return { stream: streamFrom(decodeRow(table, row)), created }
  }

  /**
   * Appends bytes; resolves once they are durable. Throws StreamNotFound, StreamGone, ClosedAt,
   * StreamTypeMismatch, StreamSequenceConflict, StreamFull, FencedBy, GapBefore, InvalidInput.
   */
  async append(
    path: string,
    data: StreamData,
    options: StreamAppend = {},
  ): Promise<AppendResult> {
    const mediaType = options.contentType === undefined
      ? anyBytes
      : mediaTypeOf(options.contentType)
    const bytes = this.#encoded(data, mediaType)
    if (bytes === null) {
      const rule = mediaType === jsonType ? 'must hold a message' : 'must not be empty'
      throw new InvalidInput(`body ${rule}`, { field: 'body' })
    }
    return this.#append(path, { mediaType, bytes }, options)
  }

  /** Appends JSON values to a JSON stream; otherwise as `append`. */
  async appendMessages(
    path: string,
    values: readonly JsonValue[],
    options: Omit<StreamAppend, 'contentType'> = {},
  ): Promise<AppendResult> {
    const text = `[${values.map((value) => stringifyJson(value)).join(',')}]`
    return this.append(path, text, { ...options, contentType: jsonType })
  }

  /** Closes the stream, once and for all; closed already is no error without `producer`. */
  async close(
    path: string,
    options: Pick<StreamAppend, 'failure' | 'producer'> = {},
  ): Promise<AppendResult> {
    return this.#append(path, { mediaType: null, bytes: null }, { ...options, close: true })
  }

  /** The stream; undefined when there is none. Throws StreamGone. */
  async find(path: string): Promise<Stream | undefined> {
    const row = await this.#reader.find(this.#key(path))
    if (row === undefined) return undefined
    if (row.deleted_at !== null) throw gone()
    return streamFrom(decodeRow(table, row))
  }

  /** The stream. Throws StreamNotFound, StreamGone. */
  async get(path: string): Promise<Stream> {
    const stream = await this.find(path)
    if (stream === undefined) throw notFound()
    return stream
  }

  /** What lies behind an offset, as far as one read goes. Throws StreamNotFound, StreamGone. */
  async read(path: string, { from = '-1' }: StreamReading = {}): Promise<StreamPart> {
    return this.#reader.read(this.#key(path), startOf(from))
  }

  /** As `read`, but waits for something to read when there is nothing yet. */
  async wait(path: string, options: StreamWaiting = {}): Promise<StreamPart> {
    const { timeoutMs = 30_000, signal = never } = options
    const part = await this.read(path, options)
    if (part.chunks.length > 0 || part.closed) return part
    const waiting = new JoinedSignal({ signals: [signal], timeoutMs })
    try {
      for await (const next of this.#follow(path, part, waiting.signal)) return next
      return part
    } finally {
      waiting.end()
    }
  }

  /**
   * All that lies behind an offset and all that comes, in order, until the stream is closed or
   * `signal` is aborted. The first part comes at once, and may be empty.
   */
  async *follow(
    path: string,
    options: StreamReading & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamPart, void, void> {
    const { signal = never } = options
    const part = await this.read(path, options)
    yield part
    if (!part.closed) yield* this.#follow(path, part, signal)
  }

  /** Deletes the stream and all that is in it. Throws StreamNotFound, StreamGone. */
  async delete(path: string): Promise<void> {
    const key = this.#key(path)
    await this.#database.transaction(async (database) => {
      await this.#remove(key, database)
      await this.#log.onDeleted(database, { ...this.#scope, path })
      database.afterCommit(() => this.#log.tell(key))
    })
  }

  /**
   * Closes the stream and hands its content to `deliver`, which makes a message of it: once, even
   * when it is finished again. Only in a transaction, which holds the message as well. Throws
   * StreamNotFound, StreamGone, and what `deliver` throws.
   */
  async finish(
    path: string,
    deliver: (content: StreamContent) => Promise<MessageName>,
  ): Promise<MessageName> {
    assert(this.#isInTransaction, 'a stream is finished in the transaction of its message')
    const key = this.#key(path)
    const row = { organization_id: key.organizationId, path: key.path }
    const { rows: [sealed] } = await this.#database.execute(this.#log.statements.seal([row]))
    if (sealed === undefined) {
      await this.get(path)
      throw notFound()
    }
    const { conversationId, messageId, contentType, failure } = decodeRow(table, sealed)
    if (conversationId !== null && messageId !== null) return { conversationId, messageId }
    const content = { contentType, failure, bytes: await this.#whole(key) }
    const name = await deliver(content)
    await this.#database.execute(this.#log.statements.became([{
      ...row,
      conversation_id: columns.conversationId.encode(name.conversationId, 'conversation_id'),
      message_id: columns.messageId.encode(name.messageId, 'message_id'),
    }]))
    this.#database.afterCommit(() => this.#log.tell(key))
    return name
  }

  /** One page of streams by path. */
  async list(listing: StreamListing = {}): Promise<Page<Stream>> {
    const limit = checkLimit(listing.limit)
    const { prefix = '', cursor } = listing
    const list = ['streams', this.#organizationId, prefix]
    let query = this.#database.write
      .selectFrom('streams')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('deleted_at', 'is', null)
      .where(({ eb, or }) => or([
        eb('expires_at', 'is', null), eb('expires_at', '>', this.#database.engine.now()),
      ]))
      .orderBy('path')
      .limit(limit + 1)
    if (prefix !== '') {
      query = query
        .where('path', '>=', columns.path.encode(prefix, 'prefix'))
        .where('path', '<', columns.path.encode(`${prefix}\u{10ffff}`, 'prefix'))
    }
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('path', '>', columns.path.encode(String(last), 'cursor'))
    }
    const rows = await this.#database.all(query)
    const found = rows.map((row) => streamFrom(decodeRow(table, row)))
    return pageOf(found, limit, ({ path }) => cursorOf(list, [path]))
  }

  /** All of the stream, as it is read. */
  async #whole(key: StreamKey): Promise<Buffer> {
    const parts: StreamPart[] = []
    for (let from = 0; parts.at(-1)?.upToDate !== true;) {
      parts.push(await this.#reader.read(key, from))
      from = positionOf(parts.at(-1)!.offset, 'offset')
    }
    return bodyOf({ ...parts[0]!, chunks: parts.flatMap(({ chunks }) => chunks) })
  }

  async *#follow(path: string, first: StreamPart, signal: AbortSignal) {
    const attachment = await this.#log.live.attach(this.#key(path))
    try {
      let last = first
      while (!last.closed) {
        const part = await attachment.next(positionOf(last.offset, 'offset'), signal)
        // Another stream begins anew at this path: it is not the one that was read.
        if (part.streamId !== first.streamId) throw notFound()
        if (part.chunks.length > 0 || part.closed) yield part
        if (signal.aborted) return
        last = part
      }
    } finally {
      attachment.leave()
    }
  }

  async #append(
    path: string,
    { mediaType, bytes }: { mediaType: string | null; bytes: Stored<'bytes'> | null },
    { sequence, producer, close, failure }: StreamAppend,
  ): Promise<AppendResult> {
    if (sequence !== undefined) checkSequence(sequence)
    if (producer !== undefined) checkProducer(producer)
    if (failure !== undefined) checkFailure(failure)
    const key = this.#key(path)
    const call: AppendCall = {
      organizationId: key.organizationId,
      path: key.path,
      mediaType: mediaType === null ? null : columns.mediaType.encode(mediaType, 'content_type'),
      data: bytes,
      sequence: columns.sequence.encode(sequence ?? null, 'sequence'),
      producer: producer && {
        storedId: columns.path.encode(producer.id, 'producer_id'), ...producer,
      },
      closing: close === true || failure !== undefined
        ? { failure: columns.failure.encode(failure ?? null, 'failure') }
        : undefined,
    }
    const { position, closed, duplicate, lastSeq } = await this.#write(call)
    return { offset: offsetOf(position), closed, duplicate, producerSeq: lastSeq }
  }

  async #write(call: AppendCall) {
    if (!this.#isInTransaction) return this.#log.append(call)
    const [outcome] = await this.#log.batch.write([call], this.#database)
    if ('error' in outcome!) throw outcome.error
    this.#database.afterCommit(() => this.#log.tell(call))
    return outcome!.value
  }

  async #remove(key: StreamKey, database: Database<StreamTables>): Promise<void> {
    const { bury, empty, remove, forget } = this.#log.statements
    const row = { organization_id: key.organizationId, path: key.path }
    const [buried, , removed] = await database.atomic([bury([row]), empty([row]), remove([row])])
    const [deleted] = removed!.rows
    if (buried!.rows.length === 0 && deleted === undefined) {
      const found = await new StreamReader(database, this.#log.statements).find(key)
      throw found === undefined ? notFound() : gone()
    }
    if (deleted === undefined || deleted.source_id === null) return
    // Each may have been the last fork of the next.
    while ((await database.execute(forget([row]))).changed > 0);
  }

  async #typeOf(path: string): Promise<string> {
    const row = await this.#reader.find(this.#key(path, 'fork.from'))
    if (row === undefined) throw noSource(path)
    return columns.contentType.decode(row.content_type)
  }

  /** The bytes in stored form; null for none. */
  #encoded(data: StreamData | undefined, mediaType: string): Stored<'bytes'> | null {
    if (data === undefined) return null
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    checkChunk(bytes)
    if (bytes.length === 0) return null
    const kept = mediaType === jsonType ? joined(messagesIn(bytes)) : bytes
    return kept.length === 0 ? null : streamChunks.columns.data.encode(kept, 'body')
  }

  #key(path: string, field = 'path'): StreamKey {
    checkPath(path, field)
    return { organizationId: this.#organizationId, path: columns.path.encode(path, field) }
  }
}
