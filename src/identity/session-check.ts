import { type Stored } from '../database/columns.js'
import { type Database, prepare } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { isUuid } from '../ids.js'
import {
  type IdentityTables, loginSessions, organizationMemberships, organizations, type Role, users,
} from './tables.js'

/** What one statement tells of a session's token. */
export interface CheckedSession {
  readonly id: string
  readonly userId: string
  readonly expiresAt: string
  readonly lastActiveAt: string
  /** The organization that was named; null unless the user is a member of it. */
  readonly organizationId: string | null
  readonly role: Role | null
}

interface Asked {
  readonly hash: Stored<'text'>
  readonly id: Stored<'id'>
  readonly slug: Stored<'text'>
}

const { columns } = loginSessions
const membership = organizationMemberships.columns

/**
 * Looks at a session, its user and the user's membership in one organization in one statement.
 * A session that was revoked, or whose user may not log in, is not found.
 */
export class SessionCheck {
  readonly #database: Database<IdentityTables>
  readonly #alone: (asked: Pick<Asked, 'hash'>) => Statement
  readonly #byId: (asked: Pick<Asked, 'hash' | 'id'>) => Statement
  readonly #bySlug: (asked: Pick<Asked, 'hash' | 'slug'>) => Statement

  constructor(database: Database<IdentityTables>) {
    this.#database = database
    const sessions = database.write
      .selectFrom('login_sessions as s')
      .innerJoin('users as u', 'u.id', 's.user_id')
      .select(['s.id', 's.user_id', 's.expires_at', 's.last_active_at'])
      .where('s.revoked_at', 'is', null)
      .where('u.active', '=', users.columns.active.encode(true))
    this.#alone = prepare('session_alone', (slot) => sessions
      .where('s.token_hash', '=', slot('hash')))
    this.#byId = prepare('session_by_id', (slot) => sessions
      .leftJoin('organization_memberships as m', (join) => join
        .onRef('m.user_id', '=', 's.user_id').on('m.organization_id', '=', slot('id')))
      .select(['m.organization_id', 'm.role'])
      .where('s.token_hash', '=', slot('hash')))
    this.#bySlug = prepare('session_by_slug', (slot) => sessions
      .leftJoin('organizations as o', (join) => join.on('o.slug', '=', slot('slug')))
      .leftJoin('organization_memberships as m', (join) => join
        .onRef('m.user_id', '=', 's.user_id').onRef('m.organization_id', '=', 'o.id'))
      .select(['m.organization_id', 'm.role'])
      .where('s.token_hash', '=', slot('hash')))
  }

  /** The session of a token's hash, with the membership in the organization of this id or slug. */
  async find(tokenHash: string, organization?: string): Promise<CheckedSession | undefined> {
    const hash = columns.tokenHash.encode(tokenHash)
    const { rows: [row] } = await this.#database.execute(this.#statement(hash, organization))
    if (row === undefined) return undefined
    return {
      id: columns.id.decode(row.id),
      userId: columns.userId.decode(row.user_id),
      expiresAt: columns.expiresAt.decode(row.expires_at),
      lastActiveAt: columns.lastActiveAt.decode(row.last_active_at),
      organizationId: row.organization_id == null
        ? null
        : membership.organizationId.decode(row.organization_id),
      role: row.role == null ? null : membership.role.decode(row.role) as Role,
    }
  }

  #statement(hash: Stored<'text'>, organization: string | undefined): Statement {
    if (organization === undefined) return this.#alone({ hash })
    if (isUuid(organization)) {
      return this.#byId({ hash, id: membership.organizationId.encode(organization) })
    }
    return this.#bySlug({ hash, slug: organizations.columns.slug.encode(organization) })
  }
}
