import { fileFault } from './transfer-format.js'

/** Bytes of one line at most: content and metadata of the greatest length, three bytes a unit. */
export const lineBytesMax = 100 * 1024 * 1024

const lineFeed = 0x0a

/** Lines of UTF-8, without their line feeds. Throws InvalidConversationFile. */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
  bytesMax = lineBytesMax,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let parts: Uint8Array[] = []
  let length = 0
  let number = 1
  const take = (part: Uint8Array) => {
    length += part.length
    if (length > bytesMax) throw fileFault(number, `is longer than ${bytesMax} bytes`)
    parts.push(part)
  }
  const finish = (): string => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    length = 0
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw fileFault(number, 'is not valid UTF-8', cause)
    }
  }
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, from)) {
      take(piece.subarray(from, at))
      yield finish()
      number += 1
      from = at + 1
    }
    if (from < piece.length) take(piece.subarray(from))
  }
  if (length > 0) throw fileFault(number, 'has no line feed at its end: the file is cut off')
}
