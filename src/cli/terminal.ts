import { type Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

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

/** Where a command reads and writes: results to standard output, everything else to error. */
export class Terminal {
  readonly #streams: TerminalStreams

  constructor(streams?: TerminalStreams) {
    const { stdin: input, stdout: output, stderr: error } = process
    this.#streams = streams ?? { input, output, error }
    // A reader that went away (`| head`) is no failure of the command.
    for (const stream of [this.#streams.output, this.#streams.error]) {
      stream.on('error', () => undefined)
    }
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

  /** Everything on standard input, without one final line break. */
  async readInput(): Promise<string> {
    if (this.#streams.input.isTTY === true) this.say('Type it, then press Enter and Ctrl-D.')
    return (await text(this.#streams.input)).replace(/\r?\n$/, '')
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
