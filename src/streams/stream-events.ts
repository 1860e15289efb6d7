import { type ServerEvent } from '../http/events.js'
import { isText, jsonType, mediaTypeOf } from './media.js'
import { offsetOf, positionOf } from './offset.js'
import { bodyOf, cursorAfter } from './protocol.js'
import { type StreamPart } from './reader.js'

/** How the parts of a stream go as events: each its data, and behind it where to read on. */
export async function* streamEvents(
  parts: AsyncIterable<StreamPart>,
  cursor: string | undefined,
): AsyncGenerator<ServerEvent, void, void> {
  const encoder = new EventEncoder()
  for await (const part of parts) {
    const { data, held } = encoder.encode(part)
    if (data !== '') yield { event: 'data', data }
    yield { event: 'control', data: JSON.stringify(controlOf(part, held, cursor)) }
  }
}

function controlOf(part: StreamPart, held: number, cursor: string | undefined) {
  const streamNextOffset = offsetOf(positionOf(part.offset, 'offset') - held)
  if (part.closed) {
    const failure = part.failure === null ? {} : { streamFailure: part.failure }
    return { streamNextOffset, streamClosed: true, upToDate: true, ...failure }
  }
  const streamCursor = cursorAfter(cursor)
  return { streamNextOffset, streamCursor, ...(part.upToDate ? { upToDate: true } : {}) }
}

/** Writes bytes as text. A character that is cut in two waits for its other half. */
class EventEncoder {
  #held: Buffer = Buffer.alloc(0)

  /** The data, and how many of the bytes wait. */
  encode(part: StreamPart): { data: string; held: number } {
    const mediaType = mediaTypeOf(part.contentType)
    if (part.chunks.length === 0 && this.#held.length === 0) return { data: '', held: 0 }
    if (mediaType === jsonType) return { data: bodyOf(part).toString(), held: 0 }
    if (!isText(mediaType)) return { data: bodyOf(part).toString('base64'), held: 0 }
    const bytes = Buffer.concat([this.#held, bodyOf(part)])
    const whole = part.closed ? bytes.length : bytes.length - unfinished(bytes)
    this.#held = bytes.subarray(whole)
    return { data: bytes.subarray(0, whole).toString(), held: this.#held.length }
  }
}

/** Whether events of this type carry base64. */
export const isEncoded = (contentType: string): boolean => !isText(mediaTypeOf(contentType))

/** How many bytes at the end begin a character of UTF-8 that is not complete. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return length > back ? back : 0
  }
  return 0
}
