import { type Actor } from '../scope.js'
import { type Rate } from './rates.js'
import { type Role } from './tables.js'

/** Who may do one kind of thing. */
interface Rule {
  /** The least role in the organization; `person`: whoever is logged in, in any or none. */
  readonly least: Role | 'person'
  /** Whether a service token may do it at all, given a scope that covers it. */
  readonly tokens: boolean
}

/** Everything that can be done over HTTP; each route names one. One line an action. */
const rules = {
  'agents:read': { least: 'member', tokens: true },
  'agents:write': { least: 'member', tokens: true },
  'attachments:read': { least: 'member', tokens: true },
  'attachments:write': { least: 'member', tokens: true },
  'audit:read': { least: 'admin', tokens: true },
  'cache:read': { least: 'member', tokens: true },
  'cache:write': { least: 'member', tokens: true },
  'checkpoint_policy:write': { least: 'admin', tokens: true },
  'checkpoints:read': { least: 'member', tokens: true },
  'checkpoints:write': { least: 'member', tokens: true },
  'conversations:read': { least: 'member', tokens: true },
  'conversations:write': { least: 'member', tokens: true },
  'envelopes:read': { least: 'member', tokens: true },
  'envelopes:write': { least: 'member', tokens: true },
  'floor:manage': { least: 'member', tokens: true },
  'floor:read': { least: 'member', tokens: true },
  'floor:write': { least: 'member', tokens: true },
  'invitations:accept': { least: 'person', tokens: false },
  'invitations:read': { least: 'admin', tokens: true },
  'invitations:write': { least: 'admin', tokens: true },
  'items:read': { least: 'member', tokens: true },
  'items:write': { least: 'member', tokens: true },
  'jobs:read': { least: 'member', tokens: true },
  'jobs:work': { least: 'member', tokens: true },
  'jobs:write': { least: 'member', tokens: true },
  'locks:read': { least: 'member', tokens: true },
  'locks:write': { least: 'member', tokens: true },
  'members:leave': { least: 'member', tokens: false },
  'members:read': { least: 'member', tokens: true },
  'members:write': { least: 'admin', tokens: true },
  'organizations:choose': { least: 'person', tokens: false },
  'organizations:delete': { least: 'owner', tokens: false },
  'organizations:read': { least: 'person', tokens: true },
  'organizations:update': { least: 'admin', tokens: true },
  'organizations:write': { least: 'person', tokens: true },
  'own_secrets:read': { least: 'member', tokens: true },
  'own_secrets:reveal': { least: 'member', tokens: true },
  'own_secrets:write': { least: 'member', tokens: true },
  'own_settings:read': { least: 'member', tokens: true },
  'own_settings:write': { least: 'member', tokens: true },
  'profile:write': { least: 'person', tokens: false },
  'runs:read': { least: 'member', tokens: true },
  'runs:write': { least: 'member', tokens: true },
  'schedules:read': { least: 'member', tokens: true },
  'schedules:write': { least: 'member', tokens: true },
  'secrets:read': { least: 'member', tokens: true },
  'secrets:reveal': { least: 'admin', tokens: true },
  'secrets:write': { least: 'admin', tokens: true },
  'service_tokens:read': { least: 'admin', tokens: true },
  'service_tokens:write': { least: 'admin', tokens: true },
  'sessions:end': { least: 'person', tokens: false },
  'sessions:read': { least: 'person', tokens: false },
  'sessions:write': { least: 'person', tokens: true },
  'settings:read': { least: 'member', tokens: true },
  'settings:write': { least: 'admin', tokens: true },
  'states:read': { least: 'member', tokens: true },
  'states:write': { least: 'member', tokens: true },
  'streams:read': { least: 'member', tokens: true },
  'streams:write': { least: 'member', tokens: true },
  'tuning:read': { least: 'member', tokens: true },
  'tuning:write': { least: 'member', tokens: true },
  'usage:read': { least: 'admin', tokens: true },
  'usage:write': { least: 'member', tokens: true },
  /** The actions on users are checked in the organization `default` alone, whoever calls. */
  'users:erase': { least: 'owner', tokens: true },
  'users:read': { least: 'admin', tokens: true },
  'users:write': { least: 'admin', tokens: true },
  'webhooks:read': { least: 'member', tokens: true },
  'webhooks:write': { least: 'admin', tokens: true },
  'workflows:read': { least: 'member', tokens: true },
  'workflows:write': { least: 'member', tokens: true },
} as const satisfies Record<string, Rule>

