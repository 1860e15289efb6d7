/** Lets so many through at a time; the others wait in order. */
export class Gate {
  readonly #width: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(width: number) {
    this.#width = width
  }

  async through<R>(work: () => Promise<R>): Promise<R> {
    if (this.#inside >= this.#width) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#inside += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#inside -= 1
      else next()
    }
  }
}
