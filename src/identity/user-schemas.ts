import { z } from 'zod'
import { idSchema, instantSchema, metadataSchema, named } from '../http/schema.js'
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

/** An organization, as the API shows it to one of its members. */
export const organizationSchema = named('Organization', z.object({
  id: idSchema('UUIDv7.'),
  slug: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'member']).nullable(),
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
  created_at: organization.createdAt,
})
