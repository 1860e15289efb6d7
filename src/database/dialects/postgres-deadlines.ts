import type pg from 'pg'
import { type Answer } from './postgres-flush.js'

/** What waits for an answer. */
export interface Awaited {
  callback: (error: Error | null, answers: Answer[]) => void
}

/** The longest time-out a timer can hold. */
const longestMs = 2 ** 31 - 1

/**
 * The deadlines of what is under way on one connection, by one timer for all, which is cheaper than
 * one for each statement. What is late fails as node-postgres has it fail, which ends the
 * connection, too, since what is behind it in the pipeline waits for it.
 */
export class Deadlines {
  readonly #client: pg.ClientBase
  /** By the moment at which each is late. */
  readonly #underWay = new Map<Awaited, number>()
  #timer: NodeJS.Timeout | undefined
  #timerMs = Infinity

  constructor(client: pg.ClientBase) {
    this.#client = client
    client.once('end', () => clearTimeout(this.#timer))
  }

  /** Waits for what `send` sends, which fails when it takes longer. */
  async kept<R>(awaited: Awaited, timeoutMs: number, send: () => Promise<R>): Promise<R> {
    if (timeoutMs >= longestMs) return send()
    const lateMs = performance.now() + timeoutMs
    this.#underWay.set(awaited, lateMs)
    if (lateMs < this.#timerMs) this.#wake(lateMs)
    try {
      return await send()
    } finally {
      this.#underWay.delete(awaited)
    }
  }

  /** Looks then; it need not keep the process for it, since the connection does. */
  #wake(atMs: number): void {
    clearTimeout(this.#timer)
    this.#timerMs = atMs
    this.#timer = setTimeout(() => this.#look(), atMs - performance.now()).unref()
  }

  #look(): void {
    this.#timerMs = Infinity
    const nowMs = performance.now()
    const late = [...this.#underWay].filter(([, lateMs]) => lateMs <= nowMs)
    for (const [awaited] of late) {
      awaited.callback(new Error('Query read timeout'), [])
      awaited.callback = () => undefined
    }
    if (late.length > 0) this.#destroy()
    else if (this.#underWay.size > 0) this.#wake(Math.min(...this.#underWay.values()))
  }

  #destroy(): void {
    const { connection } = this.#client as unknown as {
      readonly connection: { readonly stream: { destroy(): void } }
    }
    connection.stream.destroy()
  }
}
