import { randomUUID } from 'node:crypto'
import { absent, type Kept, keptOf } from './cache-value.js'
import { type LivingRunner } from './script.js'
import { fill, forget, giveUp, look } from './scripts/cache.js'

/** What a look at a key finds. */
export type Found =
  | { readonly state: 'kept'; readonly kept: Kept; readonly ttlMs: number }
  /** Nobody loads it yet: the asker does, with this ticket. */
  | { readonly state: 'ours'; readonly ticket: string }
  | { readonly state: 'theirs' }
  | { readonly state: 'nothing' }

/** Unanswered tickets remembered at most. */
const unansweredMax = 10_000

/** How long a ticket is good for: a load that takes longer is not cached. */
const ticketTtlMs = 10_000

/**
 * What all processes have at hand in Redis. A value gets in only under the ticket that its loader
 * took **before** it loaded, and an invalidation removes ticket and value alike. So a value loaded
 * before an invalidation cannot get in after it, in whatever order the scripts arrive:
 *
 * - fill, invalidate: the value is removed.
 * - invalidate, fill: the ticket is gone, so the fill is refused.
 * - FLUSHALL, an eviction or the loss of the server anywhere in between takes the ticket with it:
 *   what is lost can only refuse a fill, never admit one. A version number would have to be kept
 *   for ever to give the same, since a lost version looks like one that never changed.
 * - a ticket taken by somebody else meanwhile is another ticket: the fill is refused.
 * - a fill or an invalidation that arrives after its sender has given up on it is the same script,
 *   judged at the moment it runs. The sender repeats an invalidation until it is acknowledged.
 *
 * What remains is a server that comes back with an older state (a replica that lagged, a snapshot,
 * a log not yet written): an acknowledged invalidation is undone there. So values are of one life
 * of the server. Where it does not tell which that is, it remains that `LayeredCache` repeats its
 * invalidations of the last seconds whenever the connection was lost, and fills nothing that it
 * began to load before.
 */
export class FarCache {
  readonly #runner: LivingRunner
  readonly #origin = randomUUID()
  #tickets = 0
  /** Tickets whose taking was never answered: we may hold them, and others may wait for us. */
  readonly #unanswered = new Map<string, string>()

  constructor(runner: LivingRunner) {
    this.#runner = runner
  }

  /** Looks, and takes a ticket if there is neither a value nor a loader. */
  async lookOrTake(name: string): Promise<Found> {
    const ticket = this.#unanswered.get(name) ?? `${this.#origin}:${(this.#tickets += 1)}`
    if (this.#unanswered.size >= unansweredMax) this.#unanswered.clear()
    this.#unanswered.set(name, ticket)
    const args = [this.#life(name), ticket, ticketTtlMs]
    const found = foundIn(await this.#runner.run<Held>(look, [name], args))
    this.#unanswered.delete(name)
    return found.state === 'ours' && found.ticket !== ticket ? { state: 'theirs' } : found
  }

  async look(name: string): Promise<Found> {
    return foundIn(await this.#runner.run<Held>(look, [name], [this.#life(name)]))
  }

  /** False when the ticket was no longer good. */
  async fill(name: string, ticket: string, { kept, ttlMs }: Filling): Promise<boolean> {
    const life = this.#life(name)
    const body = kept === absent ? `A${life}` : `V${life}${kept.text}`
    const args = [ticket, body, Math.ceil(ttlMs)]
    return (await this.#runner.run<number>(fill, [name], args)) === 1
  }

  /** False when the ticket was no longer good. */
  async giveUp(name: string, ticket: string): Promise<boolean> {
    return (await this.#runner.run<number>(giveUp, [name], [ticket])) === 1
  }

  async forget(name: string): Promise<void> {
    await this.#runner.run(forget, [name])
  }

  #life(name: string): string {
    return `${this.#runner.lifeOf(name)} `
  }
}

type Held = [held: string, ttlMs: number] | []

export interface Filling {
  readonly kept: Kept
  readonly ttlMs: number
}

function foundIn([held, ttlMs = 0]: Held): Found {
  if (held === undefined) return { state: 'nothing' }
  if (held.startsWith('T')) return { state: 'ours', ticket: held.slice(1) }
  if (held.startsWith('A')) return { state: 'kept', kept: absent, ttlMs }
  try {
    return { state: 'kept', kept: keptOf(held.slice(held.indexOf(' ') + 1)), ttlMs }
  } catch {
    // Not ours; it ends with its time to live.
    return { state: 'nothing' }
  }
}
