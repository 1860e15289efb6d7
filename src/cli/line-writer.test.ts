import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { lineWriter } from './line-writer.js'
import { Terminal } from './terminal.js'

const nowhere = () => new Terminal({
  input: new PassThrough(), output: new PassThrough(), error: new PassThrough(),
})

it('a file that fails behind the last line is told at the end', async () => {
  const writer = lineWriter(tmpdir(), nowhere())
  await writer.write('a line')
  await new Promise((done) => setTimeout(done, 200))
  await expect(writer.end()).rejects.toMatchObject({ code: 'file_not_written' })
}, 5_000)
