import { HoldfastClientError, invalidValue } from './errors.js'
import { type CallOptions, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import {
  backoffMsAfter, type Expectation, ofType, type OutgoingBody, pause, type RawResult,
} from './transport.js'

/** One call that speaks bytes. */
export interface RawCall extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Behind the address of the server, encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: OutgoingBody
  /** A key with which a repeated call has one effect; none is sent when absent. */
  readonly idempotencyKey?: string
  /** Whether it may be repeated without a key. */
  readonly isRepeatable?: boolean
  /** What tells an answer of Holdfast; `unexpected_answer` otherwise. */
  readonly expects: Expectation
}

/** What the client hands to its streams. */
export interface StreamTransport {
  call(call: RawCall): Promise<RawResult>
  /** As `call`, for an answer whose body is read as it comes. */
  open(call: RawCall): Promise<Response>
  key(): string
}

/** How to make a stream. */
export interface StreamDraft {
  /**
   * What is appended must be of it: name `text/plain` for tokens.
   * @default application/octet-stream, or that of the source of a fork
   */
  readonly contentType?: string
  /** What it begins with. */
  readonly data?: string | Uint8Array
  readonly closed?: boolean
  /** It expires when nobody has read or written for so long. */
  readonly ttlSeconds?: number
  /** RFC 3339. */
  readonly expiresAt?: string
  /** Begin as this stream does … */
  readonly forkedFrom?: string
  /** … up to this offset. @default its end */
  readonly forkOffset?: string
}

/** How a stream stands. */
export interface StreamState {
  /** Its end. */
  readonly offset: string
  readonly contentType: string | null
  readonly closed: boolean
  /** Why it ended early. */
  readonly failure: string | null
}

/** What lies behind an offset. */
export interface StreamPiece extends StreamState {
  readonly bytes: Uint8Array
  /** The bytes as text; while a stream is followed, half a character waits for its other half. */
  readonly text: string
  /** Where to read on. */
  readonly offset: string
  readonly upToDate: boolean
}

/** How to append. */
export interface StreamAppendOptions extends WriteOptions {
  /** Must be the stream's. @default text/plain for text, application/octet-stream for bytes */
  readonly contentType?: string
  /** Nothing follows. */
  readonly close?: boolean
  /** Why it ends early; closes it. */
  readonly failure?: string
}

/** A row of `list`, as the API shows it. */
export interface StreamRow {
  readonly id: string
  readonly path: string
  readonly content_type: string
  readonly offset: string
  readonly closed: boolean
  readonly failure: string | null
  readonly ttl_seconds: number | null
  readonly expires_at: string | null
  readonly conversation_id: string | null
  readonly message_id: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** Which streams, and how many at once. */
export interface StreamQuery {
  readonly prefix?: string
  readonly limit?: number
  readonly cursor?: string
}

/** Streams of the organization. */
export class Streams {
  readonly #transport: StreamTransport

  constructor(transport: StreamTransport) {
    this.#transport = transport
  }

