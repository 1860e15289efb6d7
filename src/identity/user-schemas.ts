import { z } from 'zod'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type Organization, type User } from './tables.js'

/** A person, as the API shows one. */
export const userSchema = named('User', z.object({
  id: idSchema('UUIDv7.'),
  email: z.string(),
  display_name: z.string().nullable(),
  created_at: instantSchema('When the user was created.'),
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
  id: user.id, email: user.email, display_name: user.displayName, created_at: user.createdAt,
})

export const presentOrganization = (organization: Organization, role: string | null) => ({
  id: organization.id,
  slug: organization.slug,
  name: organization.name,
  role,
  created_at: organization.createdAt,
})
