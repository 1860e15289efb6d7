import { createWriteStream } from 'node:fs'
import { CommandFailure } from './failure.js'
import { drained, type Terminal } from './terminal.js'

/** Writes lines no faster than they are taken: to a file, or to the terminal. */
export function lineWriter(path: string | undefined, terminal: Terminal) {
  if (path === undefined) {
    return {
      write: async (line: string) => { terminal.print(line); await terminal.drained() },
      end: async () => undefined,
    }
  }
  const stream = createWriteStream(path, { mode: 0o600 })
  let failure: Error | undefined
  stream.once('error', (error) => { failure = error })
  const check = () => {
    if (failure === undefined) return
    const sentence = `The export cannot be written (${failure.message}).`
    throw new CommandFailure(sentence, { code: 'file_not_written', cause: failure })
  }
  return {
    async write(line: string) {
      stream.write(`${line}\n`)
      await drained(stream)
      check()
    },
    async end() {
      // One that failed since the last line has closed itself.
      await new Promise<void>((done) => {
        if (stream.closed) return done()
        stream.once('close', () => done())
        stream.end()
      })
      check()
    },
  }
}
