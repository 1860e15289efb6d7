import { type RateLimiter } from '../coordination/coordination.js'
import { RateLimited } from '../http/problem.js'
import { type Scope } from '../scope.js'

/** So many reveals of one actor in any window. */
export interface RevealRate {
  readonly limit: number
  readonly windowSeconds: number
}

/** Used when nobody says. */
export const revealRateDefault: RevealRate = { limit: 60, windowSeconds: 60 }

/** Keeps an actor from revealing everything at once. */
export class RevealLimit {
  readonly #limiter: RateLimiter
  readonly #rate: RevealRate | null

  constructor(limiter: RateLimiter, rate: RevealRate | null = revealRateDefault) {
    this.#limiter = limiter
    this.#rate = rate
  }

  /** Throws RateLimited when the actor has had its share. */
  async admit({ organizationId, actor }: Scope): Promise<void> {
    if (this.#rate === null) return
    const id = `${organizationId}:${actor.id}`
    const rule = { name: 'reveal', resource: 'secret_reveal', id, ...this.#rate }
    const { allowed, retryAfterSeconds } = await this.#limiter.consume([rule])
    if (allowed) return
    const waitSeconds = Math.ceil(retryAfterSeconds)
    throw new RateLimited(`Too many secrets revealed; wait ${waitSeconds} s.`, {
      retryAfterSeconds: waitSeconds,
    })
  }
}
