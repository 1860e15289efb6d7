import { fstatSync, writeSync } from 'node:fs'
import { type Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { CommandFailure } from './failure.js'

/** The streams of a terminal; by default those of the process. */
export interface TerminalStreams {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable
  readonly error: Writable
}

/** Resolves when a stream takes more, or never will: a reader that went away takes nothing. */
export async function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain) return
  await new Promise<void>((done) => {
    const events = ['drain', 'close', 'error']
    const end = () => {
      for (const event of events) stream.off(event, end)
      done()
    }
    for (const event of events) stream.once(event, end)
  })
}

/** What a reader that went away (`| head`) leaves behind: no failure of the command. */
const goneAway: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'EIO'])

/** Standard output. Into a file all is written, or it fails: Node.js takes a part for all. */
function outputOfProcess(): Writable {
  const { stdout } = process
  const { fd } = stdout
  if (stdout.isTTY || !isFile(fd)) return stdout
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let from = 0; from < chunk.length;) from += writeSync(fd, chunk, from)
        done()
      } catch (fault) {
        done(fault as Error)
      }
    },
  })
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    return false
  }
}

/** Bytes that are no UTF-8 would become other text without a word. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const sentence = 'Standard input is not UTF-8; encode it so, or bytes as base64.'
    throw new CommandFailure(sentence, { code: 'input_not_text', cause })
  }
}

/** Where a command reads and writes: results to standard output, everything else to error. */
export class Terminal {
  readonly #streams: TerminalStreams
  readonly #lost = new AbortController()
  #outputFault: Error | undefined

  constructor(streams?: TerminalStreams) {
    const { stdin: input, stderr: error } = process
    this.#streams = streams ?? { input, output: outputOfProcess(), error }
    this.#streams.output.on('error', (fault: NodeJS.ErrnoException) => {
      if (!goneAway.has(fault.code ?? '')) this.#outputFault ??= fault
      this.#lost.abort()
    })
    this.#streams.error.on('error', () => undefined)
  }

  /** Aborted once nothing of the result is taken any more: what goes on for ever ends then. */
  get outputLost(): AbortSignal {
    return this.#lost.signal
  }

  /** Throws CommandFailure when a part of the result could not be written, as on a full disk. */
  checkOutput(): void {
    const cause = this.#outputFault
    if (cause === undefined) return
    const sentence = 'The result is cut off: standard output cannot be written ' +
      `(${cause.message}). Make room or write elsewhere, then run it again.`
    throw new CommandFailure(sentence, { code: 'output_not_written', cause })
  }

  /** One line of the result. */
  print(line: string): void {
    this.write(`${line}\n`)
  }

  /** Text of the result as it is. */
  write(result: string): void {
    this.#streams.output.write(result)
  }

  /** One line about the work. */
  say(line: string): void {
    this.writeError(`${line}\n`)
  }

  /** Text about the work as it is. */
  writeError(remark: string): void {
    this.#streams.error.write(remark)
  }

  /** Standard input as it comes. */
  get input(): Readable {
    return this.#streams.input
  }

  /** Everything on standard input, without one final line break. Throws CommandFailure. */
  async readInput(): Promise<string> {
    if (this.#streams.input.isTTY === true) this.say('Type it, then press Enter and Ctrl-D.')
    const bytes = await buffer(this.#streams.input)
    return decoded(bytes).replace(/\r?\n$/, '')
  }

  /** Resolves when the result may go on without filling the memory. */
  async drained(): Promise<void> {
    await drained(this.#streams.output)
  }

  /** Resolves when what was written has left the process. */
  async flush(): Promise<void> {
    const streams = [this.#streams.output, this.#streams.error]
    await Promise.all(
      streams.map((stream) => new Promise<void>((done) => stream.write('', () => done()))),
    )
  }
}
