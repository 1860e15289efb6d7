import { z } from 'zod'
import { type HoldfastError } from '../errors.js'
import { type RawAnswer, type RawRoute, rawRoute } from '../http/raw.js'
import { flagText } from '../http/schema.js'
import { dispositionOf, holdsRange, isNamedIn, safeHeaders, wantedIn } from './download.js'
import {
  AttachmentCompleted, AttachmentIncomplete, AttachmentMismatch, AttachmentNotFound,
  AttachmentTooLarge, AttachmentUnavailable, RangeBehind, RangeNotSatisfiable,
} from './errors.js'
import { type AttachmentContext, attachmentParams } from './routes.js'
import { type AttachmentContent } from './store.js'

const define = rawRoute<AttachmentContext>()

const common = {
  path: '/v1/attachments/{attachment_id}/content', tag: 'Attachments', scope: 'organization',
} as const

const telling = {
  ETag: 'The SHA-256 of the bytes.',
  'Accept-Ranges': '`bytes`.',
  'Content-Disposition': 'The name; `attachment` unless `inline` was asked for and is safe.',
}

const reading = {
  ...common,
  action: 'attachments:read',
  input: {
    params: attachmentParams,
    query: z.strictObject({
      inline: flagText('To be shown, if its type is safe to show. Default false.').optional(),
    }),
  },
  headers: {
    Range: 'One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-100`.',
    'If-Range': 'The range only while this is the ETag, else everything.',
    'If-None-Match': 'ETag of bytes that are there already.',
  },
  answers: {
    200: { description: 'All bytes', headers: telling, content: '*/*' },
    206: {
      description: 'The bytes of the range', content: '*/*',
      headers: { ...telling, 'Content-Range': 'Which bytes of how many.' },
    },
    304: { description: 'As that ETag' },
  },
  errors: [
    AttachmentNotFound, AttachmentIncomplete, AttachmentUnavailable, RangeNotSatisfiable,
  ],
  idempotency: 'none',
  refusalHeaders: (error: HoldfastError): Record<string, string> =>
    (error instanceof RangeBehind ? { 'content-range': `bytes */${error.size}` } : {}),
} as const

/** Put and read the bytes of attachments. */
export const rawAttachmentRoutes: readonly RawRoute<AttachmentContext>[] = [
  define({
    ...common,
    operationId: 'putAttachmentContent',
    method: 'PUT',
    summary: 'Put the bytes of an attachment; again, instead of those put before',
    action: 'attachments:write',
    input: { params: attachmentParams },
    // The store knows how many it may be; nothing is held in memory.
    bodyBytesMax: Number.MAX_SAFE_INTEGER,
    takesPieces: true,
    answers: { 204: { description: 'Kept', headers: { ETag: 'The SHA-256 of the bytes.' } } },
    errors: [
      AttachmentNotFound, AttachmentCompleted, AttachmentTooLarge, AttachmentMismatch,
      AttachmentUnavailable,
    ],
    idempotency: 'own',
    async handle({ attachments }, { params: { attachment_id: id }, pieces }) {
      const { sha256 } = await attachments.put(id, pieces)
      return { status: 204, headers: { etag: `"${sha256}"` } }
    },
  }),
  define({
    ...reading,
    operationId: 'readAttachmentContent',
    method: 'GET',
    summary: 'Read the bytes of an attachment, or a range of them',
    async handle({ attachments }, { params: { attachment_id: id }, query, header }) {
      const content = await attachments.content(id)
      const answer = answerOf(content, { header, inline: query.inline ?? false })
      return { ...answer, body: answer.body && await begun(answer.body) }
    },
  }),
  define({
    ...reading,
    operationId: 'headAttachmentContent',
    method: 'HEAD',
    summary: 'The headers of the bytes of an attachment',
    async handle({ attachments }, { params: { attachment_id: id }, query, header }) {
      const content = await attachments.content(id)
      const { status, headers } = answerOf(content, { header, inline: query.inline ?? false })
      return { status, headers }
    },
  }),
]

/** The same bytes, of which the first are there: what is not is told by a status. */
async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first = await iterator.next()
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  })()
}

interface BytesAnswer extends RawAnswer {
  readonly body?: AsyncIterable<Uint8Array>
}

interface Asked {
  header(name: string): string | undefined
  readonly inline: boolean
}

function answerOf(content: AttachmentContent, { header, inline }: Asked): BytesAnswer {
  const { attachment: { name }, mediaType, sha256, size } = content
  const etag = `"${sha256}"`
  const headers = {
    ...safeHeaders, etag, 'content-type': mediaType,
    'content-disposition': dispositionOf(name, { mediaType, inline }),
  }
  if (isNamedIn(header('if-none-match'), etag)) return { status: 304, headers }
  const range = holdsRange(header('if-range'), etag) ? header('range') : undefined
  const wanted = wantedIn(range, size)
  if (wanted === 'nothing') throw new RangeBehind(size)
  if (wanted === 'all') {
    const whole = { ...headers, 'content-length': String(size) }
    return { status: 200, headers: whole, body: content.read() }
  }
  const { start, end } = wanted
  return {
    status: 206,
    headers: {
      ...headers, 'content-length': String(end - start),
      'content-range': `bytes ${start}-${end - 1}/${size}`,
    },
    body: content.read(wanted),
  }
}