  /** Makes a stream; one that was made alike before is found. */
  async create(
    path: string,
    draft: StreamDraft = {},
    options: CallOptions = {},
  ): Promise<StreamState & { readonly created: boolean }> {
    const result = await this.#transport.call({
      method: 'PUT', path: pathOf(path), body: draft.data, isRepeatable: true, ...options, expects,
      headers: {
        'content-type': draft.contentType,
        'stream-closed': draft.closed === true ? 'true' : undefined,
        'stream-ttl': draft.ttlSeconds?.toString(),
        'stream-expires-at': draft.expiresAt,
        'stream-forked-from': draft.forkedFrom && pathOf(draft.forkedFrom),
        'stream-fork-offset': draft.forkOffset,
      },
    })
    return { ...stateOf(result), created: result.status === 201 }
  }

  /** Appends once, however often it has to be sent. For tokens, `writer` costs the server less. */
  async append(
    path: string,
    data: string | Uint8Array,
    options: StreamAppendOptions = {},
  ): Promise<StreamState> {
    const { close, failure, contentType = typeOf(data), ...rest } = options
    return stateOf(await this.#transport.call({
      method: 'POST', path: pathOf(path), body: data, idempotencyKey: this.#transport.key(),
      ...rest, expects,
      headers: { 'content-type': contentType, ...closing(close === true, failure) },
    }))
  }

  /** Closes the stream; closed already is no error. */
  async close(
    path: string,
    { failure, ...options }: CallOptions & { readonly failure?: string } = {},
  ): Promise<StreamState> {
    return stateOf(await this.#transport.call({
      method: 'POST', path: pathOf(path), headers: closing(true, failure), isRepeatable: true,
      ...options, expects,
    }))
  }

  /** A producer of its own: what it appends is there once and in order, whatever is repeated. */
  writer(path: string, { contentType }: { readonly contentType?: string } = {}): StreamWriter {
    return new StreamWriter(this.#transport, pathOf(path), contentType)
  }

  /** How the stream stands; fails with status 404. */
  head(path: string, options: CallOptions = {}): Promise<StreamState> {
    return standing(this.#transport, pathOf(path), options)
  }

  /** What lies behind an offset, as far as one answer goes. */
  async read(
    path: string,
    { from = '-1', ...options }: CallOptions & { readonly from?: string } = {},
  ): Promise<StreamPiece> {
    return this.#get(`${pathOf(path)}?offset=${encodeURIComponent(from)}`, options)
  }

  /**
   * All that lies behind an offset and all that comes, until the stream is closed or `signal` is
   * aborted. A connection that breaks is made again where it broke, for as long as it takes.
   */
  async *follow(
    path: string,
    { from = '-1', ...options }: CallOptions & { readonly from?: string } = {},
  ): AsyncGenerator<StreamPiece, void, undefined> {
    let [offset, cursor] = [from, '']
    const decoder = newDecoder()
    for (;;) {
      const live = `live=long-poll&offset=${encodeURIComponent(offset)}`
      const result = await this.#polled(`${pathOf(path)}?${cursor}${live}`, options)
      const piece = pieceOf(result, decoder)
      if (piece.bytes.length > 0 || piece.closed) yield piece
      if (piece.closed) return
      offset = piece.offset
      cursor = `cursor=${encodeURIComponent(result.headers.get('stream-cursor') ?? '')}&`
    }
  }

  /** Deletes the stream and all that is in it. */
  async delete(path: string, options: WriteOptions = {}): Promise<void> {
    await this.#transport.call({
      method: 'DELETE', path: pathOf(path), idempotencyKey: this.#transport.key(), ...options,
      expects: ({ status }) => status === 204,
    })
  }

  /** One page by path; at most 200 rows. */
  async list(
    query: StreamQuery = {},
    options: CallOptions = {},
  ): Promise<{ readonly data: readonly StreamRow[]; readonly next_cursor: string | null }> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value))
    }
    const { bytes } = await this.#transport.call({
      method: 'GET', path: `/v1/streams?${search}`, isRepeatable: true, ...options,
      expects: ofType('application/json'),
    })
    return JSON.parse(newDecoder().decode(bytes)) as Awaited<ReturnType<Streams['list']>>
  }

  /** Every stream, page by page as it is asked for. */
  each(query: StreamQuery = {}, options: CallOptions = {}) {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** A server that is away comes back; one that waits longer than a call may is asked again. */
  async #polled(path: string, options: CallOptions): Promise<RawResult> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#transport.call({
          method: 'GET', path, isRepeatable: true, ...options, expects,
        })
      } catch (error) {
        if (!(error instanceof HoldfastClientError) || !error.retryable) throw error
      }
      await pause(backoffMsAfter(failures), options.signal)
    }
  }

  async #get(path: string, options: CallOptions): Promise<StreamPiece> {
    return pieceOf(await this.#transport.call({
      method: 'GET', path, isRepeatable: true, ...options, expects,
    }))
  }
}

/**
 * Appends to one stream, one call after the other. After a call that failed it is at an end, since
 * nobody knows whether that one arrived: read the stream's end and begin another writer there.
 */
export class StreamWriter {
  readonly #transport: StreamTransport
  readonly #path: string
  readonly #contentType: string | undefined
  readonly #id: string
  /** The first half of a character whose other half comes with the next text. */
  #half = ''
  #seq = 0
  /** Fails for good with the first call that fails. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(transport: StreamTransport, path: string, contentType: string | undefined) {
    this.#transport = transport
    this.#path = path
    this.#contentType = contentType
    this.#id = transport.key()
  }

  /**
   * Appends; resolves once it is on disk. A call waits for those before it. Nothing, such as an
   * empty token, appends nothing; half a surrogate pair is there with its other half.
   */
  write(data: string | Uint8Array, options: CallOptions = {}): Promise<StreamState> {
    const whole = this.#whole(data)
    return whole.length === 0 ? this.#standing(options) : this.#send(whole, {}, options)
  }

