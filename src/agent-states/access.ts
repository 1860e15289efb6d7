import { type RawBuilder, sql } from 'kysely'
import { type Clock, instantOf, millisecondsOf } from '../clock.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { agentStates, type AgentState, type AgentStateTables } from './tables.js'

/** Accesses of one state are written at most this often. */
export const accessIntervalMs = 60_000

/** States whose access is on its way at most; beyond it, one is written with a later read. */
const touchingMax = 10_000

const kinds = {
  organization_id: 'id', conversation_id: 'id', name: 'text', accessed_at: 'instant',
} as const
type Touch = BatchRow<typeof kinds>

const { columns } = agentStates

/**
 * Writes when states were read last: of each at most once a minute, many in one statement. Nobody
 * who reads waits for it, and what cannot be written is written with a later read.
 */
export class StateAccess {
  readonly #clock: Clock
  readonly #writer: CoalescingWriter<Touch, void>
  readonly #touching = new Set<string>()

  constructor(database: Database<AgentStateTables>, { clock }: { readonly clock: Clock }) {
    this.#clock = clock
    const { engine } = database
    const statement = prepareBatch(database.as<never>(), {
      name: 'agent_states_touch', kinds, build: (rows) => touchStatement(engine, rows),
    })
    this.#writer = new CoalescingWriter<Touch, void>({
      write: async (touches) => {
        const reach = touches.map((touch) => String(touch.organization_id))
        await database.within(reach).execute(statement(touches))
        return touches.map(() => ({ value: undefined }))
      },
      orderKey: nameOf,
      weigh: () => 200,
      lanes: 1,
    })
  }

  /** Notes that a state was read, if the last time noted is long enough ago. */
  note({ organizationId, conversationId, name, lastAccessedAt }: AgentState): void {
    const nowMs = this.#clock.now()
    if (nowMs - millisecondsOf(lastAccessedAt) < accessIntervalMs) return
    const touch: Touch = {
      organization_id: columns.organizationId.encode(organizationId),
      conversation_id: columns.conversationId.encode(conversationId),
      name: columns.name.encode(name),
      accessed_at: columns.lastAccessedAt.encode(instantOf(nowMs)),
    }
    const state = nameOf(touch)
    if (this.#touching.has(state) || this.#touching.size >= touchingMax) return
    this.#touching.add(state)
    void this.#writer.append(touch)
      .catch(() => undefined)
      .finally(() => this.#touching.delete(state))
  }

  /** Resolves when nothing is on its way. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }
}

const nameOf = (touch: Touch) =>
  `${touch.organization_id} ${touch.conversation_id} ${touch.name}`

/** A state that is being changed is left alone: the change says when it was used. */
const touchStatement = ({ skipLocked }: Engine, rows: RawBuilder<unknown>) => sql`
  with given as materialized (select * from ${rows} as r),
  free as materialized (
    select s.organization_id, s.conversation_id, s.name from agent_states s
    where (s.organization_id, s.conversation_id, s.name) in
      (select organization_id, conversation_id, name from given)
    ${skipLocked})
  update agent_states set last_accessed_at = g.accessed_at
  from given g
  join free f on f.organization_id = g.organization_id
    and f.conversation_id = g.conversation_id and f.name = g.name
  where agent_states.organization_id = g.organization_id
    and agent_states.conversation_id = g.conversation_id and agent_states.name = g.name
    and agent_states.last_accessed_at < g.accessed_at`
