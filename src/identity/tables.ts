import { flag, id, instant, json, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What a member of an organization may be. */
export type Role = 'owner' | 'admin' | 'member'

/** An organization: the owner of everything else. */
export const organizations = table(
  'organizations',
  { id: id(), slug: text(), name: text(), createdAt: instant(), updatedAt: instant() },
  { primaryKey: ['id'] },
)

/** A person. */
export const users = table(
  'users',
  {
    id: id(),
    /** As the person wrote it. */
    email: text(),
    /** The form that is unique: NFKC, lower case. */
    emailKey: text(),
    displayName: text().orNull(),
    /** Argon2id in PHC form; null when the person cannot log in with a password. */
    passwordHash: text().orNull(),
    active: flag(),
    createdAt: instant(),
    updatedAt: instant(),
    lastLoginAt: instant().orNull(),
  },
  { primaryKey: ['id'] },
)

/** Who belongs to which organization, and as what. */
export const organizationMemberships = table(
  'organization_memberships',
  { organizationId: id(), userId: id(), role: text(), createdAt: instant() },
  { primaryKey: ['organizationId', 'userId'] },
)

/** A login: the token itself is never stored, only its SHA-256. */
export const loginSessions = table(
  'login_sessions',
  {
    id: id(),
    userId: id(),
    tokenHash: text(),
    createdAt: instant(),
    expiresAt: instant(),
    revokedAt: instant().orNull(),
    ipAddress: text().orNull(),
    userAgent: text().orNull(),
  },
  { primaryKey: ['id'] },
)

/** A token for programs, bound to one organization. */
export const serviceTokens = table(
  'service_tokens',
  {
    id: id(),
    organizationId: id(),
    /** Who made it. */
    userId: id().orNull(),
    name: text(),
    tokenHash: text(),
    /** `*`, `conversations:*` or `conversations:read`. */
    scopes: json<string[]>(),
    createdAt: instant(),
    expiresAt: instant().orNull(),
    revokedAt: instant().orNull(),
  },
  { primaryKey: ['id'] },
)

export type Organization = Row<typeof organizations>
export type User = Omit<Row<typeof users>, 'emailKey' | 'passwordHash'>
export type LoginSession = Omit<Row<typeof loginSessions>, 'tokenHash'>
export type ServiceToken = Omit<Row<typeof serviceTokens>, 'tokenHash'>

/** The tables of this domain, for `Database`. */
export interface IdentityTables {
  organizations: StoredRow<typeof organizations>
  users: StoredRow<typeof users>
  organization_memberships: StoredRow<typeof organizationMemberships>
  login_sessions: StoredRow<typeof loginSessions>
  service_tokens: StoredRow<typeof serviceTokens>
}
