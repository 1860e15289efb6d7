import { millisecondsOf } from '../clock.js'
import { actions, type Principal, scopeCovers } from './access.js'
import { Forbidden } from './errors.js'
import { areWithinRanges } from './ip-ranges.js'
import { type Rate, rateOf } from './rates.js'
import { type Role, type ServiceToken } from './tables.js'

/** What decides how far a service token reaches. */
export type Reach = Pick<
  ServiceToken, 'scopes' | 'expiresAt' | 'allowedIpRanges' | 'rateLimit' | 'rateWindowSeconds'
>

/**
 * A service token makes, changes and rotates only tokens that reach no further than itself; a
 * person who may do so at all may hand out everything a token can have. Throws Forbidden.
 */
export function refuseEscalation(principal: Principal, reach: Reach): void {
  if (principal.kind !== 'service_token') return
  const isOwn = (scope: string) => principal.scopes.some((own) => scopeCovers(own, scope))
  if (!reach.scopes.every(isOwn)) throw beyond('scopes', 'has no scope that it has not itself')
  if (!endsWithin(principal, reach.expiresAt)) throw beyond('expires_at', 'ends no later than it')
  if (!areWithinRanges(reach.allowedIpRanges, principal.allowedIpRanges ?? null)) {
    throw beyond('allowed_ip_ranges', 'is used from no further address')
  }
  if (!isSlower(rateOf(reach), principal.rate ?? null)) {
    throw beyond('rate_limit', 'may be used no more often')
  }
}

/**
 * A service token makes admins only where it may what they may: whoever is one hands out tokens of
 * any scope. Throws Forbidden.
 */
export function refuseAdmins({ kind, scopes }: Principal, role: Role): void {
  if (kind !== 'service_token' || role === 'member' || scopes.includes('*')) return
  throw new Forbidden('A service token gives a role above member only with the scope *.', {
    field: 'role',
  })
}

/** What a token may do with things of the person alone who made it. */
const ownActions = actions.filter((action) => action.startsWith('own_'))

/**
 * Refuses to hand the text of a token to anybody but who made it, where it opens that person's own
 * secrets or settings: those are not even an owner's to see. Throws Forbidden.
 */
export function refuseOthersOwn(
  { userId = null }: Principal,
  held: Pick<ServiceToken, 'scopes' | 'userId'>,
): void {
  if (held.userId === null || held.userId === userId) return
  const opensOwn = ownActions.some((action) =>
    held.scopes.some((scope) => scopeCovers(scope, action)))
  if (!opensOwn) return
  const rule = 'Who made this token rotates it: it opens their own secrets or settings.'
  throw new Forbidden(`${rule} Make a new one and revoke this.`)
}

function beyond(field: string, rule: string): Error {
  return new Forbidden(`What a service token makes or changes ${rule}.`, { field })
}

/** A token without an end hands out tokens without one; it is the only kind that may. */
function endsWithin({ expiresAtMs }: Principal, expiresAt: string | null): boolean {
  return expiresAtMs === neverMs || (expiresAt !== null && millisecondsOf(expiresAt) <= expiresAtMs)
}

function isSlower(rate: Rate | null, than: Rate | null): boolean {
  if (than === null) return true
  return rate !== null && rate.limit <= than.limit && rate.windowSeconds >= than.windowSeconds
}

/** A token that never expires ends here: the last moment a four-digit year can name. */
export const neverMs = Date.parse('9999-12-31T23:59:59.999Z')
