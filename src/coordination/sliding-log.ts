import { type Window } from './limit-rules.js'

/** Numbers of one entry: when its first unit was taken, its last one, and the units until then. */
const width = 3

/**
 * The units taken from one window, as entries in order of time. Units taken within a part of the
 * window of an entry's first one join that entry; all of them count until its last one has left
 * the window. So never too few are counted, and at most a part's worth too many.
 *
 * Entries carry a running sum: what is in the window is the difference of two of them. The script
 * for Redis keeps the same list.
 */
export class SlidingLog {
  #entries: number[] = []
  #head = 0
  /** The running sum at the entry that left the window last. */
  #base = 0
  /** After this nothing is left in the window. */
  emptyAtUs = 0

  get length(): number {
    return (this.#entries.length - this.#head) / width
  }

  /** Units in the window that ends now. */
  used(nowUs: number, { lengthUs }: Window): number {
    const entries = this.#entries
    while (this.#head < entries.length && entries[this.#head + 1]! + lengthUs <= nowUs) {
      this.#base = entries[this.#head + 2]!
      this.#head += width
    }
    if (this.#head > 0 && this.#head * 2 >= entries.length) {
      this.#entries = entries.slice(this.#head)
      this.#head = 0
    }
    return this.#sum - this.#base
  }

  /** In how long the oldest `units` of the window have left it. */
  freeInUs(units: number, nowUs: number, { lengthUs }: Window): number {
    let index = this.#head
    while (this.#entries[index + 2]! - this.#base < units) index += width
    return this.#entries[index + 1]! + lengthUs - nowUs
  }

  resetInUs(nowUs: number): number {
    return this.length === 0 ? 0 : this.emptyAtUs - nowUs
  }

  take(units: number, nowUs: number, { lengthUs, partUs }: Window): void {
    const entries = this.#entries
    const last = entries.length - width
    this.emptyAtUs = nowUs + lengthUs
    if (partUs > 0 && last >= this.#head && nowUs < entries[last]! + partUs) {
      entries[last + 1] = nowUs
      entries[last + 2]! += units
    } else {
      entries.push(nowUs, nowUs, this.#sum + units)
    }
  }

  /** Gives back up to `units` of those taken last. */
  giveBack(units: number, { lengthUs }: Window): void {
    const rest = Math.max(this.#base, this.#sum - units)
    while (this.length > 0 && this.#sumBeforeLast >= rest) this.#entries.length -= width
    if (this.length === 0) return
    this.#entries[this.#entries.length - 1] = rest
    this.emptyAtUs = this.#entries[this.#entries.length - 2]! + lengthUs
  }

  get #sum(): number {
    return this.length === 0 ? this.#base : this.#entries[this.#entries.length - 1]!
  }

  get #sumBeforeLast(): number {
    return this.length === 1 ? this.#base : this.#entries[this.#entries.length - 1 - width]!
  }
}
