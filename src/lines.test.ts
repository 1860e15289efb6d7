import { expect, it } from 'vitest'
import { linesIn } from './lines.js'

async function linesOf(...pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
  async function* sent() {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const lines: string[] = []
  for await (const line of linesIn(sent())) lines.push(line)
  return lines
}

it('lines end with a line feed alone, not with what else some take for one', async () => {
  const text = 'a\u2028b\u2029c\u0085d\re\u000bf\u000cg'
  expect(await linesOf(`${text}\n${text}\n`)).toEqual([text, text])
})

it('lines come whole, wherever their bytes were parted', async () => {
  const bytes = Buffer.from('é€😀\n\n\u2028x\nlast')
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(await linesOf(bytes.subarray(0, at), bytes.subarray(at)))
      .toEqual(['é€😀', '', '\u2028x', 'last'])
  }
  expect(await linesOf()).toEqual([])
  expect(await linesOf('\n')).toEqual([''])
})
