import { type WakeUps } from './coordination.js'
import { InvalidInput } from '../errors.js'
import { requireName } from './key.js'

/** Rings kept for a name at most. */
export const ringsMax = 64
/** Names kept with rings at most; beyond it those that rang longest ago are forgotten. */
const namesKeptMax = 10_000

interface Waiter {
  readonly names: readonly string[]
  /** Ends the wait, with the name that rang if one did. */
  wake(name?: string): void
}

const namesMax = 1_000
const waitMaxMs = 60_000

/** Throws InvalidInput for a wait that is out of bounds. */
export function requireWait(names: readonly string[], timeoutMs: number): void {
  for (const name of names) requireName('name', name)
  if (names.length > namesMax) {
    throw new InvalidInput(`names must be at most ${namesMax}.`, { field: 'names' })
  }
  if (timeoutMs >= 0 && timeoutMs <= waitMaxMs) return
  throw new InvalidInput(`timeoutMs must be from 0 to ${waitMaxMs}.`, { field: 'timeoutMs' })
}

/** Wake-ups within this process; the waiter that waits longest is woken first. */
export class LocalWakeUps implements WakeUps {
  readonly #rings = new Map<string, number>()
  readonly #waiters = new Set<Waiter>()

  async ring(name: string, count = 1): Promise<void> {
    requireName('name', name)
    this.#ring(name, count)
  }

  async ringAll(counts: ReadonlyMap<string, number>): Promise<void> {
    for (const name of counts.keys()) requireName('name', name)
    for (const [name, count] of counts) this.#ring(name, count)
  }

  async wait(
    names: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    requireWait(names, timeoutMs)
    if (signal?.aborted === true) return undefined
    const kept = this.take(names)
    if (kept !== undefined) return kept
    return new Promise((resolve) => {
      const end = (name?: string) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        resolve(name)
      }
      const abort = () => end()
      const waiter: Waiter = { names, wake: end }
      const timer = setTimeout(abort, timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  /** Every name that somebody waits for. */
  get awaited(): readonly string[] {
    return [...new Set([...this.#waiters].flatMap(({ names }) => names))]
  }

  /** Wakes who waits longest for this name; false when nobody does. */
  wake(name: string): boolean {
    for (const waiter of this.#waiters) {
      if (!waiter.names.includes(name)) continue
      waiter.wake(name)
      return true
    }
    return false
  }

  /** Takes a ring that is kept for the first of these names that has one. */
  take(names: readonly string[]): string | undefined {
    return names.find((name) => this.#take(name))
  }

  /** Ends every wait. */
  close(): void {
    for (const waiter of this.#waiters) waiter.wake()
  }

  #ring(name: string, count: number): void {
    let rest = count
    while (rest > 0 && this.wake(name)) rest -= 1
    const kept = Math.min(ringsMax, (this.#rings.get(name) ?? 0) + rest)
    if (kept === 0) return
    this.#rings.delete(name)
    this.#rings.set(name, kept)
    if (this.#rings.size > namesKeptMax) this.#rings.delete(this.#rings.keys().next().value!)
  }

  #take(name: string): boolean {
    const kept = this.#rings.get(name) ?? 0
    if (kept > 1) this.#rings.set(name, kept - 1)
    else this.#rings.delete(name)
    return kept > 0
  }
}
