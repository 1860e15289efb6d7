import { BackgroundLoop } from '../background.js'
import { checkDays } from './run-rules.js'
import { type PruningParts, RunPruning } from './run-pruning.js'

/** What a keeper tells; for logs. */
export type RunKeeperEvent =
  | { readonly kind: 'pruned'; readonly runs: number }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to keep runs. */
export interface RunKeeperOptions {
  /** Runs that ended so many days ago go, with their steps. @default kept for ever */
  readonly retentionDays?: number | undefined
  /** Pause between two looks, in milliseconds. @default 60000 */
  readonly everyMs?: number
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: RunKeeperEvent) => void
}

/**
 * Deletes runs of all organizations that ended longer ago than they are kept. Several at once do no
 * harm.
 */
export class RunKeeper {
  readonly #pruning: RunPruning
  readonly #options: RunKeeperOptions
  readonly #loop = new BackgroundLoop(() => this.#look())

  /** Throws InvalidInput. */
  constructor(parts: PruningParts, options: RunKeeperOptions = {}) {
    if (options.retentionDays !== undefined) checkDays(options.retentionDays)
    this.#pruning = new RunPruning(parts)
    this.#options = options
  }

  /** Begins, and goes on until it is closed. */
  start(): this {
    this.#loop.start()
    return this
  }

  /** Ends after the step at work; calling it again does no harm. */
  close(): Promise<void> {
    return this.#loop.close()
  }

  /** Finishes what was begun, whatever is kept now, then prunes; the runs deleted. */
  async pass(): Promise<number> {
    const { retentionDays } = this.#options
    const isEnough = () => this.#loop.signal.aborted
    let runs = await this.#pruning.finish(isEnough)
    if (retentionDays !== undefined && !isEnough()) {
      runs += await this.#pruning.prune(retentionDays, isEnough)
    }
    if (runs > 0) this.#tell({ kind: 'pruned', runs })
    return runs
  }

  async #look(): Promise<number> {
    await this.pass().catch((error: unknown) => this.#tell({ kind: 'unavailable', error }))
    return this.#options.everyMs ?? 60_000
  }

  #tell(event: RunKeeperEvent): void {
    this.#options.onEvent?.(event)
  }
}
