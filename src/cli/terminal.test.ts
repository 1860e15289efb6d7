import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Terminal } from './terminal.js'

const reading = (...pieces: readonly Uint8Array[]) => new Terminal({
  input: Readable.from(pieces), output: new PassThrough(), error: new PassThrough(),
})

describe('standard input', () => {
  it('is text in UTF-8, in whatever pieces it comes, without one line break', async () => {
    const [first, second] = [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a, 0x0d, 0x0a])]
    expect(await reading(first, second).readInput()).toBe('é\n')
  })

  it('is refused where it is something else, rather than changed', async () => {
    const latin = Buffer.from('passwört', 'latin1')
    await expect(reading(latin).readInput()).rejects.toMatchObject({
      code: 'input_not_text', message: expect.stringMatching(/^Standard input is not UTF-8/),
    })
  })
})
