import { z } from 'zod'
import { type HoldfastError } from '../errors.js'
import { RequestFaults } from '../http/problem.js'
import { type RawAnswer, type RawRoute, rawRoute } from '../http/raw.js'
import {
  ClosedAt, FencedBy, ForkSourceGone, GapBefore, ProducerFenced, ProducerGap, StreamClosed,
  StreamExists, StreamFull, StreamGone, StreamNotFound, StreamSequenceConflict, StreamTypeMismatch,
} from './errors.js'
import { chunkBytesMax } from './fragments.js'
import {
  closesIn, contentTypeIn, expiryIn, failureIn, forkIn, inHeaders, producerIn, type ReadHeader,
  sequenceIn,
} from './protocol.js'
import { answerRead } from './read-answers.js'
import { type StreamContext } from './routes.js'
import { streamPathSchema } from './schemas.js'
import { type StreamStore } from './store.js'
import { type AppendResult, type StreamAppend } from './stream-calls.js'
import { type Stream } from './stream.js'

const define = rawRoute<StreamContext>()
const params = z.strictObject({ path: streamPathSchema })

/** Of all endpoints of streams. */
const common = {
  path: '/v1/streams/{path}', isDeep: true, isOpenToOrigins: true, tag: 'Streams',
  scope: 'organization', refusalHeaders,
} as const

const next = { 'Stream-Next-Offset': 'Where the next append begins.' }
const closed = { 'Stream-Closed': '`true` once nothing follows any more.' }
const steps = {
  'Producer-Id': 'Names the producer; with the next two an append that is repeated happens once.',
  'Producer-Epoch': 'Its incarnation, from 0; a greater one fences the others off.',
  'Producer-Seq': 'The append of this incarnation, from 0 without gaps.',
}
const failure = { 'Stream-Failure': 'Why the stream ends early, percent-encoded.' }

/** What the protocol of streams tells by headers when it refuses. */
function refusalHeaders(error: HoldfastError): Record<string, string> {
  if (error instanceof ClosedAt) {
    return { 'stream-closed': 'true', 'stream-next-offset': error.offset }
  }
  if (error instanceof FencedBy) return { 'producer-epoch': String(error.epoch) }
  if (!(error instanceof GapBefore)) return {}
  return {
    'producer-expected-seq': String(error.expectedSeq),
    'producer-received-seq': String(error.receivedSeq),
  }
}

