import { sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Principal } from './access.js'
import { type IdentityTables, serviceTokens } from './tables.js'

/** Uses of one token are written at most this often by one process. */
export const usageIntervalMs = 60_000

/** Tokens whose uses wait to be written at most; at the limit they are written at once. */
const waitingMax = 10_000

/** Tokens written in one statement at most. */
const batchMax = 500

interface Use {
  count: number
  lastMs: number
  ip: string | null
}

const kinds = { id: 'id', uses: 'integer', used_at: 'instant', ip: 'text' } as const
const { columns } = serviceTokens

/**
 * How often service tokens are used, when last and from where. Counted in memory, written together
 * once a minute and when Holdfast is closed; a process that is killed loses its last minute.
 */
export class TokenUsage {
  readonly #database: Database<IdentityTables>
  readonly #clock: Clock
  readonly #statement: (rows: Parameters<ReturnType<typeof usageStatement>>[0]) => Statement
  #uses = new Map<string, Use>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(database: Database<IdentityTables>, { clock }: { readonly clock: Clock }) {
    this.#database = database
    this.#clock = clock
    this.#statement = usageStatement(database)
  }

  /** Counts one use of a service token; a session is none. */
  note({ kind, credentialId }: Principal, ip: string | null): void {
    if (kind !== 'service_token' || this.#isClosed) return
    const use = this.#uses.get(credentialId) ?? { count: 0, lastMs: 0, ip: null }
    use.count += 1
    use.lastMs = this.#clock.now()
    use.ip = ip
    this.#uses.set(credentialId, use)
    if (this.#uses.size >= waitingMax) void this.flush()
    this.#timer ??= setTimeout(() => void this.flush(), usageIntervalMs).unref()
  }

  /** Writes what was counted; what cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    await this.#writing
  }

  /** Writes for the last time and counts no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
    clearTimeout(this.#timer)
  }

  async #write(): Promise<void> {
    const taken = [...this.#uses].slice(0, waitingMax)
    for (let start = 0; start < taken.length; start += batchMax) {
      const batch = taken.slice(start, start + batchMax)
      const counted = batch.map(([id, use]) => [id, { ...use }] as const)
      try {
        await this.#database.execute(this.#statement(counted.map(([id, use]) => ({
          id: columns.id.encode(id),
          uses: columns.useCount.encode(use.count),
          used_at: columns.createdAt.encode(instantOf(use.lastMs)),
          ip: columns.lastUsedIp.encode(use.ip),
        }))))
        for (const [id, { count }] of counted) this.#settle(id, count)
      } catch {
        // Kept, so that a database that is away for a while costs no count.
        if (!this.#isClosed) this.#retryLater()
      }
    }
  }

  #settle(id: string, count: number): void {
    const use = this.#uses.get(id)
    if (use === undefined) return
    use.count -= count
    if (use.count === 0) this.#uses.delete(id)
  }

  #retryLater(): void {
    this.#timer ??= setTimeout(() => void this.flush(), usageIntervalMs).unref()
  }
}

/** The later of two uses names time and address, whichever process writes first. */
function usageStatement(database: Database<IdentityTables>) {
  return prepareBatch(database.as<never>(), {
    name: 'use_service_tokens',
    kinds,
    build: (rows) => sql`
      update service_tokens set
        use_count = service_tokens.use_count + g.uses,
        last_used_ip = case when service_tokens.last_used_at > g.used_at
          then service_tokens.last_used_ip else g.ip end,
        last_used_at = case when service_tokens.last_used_at > g.used_at
          then service_tokens.last_used_at else g.used_at end
      from ${rows} as g where service_tokens.id = g.id`,
  })
}
