import { type Clock } from '../clock.js'
import { type Signals } from '../coordination/coordination.js'
import { type Database } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import { StateAccess } from './access.js'
import { type AgentStateOptions, optionsOf } from './rules.js'
import { StateStatements } from './statements.js'
import { type AgentStateTables } from './tables.js'

/** Parts that the log takes from outside. */
export interface AgentStateSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly signals: Signals
  readonly options?: AgentStateOptions | undefined
}

/** A conversation whose states change. */
export interface StatesOf {
  readonly organizationId: string
  readonly conversationId: string
}

/**
 * The topic of signals that say "the states of this conversation have changed"; the payload is the
 * number of the change. A hint: what changed is read by `AgentStateStore.changesAfter`.
 */
export const agentStatesTopic = ({ organizationId, conversationId }: StatesOf): string =>
  `agent-states:${organizationId}/${conversationId}`

/** What all stores of states of one database share. */
export class AgentStateLog {
  readonly database: Database<AgentStateTables>
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly statements: StateStatements
  readonly access: StateAccess
  readonly options: Required<AgentStateOptions>
  readonly #signals: Signals

  /** Throws InvalidConfiguration. */
  constructor(database: Database<AgentStateTables>, source: AgentStateSource) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.options = optionsOf(source.options)
    this.statements = new StateStatements(database)
    this.access = new StateAccess(database, source)
    this.#signals = source.signals
  }

  /** Says that states of a conversation have changed; call it after the commit. */
  tell(states: StatesOf, change: number): void {
    void this.#signals.publish(agentStatesTopic(states), String(change)).catch(() => undefined)
  }

  /** Resolves when no access is on its way to the database. */
  idle(): Promise<void> {
    return this.access.idle()
  }
}
