import { pause } from './load.js'
import { type Wire } from './wire.js'

/** Where to work and as whom. */
export interface ErrandPlace {
  readonly wire: Wire
  readonly url: string
  readonly token: string
}

interface ClaimedJob {
  readonly id: string
  readonly attempt: number
  readonly payload: string
}

const queue = 'errands'
const producers = 4
const workers = 4
const waitSeconds = 1

/**
 * Producers and workers of one queue over HTTP, with a ledger of what was acknowledged and what
 * was completed. No answer but success is right.
 */
export class JobErrands {
  /** Answers that nobody should see. */
  readonly faults: string[] = []
  /** The longest time to any answer, waiting for jobs left out. */
  slowestMs = 0
  readonly #place: ErrandPlace
  readonly #acknowledged = new Map<string, string>()
  readonly #completions = new Map<string, number>()
  readonly #producing: Promise<unknown>
  readonly #working: Promise<unknown>
  #isProducing = true
  #isWorking = true

  private constructor(place: ErrandPlace) {
    this.#place = place
    this.#producing = Promise.all(Array.from({ length: producers }, (_, who) => this.#produce(who)))
    this.#working = Promise.all(Array.from({ length: workers }, (_, who) => this.#work(who)))
  }

  static start(place: ErrandPlace): JobErrands {
    return new JobErrands(place)
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  get completed(): number {
    return this.#completions.size
  }

  /** Jobs that were acknowledged, but not completed once. */
  get wrong(): string[] {
    return [...this.#acknowledged]
      .filter(([, id]) => this.#completions.get(id) !== 1)
      .map(([name, id]) => `${name} was completed ${this.#completions.get(id) ?? 0} times`)
  }

  /** Ends the producers, gives the workers time to finish, then ends them too. */
  async stop(withinMs = 10_000): Promise<void> {
    this.#isProducing = false
    await this.#producing
    const deadline = performance.now() + withinMs
    while (this.completed < this.acknowledged && performance.now() < deadline) await pause(20)
    this.#isWorking = false
    await this.#working
  }

  async #produce(who: number): Promise<void> {
    for (let count = 0; this.#isProducing; count += 1) {
      const name = `${who}-${count}`
      const body = { payload: name, dedupe_key: name }
      const answer = await this.#ask<{ id: string }>(`queues/${queue}/jobs`, body, 201)
      if (answer !== undefined) this.#acknowledged.set(name, answer.id)
      await pause(40)
    }
  }

  async #work(who: number): Promise<void> {
    while (this.#isWorking) {
      const body = { worker: `worker-${who}`, limit: 4, wait_seconds: waitSeconds }
      const path = `queues/${queue}/claims`
      const claimed = await this.#ask<{ jobs: ClaimedJob[] }>(path, body, 200)
      for (const { id, attempt, payload } of claimed?.jobs ?? []) {
        const done = await this.#ask(`jobs/${id}/complete`, { attempt, result: payload }, 200)
        if (done !== undefined) this.#completions.set(id, (this.#completions.get(id) ?? 0) + 1)
      }
    }
  }

  async #ask<T>(path: string, body: object, status: number): Promise<T | undefined> {
    const { wire, url, token } = this.#place
    try {
      const answer = await wire.send({ method: 'POST', url: `${url}/v1/${path}`, token, body })
      const waitedMs = path.endsWith('claims') ? waitSeconds * 1_000 : 0
      this.slowestMs = Math.max(this.slowestMs, answer.tookMs - waitedMs)
      if (answer.status === status) return JSON.parse(answer.text) as T
      this.faults.push(`${path}: ${answer.status} ${answer.text}`)
    } catch (error) {
      this.faults.push(`${path}: ${String(error)}`)
    }
    return undefined
  }
}