  /** Ends the stream, early when there is a reason. */
  close({ failure, ...options }: CallOptions & { readonly failure?: string } = {}) {
    return this.#send(this.#half || undefined, closing(true, failure), options)
  }

  /** What is to be sent by now; UTF-8 would make two other characters of a pair that is parted. */
  #whole(data: string | Uint8Array): string | Uint8Array {
    const half = this.#half
    this.#half = ''
    if (typeof data !== 'string') {
      return half === '' ? data : joined(new TextEncoder().encode(half), data)
    }
    const text = half + data
    if (!/[\ud800-\udbff]$/.test(text)) return text
    this.#half = text.slice(-1)
    return text.slice(0, -1)
  }

  /** How the stream stands once what was written before is there. */
  #standing(options: CallOptions): Promise<StreamState> {
    return this.#last.then(() => standing(this.#transport, this.#path, options))
  }

  #send(
    data: string | Uint8Array | undefined,
    more: Record<string, string | undefined>,
    options: CallOptions,
  ): Promise<StreamState> {
    const sent = this.#last.then(async () => {
      const result = await this.#transport.call({
        method: 'POST', path: this.#path, body: data, isRepeatable: true, ...options, expects,
        headers: {
          'content-type': data === undefined ? undefined : this.#contentType ?? typeOf(data),
          'producer-id': this.#id, 'producer-epoch': '0', 'producer-seq': String(this.#seq),
          ...more,
        },
      })
      this.#seq += 1
      return stateOf(result)
    })
    this.#last = sent
    this.#last.catch(() => undefined)
    return sent
  }
}

/** Where a stream ends is told by every answer about it. */
const expects: Expectation = ({ headers }) => headers.has('stream-next-offset')

const typeOf = (data: string | Uint8Array): string =>
  typeof data === 'string' ? 'text/plain' : 'application/octet-stream'

function closing(close: boolean, failure: string | undefined) {
  return {
    'stream-closed': close || failure !== undefined ? 'true' : undefined,
    'stream-failure': failure === undefined ? undefined : encodeURIComponent(wellFormed(failure)),
  }
}

/** A reason that was cut may end with half a surrogate pair. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

function pathOf(path: string): string {
  const words = path.split('/')
  // Such words would climb to another path, or have no bytes.
  if (words.some((word) => ['', '.', '..'].includes(word) || /\p{Surrogate}/u.test(word))) {
    throw invalidValue('path.path', 'must be words with single slashes between them')
  }
  return `/v1/streams/${words.map(encodeURIComponent).join('/')}`
}

async function standing(
  transport: StreamTransport, path: string, options: CallOptions,
): Promise<StreamState> {
  const call = { path, isRepeatable: true, ...options, expects }
  try {
    return stateOf(await transport.call({ ...call, method: 'HEAD' }))
  } catch (error) {
    const status = error instanceof HoldfastClientError ? error.status ?? 0 : 0
    if (status < 400 || status >= 500) throw error
    // A refused HEAD has no words for why; the same question as a GET has.
    return stateOf(await transport.call({ ...call, path: `${path}?offset=now`, method: 'GET' }))
  }
}

function stateOf({ headers }: RawResult): StreamState {
  const failure = headers.get('stream-failure')
  return {
    offset: headers.get('stream-next-offset') ?? '',
    contentType: headers.get('content-type'),
    closed: headers.get('stream-closed') === 'true',
    failure: failure === null ? null : decodeURIComponent(failure),
  }
}

/** Text as it was written, a mark of byte order included. */
const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true })

/** With a decoder that goes on, half a character at the end waits for the next piece. */
function pieceOf(result: RawResult, decoder?: ReturnType<typeof newDecoder>): StreamPiece {
  const state = stateOf(result)
  const stream = decoder !== undefined && !state.closed
  return {
    ...state,
    bytes: result.bytes,
    text: (decoder ?? newDecoder()).decode(result.bytes, { stream }),
    upToDate: result.headers.get('stream-up-to-date') === 'true',
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}
