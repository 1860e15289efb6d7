import { type Actor } from '../scope.js'
import { type Role } from './tables.js'

/** Everything that can be done over HTTP; each route names one. */
export type Action =
  | 'conversations:read'
  | 'conversations:write'
  | 'jobs:read'
  | 'jobs:write'
  | 'jobs:work'
  | 'locks:read'
  | 'locks:write'
  | 'schedules:read'
  | 'schedules:write'
  | 'service_tokens:read'
  | 'service_tokens:write'
  | 'streams:read'
  | 'streams:write'
  | 'organizations:read'
  | 'organizations:write'
  | 'sessions:write'

/** Who a valid token stands for. */
export interface Principal extends Actor {
  readonly kind: 'session' | 'service_token'
  /** Id of the session or of the service token. */
  readonly credentialId: string
  /** The organization of a service token; a person chooses one per request. */
  readonly organizationId: string | null
  /** Scopes of a service token; a person's rights follow from the role. */
  readonly scopes: readonly string[]
  /** When the token ends, in milliseconds since the epoch. */
  readonly expiresAtMs: number
}

const personal: readonly Action[] = ['organizations:read', 'organizations:write', 'sessions:write']
const ofMembers: readonly Action[] = [
  'conversations:read', 'conversations:write', 'jobs:read', 'jobs:write', 'jobs:work',
  'locks:read', 'locks:write', 'schedules:read', 'schedules:write', 'streams:read',
  'streams:write',
]
const ofAdmins: readonly Action[] = [...ofMembers, 'service_tokens:read', 'service_tokens:write']

const byRole: Record<Role, readonly Action[]> = {
  member: ofMembers,
  admin: ofAdmins,
  owner: ofAdmins,
}

/** Whether a scope covers an action: `*`, `conversations:*`, or the action itself. */
export function scopeCovers(scope: string, action: Action): boolean {
  return scope === '*' || scope === action || scope === `${action.split(':')[0]}:*`
}

/** Whether a principal, in the role it has in the chosen organization, may do an action. */
export function isAllowed(principal: Principal, role: Role | null, action: Action): boolean {
  if (principal.kind === 'service_token') {
    return principal.scopes.some((scope) => scopeCovers(scope, action))
  }
  return personal.includes(action) || (role !== null && byRole[role].includes(action))
}

/** A scope a service token may carry. */
export function isScope(scope: string): boolean {
  const actions: readonly Action[] = [...personal, ...ofAdmins]
  return actions.some((action) => scopeCovers(scope, action))
}
