import { closeSync, existsSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { CommandFailure } from './failure.js'

/**
 * A file for what a long command finds out, opened before it begins: a place that cannot be written
 * is told before there is work to lose. Readable by its owner alone.
 */
export class ReportFile {
  readonly #path: string
  readonly #isNew: boolean
  readonly #descriptor: number

  /** What the file held stays until there is a report. Throws CommandFailure. */
  constructor(path: string) {
    this.#path = path
    this.#isNew = !existsSync(path)
    try {
      this.#descriptor = openSync(path, 'a', 0o600)
    } catch (cause) {
      throw notWritten(cause)
    }
  }

  /** Throws CommandFailure. */
  write(report: unknown): void {
    try {
      ftruncateSync(this.#descriptor)
      writeSync(this.#descriptor, `${JSON.stringify(report, null, 2)}\n`)
    } catch (cause) {
      throw notWritten(cause)
    } finally {
      closeSync(this.#descriptor)
    }
  }

  /** Without a report a new file goes again. */
  discard(): void {
    closeSync(this.#descriptor)
    if (this.#isNew) rmSync(this.#path, { force: true })
  }
}

function notWritten(cause: unknown): CommandFailure {
  const sentence = `The report cannot be written (${(cause as Error).message}).`
  return new CommandFailure(sentence, { code: 'file_not_written', cause })
}
