import { z } from 'zod'
import { idSchema, instantSchema, metadataSchema, named } from '../http/schema.js'
import { type Rate, rateLimitMax, rateOf, rateWindowSecondsMax } from './rates.js'
import { type LoginSession, type Organization, type User } from './tables.js'

/** A person, as the API shows one. */
export const userSchema = named('User', z.object({
  id: idSchema('UUIDv7.'),
  email: z.string(),
  username: z.string().nullable(),
  display_name: z.string().nullable(),
  preferences: metadataSchema(),
  active: z.boolean().describe('False for a user who may not log in.'),
  revision: z.int().describe('Counts changes; the ETag.'),
  created_at: instantSchema('When the user was created.'),
  updated_at: instantSchema('When the user was changed last.'),
  last_login_at: instantSchema('When the user logged in last.').nullable(),
}))

/** A login session, as the API shows one. */
export const sessionSchema = named('Session', z.object({
  id: idSchema('UUIDv7.'),
  user_id: idSchema('Whose it is.'),
  current: z.boolean().describe('Whether this call was made in it.'),
  ip_address: z.string().nullable().describe('Where the login came from.'),
  user_agent: z.string().nullable(),
  created_at: instantSchema('When it began.'),
  last_active_at: instantSchema('When it was used last, right to the minute.'),
  expires_at: instantSchema('When it ends, however it is used.'),
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
  id: user.id,
  email: user.email,
  username: user.username,
  display_name: user.displayName,
  preferences: user.preferences,
  active: user.active,
  revision: user.revision,
  created_at: user.createdAt,
  updated_at: user.updatedAt,
  last_login_at: user.lastLoginAt,
})

export const presentSession = (session: LoginSession, currentId: string) => ({
  id: session.id,
  user_id: session.userId,
  current: session.id === currentId,
  ip_address: session.ipAddress,
  user_agent: session.userAgent,
  created_at: session.createdAt,
  last_active_at: session.lastActiveAt,
  expires_at: session.expiresAt,
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
