import { type Expression, sql } from 'kysely'
import { recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { encodeRow } from '../database/table.js'
import { type Actor } from '../scope.js'
import { rankOf } from './access.js'
import {
  Forbidden, LastOwner, OrganizationLimitReached, OrganizationNotFound, UserNotFound,
} from './errors.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import {
  invitations, organizationMemberships, organizations, type Role, serviceTokens, users,
} from './tables.js'

/** Members of one organization at most. */
export const membersMax = 10_000
/** Invitations that wait for their e-mail address at most. */
export const invitationsMax = 500
/** Service tokens that are neither revoked nor expired at most. */
export const serviceTokensMax = 1_000

const { columns } = organizationMemberships

/** Parts of a roster. */
export interface RosterParts {
  /** The transaction in which all of this happens. */
  readonly database: Database<IdentityDatabase>
  readonly source: IdentitySource
  readonly organizationId: string
  readonly actor: Actor
  /** The row goes or changes its slug: who refers to it is waited for at once, not later. */
  readonly isWhole?: boolean
}

/**
 * Who belongs to one organization, while nobody else can change it. `Roster.lock` waits for the
 * organization's row and holds it to the end of the transaction; every change of memberships,
 * invitations or numbers of tokens goes through it. So what is read here is still true when it is
 * acted on, and the last owner stays in any race.
 */
export class Roster {
  readonly #parts: RosterParts
  readonly #now: string

  private constructor(parts: RosterParts) {
    this.#parts = parts
    this.#now = instantOf(parts.source.clock.now())
  }

  /** Waits for the organization's row. Throws OrganizationNotFound. */
  static async lock(parts: RosterParts): Promise<Roster> {
    const { database, organizationId, isWhole = false } = parts
    const id = organizations.columns.id.encode(organizationId, 'organization_id')
    const look = database.write.selectFrom('organizations').select('id').where('id', '=', id)
    // Rows that refer to the organization may still be written, so this waits for no other work.
    const locked = () => (isWhole ? look.forUpdate() : look.forNoKeyUpdate())
    const locking = database.engine.rowLocks ? locked() : look
    if ((await database.first(locking)) !== undefined) return new Roster(parts)
    throw new OrganizationNotFound(`There is no organization ${organizationId}.`)
  }

  /**
   * Refuses an actor that ranks below `role`. A person ranks as the membership of this moment says,
   * a service token as an admin, the program that opened the library as an owner. Throws Forbidden.
   */
  async requireRank(role: Role): Promise<void> {
    const { actor } = this.#parts
    const [kind] = actor.id.split(':')
    const own = kind === 'user' && typeof actor.userId === 'string'
      ? await this.find(actor.userId)
      : rolesOfOthers(kind)
    if (own !== undefined && rankOf(own) >= rankOf(role)) return
    throw new Forbidden(`This takes the role ${role} or a higher one.`)
  }

