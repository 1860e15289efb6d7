import { createHash } from 'node:crypto'
import { type AuditRecord, installationId, recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { decodeRow } from '../database/table.js'
import { networkOf } from '../http/network.js'
import { type Actor } from '../scope.js'
import { LoginFailed, PasswordWrong } from './errors.js'
import { loginLimitsOf } from './login-limits.js'
import { type Admission, LoginThrottle } from './login-throttle.js'
import { nameKeyOf } from './names.js'
import { checkPassword, inTurn, isOutdated, type PasswordTurn } from './passwords.js'
import { type BegunSession, type LoginOrigin, SessionStore } from './sessions.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { type User, users } from './tables.js'
import { userOf, UserStore } from './users.js'

/** By which name, and with which password. */
export type Login =
  | { readonly email: string; readonly username?: undefined; readonly password: string }
  | { readonly username: string; readonly email?: undefined; readonly password: string }

/** What a login hands out. */
export interface LoggedIn extends BegunSession {
  readonly user: User
}

type StoredUser = NonNullable<Awaited<ReturnType<UserStore['findStored']>>>

interface Guess {
  /** What the name is: a text that nobody has counts apart as each. */
  readonly form: 'email' | 'username' | 'id'
  readonly name: string
  readonly password: string
  readonly origin: LoginOrigin
}

/** A guess that was right, and the hash that is kept from now on. */
interface Right {
  readonly renewed: string
  readonly admission: Admission
  readonly origin: LoginOrigin
}

const { columns } = users

/** Proves by a password who somebody is. */
export class Logins {
  readonly #database: Database<IdentityDatabase>
  readonly #source: IdentitySource
  readonly #actor: Actor

  constructor(database: Database<IdentityDatabase>, source: IdentitySource, actor: Actor) {
    this.#database = database
    this.#source = source
    this.#actor = actor
  }

  /**
   * Checks name and password and begins a session; the token is returned this once. Throws
   * LoginFailed, alike in answer and time for an unknown user, a wrong password and a disabled one;
   * LoginThrottled, alike too; Busy.
   */
  async logIn(login: Login, origin: LoginOrigin): Promise<LoggedIn> {
    const { password } = login
    const stored = await this.#find(login)
    const guess: Guess = login.email === undefined
      ? { form: 'username', name: login.username, password, origin }
      : { form: 'email', name: login.email, password, origin }
    return this.#admitted(stored, guess, async (turn, admission) => {
      const hash = hashOf(stored)
      const matches = await this.#verify(turn, admission, { hash, password })
      if (stored === undefined || !matches || !columns.active.decode(stored.active)) {
        await this.#recordFailure(stored, guess)
        throw failed()
      }
      const renewed = isOutdated(hash!) ? await turn.hash(password) : hash!
      return this.#enter(stored, { renewed, admission, origin })
    })
  }

  /**
   * Gives a user another password, ends all sessions and begins a new one. Throws PasswordWrong
   * when `current` is not the old one; LoginThrottled, InvalidInput, UserNotFound, Busy.
   */
  async changePassword(
    userId: string,
    { current, next }: { readonly current: string; readonly next: string },
    origin: LoginOrigin,
  ): Promise<BegunSession> {
    const user = await new UserStore(this.#database, this.#source, this.#actor).get(userId)
    checkPassword(next, user, 'new_password')
    const stored = await this.#stored(userId)
    const guess: Guess = { form: 'id', name: userId, password: current, origin }
    return this.#admitted(stored, guess, async (turn, admission) => {
      const matches = await this.#verify(
        turn, admission, { hash: hashOf(stored), password: current })
      if (stored === undefined || !matches) {
        await this.#recordFailure(stored, guess)
        throw wrongPassword()
      }
      const renewed = await turn.hash(next)
      return this.#renew(stored, { renewed, admission, origin })
    })
  }

  /**
   * A wrong password is counted, and too many are not looked at. The share is taken once it is the
   * caller's turn, so that many right ones at once do not stand in each other's way.
   */
  async #admitted<R>(
    stored: StoredUser | undefined,
    { form, name, origin }: Guess,
    work: (turn: PasswordTurn, admission: Admission) => Promise<R>,
  ): Promise<R> {
    const throttle = this.#throttle(this.#database)
    const attempt = {
      account: stored === undefined ? `${form} ${nameKeyOf(name)}` : `user ${stored.id}`,
      network: origin.ipAddress == null ? undefined : networkOf(origin.ipAddress),
    }
    await throttle.look(attempt, this.#source.clock.now())
    return inTurn(async (turn) =>
      work(turn, await throttle.admit(attempt, this.#source.clock.now())))
  }

  /** What could not be looked at has told nothing, and is not counted. */
  async #verify(
    turn: PasswordTurn,
    admission: Admission,
    { hash, password }: { readonly hash: string | null; readonly password: string },
  ): Promise<boolean> {
    try {
      return await turn.verify(hash, password)
    } catch (error) {
      await this.#throttle(this.#database).giveBack(admission)
      throw error
    }
  }

  async #renew(
    stored: StoredUser,
    { renewed, admission, origin }: Right,
  ): Promise<BegunSession> {
    const nowMs = this.#source.clock.now()
    const userId = columns.id.decode(stored.id)
    return this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('users')
        .set({
          password_hash: columns.passwordHash.encode(renewed), updated_at: this.#instant(nowMs),
        })
        .where('id', '=', stored.id)
        .where('password_hash', '=', stored.password_hash)
      if ((await database.run(update)) === 0) throw wrongPassword()
      const actor = this.#actorOf(userId, origin)
      const sessions = new SessionStore(database, this.#source, actor)
      await sessions.endAll(userId)
      const begun = await sessions.create(userId, origin)
      await this.#throttle(database).succeed(admission, nowMs)
      await this.#record(database, actor, {
        action: 'user.password_changed', resourceKind: 'user', resourceId: userId,
      })
      return begun
    })
  }

  /**
   * Only while the password is still the one that was checked and the user may log in: who changes
   * that ends the sessions after this one began, or before it can.
   */
  async #enter(
    stored: StoredUser,
    { renewed, admission, origin }: Right,
  ): Promise<LoggedIn> {
    const nowMs = this.#source.clock.now()
    return this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('users')
        .set({
          last_login_at: this.#instant(nowMs), password_hash: columns.passwordHash.encode(renewed),
        })
        .where('id', '=', stored.id)
        .where('password_hash', '=', stored.password_hash)
        .where('active', '=', columns.active.encode(true))
        .returningAll()
      const row = await database.first(update)
      if (row === undefined) throw failed()
      const user = userOf(row)
      const actor = this.#actorOf(user.id, origin)
      const begun = await new SessionStore(database, this.#source, actor).create(user.id, origin)
      await this.#throttle(database).succeed(admission, nowMs)
      return { ...begun, user }
    })
  }

  async #find({ email, username }: Login): Promise<StoredUser | undefined> {
    const { write } = this.#database
    const select = write.selectFrom('users').selectAll()
    return this.#database.first(email === undefined
      ? select.where('username_key', '=', columns.usernameKey.encode(nameKeyOf(username!)))
      : select.where('email_key', '=', columns.emailKey.encode(nameKeyOf(email))))
  }

  async #stored(userId: string): Promise<StoredUser | undefined> {
    const { write } = this.#database
    return this.#database.first(write
      .selectFrom('users').selectAll().where('id', '=', columns.id.encode(userId, 'user_id')))
  }

  /** Of a name that nobody has, the log keeps the head of a hash: it may be a mistyped password. */
  async #recordFailure(
    stored: StoredUser | undefined,
    { name, origin }: Guess,
  ): Promise<void> {
    const hash = createHash('sha256').update(nameKeyOf(name)).digest('hex').slice(0, 12)
    const user = stored === undefined ? undefined : decodeRow(users, stored)
    const actor = { ...this.#actorAt(origin), id: 'anonymous', userId: null }
    await this.#record(this.#database, actor, {
      action: 'login.failed',
      resourceKind: 'user',
      resourceId: user?.id ?? null,
      outcome: 'failed',
      details: user === undefined ? { name_hash: hash } : { active: user.active },
    })
  }

  async #record(
    database: Database<IdentityDatabase>,
    actor: Actor,
    record: AuditRecord,
  ): Promise<void> {
    const told = { organizationId: installationId, actor, record }
    await recordAudit(database.as(), this.#source, told)
  }

  #actorOf(userId: string, origin: LoginOrigin): Actor {
    return { ...this.#actorAt(origin), id: `user:${userId}`, userId }
  }

  #actorAt({ ipAddress, userAgent }: LoginOrigin): Actor {
    const agent = userAgent?.slice(0, 512)
    return {
      ...this.#actor,
      ...(ipAddress == null ? {} : { ipAddress }),
      ...(agent == null ? {} : { userAgent: agent }),
    }
  }

  #throttle(database: Database<IdentityDatabase>): LoginThrottle {
    return new LoginThrottle(database.as(), this.#source.loginLimits ?? loginLimitsOf())
  }

  #instant(nowMs: number) {
    return columns.updatedAt.encode(instantOf(nowMs))
  }
}

const hashOf = (stored: StoredUser | undefined): string | null =>
  stored === undefined ? null : columns.passwordHash.decode(stored.password_hash)

const wrongPassword = () => new PasswordWrong(
  'current_password is not the password of this user', { field: 'current_password' })

const failed = () => new LoginFailed('E-mail or password is wrong.')
