import { createHash } from 'node:crypto'
import { recordAudit } from '../audit/index.js'
import { instantOf, millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Actor, type Scope } from '../scope.js'
import { AlreadyMember, InvitationNotFound } from './errors.js'
import { checkRole } from './members.js'
import { Roster } from './roster.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { checkEmail, nameKeyOf } from './names.js'
import { type Invitation, invitations, organizations, type Role, users } from './tables.js'
import { hashOfToken, isInvitationToken, newToken } from './tokens.js'

/** An invitation ends by itself after so many days. */
export const invitationDaysDefault = 7
export const invitationDaysMax = 30

/** Whom to invite, and as what. */
export interface NewInvitation {
  readonly email: string
  /** No higher than that of who invites. */
  readonly role: Role
  /** 1 to 30. @default 7 */
  readonly expiresInDays?: number
}

const dayMs = 24 * 60 * 60 * 1_000
const { columns } = invitations

/** The open invitations of one organization; one that is used, replaced or revoked is gone. */
export class InvitationStore {
  readonly #database: Database<IdentityDatabase>
  readonly #scope: Scope
  readonly #source: IdentitySource

  constructor(database: Database<IdentityDatabase>, scope: Scope, source: IdentitySource) {
    const { id } = organizations.columns
    this.#database = database.within([id.encode(scope.organizationId, 'organization_id')])
    this.#scope = scope
    this.#source = source
  }

  /**
   * Invites whoever has this e-mail address, whether or not there is such a user; an open
   * invitation to the same address is replaced. The token is returned this once. Throws
   * InvalidInput, Forbidden, AlreadyMember, OrganizationLimitReached.
   */
  async create(given: NewInvitation): Promise<{ token: string; invitation: Invitation }> {
    checkInvitation(given)
    const { email, role, expiresInDays = invitationDaysDefault } = given
    const nowMs = this.#source.clock.now()
    const { organizationId, actor } = this.#scope
    const token = newToken('invitation')
    const row = {
      id: this.#source.ids.next(), organizationId, email, emailKey: nameKeyOf(email), role,
      tokenHash: hashOfToken(token), invitedBy: isUser(actor) ? actor.userId! : null,
      createdAt: instantOf(nowMs), expiresAt: instantOf(nowMs + expiresInDays * dayMs),
    }
    await this.#database.transaction(async (database) => {
      const roster = await Roster.lock({ database, source: this.#source, ...this.#scope })
      await roster.requireRank(role === 'owner' ? 'owner' : 'admin')
      await this.#refuseMember(database, row.emailKey)
      await this.#endOthers(database, row)
      await roster.refuseMoreInvitations()
      await database.run(
        database.write.insertInto('invitations').values(encodeRow(invitations, row)))
      await this.#record(database, 'invitation.created', row)
    })
    return { token, invitation: invitationOf(encodeRow(invitations, row)) }
  }

