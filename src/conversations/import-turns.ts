import { Busy } from '../database/failures.js'

/** Imports that wait for their turn to write, at most. */
const waitingMax = 100

/** Long files that are read at one time, at most: each takes room for all ids in it. */
const longMax = 4

/** What a file that is being read takes. */
export interface ImportRoom {
  /** The file is a long one; more than once is as good. Throws Busy when too many are read. */
  enter(): void
  leave(): void
}

/** Keeps imports from taking more than their share of a process. */
export class ImportTurns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #long = 0

  /**
   * Runs `work` when those before it are done, since each holds a transaction for as long as it
   * takes. Throws Busy when too many wait.
   */
  async take<R>(work: () => Promise<R>): Promise<R> {
    if (this.#waiting >= waitingMax) throw busy(`More than ${waitingMax} imports are waiting`)
    this.#waiting += 1
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  room(): ImportRoom {
    let isIn = false
    return {
      enter: () => {
        if (isIn) return
        if (this.#long >= longMax) throw busy(`More than ${longMax} long files are being imported`)
        this.#long += 1
        isIn = true
      },
      leave: () => {
        if (isIn) this.#long -= 1
        isIn = false
      },
    }
  }
}

const busy = (what: string) => new Busy(`${what}; repeat the call.`, { retryAfterSeconds: 5 })
