import { type AuditTables } from '../audit/index.js'
import { id, instant, integer, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** The root keys this database has been under. No key stands here, only how to tell it. */
export const rootKeys = table(
  'root_keys',
  {
    /** 1, 2, 3, … */
    version: integer(),
    /** Names the key; does not tell it. */
    kid: text(),
    /** Something known, wrapped by the key: what opens it is the right key. */
    checkValue: text(),
    /** `active` (the newest), `old` (still opens keys) or `retired`. */
    state: text(),
    createdAt: instant(),
    retiredAt: instant().orNull(),
  },
  { primaryKey: ['version'] },
)

/** The keys of an organization, each wrapped by a root key. */
export const organizationKeys = table(
  'organization_keys',
  {
    organizationId: id(),
    version: integer(),
    /** The root key that wraps it. */
    rootKid: text(),
    wrappedKey: text(),
    /** `active` (exactly one: it alone encrypts), `old` (still decrypts) or `retired`. */
    state: text(),
    /** Uses handed out to processes; rises in blocks. */
    uses: integer(),
    /** The rotation that made it; null for the first one. */
    rotationId: id().orNull(),
    createdAt: instant(),
    replacedAt: instant().orNull(),
    retiredAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'version'] },
)

/** A secret without its value. */
export const secrets = table(
  'secrets',
  {
    organizationId: id(),
    id: id(),
    /** Whose own secret it is; null for one of the organization. */
    userId: id().orNull(),
    /** Unique for its owner; never changes. */
    name: text(),
    description: text().orNull(),
    /** The newest version of its value. */
    version: integer(),
    /** Rises with each change. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
    /** From then on it cannot be revealed. */
    expiresAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** A value of a secret, encrypted. */
export const secretVersions = table(
  'secret_versions',
  {
    organizationId: id(),
    secretId: id(),
    version: integer(),
    /** The version of the organization's key over it. */
    keyVersion: integer(),
    /** A JWE without its additional data, which is rebuilt from the row. */
    envelope: text(),
    /** Who wrote it. */
    actorId: text(),
    createdAt: instant(),
  },
  { primaryKey: ['organizationId', 'secretId', 'version'] },
)

/** Rotations asked for; one that is not finished goes on when it is asked for again. */
export const keyRotations = table(
  'key_rotations',
  {
    /** `installationId` for those over all organizations. */
    organizationId: id(),
    id: id(),
    /** `organization`, `all` or `root`. */
    kind: text(),
    createdAt: instant(),
    finishedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

export type SecretRow = Row<typeof secrets>
export type OrganizationKeyRow = Row<typeof organizationKeys>

/** The tables of this domain, for `Database`. */
export interface SecretTables extends AuditTables {
  root_keys: StoredRow<typeof rootKeys>
  organization_keys: StoredRow<typeof organizationKeys>
  secrets: StoredRow<typeof secrets>
  secret_versions: StoredRow<typeof secretVersions>
  key_rotations: StoredRow<typeof keyRotations>
}