/** Make, append, close, read, and delete streams, in the Durable Streams protocol. */
export const rawStreamRoutes: readonly RawRoute<StreamContext>[] = [
  define({
    ...common,
    operationId: 'createStream',
    method: 'PUT',
    summary: 'Make a stream, or a fork of one; or find it made so before',
    action: 'streams:write',
    input: { params },
    bodyBytesMax: chunkBytesMax,
    headers: {
      'Stream-TTL': 'Seconds that the stream lives on unread and unwritten.',
      'Stream-Expires-At': 'When it expires, RFC 3339.',
      'Stream-Closed': '`true` when the body is all of it.',
      'Stream-Forked-From': 'URL path of the stream to begin as.',
      'Stream-Fork-Offset': 'Where to leave it; at its end when absent.',
      'Stream-Fork-Sub-Offset': 'So many bytes, or JSON messages, behind that offset.',
    },
    answers: {
      201: { description: 'Made', headers: { ...next, ...closed, Location: 'The stream.' } },
      200: { description: 'Made so before', headers: { ...next, ...closed } },
    },
    errors: [StreamExists, StreamNotFound, StreamTypeMismatch, ForkSourceGone],
    idempotency: 'transaction',
    async handle({ streams }, { params: { path }, header, body, url }) {
      const { stream, created } = await inHeaders(() => streams.create(path, {
        contentType: contentTypeIn(header), data: body, closed: closesIn(header),
        ...expiryIn(header), fork: forkIn(header),
      }))
      const headers = { 'content-type': stream.contentType, ...whereOf(stream) }
      return created
        ? { status: 201, headers: { ...headers, location: url } }
        : { status: 200, headers }
    },
  }),
  define({
    ...common,
    operationId: 'appendToStream',
    method: 'POST',
    summary: 'Append bytes, or JSON messages; or close the stream; or both at once',
    action: 'streams:write',
    input: { params },
    bodyBytesMax: chunkBytesMax,
    headers: {
      ...steps, ...failure,
      'Stream-Seq': 'Must be greater than that of the append before, byte by byte.',
      'Stream-Closed': '`true` when nothing follows.',
    },
    answers: {
      204: { description: 'Appended, or appended before', headers: { ...next, ...closed } },
      200: {
        description: 'Appended by a producer',
        headers: { ...next, ...closed, 'Producer-Seq': 'Its last append.' },
      },
    },
    errors: [StreamNotFound, StreamGone, StreamClosed, StreamTypeMismatch, StreamSequenceConflict,
      StreamFull, ProducerFenced, ProducerGap],
    idempotency: 'transaction',
    handle: ({ streams }, { params: { path }, header, body }) =>
      inHeaders(() => append(streams, path, { header, body })),
  }),
  define({
    ...common,
    operationId: 'readStream',
    method: 'GET',
    summary: 'Read from an offset: what is there, or wait for more, or all that comes as events',
    action: 'streams:read',
    input: {
      params,
      query: z.object({
        offset: z.string().optional()
          .describe('From `Stream-Next-Offset`; `-1` for the beginning, `now` for the end.'),
        live: z.enum(['long-poll', 'sse']).optional().describe('Wait for what comes.'),
        cursor: z.string().max(100).optional().describe('From `Stream-Cursor`.'),
      }),
    },
    headers: { 'If-None-Match': 'ETag of an answer that is there already.' },
    answers: {
      200: {
        description: 'What lies behind the offset, as far as one answer goes',
        headers: {
          'Stream-Next-Offset': 'Where to read on.',
          'Stream-Up-To-Date': '`true` when nothing lay behind it.',
          'Stream-Cursor': 'To be sent with the next live request.',
          ...closed, ...failure,
        },
        content: '*/*',
      },
      204: { description: 'Nothing came in time', headers: { ...next, ...closed } },
      304: { description: 'As that ETag' },
    },
    errors: [StreamNotFound, StreamGone],
    idempotency: 'none',
    async handle({ streams, streamTimes }, { params: { path }, query, header, signal }) {
      const { live, offset } = query
      if (live !== undefined && offset === undefined) {
        throw new RequestFaults([{ field: 'query.offset', message: 'is needed with live' }])
      }
      return answerRead(streams, path, {
        ...query, ifNoneMatch: header('if-none-match'), signal, times: streamTimes ?? {},
      })
    },
  }),
  define({
    ...common,
    operationId: 'headStream',
    method: 'HEAD',
    summary: 'Where a stream ends, and how it stands',
    action: 'streams:read',
    input: { params },
    answers: {
      200: { description: 'How it stands', headers: { ...next, ...closed, ...failure } },
    },
    errors: [StreamNotFound, StreamGone],
    idempotency: 'none',
    handle: async ({ streams }, { params: { path } }) => answerHead(await streams.get(path)),
  }),
  define({
    ...common,
    operationId: 'deleteStream',
    method: 'DELETE',
    summary: 'Delete a stream and all that is in it',
    action: 'streams:write',
    input: { params },
    answers: { 204: { description: 'Deleted' } },
    errors: [StreamNotFound, StreamGone],
    idempotency: 'transaction',
    async handle({ streams }, { params: { path } }) {
      await streams.delete(path)
      return { status: 204, headers: {} }
    },
  }),
]

async function append(
  streams: StreamStore,
  path: string,
  { header, body }: { readonly header: ReadHeader; readonly body: Uint8Array },
): Promise<RawAnswer> {
  const [producer, sequence] = [producerIn(header), sequenceIn(header)]
  const options: StreamAppend = {
    producer, sequence, close: closesIn(header), failure: failureIn(header),
  }
  const isOnlyClosing = body.length === 0 && (options.close === true ||
    options.failure !== undefined)
  if (isOnlyClosing) return appended(await streams.close(path, options), options, 204)
  if (body.length === 0) {
    throw new RequestFaults([{ field: 'body', message: 'is empty, and Stream-Closed not true' }])
  }
  const contentType = contentTypeIn(header)
  if (contentType === undefined) {
    throw new RequestFaults([{ field: 'header.content-type', message: 'is needed' }])
  }
  return appended(await streams.append(path, body, { ...options, contentType }), options)
}

function appended(
  result: AppendResult,
  { producer }: StreamAppend,
  status = producer === undefined ? 204 : 200,
): RawAnswer {
  const produced: Record<string, string> = producer === undefined ? {} : {
    'producer-epoch': String(producer.epoch),
    'producer-seq': String(result.producerSeq ?? producer.seq),
  }
  return {
    status: result.duplicate ? 204 : status,
    headers: { ...whereOf(result), ...produced },
  }
}

type Where = Pick<Stream, 'offset' | 'closed'>

function whereOf({ offset, closed: isClosed }: Where): RawAnswer['headers'] {
  return { 'stream-next-offset': offset, ...(isClosed ? { 'stream-closed': 'true' } : {}) }
}

function answerHead(stream: Stream): RawAnswer {
  const { ttlSeconds, expiresAt } = stream
  return {
    status: 200,
    headers: {
      'content-type': stream.contentType,
      'cache-control': 'no-store',
      ...whereOf(stream),
      etag: `"${stream.id}:-1:${stream.offset}${stream.closed ? ':c' : ''}"`,
      ...(stream.failure === null ? {} : { 'stream-failure': encodeURIComponent(stream.failure) }),
      ...(ttlSeconds === null ? {} : { 'stream-ttl': String(ttlSeconds) }),
      ...(ttlSeconds !== null || expiresAt === null ? {} : { 'stream-expires-at': expiresAt }),
    },
  }
}
