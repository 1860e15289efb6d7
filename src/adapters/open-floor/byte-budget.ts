interface Waiting {
  readonly bytes: number
  begin(): void
}

/** How many bytes are held at once; who wants more than are left waits for its turn. */
export class ByteBudget {
  readonly #max: number
  readonly #waiting: Waiting[] = []
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Runs `work` while these bytes are taken: more than there are at all when nobody else has any.
   * Rejects with the reason of `signal` when that is aborted before.
   */
  async during<R>(bytes: number, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    signal.throwIfAborted()
    if (this.#waiting.length > 0 || !this.#fits(bytes)) await this.#turn(bytes, signal)
    else this.#taken += bytes
    try {
      return await work()
    } finally {
      this.#taken -= bytes
      this.#serve()
    }
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#max
  }

  #turn(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((begun, failed) => {
      const waiting: Waiting = {
        bytes,
        begin() {
          signal.removeEventListener('abort', end)
          begun()
        },
      }
      const end = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        failed(signal.reason as Error)
        this.#serve()
      }
      signal.addEventListener('abort', end, { once: true })
      this.#waiting.push(waiting)
    })
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes);) {
      this.#waiting.shift()
      this.#taken += next.bytes
      next.begin()
      next = this.#waiting[0]
    }
  }
}
