import { eventHeaders, eventStream } from '../http/events.js'
import { type RawAnswer } from '../http/raw.js'
import { JoinedSignal } from '../joined-signal.js'
import { bodyOf, cursorAfter } from './protocol.js'
import { type StreamPart } from './reader.js'
import { type StreamTimes } from './routes.js'
import { type StreamStore } from './store.js'
import { isEncoded, streamEvents } from './stream-events.js'

/** What a request of a read asks for. */
export interface ReadRequest {
  readonly offset?: string
  readonly live?: 'long-poll' | 'sse'
  readonly cursor?: string
  readonly ifNoneMatch: string | undefined
  readonly signal: AbortSignal
  readonly times: StreamTimes
}

type Headers = RawAnswer['headers']

/**
 * Answers may be kept by the reader's own cache, and are asked for again by their tag: whoever may
 * not read any more, reads no more.
 */
const kept = { 'cache-control': 'private, no-cache' }

/** What comes from a stream is never run as a page of ours. */
const inert = { 'content-security-policy': "sandbox; default-src 'none'" }

/** Answers one read in the way it asks for. */
export async function answerRead(
  streams: StreamStore,
  path: string,
  request: ReadRequest,
): Promise<RawAnswer> {
  const { offset: from = '-1', live, cursor, signal, times } = request
  if (live === 'sse') return answerEvents(streams, path, request)
  if (live === undefined) return answerPart(await streams.read(path, { from }), request)
  const timeoutMs = times.longPollMs ?? 20_000
  const part = await streams.wait(path, { from, timeoutMs, signal })
  const headers: Headers = part.closed ? {} : { 'stream-cursor': cursorAfter(cursor) }
  if (part.chunks.length > 0) return answerPart(part, request, headers)
  return { status: 204, headers: { ...headers, ...standing(part), 'cache-control': 'no-store' } }
}

function answerPart(
  part: StreamPart,
  { offset = '-1', live, ifNoneMatch }: ReadRequest,
  more: Headers = {},
): RawAnswer {
  const isEnd = offset === 'now' && live === undefined
  const etag = `"${part.streamId}:${part.from}:${part.offset}${part.closed ? ':c' : ''}"`
  const caching = isEnd ? { 'cache-control': 'no-store' } : { ...kept, etag }
  if (!isEnd && matches(ifNoneMatch, etag)) return { status: 304, headers: caching }
  return {
    status: 200,
    headers: {
      'content-type': part.contentType, ...inert, ...caching, ...standing(part), ...more,
    },
    body: bodyOf(part),
  }
}

async function answerEvents(
  streams: StreamStore,
  path: string,
  { offset: from = '-1', cursor, signal, times }: ReadRequest,
): Promise<RawAnswer> {
  const { eventsMs = 60_000, heartbeatMs = 15_000 } = times
  // The signal of a request is aborted when its answer has ended, whatever it ended with.
  const ending = new JoinedSignal({ signals: [signal], timeoutMs: eventsMs })
  const parts = streams.follow(path, { from, signal: ending.signal })
  // Before anything is answered: there may be no such stream.
  const first = (await parts.next()).value as StreamPart
  const encoding: Headers = isEncoded(first.contentType)
    ? { 'stream-sse-data-encoding': 'base64' }
    : {}
  const events = streamEvents(begun(first, parts), cursor)
  return {
    status: 200,
    headers: { ...eventHeaders, ...encoding },
    body: eventStream(events, { heartbeatMs, signal: ending.signal }),
  }
}

async function* begun(first: StreamPart, rest: AsyncIterable<StreamPart>) {
  yield first
  yield* rest
}

/** Where the reader stands now. */
function standing(part: StreamPart): Headers {
  return {
    'stream-next-offset': part.offset,
    ...(part.upToDate ? { 'stream-up-to-date': 'true' } : {}),
    ...(part.closed ? { 'stream-closed': 'true' } : {}),
    ...(part.failure === null ? {} : { 'stream-failure': encodeURIComponent(part.failure) }),
  }
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}
