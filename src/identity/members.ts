import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { rankOf } from './access.js'
import { MemberNotFound } from './errors.js'
import { Roster } from './roster.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { organizationMemberships, organizations, type Role, users } from './tables.js'

/** A user in an organization. */
export interface Member {
  readonly organizationId: string
  readonly userId: string
  readonly email: string
  readonly displayName: string | null
  readonly role: Role
  /** When the user became a member. */
  readonly createdAt: string
}

const { columns } = organizationMemberships
const roles: readonly Role[] = ['owner', 'admin', 'member']

/**
 * The members of one organization. Changes obey the rank of the actor at the moment they are made:
 * nobody gives, takes or touches a role above their own, and the last owner stays.
 */
export class MemberStore {
  readonly #database: Database<IdentityDatabase>
  readonly #scope: Scope
  readonly #source: IdentitySource

  constructor(database: Database<IdentityDatabase>, scope: Scope, source: IdentitySource) {
    const { id } = organizations.columns
    this.#database = database.within([id.encode(scope.organizationId, 'organization_id')])
    this.#scope = scope
    this.#source = source
  }

  /** A member. Throws MemberNotFound. */
  async get(userId: string): Promise<Member> {
    const query = this.#select()
      .where('m.user_id', '=', columns.userId.encode(userId, 'user_id'))
    const row = await this.#database.first(query)
    if (row === undefined) throw notFound(userId)
    return memberOf(row)
  }

  /** One page of members, the oldest user first. */
  async list({ limit = 50, cursor }: PageRequest = {}): Promise<Page<Member>> {
    const list = ['members', this.#scope.organizationId]
    let query = this.#select().orderBy('m.user_id').limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('m.user_id', '>', columns.userId.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(memberOf)
    return pageOf(rows, limit, ({ userId }) => cursorOf(list, [userId]))
  }

  /**
   * Gives a member another role; the same one changes nothing. Throws MemberNotFound, Forbidden,
   * LastOwner, InvalidInput.
   */
  async changeRole(userId: string, role: Role): Promise<Member> {
    checkRole(role)
    return this.#database.transaction(async (database) => {
      const roster = await this.#lock(database)
      const held = await roster.find(userId)
      if (held === undefined) throw notFound(userId)
      const higher = rankOf(held) > rankOf(role) ? held : role
      await roster.requireRank(atLeastAdmin(higher))
      if (held !== role) await roster.changeRole(userId, { from: held, to: role })
      return new MemberStore(database, this.#scope, this.#source).get(userId)
    })
  }

  /** Takes a member out. Throws MemberNotFound, Forbidden, LastOwner. */
  async remove(userId: string): Promise<void> {
    await this.#database.transaction(async (database) => {
      const roster = await this.#lock(database)
      const held = await roster.find(userId)
      if (held === undefined) throw notFound(userId)
      await roster.requireRank(atLeastAdmin(held))
      await roster.dismiss(userId, held)
    })
  }

  /** Takes the actor out. Throws MemberNotFound, LastOwner. */
  async leave(): Promise<void> {
    const { userId } = this.#scope.actor
    if (typeof userId !== 'string') throw notFound(this.#scope.actor.id)
    await this.#database.transaction(async (database) => {
      const roster = await this.#lock(database)
      const held = await roster.find(userId)
      if (held === undefined) throw notFound(userId)
      await roster.dismiss(userId, held)
    })
  }

  #select() {
    return this.#database.write
      .selectFrom('organization_memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select([
        'm.organization_id', 'm.user_id', 'm.role', 'm.created_at', 'u.email', 'u.display_name',
      ])
      .where('m.organization_id', '=',
        columns.organizationId.encode(this.#scope.organizationId, 'organization_id'))
  }

  #lock(database: Database<IdentityDatabase>): Promise<Roster> {
    return Roster.lock({ database, source: this.#source, ...this.#scope })
  }
}

/** Refuses what is no role. */
export function checkRole(role: Role): void {
  if (roles.includes(role)) return
  throw new InvalidInput('role must be owner, admin or member', { field: 'role' })
}

/** Members change nobody, admins nobody above themselves. */
const atLeastAdmin = (role: Role): Role => (role === 'owner' ? 'owner' : 'admin')

function memberOf(row: Record<string, unknown>): Member {
  return {
    organizationId: columns.organizationId.decode(row.organization_id),
    userId: columns.userId.decode(row.user_id),
    email: users.columns.email.decode(row.email),
    displayName: users.columns.displayName.decode(row.display_name),
    role: columns.role.decode(row.role) as Role,
    createdAt: columns.createdAt.decode(row.created_at),
  }
}

const notFound = (userId: string) =>
  new MemberNotFound(`There is no member ${userId} in this organization.`)
