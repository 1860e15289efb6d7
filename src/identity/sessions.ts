import { installationId, recordAudit } from '../audit/index.js'
import { instantOf, millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidConfiguration } from '../errors.js'
import { type Actor } from '../scope.js'
import { SessionNotFound } from './errors.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { type LoginSession, loginSessions } from './tables.js'
import { hashOfToken, newToken } from './tokens.js'

/** How long login sessions last. */
export interface SessionTimes {
  /** A session nobody used for so long has ended, 300 to 31,536,000. @default 86400 */
  readonly idleSeconds: number
  /** A session has ended after so long, however it is used; as long or longer. @default 604800 */
  readonly maxSeconds: number
}

/** Where a login comes from. */
export interface LoginOrigin {
  readonly ipAddress?: string | null
  readonly userAgent?: string | null
  /** A token sent along with the login: if it is a session's, that session ends. */
  readonly token?: string | null
}

/** A session that begins, and its token: told this once. */
export interface BegunSession {
  readonly token: string
  readonly session: LoginSession
}

const defaults: SessionTimes = { idleSeconds: 86_400, maxSeconds: 7 * 86_400 }
const longestSeconds = 365 * 86_400
/** Rows of sessions that have ended are kept for people to look at. */
const keptMs = 30 * 86_400_000

const { columns } = loginSessions

/** The times with what is left out. Throws InvalidConfiguration. */
export function sessionTimesOf(given: Partial<SessionTimes> = {}): SessionTimes {
  const { maxSeconds = defaults.maxSeconds } = given
  const { idleSeconds = Math.min(defaults.idleSeconds, maxSeconds) } = given
  const isSound = [idleSeconds, maxSeconds].every(Number.isInteger) && idleSeconds >= 300 &&
    idleSeconds <= maxSeconds && maxSeconds <= longestSeconds
  if (isSound) return { idleSeconds, maxSeconds }
  const rule = `must be whole numbers, 300 <= idleSeconds <= maxSeconds <= ${longestSeconds}`
  throw new InvalidConfiguration(`sessionTimes ${rule}.`)
}

/** When a session ends if it is not used from `lastActiveMs` on, in ms since the epoch. */
export function endOf(
  { expiresAt }: Pick<LoginSession, 'expiresAt'>,
  lastActiveMs: number,
  { idleSeconds }: SessionTimes,
): number {
  return Math.min(millisecondsOf(expiresAt), lastActiveMs + idleSeconds * 1_000)
}

/** The login sessions of all users, in the name of one actor. */
export class SessionStore {
  readonly #database: Database<IdentityDatabase>
  readonly #source: IdentitySource
  readonly #actor: Actor
  readonly #times: SessionTimes

  constructor(database: Database<IdentityDatabase>, source: IdentitySource, actor: Actor) {
    this.#database = database
    this.#source = source
    this.#actor = actor
    this.#times = source.sessionTimes ?? sessionTimesOf()
  }

  /** Begins a session of a user who proved who they are, and ends the one `origin.token` is of. */
  async create(userId: string, origin: LoginOrigin): Promise<BegunSession> {
    const nowMs = this.#source.clock.now()
    const token = newToken('session')
    const row = {
      id: this.#source.ids.next(),
      userId,
      tokenHash: hashOfToken(token),
      createdAt: instantOf(nowMs),
      lastActiveAt: instantOf(nowMs),
      expiresAt: instantOf(nowMs + this.#times.maxSeconds * 1_000),
      revokedAt: null,
      ipAddress: origin.ipAddress ?? null,
      userAgent: origin.userAgent?.slice(0, 512) ?? null,
    }
    await this.#database.transaction(async (database) => {
      const store = new SessionStore(database, this.#source, this.#actor)
      if (origin.token != null) await store.#endByToken(origin.token)
      const insert = database.write
        .insertInto('login_sessions').values(encodeRow(loginSessions, row))
      await database.run(insert)
      await store.#record('session.began', row)
    })
    const { tokenHash: _, ...session } = row
    return { token, session }
  }

  /** One page of a user's sessions that go on, newest first. */
  async list(
    userId: string,
    { limit = 50, cursor }: PageRequest = {},
  ): Promise<Page<LoginSession>> {
    const list = ['sessions', userId.toLowerCase()]
    const nowMs = this.#source.clock.now()
    let query = this.#database.write
      .selectFrom('login_sessions')
      .selectAll()
      .where('user_id', '=', columns.userId.encode(userId, 'user_id'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', columns.expiresAt.encode(instantOf(nowMs)))
      .where('last_active_at', '>', columns.lastActiveAt.encode(this.#idleSince(nowMs)))
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(sessionOf)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /** Ends one session of a user at once. Throws SessionNotFound. */
  async end(userId: string, sessionId: string): Promise<void> {
    const id = columns.id.encode(sessionId, 'session_id')
    const ended = await this.#end((update) => update
      .where('id', '=', id).where('user_id', '=', columns.userId.encode(userId, 'user_id')))
    if (ended === 0) throw new SessionNotFound(`There is no session ${sessionId} that goes on.`)
  }

  /** Ends all sessions of a user at once, or all but one; how many. */
  async endAll(userId: string, exceptId?: string): Promise<number> {
    const id = columns.userId.encode(userId, 'user_id')
    return this.#end((update) => {
      const own = update.where('user_id', '=', id)
      if (exceptId === undefined) return own
      return own.where('id', '<>', columns.id.encode(exceptId, 'session_id'))
    })
  }

  /** Deletes sessions that ended a month ago; how many. */
  async sweep(limit: number): Promise<number> {
    const before = columns.expiresAt.encode(instantOf(this.#source.clock.now() - keptMs))
    const { write } = this.#database
    const old = write
      .selectFrom('login_sessions').select('id')
      .where('expires_at', '<', before).orderBy('expires_at').limit(limit)
    return this.#database.run(write.deleteFrom('login_sessions').where('id', 'in', old))
  }

  async #endByToken(token: string): Promise<void> {
    const hash = columns.tokenHash.encode(hashOfToken(token))
    await this.#end((update) => update.where('token_hash', '=', hash))
  }

  async #end(narrow: (update: Ending) => Ending): Promise<number> {
    return this.#database.transaction(async (database) => {
      const ended = await database.all(narrow(endingOn(database, this.#now())))
      const store = new SessionStore(database, this.#source, this.#actor)
      for (const { id, user_id: userId } of ended) {
        await store.#record('session.ended', { id, userId })
        database.afterCommit(() => this.#source.credentials?.changed(`session:${id}`))
      }
      return ended.length
    })
  }

  async #record(action: string, { id, userId }: { id: string; userId: string }): Promise<void> {
    const record = { action, resourceKind: 'session', resourceId: id, details: { user: userId } }
    const told = { organizationId: installationId, actor: this.#actor, record }
    await recordAudit(this.#database.as(), this.#source, told)
  }

  #now() {
    return columns.revokedAt.encode(instantOf(this.#source.clock.now()))
  }

  #idleSince(nowMs: number) {
    return instantOf(nowMs - this.#times.idleSeconds * 1_000)
  }
}

type Ending = ReturnType<typeof endingOn>

function endingOn(database: Database<IdentityDatabase>, now: Stored<'instant'> | null) {
  return database.write
    .updateTable('login_sessions')
    .set({ revoked_at: now })
    .where('revoked_at', 'is', null)
    .returning(['id', 'user_id'])
}

function sessionOf(stored: Record<string, unknown>): LoginSession {
  const { tokenHash: _, ...session } = decodeRow(loginSessions, stored)
  return session
}
