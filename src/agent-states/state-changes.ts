import { type Stored } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { agentStatesTopic, type AgentStateLog, type StatesOf } from './state-log.js'
import { AgentStateStore } from './store.js'
import { agentStateCounters } from './tables.js'

/** One change of a state, as live events tell it. */
export interface StateChange {
  readonly change: number
  readonly data: { readonly [key: string]: JsonValue }
}

const { columns } = agentStateCounters

/** What has changed in the states of conversations, of any organization. */
export class AgentStateChanges {
  readonly #log: AgentStateLog

  constructor(log: AgentStateLog) {
    this.#log = log
  }

  /** Where changes of this conversation's states are signalled. */
  topicOf(name: StatesOf): string {
    return agentStatesTopic(name)
  }

  /** Changes behind this one, in order, at most `limit`; of several of a state the last. */
  async changesAfter(
    { organizationId, conversationId }: StatesOf,
    change: number,
    limit: number,
  ): Promise<StateChange[]> {
    const scope = { organizationId, actor: { id: 'program' } }
    const store = new AgentStateStore(scope, { log: this.#log, conversations: noQuestion })
    const changes = await store.changesAfter(conversationId, change, Math.min(limit, 200))
    return changes.map(({ change: number, name, revision, isDeleted, changedAt }) => ({
      change: number,
      data: { name, revision, is_deleted: isDeleted, changed_at: changedAt },
    }))
  }

  /** The number of the last change in each of these conversations, in order; 0 for none. */
  async lastChanges(names: readonly StatesOf[]): Promise<number[]> {
    if (names.length === 0) return []
    const ids = (key: 'organizationId' | 'conversationId') =>
      [...new Set(names.map((name) => columns[key].encode(name[key], key)))]
    const organizations = ids('organizationId')
    const database = this.#log.database.within(organizations)
    const query = database.write
      .selectFrom('agent_state_counters')
      .select(['organization_id', 'conversation_id', 'change_count'])
      .where('organization_id', 'in', organizations)
      .where('conversation_id', 'in', ids('conversationId'))
    const counts = new Map((await database.all(query)).map((row) =>
      [`${row.organization_id}/${row.conversation_id}`, Number(row.change_count)]))
    return names.map(({ organizationId, conversationId }) =>
      counts.get(`${organizationId}/${conversationId}`) ?? 0)
  }
}

/** Changes of a conversation that is gone are none. */
const noQuestion = { get: async (_: Stored<'id'> | string) => undefined }
