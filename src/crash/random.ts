/** A source of chance that repeats itself when given the same seed. */
export class Random {
  readonly seed: number
  #state: number

  /** The seed of HOLDFAST_TEST_SEED, else one of this moment; print it, so that a run repeats. */
  constructor(seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** A number of at least 0 and below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }
}
