import { type FastifyReply, type FastifyRequest } from 'fastify'
import {
  type LimitDecision, type LimitRule, type LimitState, type RateLimiter,
} from '../coordination/coordination.js'
import { RateLimited } from '../http/problem.js'
import { type Endpoint } from '../http/route.js'
import { type Rate } from '../identity/index.js'
import { type Caller } from './caller.js'
import { networkOf } from '../http/network.js'

export { type Rate } from '../identity/index.js'

/** Where the rates of single organizations come from. */
export interface OwnRates {
  find(organizationId: string): Promise<Rate | undefined>
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
  readonly #ownRates: OwnRates | undefined

  constructor(limiter: RateLimiter, rates: RateLimits = {}, ownRates?: OwnRates) {
    this.#limiter = limiter
    this.#rates = rates
    this.#ownRates = ownRates
  }

  /** Throws RateLimited when the address has had its share. */
  async admitAddress(
    route: Endpoint,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const id = networkOf(request.ip)
    const rules: LimitRule[] = []
    this.#add(rules, { subject: 'address', id })
    if (route.limitedAs !== undefined) this.#add(rules, { subject: route.limitedAs, id })
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
    if (organizationId !== null) {
      const own = await this.#ownRates?.find(organizationId)
      this.#add(rules, { subject: 'organization', id: organizationId, own })
    }
    if (typeof principal.userId === 'string') {
      this.#add(rules, { subject: 'user', id: principal.userId })
    }
    this.#add(rules, { subject: 'token', id: principal.credentialId })
    // Beside the limit of all tokens, never instead: who sets it is not who runs the server.
    if (principal.rate != null) {
      rules.push(ruleOf('service_token', principal.credentialId, principal.rate))
    }
    if (rules.length === 0) return
    const decision = await this.#limiter.consume(rules)
    const { addressStates } = request
    const states = addressStates === null
      ? decision.states
      : [...addressStates, ...decision.states]
    this.#answer(decision, states, reply)
  }

  #add(rules: LimitRule[], { subject, id, own }: Counted): void {
    const rate = own ?? this.#rates[subject]
    if (rate !== undefined) rules.push(ruleOf(subject, id, rate))
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
    reply.header('ratelimit-policy', states.map(policyOf).join(', '))
    reply.header('ratelimit', `"${name}";r=${remaining};t=${waitSeconds}`)
    if (allowed) return
    throw new RateLimited(`Too many calls by this ${name}; wait ${waitSeconds} s.`, {
      retryAfterSeconds: waitSeconds,
    })
  }
}

/** What is counted, and the rate that goes before the one for all. */
interface Counted {
  readonly subject: Subject
  readonly id: string
  readonly own?: Rate | undefined
}

const ruleOf = (name: string, id: string, { limit, windowSeconds }: Rate): LimitRule =>
  ({ name, resource: name, id, limit, windowSeconds })

/** `"user";q=100;w=60` */
const policyOf = ({ name, limit, windowSeconds }: LimitState) =>
  `"${name}";q=${limit};w=${Math.ceil(windowSeconds)}`

/** The one that has the smallest part left. */
function closest(states: readonly LimitState[]): LimitState {
  let least = states[0]!
  for (const state of states) {
    if (state.remaining * least.limit < least.remaining * state.limit) least = state
  }
  return least
}
