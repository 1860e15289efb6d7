import { type Instant } from '../clock.js'
import { CoalescingWriter, type Outcome } from '../database/coalesce.js'
import { type Database, repeated } from '../database/database.js'
import { type AgentKey, type AgentStatements } from './statements.js'
import { agents, type AgentTables } from './tables.js'

/** What became of a sign of life. */
export interface Heartbeat {
  /** The last sign of life that was written: this one, or one before it. */
  readonly heartbeatAt: Instant
  /** When the agent is stale unless it shows another; null for never. */
  readonly expiresAt: Instant | null
}

type Beats = ReadonlyMap<string, Heartbeat>

const { columns } = agents

/** Tells agents apart; no stored text holds U+0000. */
const nameOf = (row: { readonly organization_id?: unknown; readonly speaker_uri?: unknown }) =>
  `${String(row.organization_id)} ${String(row.speaker_uri)}`

/**
 * Signs of life. Those that come together are one read; only those are written that are due, which
 * the row decides, so that all processes together write once a minute at most.
 */
export class Heartbeats {
  readonly #database: Database<AgentTables>
  readonly #statements: AgentStatements
  readonly #writer: CoalescingWriter<AgentKey, Heartbeat | undefined>

  constructor(
    database: Database<AgentTables>, statements: AgentStatements,
    { waitingTimeoutMs }: { readonly waitingTimeoutMs?: number | undefined },
  ) {
    this.#database = database
    this.#statements = statements
    this.#writer = new CoalescingWriter<AgentKey, Heartbeat | undefined>({
      write: (keys) => this.#write(keys),
      orderKey: nameOf,
      weigh: () => 300,
      ...(waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }),
    })
  }

  /** Undefined for an agent that is not registered. */
  async beat(
    key: AgentKey, transaction?: Database<AgentTables>,
  ): Promise<Heartbeat | undefined> {
    if (transaction === undefined) return this.#writer.append(key)
    return (await this.#beats([key], transaction)).get(nameOf(key))
  }

  /** Resolves when every sign of life handed in so far is settled. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  async #write(keys: readonly AgentKey[]): Promise<Outcome<Heartbeat | undefined>[]> {
    const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()]
    const reach = [...new Set(keys.map(({ organization_id }) => organization_id))]
    const database = this.#database.within(reach)
    const beats = await repeated(() => this.#beats(distinct, database))
    return keys.map((key) => ({ value: beats.get(nameOf(key)) }))
  }

  async #beats(keys: readonly AgentKey[], database: Database<AgentTables>): Promise<Beats> {
    const { rows: known } = await database.execute(this.#statements.known(keys))
    const dueNames = new Set(known.filter(({ due }) => Number(due) === 1).map(nameOf))
    const beats = beatsOf(known.filter((row) => !dueNames.has(nameOf(row))))
    if (dueNames.size === 0) return beats
    // In one order for all, so that two processes do not wait for each other.
    const due = keys.filter((key) => dueNames.has(nameOf(key)))
      .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
    const { rows: written } = await database.execute(this.#statements.beat(due))
    const all = new Map([...beats, ...beatsOf(written)])
    const missed = due.filter((key) => !all.has(nameOf(key)))
    if (missed.length === 0) return all
    // Another process was there first, or the agent has just gone.
    const { rows: again } = await database.execute(this.#statements.known(missed))
    return new Map([...all, ...beatsOf(again)])
  }
}

function beatsOf(rows: readonly Readonly<Record<string, unknown>>[]): Map<string, Heartbeat> {
  return new Map(rows.map((row) => [nameOf(row), {
    heartbeatAt: columns.heartbeatAt.decode(row.heartbeat_at),
    expiresAt: columns.expiresAt.decode(row.expires_at),
  }]))
}
