import { installationId, recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Actor, programActor } from '../scope.js'
import { OrganizationNotFound, OrganizationProtected, SlugTaken } from './errors.js'
import { acceptInvitation } from './invitations.js'
import { checkName, checkSlug, slugOf } from './organization-rules.js'
import { Roster } from './roster.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import {
  defaultOrganizationId, defaultOrganizations, type Organization, organizationMemberships,
  organizations, personalOrganizations, type Role, type User, users,
} from './tables.js'
import { unlessTaken } from './unique.js'

/** An organization as one of its members sees it. */
export type OwnOrganization = Organization & { readonly role: Role }

/** What `update` may change; what is left out stays. */
export interface OrganizationChanges {
  readonly name?: string
  readonly slug?: string
}

const { columns } = organizations

/** Organizations and who belongs to them, in the name of one actor. */
export class OrganizationStore {
  readonly #database: Database<IdentityDatabase>
  readonly #source: IdentitySource
  readonly #actor: Actor

  constructor(
    database: Database<IdentityDatabase>,
    source: IdentitySource,
    actor: Actor = programActor,
  ) {
    this.#database = database
    this.#source = source
    this.#actor = actor
  }

  /** The same store in the name of somebody else. */
  as(actor: Actor): OrganizationStore {
    return new OrganizationStore(this.#database, this.#source, actor)
  }

  /**
   * Creates an organization, with its owner when one is named. The slug is made from the name
   * unless given. Throws SlugTaken, InvalidInput, UserNotFound.
   */
  async create(given: NewOrganization, ownerId?: string): Promise<Organization> {
    return this.#make(given, ownerId, (names) => names)
  }

  async #make(
    given: NewOrganization,
    ownerId: string | undefined,
    told: (names: Record<string, string>) => Record<string, string>,
  ): Promise<Organization> {
    checkName(given.name)
    const id = given.id ?? this.#source.ids.next()
    const slug = given.slug ?? slugOf(given.name, id)
    checkSlug(slug)
    const now = this.#now()
    const row: Organization = {
      id, slug, name: given.name, rateLimit: null, rateWindowSeconds: null, revision: 1,
      createdAt: now, updatedAt: now,
    }
    await this.#database.transaction(async (transaction) => {
      const insert = transaction.write
        .insertInto('organizations').values(encodeRow(organizations, row))
      await unlessTaken(transaction.run(insert), () => slugTaken(slug))
      const details = told({ name: row.name, slug })
      await this.#record(transaction, id, { action: 'organization.created', details })
      if (ownerId !== undefined) await (await this.#lock(transaction, id)).admit(ownerId, 'owner')
    })
    return row
  }

  /**
   * The organization of a new user alone, theirs by default. Once a user: hand it the transaction
   * that creates the user, so that both are there or neither. Throws UserNotFound.
   */
  async createPersonal(user: Pick<User, 'id' | 'email' | 'displayName'>): Promise<Organization> {
    const name = (user.displayName ?? user.email).slice(0, 200)
    return this.#database.transaction(async (transaction) => {
      const store = this.#on(transaction)
      const given = { name: name === '' ? 'Personal' : name }
      // Named after the person: the audit log, which does not change, tells the id alone.
      const created = await store.#make(given, user.id, () => ({}))
      const row = { userId: user.id, organizationId: created.id }
      const insert = transaction.write
        .insertInto('personal_organizations').values(encodeRow(personalOrganizations, row))
      await transaction.run(insert)
      await store.choose(user.id, created.id)
      return created
    })
  }

  /** An organization by id or slug. */
  async find(idOrSlug: string): Promise<Organization | undefined> {
    const { id, slug } = columns
    const select = this.#database.write.selectFrom('organizations').selectAll()
    const query = isUuid(idOrSlug)
      ? select.where('id', '=', id.encode(idOrSlug, 'organization'))
      : select.where('slug', '=', slug.encode(idOrSlug, 'organization'))
    const stored = await this.#database.first(query)
    return stored === undefined ? undefined : decodeRow(organizations, stored)
  }

  /** As `find`. Throws OrganizationNotFound. */
  async get(idOrSlug: string): Promise<Organization> {
    const found = await this.find(idOrSlug)
    if (found !== undefined) return found
    throw notFound(idOrSlug)
  }

  /** The organizations a user belongs to, oldest first; at most 1000. */
  async list(userId: string): Promise<OwnOrganization[]> {
    const query = this.#ofUser(userId).orderBy('organizations.id').limit(1_000)
    return (await this.#database.all(query)).map(ownOf)
  }

  /**
   * The organization that a user means: the one of this id or slug, or without one the user's
   * default. Undefined when there is none, or the user is no member. One statement.
   */
  async findOwn(userId: string, idOrSlug?: string): Promise<OwnOrganization | undefined> {
    const own = this.#ofUser(userId)
    const query = idOrSlug === undefined
      ? own.innerJoin('default_organizations as d', (join) => join
        .onRef('d.organization_id', '=', 'm.organization_id')
        .onRef('d.user_id', '=', 'm.user_id'))
      : isUuid(idOrSlug)
        ? own.where('organizations.id', '=', columns.id.encode(idOrSlug, 'organization'))
        : own.where('organizations.slug', '=', columns.slug.encode(idOrSlug, 'organization'))
    const row = await this.#database.first(query)
    return row === undefined ? undefined : ownOf(row)
  }

  /**
   * Makes an organization the user's default, or with null none. Throws OrganizationNotFound when
   * the user is no member of it.
   */
  async choose(userId: string, idOrSlug: string | null): Promise<OwnOrganization | undefined> {
    const user = users.columns.id.encode(userId, 'user_id')
    if (idOrSlug === null) {
      await this.#database.run(
        this.#database.write.deleteFrom('default_organizations').where('user_id', '=', user))
      return undefined
    }
    const own = await this.findOwn(userId, idOrSlug)
    if (own === undefined) throw notFound(idOrSlug)
    const row = encodeRow(defaultOrganizations, { userId, organizationId: own.id })
    const insert = this.#database.write
      .insertInto('default_organizations')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('user_id').doUpdateSet({ organization_id: row.organization_id }))
    await this.#database.run(insert)
    return own
  }

  /**
   * Makes a user a member, or changes the role of one. Throws UserNotFound, OrganizationNotFound,
   * LastOwner, Forbidden, OrganizationLimitReached.
   */
  async addMember(
    member: { readonly organizationId: string; readonly userId: string },
    role: Role,
  ): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const roster = await this.#lock(transaction, member.organizationId)
      const held = await roster.find(member.userId)
      await roster.requireRank(role === 'owner' || held === 'owner' ? 'owner' : 'admin')
      if (held === undefined) await roster.admit(member.userId, role)
      else if (held !== role) await roster.changeRole(member.userId, { from: held, to: role })
    })
  }

  /** Uses an invitation. Throws InvitationNotFound, AlreadyMember, OrganizationLimitReached. */
  async accept(token: string, userId: string): Promise<OwnOrganization> {
    return this.#database.transaction(async (transaction) => {
      const acceptance = { token, userId, actor: this.#actor }
      const id = await acceptInvitation(transaction, this.#source, acceptance)
      const own = await this.#on(transaction).findOwn(userId, id)
      return own!
    })
  }

  /** The role of a user in an organization, or null. */
  async findRole(organizationId: string, userId: string): Promise<Role | null> {
    const { columns: membership } = organizationMemberships
    const query = this.#database.write
      .selectFrom('organization_memberships')
      .select('role')
      .where('organization_id', '=', membership.organizationId.encode(organizationId))
      .where('user_id', '=', membership.userId.encode(userId))
    const stored = await this.#database.first(query)
    return stored === undefined ? null : (membership.role.decode(stored.role) as Role)
  }

  /**
   * Changes name or slug. With `ifRevision`, only when that is still its revision. Throws
   * OrganizationNotFound, RevisionConflict, SlugTaken, InvalidInput, OrganizationProtected,
   * Forbidden.
   */
  async update(
    organizationId: string,
    { name, slug }: OrganizationChanges,
    ifRevision?: number,
  ): Promise<Organization> {
    if (name !== undefined) checkName(name)
    if (slug !== undefined) checkSlug(slug)
    return this.#database.transaction(async (transaction) => {
      const isWhole = slug !== undefined
      await (await this.#lock(transaction, organizationId, isWhole)).requireRank('admin')
      let update = transaction.write
        .updateTable('organizations')
        .set((expression) => ({
          ...(name === undefined ? {} : { name: columns.name.encode(name) }),
          ...(slug === undefined ? {} : { slug: columns.slug.encode(slug) }),
          updated_at: columns.updatedAt.encode(this.#now()),
          revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where('id', '=', columns.id.encode(organizationId, 'organization_id'))
        .returningAll()
      if (ifRevision !== undefined) {
        update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
      }
      const rows = transaction.all(update)
      await unlessTaken(rows, () => slugTaken(slug ?? ''))
      const [stored] = await rows
      if (stored === undefined) throw await this.#on(transaction).#missed(organizationId)
      const changed = decodeRow(organizations, stored)
      refuseRenamedDefault(changed)
      const details = {
        ...(name === undefined ? {} : { name }), ...(slug === undefined ? {} : { slug }),
      }
      await this.#record(transaction, changed.id, { action: 'organization.updated', details })
      return changed
    })
  }

  /**
   * Deletes an organization and everything in it, but for its audit events; `confirm` must be its
   * slug. For owners. Throws OrganizationNotFound, InvalidInput, OrganizationProtected, Forbidden.
   */
  async delete(organizationId: string, confirm: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const roster = await this.#lock(transaction, organizationId, true)
      await roster.requireRank('owner')
      const store = this.#on(transaction)
      const { id, slug, name } = await store.get(organizationId)
      if (id === defaultOrganizationId) {
        throw new OrganizationProtected('The default organization cannot be deleted.')
      }
      if (confirm !== slug) {
        throw new InvalidInput(`confirm must be the slug ${slug}`, { field: 'confirm' })
      }
      await store.#remove({ id, slug, name })
      // Those who still write in it may stand in the way.
    }, { repeatable: true })
  }

  /**
   * Takes a user out of every organization before the user is deleted, in that transaction. The
   * personal one goes with the user unless it has other members. Throws LastOwner.
   */
  async release(userId: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const store = this.#on(transaction)
      // In the order of their ids, as everybody locks several.
      for (let own = await store.list(userId); own.length > 0; own = await store.list(userId)) {
        for (const { id, role } of own) await store.#releaseFrom(id, { userId, role })
      }
    })
  }

  async #releaseFrom(
    organizationId: string,
    { userId, role }: { readonly userId: string; readonly role: Role },
  ): Promise<void> {
    const roster = await this.#lock(this.#database, organizationId)
    if (await this.#isPersonalAlone(organizationId, userId)) {
      // Named after the person: the audit log, which does not change, tells the id alone.
      return this.#remove({ id: organizationId })
    }
    await roster.dismiss(userId, await roster.find(userId) ?? role)
  }

  /** All its rows go by cascade; what happened to it is told where it is not. */
  async #remove({ id, ...names }: RemovedOrganization): Promise<void> {
    const database = this.#database
    await database.run(
      database.write.deleteFrom('organizations').where('id', '=', columns.id.encode(id)))
    // Should it fail, the indexer does it.
    database.afterCommit(() => void this.#source.discardWords?.().catch(() => undefined))
    const event = { action: 'organization.deleted', details: names }
    await this.#record(database, id, { ...event, owner: installationId })
  }

  async #isPersonalAlone(organizationId: string, userId: string): Promise<boolean> {
    const id = columns.id.encode(organizationId)
    const user = users.columns.id.encode(userId)
    const query = this.#database.write
      .selectFrom('personal_organizations as p')
      .select('p.user_id')
      .where('p.organization_id', '=', id)
      .where('p.user_id', '=', user)
      .where(({ not, exists, selectFrom }) => not(exists(
        selectFrom('organization_memberships as m').select('m.user_id')
          .where('m.organization_id', '=', id).where('m.user_id', '!=', user))))
    return (await this.#database.first(query)) !== undefined
  }

  #on(database: Database<IdentityDatabase>): OrganizationStore {
    return new OrganizationStore(database, this.#source, this.#actor)
  }

  #ofUser(userId: string) {
    return this.#database.write
      .selectFrom('organizations')
      .innerJoin('organization_memberships as m', 'm.organization_id', 'organizations.id')
      .selectAll('organizations')
      .select('m.role')
      .where('m.user_id', '=', users.columns.id.encode(userId, 'user_id'))
  }

  #lock(
    database: Database<IdentityDatabase>,
    organizationId: string,
    isWhole = false,
  ): Promise<Roster> {
    const [source, actor] = [this.#source, this.#actor]
    return Roster.lock({ database, source, organizationId, actor, isWhole })
  }

  async #missed(organizationId: string): Promise<Error> {
    const { revision } = await this.get(organizationId)
    return new RevisionConflict(`The organization is at revision ${revision}; read it again.`)
  }

  async #record(
    database: Database<IdentityDatabase>,
    organizationId: string,
    { action, details, owner = organizationId }: OrganizationEvent,
  ): Promise<void> {
    const record = { action, resourceKind: 'organization', resourceId: organizationId, details }
    await recordAudit(database.as(), this.#source, {
      organizationId: owner, actor: this.#actor, record,
    })
  }

  #now() {
    return instantOf(this.#source.clock.now())
  }
}

interface NewOrganization {
  readonly name: string
  readonly slug?: string
  readonly id?: string
}

interface RemovedOrganization {
  readonly id: string
  readonly slug?: string
  readonly name?: string
}

interface OrganizationEvent {
  readonly action: string
  readonly details: Readonly<Record<string, string>>
  /** Whose chain it belongs to, when not the organization's own. */
  readonly owner?: string
}

/** Commands and guides name the default organization by its slug. */
function refuseRenamedDefault({ id, slug }: Organization): void {
  if (id !== defaultOrganizationId || slug === 'default') return
  const message = 'The default organization keeps its slug.'
  throw new OrganizationProtected(message, { field: 'slug' })
}

function ownOf(row: Record<string, unknown>): OwnOrganization {
  const role = organizationMemberships.columns.role.decode(row.role) as Role
  return { ...decodeRow(organizations, row), role }
}

const slugTaken = (slug: string) =>
  new SlugTaken(`The slug ${slug} is taken.`, { field: 'slug' })

const notFound = (idOrSlug: string) =>
  new OrganizationNotFound(`There is no organization ${idOrSlug}.`)
