import { InvalidInput } from '../errors.js'
import { type FieldFault, RequestFaults } from '../http/problem.js'
import { type ProducerStep } from './append-call.js'
import { isContentType, jsonType, mediaTypeOf } from './media.js'
import { type StreamPart } from './reader.js'
import { failureMax, ttlSecondsMax, wordMax } from './rules.js'

/** Streams stand under it. */
export const streamsPath = '/v1/streams/'

/** Reads one header by its lower-case name. */
export type ReadHeader = (name: string) => string | undefined

const integerPattern = /^(0|[1-9]\d{0,15})$/
const producerNames = ['producer-id', 'producer-epoch', 'producer-seq'] as const

/** Where in a request a field of the store stands. */
const headerOf: Readonly<Record<string, string>> = {
  content_type: 'content-type', sequence: 'stream-seq', failure: 'stream-failure',
  ttl_seconds: 'stream-ttl', expires_at: 'stream-expires-at',
  producer_id: 'producer-id', producer_epoch: 'producer-epoch', producer_seq: 'producer-seq',
  'fork.from': 'stream-forked-from', 'fork.offset': 'stream-fork-offset',
  'fork.sub_offset': 'stream-fork-sub-offset',
}

/** Runs `work`; what it finds wrong is told by the header at fault. */
export async function inHeaders<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const header = error instanceof InvalidInput ? headerOf[error.field ?? ''] : undefined
    if (header === undefined) throw error
    const { message } = error as Error
    throw new InvalidInput(message, { field: `header.${header}`, cause: error })
  }
}

/** Throws RequestFaults for one header. */
function refuse(name: string, message: string): never {
  const faults: FieldFault[] = [{ field: `header.${name}`, message }]
  throw new RequestFaults(faults)
}

/** The content type; undefined when there is none. */
export function contentTypeIn(header: ReadHeader): string | undefined {
  const given = header('content-type')?.trim()
  if (given === undefined || given === '') return undefined
  return isContentType(given) ? given : refuse('content-type', 'must be a media type')
}

/** Whether the stream is to be closed; any other word is as none. */
export function closesIn(header: ReadHeader): boolean {
  return header('stream-closed')?.toLowerCase() === 'true'
}

/** Why the stream ends early. */
export function failureIn(header: ReadHeader): string | undefined {
  const given = header('stream-failure')
  if (given === undefined) return undefined
  try {
    const failure = decodeURIComponent(given)
    if (failure.length >= 1 && failure.length <= failureMax) return failure
  } catch {
    // Refused below.
  }
  return refuse('stream-failure', `must be 1 to ${failureMax} characters, percent-encoded`)
}

/** Which append of which producer this is. */
export function producerIn(header: ReadHeader): ProducerStep | undefined {
  const [id, epoch, seq] = producerNames.map((name) => header(name))
  if (id === undefined && epoch === undefined && seq === undefined) return undefined
  if (id === undefined || id === '' || id.length > wordMax) {
    return refuse('producer-id', `must be 1 to ${wordMax} characters`)
  }
  return {
    id, epoch: integerIn('producer-epoch', epoch), seq: integerIn('producer-seq', seq),
  }
}

/** The sequence of the writer. */
export function sequenceIn(header: ReadHeader): string | undefined {
  const given = header('stream-seq')
  const isWord = given === undefined || (given.length >= 1 && given.length <= wordMax)
  return isWord ? given : refuse('stream-seq', `must be 1 to ${wordMax} characters`)
}

/** How long a new stream lives. */
export function expiryIn(header: ReadHeader): { ttlSeconds?: number; expiresAt?: string } {
  const ttl = header('stream-ttl')
  const expiresAt = header('stream-expires-at')
  if (ttl !== undefined && expiresAt !== undefined) {
    refuse('stream-ttl', 'and Stream-Expires-At exclude each other')
  }
  if (ttl === undefined) return expiresAt === undefined ? {} : { expiresAt }
  const ttlSeconds = integerIn('stream-ttl', ttl)
  if (ttlSeconds > ttlSecondsMax) refuse('stream-ttl', `must be at most ${ttlSecondsMax}`)
  return { ttlSeconds }
}

/** Where a new stream leaves its source. */
export function forkIn(header: ReadHeader) {
  const from = header('stream-forked-from')
  const offset = header('stream-fork-offset')
  const sub = header('stream-fork-sub-offset')
  if (from === undefined) {
    const stray = offset !== undefined ? 'stream-fork-offset' : 'stream-fork-sub-offset'
    if (offset !== undefined || sub !== undefined) refuse(stray, 'needs Stream-Forked-From')
    return undefined
  }
  return {
    from: pathIn(from),
    ...(offset === undefined ? {} : { offset }),
    ...(sub === undefined ? {} : { subOffset: integerIn('stream-fork-sub-offset', sub) }),
  }
}

function pathIn(url: string): string {
  try {
    if (url.startsWith(streamsPath)) return decodeURIComponent(url.slice(streamsPath.length))
  } catch {
    // Refused below.
  }
  return refuse('stream-forked-from', `must be the URL path of a stream, ${streamsPath}…`)
}

function integerIn(name: string, text: string | undefined): number {
  const number = Number(text)
  if (text !== undefined && integerPattern.test(text) && Number.isSafeInteger(number)) return number
  return refuse(name, 'must be an integer from 0, without sign, leading zeros or fraction')
}

/** The bytes of a part as they are read: of a JSON stream, a list of its messages. */
export function bodyOf({ chunks, contentType }: StreamPart): Buffer {
  const pieces = chunks.map(({ data }) => data)
  if (mediaTypeOf(contentType) !== jsonType) return Buffer.concat(pieces)
  const separated = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [comma, piece]))
  return Buffer.concat([opening, ...separated, closing])
}

const [opening, comma, closing] = ['[', ',', ']'].map((text) => Buffer.from(text)) as
  [Buffer, Buffer, Buffer]

/** Cursors count these since this moment. */
const cursorIntervalMs = 20_000
const cursorEpochMs = Date.UTC(2024, 9, 9)

/** At most so many intervals are skipped for a client that is ahead: an hour. */
const cursorJitterMax = 180

/**
 * The cursor of a live answer: the present interval, or one surely behind the client's own, so that
 * no cache between us answers its next request with this answer.
 */
export function cursorAfter(given: string | undefined): string {
  const present = Math.floor((Date.now() - cursorEpochMs) / cursorIntervalMs)
  const own = given !== undefined && integerPattern.test(given) ? Number(given) : -1
  if (own < present) return String(present)
  return String(own + 1 + Math.floor(Math.random() * cursorJitterMax))
}
