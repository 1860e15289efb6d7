import { type Window } from './limit-rules.js'

/** Numbers of one entry: when its first unit was taken, its last one, and the units until then. */
const width = 3

/**
 * The units taken from one window, as entries in order of time. Units taken within a part of the
 * window of an entry's first one join that entry; all of them count until its last one has left
 * the window. So never too few are counted, and at most a part's worth too many.
 *
 * Entries carry a running sum: what is in the window is the difference of two of them. The script
 * for Redis keeps the same entries.
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

  /** Units in the window, after `leave`. */
  get used(): number {
    return this.#sum - this.#base
  }

  /** Lets go what has left the window that ends now; how many entries that were. */
  leave(nowUs: number, { lengthUs }: Window): number {
    const entries = this.#entries
    const before = this.#head
    let head = before
    while (head < entries.length && entries[head + 1]! + lengthUs <= nowUs) head += width
    if (head === before) return 0
    this.#base = entries[head - 1]!
    this.#head = head
    if (head * 2 >= entries.length) {
      this.#entries = entries.slice(head)
      this.#head = 0
    }
    return (head - before) / width
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

  /** How many entries were added. */
  take(units: number, nowUs: number, { lengthUs, partUs }: Window): 0 | 1 {
    const entries = this.#entries
    const last = entries.length - width
    this.emptyAtUs = nowUs + lengthUs
    if (partUs > 0 && last >= this.#head && nowUs < entries[last]! + partUs) {
      entries[last + 1] = nowUs
      entries[last + 2]! += units
      return 0
    }
    entries.push(nowUs, nowUs, this.#sum + units)
    return 1
  }

  /** Gives back up to `units` of those taken last; how many entries were removed. */
  giveBack(units: number, { lengthUs }: Window): number {
    const before = this.length
    const rest = Math.max(this.#base, this.#sum - units)
    while (this.length > 0 && this.#sumBeforeLast >= rest) this.#entries.length -= width
    if (this.length > 0) {
      this.#entries[this.#entries.length - 1] = rest
      this.emptyAtUs = this.#entries[this.#entries.length - 2]! + lengthUs
    }
    return before - this.length
  }

  get #sum(): number {
    return this.length === 0 ? this.#base : this.#entries[this.#entries.length - 1]!
  }

  get #sumBeforeLast(): number {
    return this.length === 1 ? this.#base : this.#entries[this.#entries.length - 1 - width]!
  }
}
