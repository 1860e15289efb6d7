import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What a member of an organization may be. */
export type Role = 'owner' | 'admin' | 'member'

/** An organization: the owner of everything else. */
export const organizations = table(
  'organizations',
  { id: id(), slug: text(), name: text(), createdAt: instant(), updatedAt: instant() },
  { primaryKey: ['id'] },
)

/** What a person likes: any JSON object, merged on change. */
export type Preferences = { [key: string]: JsonValue }

/** A person. */
export const users = table(
  'users',
  {
    id: id(),
    /** As the person wrote it. */
    email: text(),
    /** The form that is unique: NFKC, folded. */
    emailKey: text(),
    /** A second name to log in with, as the person wrote it. */
    username: text().orNull(),
    usernameKey: text().orNull(),
    displayName: text().orNull(),
    /** Argon2id in PHC form; null when the person cannot log in with a password. */
    passwordHash: text().orNull(),
    /** False for a user who may not log in. */
    active: flag(),
    preferences: json<Preferences>(),
    /** Counts changes of profile and standing, not logins. */
    revision: integer(),
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
    /** Right to the minute. */
    lastActiveAt: instant(),
    /** The end, however active it is. */
    expiresAt: instant(),
    revokedAt: instant().orNull(),
    ipAddress: text().orNull(),
    userAgent: text().orNull(),
  },
  { primaryKey: ['id'] },
)

/**
 * How many logins may still fail, for an account, an address, or an account from an address it is
 * known from. `key` is a hash.
 */
export const loginAttempts = table(
  'login_attempts',
  {
    key: text(),
    /** When all of its limit is free again; every attempt moves it on by its share. */
    freeAtMs: integer(),
    /** Until when the address counts as known to the account. */
    knownUntilMs: integer(),
  },
  { primaryKey: ['key'] },
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
export type User = Omit<Row<typeof users>, 'emailKey' | 'usernameKey' | 'passwordHash'>
export type LoginSession = Omit<Row<typeof loginSessions>, 'tokenHash'>
export type ServiceToken = Omit<Row<typeof serviceTokens>, 'tokenHash'>

/** The tables of this domain, for `Database`. */
export interface IdentityTables {
  organizations: StoredRow<typeof organizations>
  users: StoredRow<typeof users>
  organization_memberships: StoredRow<typeof organizationMemberships>
  login_sessions: StoredRow<typeof loginSessions>
  login_attempts: StoredRow<typeof loginAttempts>
  service_tokens: StoredRow<typeof serviceTokens>
}
