import { type WakeUps } from './coordination.js'

/** Rings kept for a name at most. */
export const ringsMax = 64

interface Waiter {
  readonly names: readonly string[]
  wake(name: string): void
}

/** Wake-ups within this process; the waiter that waits longest is woken first. */
export class LocalWakeUps implements WakeUps {
  readonly #rings = new Map<string, number>()
  readonly #waiters = new Set<Waiter>()

  async ring(name: string, count = 1): Promise<void> {
    let rest = count
    for (const waiter of this.#waiters) {
      if (rest === 0) return
      if (!waiter.names.includes(name)) continue
      waiter.wake(name)
      rest -= 1
    }
    const kept = Math.min(ringsMax, (this.#rings.get(name) ?? 0) + rest)
    if (kept > 0) this.#rings.set(name, kept)
  }

  wait(
    names: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const kept = names.find((name) => this.#take(name))
    if (kept !== undefined || signal?.aborted === true) return Promise.resolve(kept)
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

  #take(name: string): boolean {
    const kept = this.#rings.get(name) ?? 0
    if (kept > 1) this.#rings.set(name, kept - 1)
    else this.#rings.delete(name)
    return kept > 0
  }
}
