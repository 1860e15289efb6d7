import { type Database } from '../database/database.js'
import { type Page, type PageRequest } from '../database/page.js'
import { type Actor, programActor } from '../scope.js'
import { sweepLoginAttempts } from './login-throttle.js'
import { type LoggedIn, type Login, Logins } from './logins.js'
import { type BegunSession, type LoginOrigin, SessionStore } from './sessions.js'
import { listOrganizations } from './organization-list.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { type LoginSession, type Organization, type User } from './tables.js'
import { type NewUser, type UserChanges, UserStore } from './users.js'

export { type IdentitySource } from './source.js'

/** Users and their login sessions, in the name of one actor. */
export class IdentityStore {
  readonly #database: Database<IdentityDatabase>
  readonly #source: IdentitySource
  readonly #users: UserStore
  readonly #sessions: SessionStore
  readonly #logins: Logins

  constructor(
    database: Database<IdentityDatabase>,
    source: IdentitySource,
    actor: Actor = programActor,
  ) {
    this.#database = database
    this.#source = source
    this.#users = new UserStore(database, source, actor)
    this.#sessions = new SessionStore(database, source, actor)
    this.#logins = new Logins(database, source, actor)
  }

  /** The same store in the name of somebody else. */
  as(actor: Actor): IdentityStore {
    return new IdentityStore(this.#database, this.#source, actor)
  }

  /** Creates a user. Throws EmailTaken, UsernameTaken, InvalidInput, InvalidValue. */
  createUser(user: NewUser): Promise<User> {
    return this.#users.create(user)
  }

  /** A user. Throws UserNotFound. */
  getUser(userId: string): Promise<User> {
    return this.#users.get(userId)
  }

  /** A user by id, e-mail address or user name; names without regard to case. */
  findUser(name: string): Promise<User | undefined> {
    return this.#users.find(name)
  }

  /** A user by e-mail address, without regard to case. */
  async findUserByEmail(email: string): Promise<User | undefined> {
    return email.includes('@') ? this.#users.find(email) : undefined
  }

  /** One page of users, newest first. */
  listUsers(page: PageRequest = {}): Promise<Page<User>> {
    return this.#users.list(page)
  }

  /** One page of all organizations, newest first: for who runs the installation. */
  listOrganizations(page: PageRequest = {}): Promise<Page<Organization>> {
    return listOrganizations(this.#database, page)
  }

  /**
   * Changes what is given. With `ifRevision`, only when that is still the user's revision. Throws
   * UserNotFound, EmailTaken, UsernameTaken, RevisionConflict, InvalidInput, InvalidValue.
   */
  updateUser(userId: string, changes: UserChanges, ifRevision?: number): Promise<User> {
    return this.#users.update(userId, changes, ifRevision)
  }

  /** Lets a user log in no more and ends all sessions at once. Throws UserNotFound. */
  disableUser(userId: string): Promise<User> {
    return this.#users.disable(userId)
  }

  /** Lets a user log in again. Throws UserNotFound. */
  enableUser(userId: string): Promise<User> {
    return this.#users.enable(userId)
  }

  /**
   * Deletes a user with sessions and memberships. What the user made stays, and the audit log still
   * names who it was. Throws UserNotFound, LastOwner.
   */
  deleteUser(userId: string): Promise<void> {
    return this.#users.delete(userId)
  }

  /** Gives a user another password and ends all sessions. Throws UserNotFound, InvalidInput. */
  setPassword(userId: string, password: string): Promise<void> {
    return this.#users.setPassword(userId, password)
  }

  /**
   * Gives a user who knows the old one another password, ends all sessions and begins a new one.
   * Throws PasswordWrong, LoginThrottled, InvalidInput, UserNotFound, Busy.
   */
  changePassword(
    userId: string,
    passwords: { readonly current: string; readonly next: string },
    origin: LoginOrigin = {},
  ): Promise<BegunSession> {
    return this.#logins.changePassword(userId, passwords, origin)
  }

  /**
   * Checks name and password and begins a session; the token is returned this once. Throws
   * LoginFailed, alike in answer and time for an unknown user, a wrong password and a disabled one;
   * LoginThrottled, alike too; Busy.
   */
  logIn(login: Login, origin: LoginOrigin = {}): Promise<LoggedIn> {
    return this.#logins.logIn(login, origin)
  }

  /** One page of a user's sessions that go on, newest first. */
  listSessions(userId: string, page: PageRequest = {}): Promise<Page<LoginSession>> {
    return this.#sessions.list(userId, page)
  }

  /** Ends one session of a user at once. Throws SessionNotFound. */
  endSession(userId: string, sessionId: string): Promise<void> {
    return this.#sessions.end(userId, sessionId)
  }

  /** Ends all sessions of a user at once, or all but one; how many. */
  endSessionsOf(
    userId: string,
    { exceptId }: { readonly exceptId?: string } = {},
  ): Promise<number> {
    return this.#sessions.endAll(userId, exceptId)
  }

  /** Deletes at most `limit` rows each of what ended long ago and of spent attempts; how many. */
  async sweep(limit: number): Promise<number> {
    const nowMs = this.#source.clock.now()
    const attempts = await sweepLoginAttempts(this.#database.as(), { nowMs, limit })
    return Math.max(attempts, await this.#sessions.sweep(limit))
  }
}
