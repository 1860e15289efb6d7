import { TransferStopped } from './errors.js'

/** What a transfer tells while it works. */
export type TransferEvent =
  /** A part of the work begins. */
  | { readonly type: 'phase'; readonly phase: TransferPhase }
  /** Rows are in the target, with their progress, or were compared. */
  | ({ readonly type: 'rows'; readonly table: string } & Pace)
  /** Changes made meanwhile are in the target. */
  | { readonly type: 'changes'; readonly applied: number; readonly left: number }
  /** The source takes writes no longer, or again. */
  | { readonly type: 'fence'; readonly closed: boolean; readonly milliseconds: number }

export type TransferPhase =
  | 'plan' | 'prepare' | 'copy' | 'indexes' | 'catch-up' | 'compare' | 'fence' | 'finish'

/** How far the rows are. */
export interface Pace {
  readonly done: number
  readonly total: number
  readonly rowsPerSecond: number
  /** Undefined until there is a rate. */
  readonly secondsLeft: number | undefined
}

/** How callers follow a transfer and end it early. */
export interface TransferWatch {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: TransferEvent) => void) | undefined
}

/** Throws TransferStopped once the signal was given. */
export function stopIfAsked({ signal }: TransferWatch): void {
  if (signal?.aborted !== true) return
  const message = 'The transfer was stopped; run it again and it goes on where it was.'
  throw new TransferStopped(message, { cause: signal.reason })
}

/** Counts rows and tells of them, with rate and time left. */
export class Meter {
  readonly #watch: TransferWatch
  readonly #total: number
  readonly #sinceMs = performance.now()
  #done: number
  readonly #begun: number

  /** `done` rows were there before. */
  constructor(watch: TransferWatch, total: number, done = 0) {
    this.#watch = watch
    this.#total = total
    this.#done = done
    this.#begun = done
  }

  add(table: string, rows: number): void {
    this.#done += rows
    const seconds = (performance.now() - this.#sinceMs) / 1000
    const rowsPerSecond = Math.round((this.#done - this.#begun) / Math.max(seconds, 0.001))
    const left = Math.max(0, this.#total - this.#done)
    this.#watch.onEvent?.({
      type: 'rows', table, done: this.#done, total: Math.max(this.#total, this.#done),
      rowsPerSecond,
      secondsLeft: rowsPerSecond === 0 ? undefined : Math.ceil(left / rowsPerSecond),
    })
  }
}
