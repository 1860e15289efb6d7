import { invalidValue, segmentOf } from './errors.js'
import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import {
  type Attachment, type AttachmentCompletion, type AttachmentPage, type NewAttachment,
} from './schema.js'
import { type StreamTransport } from './streams.js'
import { type Expectation } from './transport.js'

/** Bytes to send: what is whole may be sent again when no answer comes, a stream only once. */
export type AttachmentBytes = string | Uint8Array | Blob | ReadableStream<Uint8Array>

/** A part of the bytes: from `start` to before `end`. */
export interface AttachmentRange {
  readonly start: number
  readonly end: number
}

/** Bytes asked for at once when all are read. */
const pieceBytes = 1024 * 1024

/** Attachments of the organization. */
export class Attachments {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
  }

  /** Begins an attachment; its bytes are put next. */
  create(attachment: NewAttachment, options: WriteOptions = {}): Promise<Attachment> {
    return this.#request('createAttachment', { body: attachment, ...options })
  }

  /** Puts the bytes of an attachment, instead of those put before; their SHA-256. */
  async put(id: string, bytes: AttachmentBytes, options: CallOptions = {}): Promise<string> {
    const { headers } = await this.#transport.call({
      method: 'PUT', path: contentOf(id), body: bytes, ...options,
      isRepeatable: !(bytes instanceof ReadableStream), expects,
      headers: { 'content-type': 'application/octet-stream' },
    })
    return (headers.get('etag') ?? '').replaceAll('"', '')
  }

  /** Makes an attachment ready; refused when its bytes are not what is said here. */
  complete(
    id: string,
    completion: AttachmentCompletion = {},
    options: WriteOptions = {},
  ): Promise<Attachment> {
    const path = { attachment_id: id }
    return this.#request('completeAttachment', { path, body: completion, ...options })
  }

  /** Begins an attachment, puts its bytes and makes it ready. For a file: `fs.openAsBlob`. */
  async upload(
    attachment: NewAttachment,
    bytes: AttachmentBytes,
    options: CallOptions = {},
  ): Promise<Attachment> {
    const { id } = await this.create(attachment, options)
    const sha256 = await this.put(id, bytes, options)
    return this.complete(id, { sha256 }, options)
  }

  /** What is known of an attachment; fails with `attachment_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<Attachment> {
    return this.#request('getAttachment', { path: { attachment_id: id }, ...options })
  }

  /** One page, newest first; at most 200 rows. */
  list(query: Query<'listAttachments'> = {}, options: CallOptions = {}): Promise<AttachmentPage> {
    return this.#request('listAttachments', { query, ...options })
  }

  /** Every attachment, newest first, page by page as it is asked for. */
  each(
    query: Query<'listAttachments'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Attachment, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** The bytes, or a part of them, at once. */
  async read(
    id: string,
    { range, ...options }: CallOptions & { readonly range?: AttachmentRange } = {},
  ): Promise<Uint8Array> {
    if (range !== undefined && !(range.start >= 0 && range.end > range.start)) {
      throw invalidValue('range', 'must begin at 0 or later and end behind its start')
    }
    const { status, bytes } = await this.#transport.call({
      method: 'GET', path: contentOf(id), isRepeatable: true, ...options, expects,
      headers: { range: range && `bytes=${range.start}-${range.end - 1}` },
    })
    // Something in between may not let a range through: then all of it comes.
    return range === undefined || status === 206 ? bytes : bytes.slice(range.start, range.end)
  }

  /** All bytes in pieces of 1 MiB at most; a piece that does not arrive is asked for again. */
  async *stream(id: string, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
    const { size } = await this.get(id, options)
    if (size === null) {
      // It was not ready; that it is not is told by reading it.
      yield await this.read(id, options)
      return
    }
    for (let start = 0; start < size; start += pieceBytes) {
      const range = { start, end: Math.min(start + pieceBytes, size) }
      yield await this.read(id, { range, ...options })
    }
  }

  /** Deletes an attachment, and its bytes when no other has them. */
  delete(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteAttachment', { path: { attachment_id: id }, ...options })
  }
}

/** Bytes are told by their SHA-256; what compresses them on their way makes it a weak tag. */
const expects: Expectation = ({ headers }) =>
  /^(?:W\/)?"[0-9a-f]{64}"$/.test(headers.get('etag') ?? '')

const contentOf = (id: string): string =>
  `/v1/attachments/${segmentOf(id, 'path.attachment_id')}/content`
