import { sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Stored } from '../database/columns.js'
import { type Database, prepareBatch } from '../database/database.js'
import { type IdentityTables, loginSessions } from './tables.js'

/** Activity of one session is written at most this often. */
export const activityIntervalMs = 60_000

const kinds = { id: 'id', active_at: 'instant', before: 'instant' } as const
interface Touch {
  readonly id: Stored<'id'>
  readonly active_at: Stored<'instant'>
  readonly before: Stored<'instant'>
}

const { columns } = loginSessions

/**
 * Writes when sessions were used last: of each at most once a minute, many in one statement. Who
 * uses a session does not wait for it, and one that cannot be written is written with a later use.
 */
export class SessionActivity {
  readonly #clock: Clock
  readonly #writer: CoalescingWriter<Touch, void>
  /** Sessions on their way to the database. */
  readonly #touching = new Set<string>()

  constructor(database: Database<IdentityTables>, { clock }: { readonly clock: Clock }) {
    this.#clock = clock
    const statement = touchStatement(database)
    this.#writer = new CoalescingWriter<Touch, void>({
      write: async (touches) => {
        await database.execute(statement([...touches].sort(byId)))
        return touches.map(() => ({ value: undefined }))
      },
      orderKey: ({ id }) => id,
      weigh: () => 100,
      lanes: 1,
    })
  }

  /** Notes a use of a session that was used last at `lastActiveMs`; whether that is news. */
  note(sessionId: string, lastActiveMs: number): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - lastActiveMs < activityIntervalMs) return false
    if (this.#touching.has(sessionId)) return true
    this.#touching.add(sessionId)
    const touch = {
      id: columns.id.encode(sessionId),
      active_at: columns.lastActiveAt.encode(instantOf(nowMs)),
      before: columns.lastActiveAt.encode(instantOf(nowMs - activityIntervalMs)),
    }
    void this.#writer.append(touch)
      .catch(() => undefined)
      .finally(() => this.#touching.delete(sessionId))
    return true
  }

  /** Resolves when everything noted so far is written, or given up. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }
}

const byId = (left: Touch, right: Touch) => (left.id < right.id ? -1 : 1)

/** Another process may have written the same use a moment ago. */
function touchStatement(database: Database<IdentityTables>) {
  return prepareBatch(database.as<never>(), {
    name: 'login_sessions_touch',
    kinds,
    build: (rows) => sql`
      update login_sessions set last_active_at = g.active_at
      from ${rows} as g
      where login_sessions.id = g.id and login_sessions.last_active_at <= g.before
        and login_sessions.revoked_at is null`,
  })
}
