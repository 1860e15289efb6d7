import { hostname } from 'node:os'
import { sql } from 'kysely'
import { type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow } from '../database/table.js'
import { type IdGenerator } from '../ids.js'
import { processes as table, type ProcessTables, type ServingProcess } from './tables.js'

/** A process not heard of for this long counts as dead. */
export const deadAfterMs = 30_000

/** Rows of dead processes are kept this long. */
const keptMs = 300_000

/** Processes listed at most. */
const listMax = 200

const { columns } = table
const kinds = { id: 'id', host: 'text', pid: 'integer', coordination: 'text' } as const

/** Which processes serve from this database; for people, and to warn them. */
export class ProcessRegistry {
  readonly #database: Database<ProcessTables>
  readonly #ownRow: Parameters<ReturnType<typeof prepareBatch<typeof kinds>>>[0][number]
  readonly #enter: () => Statement

  constructor(
    database: Database<ProcessTables>,
    source: { readonly ids: IdGenerator; readonly coordination: string },
  ) {
    this.#database = database
    this.#ownRow = {
      id: columns.id.encode(source.ids.next()),
      host: columns.host.encode(hostname()),
      pid: columns.pid.encode(process.pid),
      coordination: columns.coordination.encode(source.coordination),
    }
    const now = database.engine.now()
    const enter = prepareBatch(database.as<never>(), {
      name: 'processes_enter',
      kinds,
      build: (rows) => sql`
        insert into processes (id, host, pid, coordination, started_at, seen_at)
        select g.id, g.host, g.pid, g.coordination, ${now}, ${now} from ${rows} as g where true
        on conflict (id) do update set seen_at = excluded.seen_at`,
    })
    this.#enter = () => enter([this.#ownRow])
  }

  /** Tells that this process lives, and clears away those long dead; the living others. */
  async enter(): Promise<ServingProcess[]> {
    await this.#database.execute(this.#enter())
    const { write, engine } = this.#database
    await this.#database.run(
      write.deleteFrom('processes').where('seen_at', '<', engine.now(-keptMs)))
    return (await this.list()).filter(({ id }) => id !== this.#ownRow.id)
  }

  /** The living processes, oldest first. */
  async list(): Promise<ServingProcess[]> {
    const { write, engine } = this.#database
    const query = write
      .selectFrom('processes')
      .selectAll()
      .where('seen_at', '>', engine.now(-deadAfterMs))
      .orderBy('id')
      .limit(listMax)
    return (await this.#database.all(query)).map((stored) => decodeRow(table, stored))
  }

  /** Tells that this process ends. */
  async leave(): Promise<void> {
    const own = this.#database.write.deleteFrom('processes').where('id', '=', this.#ownRow.id!)
    await this.#database.run(own)
  }
}
