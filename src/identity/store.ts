import { type Clock, instantOf, millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../database/failures.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type IdGenerator, isUuid } from '../ids.js'
import { type Principal } from './access.js'
import {
  EmailTaken, LoginFailed, OrganizationNotFound, SlugTaken, UserNotFound,
} from './errors.js'
import { checkPassword, hashPassword, verifyPassword } from './passwords.js'
import {
  type IdentityTables, type LoginSession, loginSessions, type Organization,
  organizationMemberships, organizations, type Role, type User, users,
} from './tables.js'
import { hashOfToken, newToken } from './tokens.js'

/** A login session lasts this long. */
export const sessionSeconds = 7 * 24 * 60 * 60

/** Parts that identity takes from outside. */
export interface IdentitySource {
  readonly clock: Clock
  readonly ids: IdGenerator
}

/** A user to create. */
export interface NewUser {
  readonly email: string
  readonly displayName?: string | null
  /** 8 to 256 characters; without one the user cannot log in. */
  readonly password?: string
}

/** Where a login comes from. */
export interface LoginOrigin {
  readonly ipAddress?: string | null
  readonly userAgent?: string | null
}

const emailPattern = /^[^\s@]+@[^\s@]+$/
const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Users, organizations, memberships and login sessions. */
export class IdentityStore {
  readonly #database: Database<IdentityTables>
  readonly #source: IdentitySource

  constructor(database: Database<IdentityTables>, source: IdentitySource) {
    this.#database = database
    this.#source = source
  }

