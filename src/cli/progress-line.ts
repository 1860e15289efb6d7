import { type Terminal } from './terminal.js'

/** How often the progress is written anew. */
const everyMs = 200

/** One line about the work, written over again on a terminal; nothing for programs. */
export class ProgressLine {
  readonly #terminal: Terminal
  readonly #isQuiet: boolean
  #shownMs = 0
  #isOpen = false

  constructor(terminal: Terminal, isQuiet: boolean) {
    this.#terminal = terminal
    this.#isQuiet = isQuiet || process.stderr.isTTY !== true
  }

  /** Of lines that come often only some are shown. */
  show(line: string, isFrequent: boolean): void {
    if (this.#isQuiet) return
    const nowMs = performance.now()
    if (isFrequent && nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    this.#terminal.writeError(`\r\u001b[K${line}`)
    this.#isOpen = true
  }

  end(): void {
    if (this.#isOpen) this.#terminal.writeError('\r\u001b[K')
    this.#isOpen = false
  }
}

const barWidth = 24

/** A bar of how much is done. */
export function barOf({ done, total }: { readonly done: number; readonly total: number }): string {
  const filled = total === 0 ? barWidth : Math.floor((done / total) * barWidth)
  return '█'.repeat(filled).padEnd(barWidth, '░')
}
