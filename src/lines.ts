const lineFeed = 0x0a

/**
 * Lines of UTF-8 without their line feeds, which alone end them: Node.js 24 also takes U+2028 and
 * U+2029 for the end of a line, and JSON has them within its texts.
 */
export async function* linesIn(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, void> {
  let parts: Uint8Array[] = []
  const taken = (): string => {
    const line = Buffer.concat(parts).toString('utf8')
    parts = []
    return line
  }
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, from)) {
      parts.push(piece.subarray(from, at))
      yield taken()
      from = at + 1
    }
    if (from < piece.length) parts.push(piece.subarray(from))
  }
  if (parts.length > 0) yield taken()
}