  /** The role of a user; undefined for one who is no member. */
  async find(userId: string): Promise<Role | undefined> {
    const { database } = this.#parts
    const query = database.write
      .selectFrom('organization_memberships').select('role')
      .where((where) => where.and(this.#key(userId)))
    const row = await database.first(query)
    return row === undefined ? undefined : columns.role.decode(row.role) as Role
  }

  /** Makes a user a member. Throws OrganizationLimitReached, UserNotFound. */
  async admit(userId: string, role: Role): Promise<void> {
    const { database, organizationId } = this.#parts
    await this.#refuseBeyond(membersMax, 'members', database.write
      .selectFrom('organization_memberships').select('user_id')
      .where('organization_id', '=', columns.organizationId.encode(organizationId)))
    const row = { organizationId, userId, role, createdAt: this.#now }
    const insert = database.write
      .insertInto('organization_memberships').values(encodeRow(organizationMemberships, row))
    try {
      await database.run(insert)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw new UserNotFound(`There is no user ${userId}.`, { cause })
    }
    await this.#endInvitationsOf(userId)
    await this.#record('member.added', userId, { role })
  }

  /** Gives a member another role. Throws LastOwner. */
  async changeRole(userId: string, { from, to }: { from: Role; to: Role }): Promise<void> {
    const { database } = this.#parts
    if (from === 'owner') await this.#refuseLastOwner()
    const update = database.write
      .updateTable('organization_memberships')
      .set({ role: columns.role.encode(to) })
      .where((where) => where.and(this.#key(userId)))
    await database.run(update)
    await this.#endInvitationsBy(userId, to)
    await this.#record('member.role_changed', userId, { from, to })
  }

  /** Takes a member out. Throws LastOwner. */
  async dismiss(userId: string, role: Role): Promise<void> {
    const { database } = this.#parts
    if (role === 'owner') await this.#refuseLastOwner()
    await this.#endInvitationsBy(userId, undefined)
    const statement = database.write
      .deleteFrom('organization_memberships')
      .where((where) => where.and(this.#key(userId)))
    await database.run(statement)
    await this.#record('member.removed', userId, { role })
  }

  /** Throws OrganizationLimitReached when no further invitation may be open. */
  async refuseMoreInvitations(): Promise<void> {
    const { database, organizationId } = this.#parts
    await this.#refuseBeyond(invitationsMax, 'open invitations', database.write
      .selectFrom('invitations').select('id')
      .where('organization_id', '=', columns.organizationId.encode(organizationId)))
  }

  /** Throws OrganizationLimitReached when no further service token may be good. */
  async refuseMoreTokens(): Promise<void> {
    const { database, organizationId } = this.#parts
    const now = serviceTokens.columns.expiresAt.encode(this.#now)
    await this.#refuseBeyond(serviceTokensMax, 'service tokens', database.write
      .selectFrom('service_tokens').select('id')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('revoked_at', 'is', null)
      .where((where) => where.or([
        where('expires_at', 'is', null), where('expires_at', '>', now),
      ])))
  }

  async #refuseBeyond(
    max: number,
    what: string,
    query: { limit(count: number): Expression<unknown> },
  ): Promise<void> {
    const { database } = this.#parts
    const counting = sql<{ counted: unknown }>`
      select count(*) as counted from (${query.limit(max)}) as those`
    const [row] = await database.all({ compile: () => counting.compile(database.write) })
    if (Number(row?.counted) < max) return
    throw new OrganizationLimitReached(`The organization has ${max} ${what}, as many as it may.`)
  }

  async #refuseLastOwner(): Promise<void> {
    const { database, organizationId } = this.#parts
    const query = database.write
      .selectFrom('organization_memberships').select('user_id')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('role', '=', columns.role.encode('owner'))
      .limit(2)
    if ((await database.all(query)).length > 1) return
    const remedy = 'Make somebody else an owner first.'
    throw new LastOwner(`The organization would be left without an owner. ${remedy}`)
  }

  /** Who is a member needs no invitation any more. */
  async #endInvitationsOf(userId: string): Promise<void> {
    const { database, organizationId } = this.#parts
    const email = database.write
      .selectFrom('users').select('email_key').where('id', '=', users.columns.id.encode(userId))
    const statement = database.write
      .deleteFrom('invitations')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('email_key', '=', email as never)
    await database.run(statement)
  }

  /** What a member has handed out above the new rank ends with the old one. */
  async #endInvitationsBy(userId: string, role: Role | undefined): Promise<void> {
    const { database, organizationId } = this.#parts
    const rank = role === undefined || role === 'member' ? 0 : rankOf(role)
    const beyond = (['owner', 'admin', 'member'] as const).filter((each) => rankOf(each) > rank)
    if (beyond.length === 0) return
    const statement = database.write
      .deleteFrom('invitations')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('invited_by', '=', columns.userId.encode(userId))
      .where('role', 'in', beyond.map((each) => invitations.columns.role.encode(each)))
      .returning('id')
    for (const { id } of await database.all(statement)) {
      await this.#recordOf('invitation', 'invitation.revoked', { id, details: { inviter: userId } })
    }
  }

  #key(userId: string) {
    return {
      organization_id: columns.organizationId.encode(this.#parts.organizationId),
      user_id: columns.userId.encode(userId, 'user_id'),
    }
  }

  async #record(action: string, userId: string, details: Record<string, string>): Promise<void> {
    await this.#recordOf('member', action, { id: userId, details })
  }

  async #recordOf(
    resourceKind: string,
    action: string,
    { id, details }: { id: string; details: Record<string, string> },
  ): Promise<void> {
    const { database, source, organizationId, actor } = this.#parts
    const record = { action, resourceKind, resourceId: id.toLowerCase(), details }
    await recordAudit(database.as(), source, { organizationId, actor, record })
  }
}

/** What those rank as who are no persons; nobody may do anything in the name of a nameless user. */
function rolesOfOthers(kind: string | undefined): Role | undefined {
  if (kind === 'user' || kind === 'anonymous') return undefined
  return kind === 'service_token' ? 'admin' : 'owner'
}
