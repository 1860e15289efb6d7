import { type ErrandPlace } from './job-errands.js'
import { pause } from './load.js'

const name = 'errands/counter'
const contenders = 4
const waitSeconds = 5

/** Contenders for one lock over HTTP: never two at once, and each fence above the one before. */
export class LockErrands {
  /** Broken promises, and answers that nobody should see. */
  readonly faults: string[] = []
  acquired = 0
  readonly #place: ErrandPlace
  readonly #contending: Promise<unknown>
  #isStopped = false
  #holder: string | undefined
  #fence = 0

  private constructor(place: ErrandPlace) {
    this.#place = place
    const all = Array.from({ length: contenders }, (_, who) => this.#contend(`contender-${who}`))
    this.#contending = Promise.all(all)
  }

  static start(place: ErrandPlace): LockErrands {
    return new LockErrands(place)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#contending
  }

  async #contend(owner: string): Promise<void> {
    while (!this.#isStopped) {
      const wish = { owner, ttl_seconds: 30, wait_seconds: waitSeconds }
      const lock = await this.#ask<{ fence: number }>('acquire', wish)
      if (lock === undefined) continue
      this.#enter(owner, lock.fence)
      await pause(25)
      this.#holder = undefined
      await this.#ask('release', { owner, fence: lock.fence })
    }
  }

  #enter(owner: string, fence: number): void {
    if (this.#holder !== undefined) this.faults.push(`${owner} beside ${this.#holder}`)
    if (fence <= this.#fence) this.faults.push(`fence ${fence} after ${this.#fence}`)
    this.#holder = owner
    this.#fence = fence
    this.acquired += 1
  }

  async #ask<T>(verb: string, body: object): Promise<T | undefined> {
    const { wire, url, token } = this.#place
    const path = `${url}/v1/locks/${encodeURIComponent(name)}/${verb}`
    try {
      const answer = await wire.send({ method: 'POST', url: path, token, body })
      if (answer.status === 200) return JSON.parse(answer.text) as T
      this.faults.push(`${verb}: ${answer.status} ${answer.text}`)
    } catch (error) {
      this.faults.push(`${verb}: ${String(error)}`)
    }
    return undefined
  }
}
