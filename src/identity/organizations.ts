import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'
import { OrganizationNotFound, SlugTaken, UserNotFound } from './errors.js'
import { type IdentitySource } from './store.js'
import {
  type IdentityTables, type Organization, organizationMemberships, organizations, type Role, users,
} from './tables.js'
import { unlessTaken } from './unique.js'

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Organizations and who belongs to them. */
export class OrganizationStore {
  readonly #database: Database<IdentityTables>
  readonly #source: IdentitySource

  constructor(database: Database<IdentityTables>, source: IdentitySource) {
    this.#database = database
    this.#source = source
  }

  /**
   * Creates an organization, with its owner when one is named. The slug is made from the name
   * unless given. Throws SlugTaken, InvalidInput, UserNotFound.
   */
  async create(
    given: { readonly name: string; readonly slug?: string; readonly id?: string },
    ownerId?: string,
  ): Promise<Organization> {
    const { name } = given
    if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
      throw new InvalidInput('name must be 1 to 200 characters', { field: 'name' })
    }
    const id = given.id ?? this.#source.ids.next()
    const slug = given.slug ?? slugOf(name, id)
    if (!slugPattern.test(slug)) {
      const rule = 'must be 1 to 63 lower-case letters, digits and inner hyphens'
      throw new InvalidInput(`slug ${rule}`, { field: 'slug' })
    }
    const now = this.#now()
    const row: Organization = { id, slug, name, createdAt: now, updatedAt: now }
    await this.#database.transaction(async (transaction) => {
      const insert = transaction.write
        .insertInto('organizations').values(encodeRow(organizations, row))
      await unlessTaken(transaction.run(insert), () =>
        new SlugTaken(`The slug ${slug} is taken.`, { field: 'slug' }))
      if (ownerId === undefined) return
      await new OrganizationStore(transaction, this.#source)
        .addMember({ organizationId: id, userId: ownerId }, 'owner')
    })
    return row
  }

  /** An organization by id or slug. */
  async find(idOrSlug: string): Promise<Organization | undefined> {
    const { id, slug } = organizations.columns
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
    throw new OrganizationNotFound(`There is no organization ${idOrSlug}.`)
  }

  /** The organizations a user belongs to, oldest first; at most 1000. */
  async list(userId: string): Promise<(Organization & { role: Role })[]> {
    const query = this.#database.write
      .selectFrom('organizations')
      .innerJoin('organization_memberships as m', 'm.organization_id', 'organizations.id')
      .selectAll('organizations')
      .select('m.role')
      .where('m.user_id', '=', users.columns.id.encode(userId, 'user_id'))
      .orderBy('organizations.id')
      .limit(1_000)
    const rows = await this.#database.all(query)
    return rows.map((row) => ({
      ...decodeRow(organizations, row),
      role: organizationMemberships.columns.role.decode(row.role) as Role,
    }))
  }

  /** Makes a user a member, or changes the role of one. Throws UserNotFound. */
  async addMember(
    member: { readonly organizationId: string; readonly userId: string },
    role: Role,
  ): Promise<void> {
    const row = encodeRow(organizationMemberships, { ...member, role, createdAt: this.#now() })
    const insert = this.#database.write
      .insertInto('organization_memberships')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['organization_id', 'user_id']).doUpdateSet({ role: row.role }))
    try {
      await this.#database.run(insert)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw new UserNotFound('There is no such user or no such organization.', { cause })
    }
  }

  /** The role of a user in an organization, or null. */
  async findRole(organizationId: string, userId: string): Promise<Role | null> {
    const { columns } = organizationMemberships
    const query = this.#database.write
      .selectFrom('organization_memberships')
      .select('role')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('user_id', '=', columns.userId.encode(userId))
    const stored = await this.#database.first(query)
    return stored === undefined ? null : (columns.role.decode(stored.role) as Role)
  }

  #now() {
    return instantOf(this.#source.clock.now())
  }
}

/** A readable slug, with the head of the random part of the id so that it is free. */
function slugOf(name: string, id: string): string {
  const words = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const head = words.replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '')
  return `${head === '' ? 'organization' : head}-${id.slice(-6)}`
}
