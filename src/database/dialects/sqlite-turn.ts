/** So long reads may follow each other with nothing else between them. */
const turnMs = 10

/**
 * Reads answer at once, and who goes from one to the next never comes back to the event loop:
 * timers, sockets and other callers would wait until all is read. So whoever reads on gives way now
 * and then.
 */
export class SqliteTurn {
  /** When the first read of this turn of the event loop began; undefined before it. */
  #sinceMs: number | undefined
  readonly #end = () => { this.#sinceMs = undefined }

  /** To be waited for before a read; undefined where it may begin at once. */
  get begun(): Promise<void> | undefined {
    if (this.#sinceMs === undefined) {
      this.#sinceMs = performance.now()
      setImmediate(this.#end)
      return undefined
    }
    return performance.now() - this.#sinceMs < turnMs ? undefined : new Promise(setImmediate)
  }
}
