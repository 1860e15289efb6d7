import { type Clock, instantOf, millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Principal } from './access.js'
import { EmailTaken, LoginFailed, UserNotFound } from './errors.js'
import { checkPassword, hashPassword, verifyPassword } from './passwords.js'
import {
  type IdentityTables, type LoginSession, loginSessions, type User, users,
} from './tables.js'
import { hashOfToken, newToken } from './tokens.js'
import { unlessTaken } from './unique.js'

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

/** Users and login sessions. */
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
    await unlessTaken(this.#database.run(insert), () =>
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

  #now() {
    return instantOf(this.#source.clock.now())
  }
}

function userOf(stored: Record<string, unknown>): User {
  const { emailKey: _, passwordHash: __, ...user } = decodeRow(users, stored)
  return user
}

/** Alike for addresses that differ only in case or Unicode form. */
export function emailKeyOf(email: string): string {
  return email.normalize('NFKC').toLowerCase()
}
