import { Busy } from '../database/failures.js'

/** Calls that wait for their turn at most. */
const waitingMax = 100

/** Lets one call run at a time, in order of arrival. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Runs `work` when its turn has come. Throws Busy when too many wait. */
  async take<R>(work: () => Promise<R>): Promise<R> {
    if (this.#waiting >= waitingMax) {
      const message = `More than ${waitingMax} imports are waiting; repeat the call.`
      throw new Busy(message, { retryAfterSeconds: 5 })
    }
    this.#waiting += 1
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }
}
