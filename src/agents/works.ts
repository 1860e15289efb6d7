import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { type SweepPage, type SweepRound } from '../background.js'
import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { Heartbeats } from './heartbeats.js'
import { agentsMaxDefault } from './rules.js'
import { type AgentKey, type AgentStatements, agentStatements } from './statements.js'
import { agents, type AgentTables } from './tables.js'

/** An agent that has gone. */
export interface AgentGone {
  readonly organizationId: string
  readonly speakerUri: string
  /** `stale`: no sign of life within its time. `deregistered`: somebody took it out. */
  readonly why: 'stale' | 'deregistered'
}

/**
 * Told of an agent that has gone, on the transaction in which that becomes true: what it does there
 * stands or falls with it. While it runs the agent can neither come back nor go again.
 */
export type OnAgentGone = (transaction: Database<AgentTables>, gone: AgentGone) => Promise<void>

/** How the registry works. */
export interface AgentOptions {
  /** Agents of one organization at most. @default 1000 */
  readonly agentsMax?: number
}

/** Parts taken from outside. */
export interface AgentSource {
  readonly onGone: OnAgentGone
  readonly options?: AgentOptions | undefined
  readonly waitingTimeoutMs?: number | undefined
}

/** An agent and the end of its time: they are swept in the order of these. */
export interface AgentPlace extends AgentKey {
  readonly expires_at: Stored<'instant'> | null
}

const { columns } = agents

/** What the agents of all organizations share, and what happens to them without anybody asking. */
export class AgentWorks {
  readonly database: Database<AgentTables>
  readonly statements: AgentStatements
  readonly heartbeats: Heartbeats
  readonly onGone: OnAgentGone
  readonly agentsMax: number

  constructor(
    database: Database<AgentTables>, { onGone, options = {}, waitingTimeoutMs }: AgentSource,
  ) {
    this.database = database
    this.statements = agentStatements(database)
    this.heartbeats = new Heartbeats(database, this.statements, { waitingTimeoutMs })
    this.onGone = onGone
    this.agentsMax = options.agentsMax ?? agentsMaxDefault
  }

  /**
   * Tells of the agents of all organizations whose time is over and of whom nobody told yet; at
   * most `limit`. Several at once tell each of them once; one whose telling fails is told of again
   * by the next sweep, and the first reason is told.
   */
  async sweep(
    { limit = 100, after }: SweepPage<AgentPlace> = {},
  ): Promise<SweepRound<AgentPlace>> {
    const { engine, write } = this.database
    let query = write
      .selectFrom('agents')
      .select(['organization_id', 'speaker_uri', 'expires_at'])
      .where('expires_at', '<=', engine.now())
      .where('stale_at', 'is', null)
      .orderBy('expires_at').orderBy('organization_id').orderBy('speaker_uri')
      .limit(limit)
    if (after !== undefined) query = query.where(isBehind(after))
    const due = await this.database.all(query)
    const told = await Promise.allSettled(due.map((key) => this.#end(key)))
    const failed = told.find((each) => each.status === 'rejected')
    return {
      due: due.length,
      changed: told.filter((each) => each.status === 'fulfilled' && each.value).length,
      last: due.at(-1),
      ...(failed === undefined ? {} : { failure: failed.reason }),
    }
  }

  /**
   * How long until the next agent is stale, in milliseconds; undefined while none can be. Behind a
   * place, only of agents behind it.
   */
  async nextDueMs(after?: AgentPlace): Promise<number | undefined> {
    const { engine, write } = this.database
    let query = write
      .selectFrom('agents')
      .select(['expires_at', sql<Stored<'instant'>>`${engine.now()}`.as('now')])
      .where('expires_at', 'is not', null)
      .where('stale_at', 'is', null)
      .orderBy('expires_at')
      .limit(1)
    if (after !== undefined) query = query.where(isBehind(after))
    const next = await this.database.first(query)
    if (next === undefined) return undefined
    const [due, now] = [next.expires_at, next.now].map((each) => columns.expiresAt.decode(each)!)
    return Math.max(0, millisecondsOf(due!) - millisecondsOf(now!))
  }

  /** Resolves when everything handed in so far is settled. */
  idle(): Promise<void> {
    return this.heartbeats.idle()
  }

  /** Tells of one agent, unless it showed a sign of life, or somebody told, meanwhile: false. */
  #end(key: AgentKey): Promise<boolean> {
    return this.database.within([key.organization_id]).transaction(async (transaction) => {
      const { engine, write } = transaction
      const ended = await transaction.run(write
        .updateTable('agents')
        .set((of) => ({ stale_at: of.ref('expires_at') }))
        .where('organization_id', '=', key.organization_id)
        .where('speaker_uri', '=', key.speaker_uri)
        .where('expires_at', '<=', engine.now())
        .where('stale_at', 'is', null))
      if (ended === 0) return false
      await this.onGone(transaction, {
        organizationId: columns.organizationId.decode(key.organization_id),
        speakerUri: columns.speakerUri.decode(key.speaker_uri),
        why: 'stale',
      })
      return true
    }, { repeatable: true })
  }
}

/** The agents behind a place; by the end of their time first, which is indexed. */
const isBehind = (
  { expires_at: end, organization_id: organization, speaker_uri: uri }: AgentPlace,
) =>
  ({ eb, and, or }: ExpressionBuilder<AgentTables, 'agents'>): Expression<SqlBool> => and([
    eb('expires_at', '>=', end),
    or([
      eb('expires_at', '>', end),
      eb('organization_id', '>', organization),
      and([eb('organization_id', '=', organization), eb('speaker_uri', '>', uri)]),
    ]),
  ])
