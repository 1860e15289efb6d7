import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What a member of an organization may be. */
export type Role = 'owner' | 'admin' | 'member'

/** The organization every database begins with; its id is the same everywhere. */
export const defaultOrganizationId = '00000000-0000-7000-8000-000000000001'

/** An organization: the owner of everything else. */
export const organizations = table(
  'organizations',
  {
    id: id(),
    slug: text(),
    name: text(),
    /** How often all its callers together may call; null for as often as the server lets all. */
    rateLimit: integer().orNull(),
    rateWindowSeconds: integer().orNull(),
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
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

/** The organization made for a user at the beginning; it goes with the user. */
export const personalOrganizations = table(
  'personal_organizations',
  { userId: id(), organizationId: id() },
  { primaryKey: ['userId'] },
)

/** Where a person's calls go that name no organization; gone once they leave it. */
export const defaultOrganizations = table(
  'default_organizations',
  { userId: id(), organizationId: id() },
  { primaryKey: ['userId'] },
)

/** A place held for whoever has an e-mail address; gone once taken, taken back or replaced. */
export const invitations = table(
  'invitations',
  {
    id: id(),
    organizationId: id(),
    /** As it was written. */
    email: text(),
    /** The form that is compared, as that of users. */
    emailKey: text(),
    role: text(),
    tokenHash: text(),
    /** The user who invites; null when a program or a user now deleted did. */
    invitedBy: id().orNull(),
    createdAt: instant(),
    expiresAt: instant(),
  },
  { primaryKey: ['id'] },
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
    revokedReason: text().orNull(),
    /** CIDR ranges it may be used from; null for everywhere. */
    allowedIpRanges: json<string[]>().orNull(),
    rateLimit: integer().orNull(),
    rateWindowSeconds: integer().orNull(),
    /** Of the token before the last rotation, good until `previousExpiresAt`. */
    previousTokenHash: text().orNull(),
    previousExpiresAt: instant().orNull(),
    rotatedAt: instant().orNull(),
    useCount: integer(),
    lastUsedAt: instant().orNull(),
    lastUsedIp: text().orNull(),
    /** Counts changes, not uses. */
    revision: integer(),
  },
  { primaryKey: ['id'] },
)

export type Organization = Row<typeof organizations>
export type User = Omit<Row<typeof users>, 'emailKey' | 'usernameKey' | 'passwordHash'>
export type LoginSession = Omit<Row<typeof loginSessions>, 'tokenHash'>
export type ServiceToken = Omit<Row<typeof serviceTokens>, 'tokenHash' | 'previousTokenHash'>
export type Invitation =
  Omit<Row<typeof invitations>, 'tokenHash' | 'emailKey' | 'role'> & { readonly role: Role }

/** The tables of this domain, for `Database`. */
export interface IdentityTables {
  organizations: StoredRow<typeof organizations>
  users: StoredRow<typeof users>
  organization_memberships: StoredRow<typeof organizationMemberships>
  personal_organizations: StoredRow<typeof personalOrganizations>
  default_organizations: StoredRow<typeof defaultOrganizations>
  invitations: StoredRow<typeof invitations>
  login_sessions: StoredRow<typeof loginSessions>
  login_attempts: StoredRow<typeof loginAttempts>
  service_tokens: StoredRow<typeof serviceTokens>
}
