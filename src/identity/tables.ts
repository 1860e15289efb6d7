import { flag, id, instant, integer, json, text } from '../database/columns.js'
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
export type User = Omit<Row<typeof users>, 'emailKey' | 'passwordHash'>
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
  service_tokens: StoredRow<typeof serviceTokens>
}
