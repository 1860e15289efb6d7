import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { type SweepPage, type SweepRound } from '../background.js'
import { type Signals } from '../coordination/coordination.js'
import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { FloorCommands, nameOfFloor } from './commands.js'
import { LiveFloors } from './live.js'
import { reasonOf, speakerOf } from './rules.js'
import {
  type CommandRow, type FloorKey, type FloorStatements, floorStatements,
} from './statements.js'
import { floorAgents, floors, type FloorTables } from './tables.js'

/** Floors that an agent leaves in one look. */
const goneMax = 100

const { columns } = floorAgents

/** What is not said of a command. */
const unsaid = {
  given_by: null, priority: null, reason: null, fence: null, policy: null, hold_ms: null,
  queue_max: null, convener: null,
} as const

/** What may be done to a floor. */
export type FloorAction =
  | 'join' | 'request' | 'cancel' | 'yield' | 'leave' | 'grant' | 'revoke' | 'configure' | 'settle'

/** A command in stored form; what is not said is null. */
export function commandOf(
  key: FloorKey,
  action: FloorAction,
  said: Partial<Omit<CommandRow, 'action' | keyof FloorKey>> = {},
): CommandRow {
  return {
    organization_id: key.organization_id, conversation_id: key.conversation_id,
    speaker_uri: columns.speakerUri.encode(''), action: columns.speakerUri.encode(action),
    ...unsaid, ...said,
  }
}

/** Parts taken from outside. */
export interface FloorSource {
  readonly signals: Signals
  readonly waitingTimeoutMs?: number | undefined
}

/** An agent that has gone, wherever it was. */
export interface GoneAgent {
  readonly organizationId: string
  readonly speakerUri: string
  /** @default '@timedOut' */
  readonly reason?: string
}

/** A floor and the end of its first hold: they are swept in the order of these. */
export interface FloorPlace extends FloorKey {
  readonly due_at: Stored<'instant'> | null
}

/** What the floors of all organizations share, and what happens to them without anybody asking. */
export class FloorWorks {
  readonly database: Database<FloorTables>
  readonly statements: FloorStatements
  readonly commands: FloorCommands
  /** Who listens in this process. */
  readonly live: LiveFloors

  constructor(
    database: Database<FloorTables>,
    { signals, waitingTimeoutMs }: FloorSource,
  ) {
    this.database = database
    this.statements = floorStatements(database)
    this.live = new LiveFloors(signals)
    this.commands = new FloorCommands({
      database, statements: this.statements, waitingTimeoutMs,
      tell: (key, events) => this.live.tell(nameOfFloor(key), events),
    })
  }

  /**
   * Ends the holds of all organizations whose time is over, and grants those floors to the next; at
   * most `limit` floors. Those that fail are left as they are, and the first reason is told.
   */
  async sweep(
    { limit = 100, after }: SweepPage<FloorPlace> = {},
  ): Promise<SweepRound<FloorPlace>> {
    const { engine, write } = this.database
    let query = write
      .selectFrom('floors')
      .select(['organization_id', 'conversation_id', 'due_at'])
      .where('due_at', '<=', engine.now())
      .orderBy('due_at').orderBy('organization_id').orderBy('conversation_id')
      .limit(limit)
    if (after !== undefined) query = query.where(isBehind(after))
    const due = await this.database.all(query)
    const told = await Promise.allSettled(
      due.map((key) => this.commands.run(commandOf(key, 'settle'))))
    const failed = told.find((each) => each.status === 'rejected')
    return {
      due: due.length,
      changed: told.filter((each) => each.status === 'fulfilled' && each.value.length > 0).length,
      last: due.at(-1),
      ...(failed === undefined ? {} : { failure: failed.reason }),
    }
  }

  /**
   * How long until the next hold ends, in milliseconds; undefined while none has an end. Behind a
   * place, only of floors behind it.
   */
  async nextDueMs(after?: FloorPlace): Promise<number | undefined> {
    const { engine, write } = this.database
    let query = write
      .selectFrom('floors')
      .select(['due_at', sql<Stored<'instant'>>`${engine.now()}`.as('now')])
      .where('due_at', 'is not', null)
      .orderBy('due_at')
      .limit(1)
    if (after !== undefined) query = query.where(isBehind(after))
    const next = await this.database.first(query)
    if (next === undefined) return undefined
    const [due, now] = [next.due_at, next.now].map((each) => floors.columns.dueAt.decode(each)!)
    return Math.max(0, millisecondsOf(due!) - millisecondsOf(now!))
  }

  /**
   * An agent has gone: it leaves every conversation of its organization, its floors go to the next.
   * May be called again after a failure; in a transaction everything happens inside it. How many
   * it left. Throws InvalidInput.
   */
  async onAgentGone(
    { organizationId, speakerUri, reason = '@timedOut' }: GoneAgent,
    transaction?: Database<FloorTables>,
  ): Promise<number> {
    const organization = columns.organizationId.encode(organizationId, 'organization_id')
    const speaker = speakerOf(speakerUri)
    const said = { speaker_uri: speaker, reason: reasonOf(reason) }
    const database = (transaction ?? this.database).within([organization])
    const query = database.write
      .selectFrom('floor_agents')
      .select(['organization_id', 'conversation_id'])
      .where('organization_id', '=', organization)
      .where('speaker_uri', '=', speaker)
      .limit(goneMax)
    for (let count = 0; ;) {
      const keys = await database.all(query)
      const commands = keys.map((key) => commandOf(key, 'leave', said))
      await this.commands.runAll(commands, transaction && database)
      count += keys.length
      if (keys.length < goneMax) return count
    }
  }

  /** Resolves when every command handed in so far is settled. */
  idle(): Promise<void> {
    return this.commands.idle()
  }
}

/** The floors behind a place; by their end first, which is indexed. */
const isBehind = (
  { due_at: due, organization_id: organization, conversation_id: id }: FloorPlace,
) =>
  ({ eb, and, or }: ExpressionBuilder<FloorTables, 'floors'>): Expression<SqlBool> => and([
    eb('due_at', '>=', due),
    or([
      eb('due_at', '>', due),
      eb('organization_id', '>', organization),
      and([eb('organization_id', '=', organization), eb('conversation_id', '>', id)]),
    ]),
  ])
