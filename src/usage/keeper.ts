import { setTimeout as sleep } from 'node:timers/promises'
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
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined

  /** Throws InvalidInput. */
  constructor(log: UsageLog, options: UsageKeeperOptions = {}) {
    if (options.retentionDays !== undefined) checkDays(options.retentionDays)
    this.#log = log
    this.#options = options
  }

  /** Begins, and goes on until it is closed. */
  start(): this {
    if (!this.#stop.signal.aborted) this.#loop ??= this.#work()
    return this
  }

  /** Ends after the step at work; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /** Rolls up all that is pending, then prunes; the events rolled up. */
  async pass(): Promise<number> {
    let events = 0
    for (let taken = stepMax; taken === stepMax && !this.#stop.signal.aborted;) {
      taken = await this.#log.step()
      events += taken
    }
    if (events > 0) this.#tell({ kind: 'rolled_up', events })
    const { retentionDays } = this.#options
    if (retentionDays === undefined || this.#stop.signal.aborted) return events
    const pruned = await this.#log.prune(retentionDays)
    if (pruned > 0) this.#tell({ kind: 'pruned', events: pruned })
    return events
  }

  async #work(): Promise<void> {
    const { everyMs = 60_000 } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.pass().catch((error: unknown) => this.#tell({ kind: 'unavailable', error }))
      await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }

  #tell(event: UsageKeeperEvent): void {
    this.#options.onEvent?.(event)
  }
}