/** What a route may name as its action. */
export type Action = keyof typeof rules

/** Who a valid token stands for. */
export interface Principal extends Actor {
  readonly kind: 'session' | 'service_token'
  /** Id of the session or of the service token. */
  readonly credentialId: string
  /** The organization of a service token; a person chooses one per request. */
  readonly organizationId: string | null
  /** The short name of that organization. */
  readonly organizationSlug?: string | null
  /** Scopes of a service token; a person's rights follow from the role. */
  readonly scopes: readonly string[]
  /** When the token ends, in milliseconds since the epoch. */
  readonly expiresAtMs: number
  /** Where a service token may be used from; null or absent for everywhere. */
  readonly allowedIpRanges?: readonly string[] | null
  /** How often a service token may be used; null or absent for no limit of its own. */
  readonly rate?: Rate | null
}

/** One line of the matrix: an action, who may do it, and the scopes that cover it. */
export interface AccessRow {
  readonly action: Action
  /** Whether a person may without being a member of anything. */
  readonly person: boolean
  readonly member: boolean
  readonly admin: boolean
  readonly owner: boolean
  /** Scopes with which a service token may; none when no token may. */
  readonly scopes: readonly string[]
}

const ranks: Record<Role, number> = { member: 1, admin: 2, owner: 3 }

/** Owners above admins, admins above members. */
export function rankOf(role: Role): number {
  return ranks[role]
}

/** Every action there is, in alphabetical order. */
export const actions = Object.keys(rules) as Action[]

/** What no scope of its noun covers by a star: `secrets:*` may write secrets, but not read them. */
const namedOnly: readonly string[] = ['secrets:reveal', 'own_secrets:reveal']

/** Whether a scope covers an action: `*`, `conversations:*`, or the action itself. */
export function scopeCovers(scope: string, action: string): boolean {
  if (scope === '*' || scope === action) return true
  return scope === `${action.split(':')[0]}:*` && !namedOnly.includes(action)
}

/** Whether a principal, in the role it has in the chosen organization, may do an action. */
export function isAllowed(principal: Principal, role: Role | null, action: Action): boolean {
  // An action that nobody declared is nobody's.
  if (!Object.hasOwn(rules, action)) return false
  const rule: Rule = rules[action]
  if (principal.kind === 'service_token') {
    return rule.tokens && principal.scopes.some((scope) => scopeCovers(scope, action))
  }
  return roleMay(rule, role)
}

function roleMay({ least }: Rule, role: Role | null): boolean {
  return least === 'person' || (role !== null && ranks[role] >= ranks[least])
}

/** Who may do what, as data: for docs/reference/access.md and whoever wants to check it. */
export function accessMatrix(): AccessRow[] {
  return actions.map((action) => {
    const rule: Rule = rules[action]
    const [group] = action.split(':')
    return {
      action,
      person: roleMay(rule, null),
      member: roleMay(rule, 'member'),
      admin: roleMay(rule, 'admin'),
      owner: roleMay(rule, 'owner'),
      scopes: rule.tokens
        ? ['*', `${group}:*`, action].filter((scope) => scopeCovers(scope, action))
        : [],
    }
  })
}

/** Every scope a service token may carry. */
export const scopes: readonly string[] = [
  ...new Set(accessMatrix().flatMap((row) => row.scopes)),
].sort()

/** A scope a service token may carry. */
export function isScope(scope: string): boolean {
  return scopes.includes(scope)
}
