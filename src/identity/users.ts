import { type AuditRecord, installationId, recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { UniqueViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Actor } from '../scope.js'
import { EmailTaken, UsernameTaken, UserNotFound } from './errors.js'
import { checkEmail, checkUsername, nameKeyOf } from './names.js'
import { OrganizationStore } from './organizations.js'
import { checkPassword, hashPassword } from './passwords.js'
import { checkPatch, patched } from './preferences.js'
import { SessionStore } from './sessions.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { type Preferences, type User, users } from './tables.js'

/** A user to create. */
export interface NewUser {
  readonly email: string
  /** A second name to log in with; 1 to 64 letters, digits and . _ - @default null */
  readonly username?: string | null
  /** At most 200 characters. @default null */
  readonly displayName?: string | null
  /** At most 64 KiB of JSON. @default {} */
  readonly preferences?: Preferences
  /** 8 to 256 characters, none of the most common; without one the user cannot log in. */
  readonly password?: string
}

/** What `update` may change; what is left out stays. */
export interface UserChanges {
  /** An open invitation to the address before it cannot be accepted any more. */
  readonly email?: string
  readonly username?: string | null
  readonly displayName?: string | null
  /** A merge patch: null removes, objects merge, all else replaces. */
  readonly preferences?: Preferences
}

/** What must be nobody else's. */
interface UserNames {
  readonly id: string
  readonly email?: string | undefined
  readonly username?: string | null | undefined
}

const displayNameMax = 200
/** How often a merge is tried while others change the same user. */
const attemptsMax = 5

const { columns } = users

/** Users, in the name of one actor. */
export class UserStore {
  readonly #database: Database<IdentityDatabase>
  readonly #source: IdentitySource
  readonly #actor: Actor

  constructor(database: Database<IdentityDatabase>, source: IdentitySource, actor: Actor) {
    this.#database = database
    this.#source = source
    this.#actor = actor
  }

  /** Creates a user. Throws EmailTaken, UsernameTaken, InvalidInput, InvalidValue. */
  async create(given: NewUser): Promise<User> {
    const { email, username = null, displayName = null, preferences = {}, password } = given
    checkEmail(email)
    checkNames({ username, displayName })
    checkPatch(preferences)
    if (password !== undefined) checkPassword(password, given)
    const now = instantOf(this.#source.clock.now())
    const row = {
      id: this.#source.ids.next(),
      email,
      emailKey: nameKeyOf(email),
      username,
      usernameKey: username === null ? null : nameKeyOf(username),
      displayName,
      passwordHash: password === undefined ? null : await hashPassword(password),
      active: true,
      preferences: patched({}, preferences),
      revision: 1,
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    }
    const stored = encodeRow(users, row)
    await this.#unlessTaken(row, () => this.#database.transaction(async (database) => {
      await database.run(database.write.insertInto('users').values(stored))
      await this.#on(database).#record('user.created', row.id)
    }))
    return userOf(stored)
  }

  /** A user. Throws UserNotFound. */
  async get(userId: string): Promise<User> {
    const query = this.#database.write
      .selectFrom('users').selectAll().where('id', '=', columns.id.encode(userId, 'user_id'))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(userId)
    return userOf(stored)
  }

  /** A user by id, e-mail address or user name; names without regard to case. */
  async find(name: string): Promise<User | undefined> {
    const stored = await this.findStored(name)
    return stored === undefined ? undefined : userOf(stored)
  }

  /** As `find`, as it is stored, with the hash of the password. */
  async findStored(name: string) {
    const select = this.#database.write.selectFrom('users').selectAll()
    if (isUuid(name as unknown)) {
      return this.#database.first(select.where('id', '=', columns.id.encode(name)))
    }
    const key = nameKeyOf(name)
    return this.#database.first(name.includes('@')
      ? select.where('email_key', '=', columns.emailKey.encode(key))
      : select.where('username_key', '=', columns.usernameKey.encode(key)))
  }

  /** One page of users, newest first. */
  async list({ limit = 50, cursor }: PageRequest = {}): Promise<Page<User>> {
    const list = ['users']
    let query = this.#database.write
      .selectFrom('users').selectAll().orderBy('id', 'desc').limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(userOf)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /**
   * Changes what is given. With `ifRevision`, only when that is still the user's revision. Throws
   * UserNotFound, EmailTaken, UsernameTaken, RevisionConflict, InvalidInput, InvalidValue.
   */
  async update(userId: string, changes: UserChanges, ifRevision?: number): Promise<User> {
    const { email, username, preferences } = changes
    if (email !== undefined) checkEmail(email)
    checkNames(changes)
    if (preferences !== undefined) checkPatch(preferences)
    for (let count = 1; ; count++) {
      const user = await this.get(userId)
      const isStill = ifRevision === undefined || user.revision === ifRevision
      if (!isStill || count > attemptsMax) {
        throw new RevisionConflict(`The user is at revision ${user.revision}; read it again.`)
      }
      const names = { id: userId, email, username }
      const changed = await this.#unlessTaken(names, () => this.#change(user, changes))
      if (changed !== undefined) return changed
    }
  }

  /** Lets a user log in no more and ends all sessions at once. Throws UserNotFound. */
  async disable(userId: string): Promise<User> {
    return this.#activate(userId, false)
  }

  /** Lets a user log in again. Throws UserNotFound. */
  async enable(userId: string): Promise<User> {
    return this.#activate(userId, true)
  }

  /** Gives a user another password and ends all sessions. Throws UserNotFound, InvalidInput. */
  async setPassword(userId: string, password: string): Promise<void> {
    checkPassword(password, await this.get(userId))
    const passwordHash = columns.passwordHash.encode(await hashPassword(password))
    await this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('users')
        .set({ password_hash: passwordHash, updated_at: this.#now() })
        .where('id', '=', columns.id.encode(userId, 'user_id'))
      if ((await database.run(update)) === 0) throw notFound(userId)
      await this.#sessions(database).endAll(userId)
      await this.#on(database).#record('user.password_changed', userId)
    })
  }

  /**
   * Deletes a user with sessions and memberships. What the user made stays, and the audit log still
   * names who it was. Throws UserNotFound, LastOwner.
   */
  async delete(userId: string): Promise<void> {
    const id = columns.id.encode(userId, 'user_id')
    await this.#database.transaction(async (database) => {
      await new OrganizationStore(database, this.#source, this.#actor).release(userId)
      await this.#sessions(database).endAll(userId)
      const deleted = await database.run(database.write.deleteFrom('users').where('id', '=', id))
      if (deleted === 0) throw notFound(userId)
      await this.#on(database).#record('user.deleted', userId)
      this.#announce(database, userId)
    })
  }

  async #activate(userId: string, active: boolean): Promise<User> {
    const id = columns.id.encode(userId, 'user_id')
    return this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('users')
        .set((expression) => ({
          active: columns.active.encode(active),
          updated_at: this.#now(),
          revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where('id', '=', id)
        .where('active', '=', columns.active.encode(!active))
        .returningAll()
      const stored = await database.first(update)
      const store = this.#on(database)
      if (stored === undefined) return store.get(userId)
      if (!active) await this.#sessions(database).endAll(userId)
      await store.#record(active ? 'user.enabled' : 'user.disabled', userId)
      this.#announce(database, userId)
      return userOf(stored)
    })
  }

  /** The user as changed; undefined when somebody else was faster. */
  async #change(user: User, changes: UserChanges): Promise<User | undefined> {
    const { email, username, displayName, preferences } = changes
    const set = {
      ...(email === undefined ? {} : {
        email: columns.email.encode(email, 'email'),
        email_key: columns.emailKey.encode(nameKeyOf(email)),
      }),
      ...(username === undefined ? {} : {
        username: columns.username.encode(username, 'username'),
        username_key: columns.usernameKey.encode(username === null ? null : nameKeyOf(username)),
      }),
      ...(displayName === undefined
        ? {}
        : { display_name: columns.displayName.encode(displayName, 'display_name') }),
      ...(preferences === undefined
        ? {}
        : { preferences: columns.preferences.encode(patched(user.preferences, preferences)) }),
      updated_at: this.#now(),
      revision: columns.revision.encode(user.revision + 1),
    }
    return this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('users')
        .set(set)
        .where('id', '=', columns.id.encode(user.id))
        .where('revision', '=', columns.revision.encode(user.revision))
        .returningAll()
      const stored = await database.first(update)
      if (stored === undefined) return undefined
      const given = Object.entries(changes).filter(([, value]) => value !== undefined)
      const changed = given.map(([name]) => name)
      await this.#on(database).#record('user.updated', user.id, { changed })
      return userOf(stored)
    })
  }

  /** Runs `work`; a name that belongs to somebody else becomes EmailTaken or UsernameTaken. */
  async #unlessTaken<R>(
    { id, email, username }: UserNames,
    work: () => Promise<R>,
  ): Promise<R> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof UniqueViolation)) throw cause
      const holder = email === undefined ? undefined : await this.find(email)
      if (holder !== undefined && holder.id !== id) {
        const message = `The e-mail address ${email} is taken.`
        throw new EmailTaken(message, { cause, field: 'email' })
      }
      const message = `The user name ${username} is taken.`
      throw new UsernameTaken(message, { cause, field: 'username' })
    }
  }

  async #record(
    action: string,
    userId: string,
    details: AuditRecord['details'] = {},
  ): Promise<void> {
    const record = { action, resourceKind: 'user', resourceId: userId.toLowerCase(), details }
    const told = { organizationId: installationId, actor: this.#actor, record }
    await recordAudit(this.#database.as(), this.#source, told)
  }

  #announce(database: Database<IdentityDatabase>, userId: string): void {
    database.afterCommit(() => this.#source.credentials?.changed(`user:${userId.toLowerCase()}`))
  }

  #on(database: Database<IdentityDatabase>): UserStore {
    return new UserStore(database, this.#source, this.#actor)
  }

  #sessions(database: Database<IdentityDatabase>): SessionStore {
    return new SessionStore(database, this.#source, this.#actor)
  }

  #now() {
    return columns.updatedAt.encode(instantOf(this.#source.clock.now()))
  }
}

function checkNames({ username, displayName }: UserChanges): void {
  if (username != null) checkUsername(username)
  const isShort = displayName == null ||
    (typeof displayName === 'string' && displayName.length <= displayNameMax)
  if (isShort) return
  const rule = `must be at most ${displayNameMax} characters`
  throw new InvalidInput(`display_name ${rule}`, { field: 'display_name' })
}

/** A user as programs see one: without keys and hash. */
export function userOf(stored: Record<string, unknown>): User {
  const { emailKey: _, usernameKey: __, passwordHash: ___, ...user } = decodeRow(users, stored)
  return user
}

const notFound = (userId: string) => new UserNotFound(`There is no user ${userId}.`)
