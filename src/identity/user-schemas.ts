import { z } from 'zod'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type Rate, rateLimitMax, rateOf, rateWindowSecondsMax } from './rates.js'
import { type Organization, type User } from './tables.js'

/** A person, as the API shows one. */
export const userSchema = named('User', z.object({
  id: idSchema('UUIDv7.'),
  email: z.string(),
  display_name: z.string().nullable(),
  created_at: instantSchema('When the user was created.'),
}))

/** So many calls in any window of so many seconds. */
export const rateSchema = named('Rate', z.strictObject({
  limit: z.int().min(1).max(rateLimitMax).describe('Calls in any window.'),
  window_seconds: z.int().min(1).max(rateWindowSecondsMax).describe('Length of the window.'),
}))

export const roleSchema = z.enum(['owner', 'admin', 'member'])

/** An organization, as the API shows it to one of its members. */
export const organizationSchema = named('Organization', z.object({
  id: idSchema('UUIDv7.'),
  slug: z.string(),
  name: z.string(),
  role: roleSchema.nullable().describe('The role of the caller; null for a service token.'),
  rate_limit: rateSchema.nullable()
    .describe('How often all its callers together may call, when this was set for it.'),
  revision: z.int(),
  created_at: instantSchema('When it was created.'),
}))

export const presentUser = (user: User) => ({
  id: user.id, email: user.email, display_name: user.displayName, created_at: user.createdAt,
})

export const presentOrganization = (organization: Organization, role: string | null) => ({
  id: organization.id,
  slug: organization.slug,
  name: organization.name,
  role,
  rate_limit: presentRate(rateOf(organization)),
  revision: organization.revision,
  created_at: organization.createdAt,
})

export const presentRate = (rate: Rate | null) =>
  rate === null ? null : { limit: rate.limit, window_seconds: rate.windowSeconds }

/** A rate as the API takes it; undefined stays undefined. */
export function rateFrom(
  given: { readonly limit: number; readonly window_seconds: number } | null | undefined,
): Rate | null | undefined {
  return given == null ? given : { limit: given.limit, windowSeconds: given.window_seconds }
}
