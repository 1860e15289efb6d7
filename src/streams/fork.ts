import { type Stored } from '../database/columns.js'
import { InvalidInput } from '../errors.js'
import { ForkSourceGone, StreamNotFound, StreamTypeMismatch } from './errors.js'
import { joined, messagesOf } from './json-messages.js'
import { jsonType, mediaTypeOf } from './media.js'
import { type Position, positionOf } from './offset.js'
import { streamChunks, streams } from './tables.js'

/** Where a fork leaves its source. */
export interface ForkPoint {
  /** Path of the source. */
  readonly from: string
  /** @default the end of the source */
  readonly offset?: string
  /**
   * So many bytes, or messages of a JSON stream, behind `offset`; at most to the end of what one
   * call appended. @default 0
   */
  readonly subOffset?: number
}

/** What a fork begins with. */
export interface ForkPlan {
  readonly sourceId: Stored<'id'>
  /** Chunks up to here are inherited whole. */
  readonly until: Position
  /** The part of the next chunk that is inherited, too. */
  readonly prefix: Uint8Array
  readonly subOffset: number
  readonly ttlSeconds: number | null
  readonly expiresAt: string | null
}

const { columns } = streams

/** Where the chunk lies that a fork may split; undefined for the end of the source. */
export function anchorOf({ offset, subOffset = 0 }: ForkPoint): Position | undefined {
  if (!Number.isSafeInteger(subOffset) || subOffset < 0) {
    throw fault('fork.sub_offset', 'must be an integer from 0')
  }
  if (offset !== undefined) return positionOf(offset, 'fork.offset')
  if (subOffset > 0) throw fault('fork.sub_offset', 'names a place behind the end of the source')
  return undefined
}

/** Plans a fork by its source and the chunk behind the anchor. */
export function planOf(
  row: Record<string, unknown> | undefined,
  { from, subOffset = 0, ...point }: ForkPoint,
  contentType: string,
): ForkPlan {
  if (row === undefined) throw noSource(from)
  if (row.deleted_at !== null) {
    throw new ForkSourceGone('The source was deleted; only its forks still live.')
  }
  const own = columns.contentType.decode(row.content_type)
  if (mediaTypeOf(contentType) !== mediaTypeOf(own)) {
    throw new StreamTypeMismatch(`A fork of this stream must be ${own}.`)
  }
  const tail = columns.tail.decode(row.tail)
  const anchor = anchorOf({ from, subOffset, ...point }) ?? tail
  if (anchor > tail) throw fault('fork.offset', 'lies behind the end of the source')
  return {
    sourceId: row.id as Stored<'id'>,
    ...split(row, anchor, subOffset),
    subOffset,
    ttlSeconds: columns.ttlSeconds.decode(row.ttl_seconds),
    expiresAt: columns.expiresAt.decode(row.expires_at),
  }
}

/** Whole chunks before the anchor, and what is inherited of the one it lies in or before. */
function split(
  row: Record<string, unknown>,
  anchor: Position,
  subOffset: number,
): Pick<ForkPlan, 'until' | 'prefix'> {
  if (row.end_offset === null) {
    if (subOffset > 0) throw overshoot()
    return { until: anchor, prefix: new Uint8Array() }
  }
  const chunk = streamChunks.columns.data.decode(row.data)
  const until = streamChunks.columns.endOffset.decode(row.end_offset) - chunk.length
  if (columns.mediaType.decode(row.media_type) !== jsonType) {
    const length = anchor - until + subOffset
    if (length > chunk.length) throw overshoot()
    return { until, prefix: chunk.subarray(0, length) }
  }
  if (until !== anchor) {
    throw fault('fork.offset', 'must be an offset that the source handed out')
  }
  const messages = subOffset === 0 ? [] : messagesOf(chunk)
  if (subOffset > messages.length) throw overshoot()
  return { until, prefix: joined(messages.slice(0, subOffset)) }
}

/** A fork needs its source. */
export const noSource = (path: string) =>
  new StreamNotFound(`There is no stream ${path} to fork.`)

const overshoot = () => fault('fork.sub_offset', 'reaches behind what one call appended')

const fault = (field: string, rule: string) => new InvalidInput(`${field} ${rule}`, { field })
