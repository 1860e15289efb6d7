import { CoalescingWriter, type Outcome } from '../database/coalesce.js'
import { type Database, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow } from '../database/table.js'
import { type CommandRow, type FloorKey, type FloorStatements } from './statements.js'
import { type FloorEvent, floorEvents, type FloorTables } from './tables.js'

type FloorDatabase = Database<FloorTables>

/** Tells floors apart. */
export const nameOfFloor = (key: FloorKey): string =>
  `${key.organization_id} ${key.conversation_id}`

/** What commands need. */
export interface CommandParts {
  readonly database: FloorDatabase
  readonly statements: FloorStatements
  /** Called after the commit that changed a floor. */
  readonly tell: (key: FloorKey, events: readonly FloorEvent[]) => void
  readonly waitingTimeoutMs?: number | undefined
}

/**
 * Changes floors. Commands that arrive together go in one transaction and one round trip: it takes
 * the rows of all their floors, then lets one command after the other happen to each. Nothing is
 * held while an answer is awaited, so that a process that stops stops no floor.
 */
export class FloorCommands {
  readonly #parts: CommandParts
  readonly #writer: CoalescingWriter<CommandRow, readonly FloorEvent[]>

  constructor(parts: CommandParts) {
    this.#parts = parts
    const { waitingTimeoutMs } = parts
    this.#writer = new CoalescingWriter({
      write: (commands) => this.#write(commands),
      orderKey: (command) => nameOfFloor(keyOf(command)),
      weigh: () => 500,
      ...(waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }),
    })
  }

  /** What happened by a command, in order; nothing when it may not be, or there is no floor. */
  run(command: CommandRow, transaction?: FloorDatabase): Promise<readonly FloorEvent[]> {
    if (transaction === undefined) return this.#writer.append(command)
    return this.#together([command], transaction).then(([events]) => events!)
  }

  /** The same for commands on different floors, which a transaction runs together. */
  async runAll(commands: readonly CommandRow[], transaction?: FloorDatabase): Promise<void> {
    if (transaction === undefined) await Promise.all(commands.map((each) => this.run(each)))
    else if (commands.length > 0) await this.#together(commands, transaction)
  }

  /** Resolves when every command handed in so far is settled. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  async #write(commands: readonly CommandRow[]): Promise<Outcome<readonly FloorEvent[]>[]> {
    const reach = commands.map(({ organization_id }) => String(organization_id))
    const database = this.#parts.database.within([...new Set(reach)])
    const outcomes = await repeated(() => this.#together(commands, database))
    return outcomes.map((value) => ({ value }))
  }

  async #together(
    commands: readonly CommandRow[],
    database: FloorDatabase,
  ): Promise<readonly (readonly FloorEvent[])[]> {
    const { statements, tell } = this.#parts
    const rounds = roundsOf(commands)
    const batch: Statement[] = []
    // Elsewhere a transaction holds the whole database.
    if (database.engine.rowLocks) {
      const floors = sorted(rounds[0]!).map(keyOf)
      batch.push(statements.hold(floors), statements.lock(floors))
    }
    const decidedAt = rounds.map((round) => {
      const keys = round.map(keyOf)
      const hasLeft = round.some(({ action }) => String(action) === 'leave')
      batch.push(
        statements.decide(round),
        statements.applyToAgents(keys),
        ...(hasLeft ? [statements.removeLeft(keys)] : []),
        statements.applyToFloors(keys),
      )
      return batch.length - (hasLeft ? 4 : 3)
    })
    const results = await database.atomic(batch)
    const eventsOf = new Map<CommandRow, readonly FloorEvent[]>()
    rounds.forEach((round, index) => {
      const told = eventsByFloor(results[decidedAt[index]!]!.rows)
      for (const command of round) {
        const events = told.get(nameOfFloor(keyOf(command))) ?? []
        eventsOf.set(command, events)
        if (events.length > 0) database.afterCommit(() => tell(keyOf(command), events))
      }
    })
    return commands.map((command) => eventsOf.get(command)!)
  }
}

const keyOf = ({ organization_id, conversation_id }: CommandRow): FloorKey =>
  ({ organization_id: organization_id!, conversation_id: conversation_id! })

/** Rounds of commands, each with every floor at most once; the first names every floor. */
function roundsOf(commands: readonly CommandRow[]): CommandRow[][] {
  const rounds: CommandRow[][] = []
  const counts = new Map<string, number>()
  for (const command of commands) {
    const name = nameOfFloor(keyOf(command))
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    const round = rounds[count] ??= []
    round.push(command)
  }
  return rounds
}

const sorted = (commands: readonly CommandRow[]): CommandRow[] =>
  commands.toSorted((one, other) =>
    (nameOfFloor(keyOf(one)) < nameOfFloor(keyOf(other)) ? -1 : 1))

function eventsByFloor(rows: readonly Record<string, unknown>[]): Map<string, FloorEvent[]> {
  const told = new Map<string, FloorEvent[]>()
  for (const event of rows.map(eventOf).sort((one, other) => one.number - other.number)) {
    const name = `${event.organizationId} ${event.conversationId}`
    const before = told.get(name)
    if (before === undefined) told.set(name, [event])
    else before.push(event)
  }
  return told
}

/** An event behind its stored row. */
export function eventOf(stored: Record<string, unknown>): FloorEvent {
  return decodeRow(floorEvents, stored) as FloorEvent
}