  /** One page of open invitations, newest first. */
  async list({ limit = 50, cursor }: PageRequest = {}): Promise<Page<Invitation>> {
    const list = ['invitations', this.#scope.organizationId]
    let query = this.#database.write
      .selectFrom('invitations')
      .selectAll()
      .where('organization_id', '=', this.#organizationId())
      .where('expires_at', '>', columns.expiresAt.encode(instantOf(this.#source.clock.now())))
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(invitationOf)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /** Takes an invitation back. Throws InvitationNotFound, Forbidden. */
  async revoke(invitationId: string): Promise<void> {
    await this.#database.transaction(async (database) => {
      const roster = await Roster.lock({ database, source: this.#source, ...this.#scope })
      const statement = database.write
        .deleteFrom('invitations')
        .where('organization_id', '=', this.#organizationId())
        .where('id', '=', columns.id.encode(invitationId, 'invitation_id'))
        .returningAll()
      const stored = await database.first(statement)
      if (stored === undefined) {
        throw new InvitationNotFound(`There is no open invitation ${invitationId} here.`)
      }
      const invitation = invitationOf(stored)
      await roster.requireRank(invitation.role === 'owner' ? 'owner' : 'admin')
      await this.#record(database, 'invitation.revoked', invitation)
    })
  }

  async #refuseMember(database: Database<IdentityDatabase>, emailKey: string): Promise<void> {
    const query = database.write
      .selectFrom('organization_memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select('m.user_id')
      .where('m.organization_id', '=', this.#organizationId())
      .where('u.email_key', '=', users.columns.emailKey.encode(emailKey))
    if ((await database.first(query)) === undefined) return
    const message = 'Somebody with this e-mail address is a member already.'
    throw new AlreadyMember(message, { field: 'email' })
  }

  /** The one to the same address is replaced; those that have expired only take up room. */
  async #endOthers(
    database: Database<IdentityDatabase>,
    { emailKey, createdAt }: { readonly emailKey: string; readonly createdAt: string },
  ): Promise<void> {
    const statement = database.write
      .deleteFrom('invitations')
      .where('organization_id', '=', this.#organizationId())
      .where((where) => where.or([
        where('email_key', '=', columns.emailKey.encode(emailKey)),
        where('expires_at', '<=', columns.expiresAt.encode(createdAt)),
      ]))
      .returningAll()
    for (const stored of await database.all(statement)) {
      const replaced = invitationOf(stored)
      if (replaced.expiresAt <= createdAt) continue
      await this.#record(database, 'invitation.revoked', replaced)
    }
  }

  async #record(
    database: Database<IdentityDatabase>,
    action: string,
    { id, email, role }: { readonly id: string; readonly email: string; readonly role: string },
  ): Promise<void> {
    const record = {
      action, resourceKind: 'invitation', resourceId: id, details: toldOf(email, role),
    }
    await recordAudit(database.as(), this.#source, { ...this.#scope, record })
  }

  #organizationId() {
    return columns.organizationId.encode(this.#scope.organizationId, 'organization_id')
  }
}

/** What accepting an invitation takes from outside. */
export interface Acceptance {
  /** The text that came with the invitation. */
  readonly token: string
  /** The user who accepts; must have the e-mail address that was invited. */
  readonly userId: string
  readonly actor: Actor
}

/**
 * Makes the user a member, once: of any number of calls one succeeds. Alike for every invitation
 * that is not there for this user. Gives the id of the organization. Throws InvitationNotFound,
 * AlreadyMember, OrganizationLimitReached.
 */
export async function acceptInvitation(
  database: Database<IdentityDatabase>,
  source: IdentitySource,
  { token, userId, actor }: Acceptance,
): Promise<string> {
  const notFound = () =>
    new InvitationNotFound('There is no such invitation for this user.', { field: 'token' })
  if (!isInvitationToken(token)) throw notFound()
  const hash = columns.tokenHash.encode(hashOfToken(token))
  const user = users.columns.id.encode(userId, 'user_id')
  return database.transaction(async (transaction) => {
    const found = await transaction.first(transaction.write
      .selectFrom('invitations as i')
      .innerJoin('users as u', 'u.email_key', 'i.email_key')
      .select('i.organization_id')
      .where('i.token_hash', '=', hash)
      .where('u.id', '=', user))
    if (found === undefined) throw notFound()
    const organizationId = organizations.columns.id.decode(found.organization_id)
    const roster = await Roster.lock({ database: transaction, source, organizationId, actor })
    // Under the lock: it may have been used, replaced or revoked while this call waited.
    const stored = await transaction.first(transaction.write
      .deleteFrom('invitations').where('token_hash', '=', hash).returningAll())
    if (stored === undefined) throw notFound()
    const invitation = invitationOf(stored)
    if (millisecondsOf(invitation.expiresAt) <= source.clock.now()) throw notFound()
    if (await roster.find(userId) !== undefined) {
      throw new AlreadyMember('This user is a member of the organization already.')
    }
    await roster.admit(userId, invitation.role)
    const { id, email, role } = invitation
    const record = {
      action: 'invitation.accepted', resourceKind: 'invitation', resourceId: id,
      details: toldOf(email, role),
    }
    await recordAudit(transaction.as(), source, { organizationId, actor, record })
    return organizationId
  })
}

/** The address itself could not be erased with its person: the audit log does not change. */
const toldOf = (email: string, role: string) =>
  ({ email_hash: createHash('sha256').update(nameKeyOf(email)).digest('hex'), role })

function checkInvitation({ email, role, expiresInDays = invitationDaysDefault }: NewInvitation) {
  checkEmail(email)
  checkRole(role)
  const { isInteger } = Number
  if (isInteger(expiresInDays) && expiresInDays >= 1 && expiresInDays <= invitationDaysMax) return
  const rule = `must be an integer from 1 to ${invitationDaysMax}`
  throw new InvalidInput(`expires_in_days ${rule}`, { field: 'expires_in_days' })
}

/** A service token invites too, but not in the name of who made it. */
const isUser = ({ id, userId }: Actor) => id === `user:${userId}`

function invitationOf(stored: Record<string, unknown>): Invitation {
  const { tokenHash: _, emailKey: __, role, ...rest } = decodeRow(invitations, stored)
  return { ...rest, role: role as Role }
}
