import { type FastifyReply, type FastifyRequest } from 'fastify'
import {
  type LimitDecision, type LimitRule, type LimitState, type RateLimiter,
} from '../coordination/coordination.js'
import { RateLimited } from '../http/problem.js'
import { type Endpoint } from '../http/route.js'
import { type Caller } from './caller.js'
import { networkOf } from './network.js'

/** So many calls in any window of so many seconds. */
export interface Rate {
  readonly limit: number
  readonly windowSeconds: number
}

/** What is limited, each on its own; what is absent is not. */
export interface RateLimits {
  /** Calls of one address, an IPv6 one by its /64; counted before the caller is known. */
  readonly address?: Rate
  /** Logins of one address, right or wrong. */
  readonly login?: Rate
  readonly organization?: Rate
  /** Calls of one user in one organization. */
  readonly user?: Rate
  /** Calls with one session or service token in one organization. */
  readonly token?: Rate
}

type Subject = keyof RateLimits

declare module 'fastify' {
  interface FastifyRequest {
    /** What the limits of the address have said to this request; null when there are none. */
    addressStates: readonly LimitState[] | null
  }
}

/** The limits of all requests: by address before the caller is known, then by who calls. */
export class HttpLimits {
  readonly #limiter: RateLimiter
  readonly #rates: RateLimits
  /** `"user";q=100;w=60` by name. */
  readonly #policies: ReadonlyMap<string, string>

  constructor(limiter: RateLimiter, rates: RateLimits = {}) {
    this.#limiter = limiter
    this.#rates = rates
    this.#policies = new Map(Object.entries(rates).map(([name, { limit, windowSeconds }]) => (
      [name, `"${name}";q=${limit};w=${Math.ceil(windowSeconds)}`]
    )))
  }

  /** Throws RateLimited when the address has had its share. */
  async admitAddress(
    route: Endpoint,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const id = networkOf(request.ip)
    const rules: LimitRule[] = []
    this.#add(rules, 'address', id)
    if (route.limitedAs !== undefined) this.#add(rules, route.limitedAs, id)
    if (rules.length === 0) return
    const decision = await this.#limiter.consume(rules)
    request.addressStates = decision.states
    this.#answer(decision, decision.states, reply)
  }

  /** Throws RateLimited when the organization, the user or the token has had its share. */
  async admitCaller(
    { principal, organizationId }: Caller,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const rules: LimitRule[] = []
    // The widest first: the others are counted under it.
    if (organizationId !== null) this.#add(rules, 'organization', organizationId)
    if (typeof principal.userId === 'string') this.#add(rules, 'user', principal.userId)
    this.#add(rules, 'token', principal.credentialId)
    if (rules.length === 0) return
    const decision = await this.#limiter.consume(rules)
    const { addressStates } = request
    const states = addressStates === null
      ? decision.states
      : [...addressStates, ...decision.states]
    this.#answer(decision, states, reply)
  }

  #add(rules: LimitRule[], subject: Subject, id: string): void {
    const rate = this.#rates[subject]
    if (rate === undefined) return
    const { limit, windowSeconds } = rate
    rules.push({ name: subject, resource: subject, id, limit, windowSeconds })
  }

  /**
   * The headers of draft-ietf-httpapi-ratelimit-headers-10. A refused call is told the same moment
   * twice: in `t` and, as the draft asks for, no earlier in Retry-After.
   */
  #answer(
    { allowed, retryAfterSeconds }: LimitDecision,
    states: readonly LimitState[],
    reply: FastifyReply,
  ): void {
    const { name, remaining, resetSeconds } = closest(states)
    const waitSeconds = Math.ceil(allowed ? resetSeconds : retryAfterSeconds)
    reply.header('ratelimit-policy', this.#policyOf(states))
    reply.header('ratelimit', `"${name}";r=${remaining};t=${waitSeconds}`)
    if (allowed) return
    throw new RateLimited(`Too many calls by this ${name}; wait ${waitSeconds} s.`, {
      retryAfterSeconds: waitSeconds,
    })
  }

  #policyOf(states: readonly LimitState[]): string {
    let text = this.#policies.get(states[0]!.name)!
    for (let index = 1; index < states.length; index += 1) {
      text += `, ${this.#policies.get(states[index]!.name)!}`
    }
    return text
  }
}

/** The one that has the smallest part left. */
function closest(states: readonly LimitState[]): LimitState {
  let least = states[0]!
  for (const state of states) {
    if (state.remaining * least.limit < least.remaining * state.limit) least = state
  }
  return least
}
