import { type ProcessRegistry } from './registry.js'
import { type ServingProcess } from './tables.js'

/** How often a process tells that it lives. */
const beatMs = 10_000

/** How to watch. */
export interface WatchOptions {
  readonly registry: ProcessRegistry
  /** How this process hears of others: `local` or `redis`. */
  readonly coordination: string
  /** Told each warning once. */
  readonly warn: (message: string) => void
  /** How often this process tells that it lives. @default 10000 */
  readonly everyMs?: number
}

/**
 * Keeps this process in the registry, and warns once when others live beside it that it cannot
 * hear. Who was only seen once may have been dead by then: the second sign of life counts.
 */
export class ProcessWatch {
  readonly #options: WatchOptions
  readonly #seen = new Map<string, string>()
  readonly #warned = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Begins to watch. */
  static start(options: WatchOptions): ProcessWatch {
    const watch = new ProcessWatch(options)
    watch.#beat()
    return watch
  }

  /** Leaves the registry. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#beating
    // A database that is away learns it from our silence.
    await this.#options.registry.leave().catch(() => undefined)
  }

  #beat(): void {
    this.#beating = this.#look().catch(() => undefined).then(() => {
      if (this.#isClosed) return
      this.#timer = setTimeout(() => this.#beat(), this.#options.everyMs ?? beatMs).unref()
    })
  }

  async #look(): Promise<void> {
    const { registry, coordination, warn } = this.#options
    const others = await registry.enter()
    const living = others.filter(({ id, seenAt }) => (this.#seen.get(id) ?? seenAt) !== seenAt)
    for (const { id, seenAt } of others) if (!this.#seen.has(id)) this.#seen.set(id, seenAt)
    const warning = warningOf(coordination, living)
    if (warning === undefined || this.#warned.has(warning.kind)) return
    this.#warned.add(warning.kind)
    warn(warning.message)
  }
}

const placeOf = ({ host, pid }: ServingProcess) => `process ${pid} on ${host}`

/** What is wrong with how processes hear of each other; undefined when nothing is. */
export function warningOf(
  coordination: string,
  others: readonly ServingProcess[],
): { readonly kind: string; readonly message: string } | undefined {
  const remedy = 'Everything stays correct, but they learn of each other’s work by looking only, ' +
    'and each counts rate limits for itself. Set HOLDFAST_REDIS_URL to the same Redis on all.'
  const [other] = others
  if (other === undefined) return undefined
  if (coordination === 'local') {
    const message = `${placeOf(other)} serves from the same database, and this one has no Redis.`
    return { kind: 'alone', message: `${message} ${remedy}` }
  }
  const deaf = others.find((each) => each.coordination === 'local')
  if (deaf === undefined) return undefined
  const message = `${placeOf(deaf)} serves from the same database without Redis.`
  return { kind: 'mixed', message: `${message} ${remedy}` }
}
