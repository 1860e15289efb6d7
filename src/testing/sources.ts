import { type Clock } from '../clock.js'
import { type IdGenerator } from '../ids.js'

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  #milliseconds: number

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.#milliseconds = start
  }

  now(): number {
    return this.#milliseconds
  }

  /** Moves forward, or back when negative. */
  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds
  }
}

/** Ids 1, 2, 3, … in UUID form, the same in every run. */
export function sequentialIds(): IdGenerator {
  let count = 0
  return {
    next: () => `00000000-0000-7000-8000-${(count += 1).toString(16).padStart(12, '0')}`,
  }
}
