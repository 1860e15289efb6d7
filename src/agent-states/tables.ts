import { id, instant, integer, json, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** The newest revision of each document; of a deleted one only its name and numbers are left. */
export const agentStates = table(
  'agent_states',
  {
    organizationId: id(),
    conversationId: id(),
    /** `graph_state`, `tool_state`, … */
    name: text(),
    /** Rises with each put and patch, and goes on after a deletion. */
    revision: integer(),
    /** The number of its last change among those of its conversation. */
    change: integer(),
    createdAt: instant(),
    /** The last change. */
    updatedAt: instant(),
    /** Written at most once a minute. */
    lastAccessedAt: instant(),
    deletedAt: instant().orNull(),
    /** Null, the JSON value, once it was deleted. */
    document: json(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'name'] },
)

/** The last revisions of each document, the newest one among them. */
export const agentStateRevisions = table(
  'agent_state_revisions',
  {
    organizationId: id(),
    conversationId: id(),
    name: text(),
    revision: integer(),
    change: integer(),
    createdAt: instant(),
    document: json(),
  },
  { primaryKey: ['organizationId', 'conversationId', 'name', 'revision'] },
)

/** Hands out the numbers of changes; who holds its row changes documents of the conversation. */
export const agentStateCounters = table(
  'agent_state_counters',
  {
    organizationId: id(),
    conversationId: id(),
    /** Changes so far; the number of the last one. */
    changeCount: integer(),
    /** Names so far, those of deleted documents included. */
    nameCount: integer(),
    /** Which write counted last: the statements behind it ask whether it was theirs. */
    lastWrite: id(),
  },
  { primaryKey: ['organizationId', 'conversationId'] },
)

/** A document as the store returns it. */
export type AgentState = Omit<Row<typeof agentStates>, 'deletedAt'>

/** A document in a list: everything but its content. */
export type AgentStateEntry = Omit<AgentState, 'document'>

/** A revision of a document. */
export type AgentStateRevision = Row<typeof agentStateRevisions>

/** A revision in a list: everything but its content. */
export type AgentStateRevisionEntry = Omit<AgentStateRevision, 'document'>

/** The tables of this domain, for `Database`. */
export interface AgentStateTables {
  agent_states: StoredRow<typeof agentStates>
  agent_state_revisions: StoredRow<typeof agentStateRevisions>
  agent_state_counters: StoredRow<typeof agentStateCounters>
}
