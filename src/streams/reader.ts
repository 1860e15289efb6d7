import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { InvalidInput } from '../errors.js'
import { StreamGone, StreamNotFound } from './errors.js'
import { jsonType } from './media.js'
import { offsetOf, type Position, type Start } from './offset.js'
import { type ReadStatements } from './read-statements.js'
import { streamChunks, streams, type StreamTables } from './tables.js'

/** A stream, in stored form. */
export interface StreamKey {
  readonly organizationId: Stored<'id'>
  readonly path: Stored<'text'>
}

/** What lies behind a place of a stream, as far as one read goes. */
export interface StreamPart {
  /** Of this stream alone; another one at the same path has another. */
  readonly streamId: string
  readonly contentType: string
  /** The offset read from. */
  readonly from: string
  /** Pieces in order. Of a JSON stream: messages with commas between them. */
  readonly chunks: readonly StreamChunk[]
  /** Where to read on. */
  readonly offset: string
  /** Whether there was nothing behind these chunks. */
  readonly upToDate: boolean
  /** Whether there will never be anything behind these chunks. */
  readonly closed: boolean
  /** Why the stream ended early, once `closed`. */
  readonly failure: string | null
}

export interface StreamChunk {
  readonly data: Uint8Array
  /** The offset behind it. */
  readonly offset: string
}

const { columns } = streams

/** Reads streams, and keeps those alive that are read. */
export class StreamReader {
  readonly database: Database<StreamTables>
  readonly #statements: ReadStatements

  constructor(database: Database<StreamTables>, statements: ReadStatements) {
    this.database = database
    this.#statements = statements
  }

  /** One read. Throws StreamNotFound, StreamGone, InvalidInput for an offset of elsewhere. */
  async read(key: StreamKey, start: Start): Promise<StreamPart> {
    // Behind every tail: only the stream itself comes back.
    const from = start === 'now' ? Number.MAX_SAFE_INTEGER - 2 ** 21 : start
    const { rows } = await this.database.execute(this.#statements.read({
      organization: key.organizationId, path: key.path, from: from as Stored<'integer'>,
    }))
    const [first] = rows
    if (first === undefined) throw notFound()
    if (first.deleted_at !== null) throw gone()
    if (columns.closed.decode(first.is_stale)) await this.touch([key])
    return partOf(rows, start)
  }

  /** The stored row, unless there is none. */
  async find({ organizationId, path }: StreamKey): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.database.execute(
      this.#statements.find({ organization: organizationId, path }))
    return rows[0]
  }

  /** Somebody reads these streams: they live on. */
  async touch(keys: readonly StreamKey[]): Promise<void> {
    await this.database.execute(this.#statements.touch(keys.map(rowOf)))
  }

  /** How streams stand: a text that differs once there is news. */
  async look(keys: readonly StreamKey[]): Promise<Map<string, string>> {
    const { rows } = await this.database.execute(
      { ...this.#statements.look(keys.map(rowOf)), readOnly: true })
    const stale = rows.filter(({ is_stale: isStale }) => columns.closed.decode(isStale))
    if (stale.length > 0) await this.touch(stale.map(keyOfRow))
    return new Map(rows.map((row) => [
      nameOf(keyOfRow(row)), `${row.id} ${row.tail} ${row.closed} ${row.deleted_at}`,
    ]))
  }
}

/** Tells streams apart. */
export const nameOf = ({ organizationId, path }: StreamKey): string => `${organizationId} ${path}`

export const notFound = () => new StreamNotFound('There is no such stream.')

export const gone = () => new StreamGone('The stream was deleted; forks of it still live.')

const rowOf = ({ organizationId, path }: StreamKey) => ({ organization_id: organizationId, path })

const keyOfRow = ({ organization_id: organizationId, path }: Record<string, unknown>) =>
  ({ organizationId, path }) as StreamKey

function partOf(rows: readonly Record<string, unknown>[], start: Start): StreamPart {
  const [stream] = rows
  const tail = columns.tail.decode(stream!.tail)
  const from = start === 'now' ? tail : start
  if (from > tail) throw foreign('lies behind the end of the stream')
  const isJson = columns.mediaType.decode(stream!.media_type) === jsonType
  const chunks = chunksOf(rows, from, isJson)
  const end = chunks.at(-1)?.end ?? from
  const closed = columns.closed.decode(stream!.closed) && end === tail
  return {
    streamId: columns.id.decode(stream!.id),
    contentType: columns.contentType.decode(stream!.content_type),
    from: offsetOf(from),
    chunks: chunks.map(({ data, end: behind }) => ({ data, offset: offsetOf(behind) })),
    offset: offsetOf(end),
    upToDate: end === tail,
    closed,
    failure: closed ? columns.failure.decode(stream!.failure) : null,
  }
}

/** Bytes may be read on from anywhere, messages only from where one begins. */
function chunksOf(rows: readonly Record<string, unknown>[], from: Position, isJson: boolean) {
  return rows.filter(({ end_offset: end }) => end !== null).map((row) => {
    const data = streamChunks.columns.data.decode(row.data)
    const end = streamChunks.columns.endOffset.decode(row.end_offset)
    const known = from - (end - data.length)
    if (known <= 0) return { data, end }
    if (isJson) throw foreign('is no offset that this stream handed out')
    return { data: data.subarray(known), end }
  })
}

const foreign = (rule: string) => new InvalidInput(`offset ${rule}`, { field: 'offset' })
