import { BackgroundLoop } from '../background.js'
import { checkDays } from './rules.js'
import { stepMax, type UsageLog } from './usage-log.js'

/** What a keeper tells; for logs. */
export type UsageKeeperEvent =
  | { readonly kind: 'rolled_up'; readonly events: number }
  | { readonly kind: 'pruned'; readonly events: number }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to keep usage. */
export interface UsageKeeperOptions {
  /** Events recorded so many days ago go; roll-ups stay. @default kept for ever */
  readonly retentionDays?: number | undefined
  /** Pause between two looks, in milliseconds. @default 60000 */
  readonly everyMs?: number
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: UsageKeeperEvent) => void
}

/**
 * Rolls up what processes left that ended early, in all organizations, and deletes events that are
 * older than they are kept. Several at once do no harm.
 */
export class UsageKeeper {
  readonly #log: UsageLog
  readonly #options: UsageKeeperOptions
  readonly #loop = new BackgroundLoop(() => this.#look())

  /** Throws InvalidInput. */
  constructor(log: UsageLog, options: UsageKeeperOptions = {}) {
    if (options.retentionDays !== undefined) checkDays(options.retentionDays)
    this.#log = log
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

  /** Rolls up all that is pending, then prunes; the events rolled up. */
  async pass(): Promise<number> {
    let events = 0
    for (let taken = stepMax; taken === stepMax && !this.#loop.signal.aborted;) {
      taken = await this.#log.step()
      events += taken
    }
    if (events > 0) this.#tell({ kind: 'rolled_up', events })
    const { retentionDays } = this.#options
    if (retentionDays === undefined || this.#loop.signal.aborted) return events
    const isEnough = () => this.#loop.signal.aborted
    const pruned = await this.#log.prune(retentionDays, isEnough)
    if (pruned > 0) this.#tell({ kind: 'pruned', events: pruned })
    return events
  }

  async #look(): Promise<number> {
    await this.pass().catch((error: unknown) => this.#tell({ kind: 'unavailable', error }))
    return this.#options.everyMs ?? 60_000
  }

  #tell(event: UsageKeeperEvent): void {
    this.#options.onEvent?.(event)
  }
}
