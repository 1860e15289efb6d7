import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type ConversationTables } from './tables.js'
import { type ConversationKey } from './transfer-format.js'

/** Rows behind the horizon that are looked at in one statement. */
export const arrivedMax = 10_000

type StoredRow = Readonly<Record<string, unknown>>

/** The number of the message at the horizon, where the engine numbers them by `arrival`. */
const horizon = (arrival: string): RawBuilder<unknown> => sql`coalesce((
  select a.${sql.ref(arrival)} from search_horizon h
  join messages a on a.organization_id = h.of_organization_id
    and a.conversation_id = h.of_conversation_id and a.id = h.message_id), 0)`

/** Messages that came after the horizon, the first ones; one more than `arrivedMax` at most. */
export const arrived = (arrival: string): RawBuilder<unknown> => sql`
  select m.${sql.ref(arrival)} as arrival, m.organization_id, m.conversation_id, m.id, m.position
  from messages m where m.${sql.ref(arrival)} > ${horizon(arrival)}
  order by m.${sql.ref(arrival)} limit ${sql.lit(arrivedMax + 1)}`

const withProgress = sql`
  left join search_progress p
    on p.organization_id = a.organization_id and p.conversation_id = a.conversation_id`

/**
 * Finds messages that are not indexed by the order in which messages came, where the engine numbers
 * them: only those behind the horizon are looked at, however many conversations there are.
 */
export class Arrivals {
  readonly #database: Database<ConversationTables>
  readonly #arrival: string

  constructor(database: Database<ConversationTables>, arrival: string) {
    this.#database = database
    this.#arrival = arrival
  }

  /** For this database; undefined where its engine numbers nothing. */
  static of(database: Database<ConversationTables>): Arrivals | undefined {
    const { arrival } = database.engine.words
    return arrival === undefined ? undefined : new Arrivals(database, arrival)
  }

  /** Conversations with messages that are not indexed, of those that came first. */
  async behind(limit: number): Promise<ConversationKey[]> {
    const rows = await this.#read(sql`
      with arrived as materialized (${arrived(this.#arrival)})
      select a.organization_id, a.conversation_id from arrived a ${withProgress}
      where a.position > coalesce(p.position, 0)
      group by a.organization_id, a.conversation_id order by min(a.arrival)
      limit ${sql.lit(limit)}`)
    return rows.map((row) => ({
      organizationId: row.organization_id as Stored<'id'>,
      conversationId: row.conversation_id as Stored<'id'>,
    }))
  }

  /**
   * Moves the horizon as far as all is indexed, as far as one statement looks; true when it moved.
   * What is indexed stays so: that this is read before it is written does no harm.
   */
  async advance(): Promise<boolean> {
    const [last] = await this.#read(sql`
      with arrived as materialized (${arrived(this.#arrival)})
      select a.organization_id, a.conversation_id, a.id from arrived a
      where a.arrival < coalesce((
        select min(a.arrival) from arrived a ${withProgress}
        where a.position > coalesce(p.position, 0)), 9223372036854775807)
      order by a.arrival desc limit 1`)
    if (last === undefined) return false
    const { sql: text, parameters } = sql`
      update search_horizon set of_organization_id = m.organization_id,
        of_conversation_id = m.conversation_id, message_id = m.id
      from messages m
      join search_progress p on p.organization_id = m.organization_id
        and p.conversation_id = m.conversation_id and m.position <= p.position
      where m.organization_id = ${last.organization_id}
        and m.conversation_id = ${last.conversation_id} and m.id = ${last.id}
      `.compile(this.#database.write)
    return (await this.#database.execute({ sql: text, parameters })).changed > 0
  }

  async #read(fragment: RawBuilder<unknown>): Promise<StoredRow[]> {
    const { sql: text, parameters } = fragment.compile(this.#database.write)
    return (await this.#database.execute({ sql: text, parameters, readOnly: true })).rows
  }
}
