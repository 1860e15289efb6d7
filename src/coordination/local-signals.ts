import { type Signal, type Signals, type Subscription } from './coordination.js'
import { InvalidInput } from '../errors.js'
import { requireName } from './key.js'

type Listener = (signal: Signal) => void

/** Characters of a payload at most: a signal says "look", not what there is to see. */
const payloadMax = 65_536

/** Throws InvalidInput for a topic or payload that is empty or too long. */
export function requireSignal(topic: string, payload?: string): void {
  requireName('topic', topic)
  if (payload === undefined || payload.length <= payloadMax) return
  const rule = `payload must have at most ${payloadMax} characters.`
  throw new InvalidInput(rule, { field: 'payload' })
}

/** Signals within this process. None is ever missed. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<string, Set<Listener>>()

  async publish(topic: string, payload?: string): Promise<void> {
    requireSignal(topic, payload)
    this.tell({ topic, missed: false, ...(payload === undefined ? {} : { payload }) })
  }

  async subscribe(topic: string, listener: Listener): Promise<Subscription> {
    requireSignal(topic)
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

  /** Whether anybody listens to the topic. */
  has(topic: string): boolean {
    return this.#listeners.has(topic)
  }

  /** Each listener in a turn of its own, so that one that throws hurts nobody else. */
  tell(signal: Signal): void {
    for (const listener of this.#listeners.get(signal.topic) ?? []) {
      queueMicrotask(() => {
        try {
          listener(signal)
        } catch (error) {
          process.emitWarning(`A listener of signals threw: ${String(error)}`)
        }
      })
    }
  }
}
