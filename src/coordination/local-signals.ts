import { type Signal, type Signals, type Subscription } from './coordination.js'

type Listener = (signal: Signal) => void

/** Signals within this process. None is ever missed. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<string, Set<Listener>>()

  async publish(topic: string, payload?: string): Promise<void> {
    this.tell({ topic, missed: false, ...(payload === undefined ? {} : { payload }) })
  }

  async subscribe(topic: string, listener: Listener): Promise<Subscription> {
    const own: Listener = (signal) => listener(signal)
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(own))
    return {
      close: async () => {
        listeners.delete(own)
        if (listeners.size === 0 && this.#listeners.get(topic) === listeners) {
          this.#listeners.delete(topic)
        }
      },
    }
  }

  /** Topics with a listener. */
  get topics(): readonly string[] {
    return [...this.#listeners.keys()]
  }

  /** Each listener in a turn of its own, so that one that throws hurts nobody else. */
  tell(signal: Signal): void {
    for (const listener of this.#listeners.get(signal.topic) ?? []) {
      queueMicrotask(() => listener(signal))
    }
  }
}