  /** Creates a user. Throws EmailTaken or InvalidInput. */
  async createUser({ email, displayName = null, password }: NewUser): Promise<User> {
    const valid = typeof email === 'string' && email.length <= 320 && emailPattern.test(email)
    if (!valid) throw new InvalidInput('email must be an e-mail address', { field: 'email' })
    if (password !== undefined) checkPassword(password)
    const now = this.#now()
    const row = {
      id: this.#source.ids.next(),
      email,
      emailKey: emailKeyOf(email),
      displayName,
      passwordHash: password === undefined ? null : await hashPassword(password),
      active: true,
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    }
    const insert = this.#database.write.insertInto('users').values(encodeRow(users, row))
    await this.#unique(this.#database.run(insert), () =>
      new EmailTaken(`The e-mail address ${email} is taken.`, { field: 'email' }))
    return userOf(encodeRow(users, row))
  }

  /** A user by e-mail, without regard to case. */
  async findUserByEmail(email: string): Promise<User | undefined> {
    const stored = await this.#storedUser(email)
    return stored === undefined ? undefined : userOf(stored)
  }

  /** A user. Throws UserNotFound. */
  async getUser(userId: string): Promise<User> {
    const query = this.#database.write
      .selectFrom('users').selectAll().where('id', '=', users.columns.id.encode(userId, 'user_id'))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw new UserNotFound(`There is no user ${userId}.`)
    return userOf(stored)
  }

  /**
   * Creates an organization, with its owner when one is named. The slug is made from the name
   * unless given. Throws SlugTaken, InvalidInput, UserNotFound.
   */
  async createOrganization(
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
      await this.#unique(transaction.run(insert), () =>
        new SlugTaken(`The slug ${slug} is taken.`, { field: 'slug' }))
      if (ownerId === undefined) return
      await new IdentityStore(transaction, this.#source)
        .addMember({ organizationId: id, userId: ownerId }, 'owner')
    })
    return row
  }

  /** An organization by id or slug. */
  async findOrganization(idOrSlug: string): Promise<Organization | undefined> {
    const { id, slug } = organizations.columns
    const select = this.#database.write.selectFrom('organizations').selectAll()
    const query = isUuid(idOrSlug)
      ? select.where('id', '=', id.encode(idOrSlug, 'organization'))
      : select.where('slug', '=', slug.encode(idOrSlug, 'organization'))
    const stored = await this.#database.first(query)
    return stored === undefined ? undefined : decodeRow(organizations, stored)
  }

  /** As `findOrganization`. Throws OrganizationNotFound. */
  async getOrganization(idOrSlug: string): Promise<Organization> {
    const found = await this.findOrganization(idOrSlug)
    if (found !== undefined) return found
    throw new OrganizationNotFound(`There is no organization ${idOrSlug}.`)
  }

  /** The organizations a user belongs to, oldest first; at most 1000. */
  async listOrganizations(userId: string): Promise<(Organization & { role: Role })[]> {
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

  /**
   * Checks e-mail and password and begins a session; the token is returned this once. Throws
   * LoginFailed, alike in answer and time for an unknown user, a wrong password and a disabled one.
   */
  async logIn(
    given: { readonly email: string; readonly password: string },
    origin: LoginOrigin = {},
  ): Promise<{ token: string; session: LoginSession; user: User }> {
    const stored = await this.#storedUser(given.email)
    const user = stored === undefined ? undefined : decodeRow(users, stored)
    const matches = await verifyPassword(user?.passwordHash, given.password)
    if (stored === undefined || user === undefined || !matches || !user.active) {
      throw new LoginFailed('E-mail or password is wrong.')
    }
    const now = this.#source.clock.now()
    const token = newToken('session')
    const row = {
      id: this.#source.ids.next(),
      userId: user.id,
      tokenHash: hashOfToken(token),
      createdAt: instantOf(now),
      expiresAt: instantOf(now + sessionSeconds * 1_000),
      revokedAt: null,
      ipAddress: origin.ipAddress ?? null,
      userAgent: origin.userAgent?.slice(0, 512) ?? null,
    }
    await this.#database.transaction(async (transaction) => {
      const { write } = transaction
      const insert = write.insertInto('login_sessions').values(encodeRow(loginSessions, row))
      await transaction.run(insert)
      const touched = users.columns.lastLoginAt.encode(row.createdAt)
      const touch = write
        .updateTable('users').set({ last_login_at: touched }).where('id', '=', stored.id)
      await transaction.run(touch)
    })
    const { tokenHash: _, ...session } = row
    return { token, session, user: userOf(stored) }
  }

  /** Ends a session at once. */
  async logOut(sessionId: string): Promise<void> {
    const { columns } = loginSessions
    const update = this.#database.write
      .updateTable('login_sessions')
      .set({ revoked_at: columns.revokedAt.encode(this.#now()) })
      .where('id', '=', columns.id.encode(sessionId, 'session_id'))
    await this.#database.run(update)
  }

  /** Who a session's token stands for; undefined once it expired, was revoked, or the user is. */
  async findSessionPrincipal(tokenHash: string): Promise<Principal | undefined> {
    const { columns } = loginSessions
    const query = this.#database.write
      .selectFrom('login_sessions')
      .innerJoin('users', 'users.id', 'login_sessions.user_id')
      .select(['login_sessions.id', 'login_sessions.user_id', 'login_sessions.expires_at'])
      .where('login_sessions.token_hash', '=', columns.tokenHash.encode(tokenHash))
      .where('login_sessions.revoked_at', 'is', null)
      .where('users.active', '=', users.columns.active.encode(true))
    const row = await this.#database.first(query)
    if (row === undefined) return undefined
    const expiresAtMs = millisecondsOf(columns.expiresAt.decode(row.expires_at))
    if (expiresAtMs <= this.#source.clock.now()) return undefined
    return {
      kind: 'session',
      id: `user:${row.user_id}`,
      credentialId: row.id,
      userId: row.user_id,
      organizationId: null,
      scopes: [],
      expiresAtMs,
    }
  }

  async #storedUser(email: string) {
    const { emailKey } = users.columns
    const query = this.#database.write
      .selectFrom('users').selectAll().where('email_key', '=', emailKey.encode(emailKeyOf(email)))
    return this.#database.first(query)
  }

  async #unique(work: Promise<unknown>, taken: () => Error): Promise<void> {
    try {
      await work
    } catch (error) {
      throw error instanceof UniqueViolation ? taken() : error
    }
  }

  #now() {
    return instantOf(this.#source.clock.now())
  }
}

function userOf(stored: Record<string, unknown>): User {
  const { emailKey: _, passwordHash: __, ...user } = decodeRow(users, stored)
  return user
}

/** Alike for addresses that differ only in case or Unicode form. */
function emailKeyOf(email: string): string {
  return email.normalize('NFKC').toLowerCase()
}

/** A readable slug, with the head of the random part of the id so that it is free. */
function slugOf(name: string, id: string): string {
  const words = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const head = words.replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '')
  return `${head === '' ? 'organization' : head}-${id.slice(-6)}`
}
