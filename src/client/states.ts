import {
  type CallOptions, type PutOptions, type Query, type Request, type UpdateOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type AgentState, type AgentStateEntry, type AgentStatePage, type AgentStatePatch,
  type AgentStateRevision, type AgentStateRevisionPage, type NewAgentState,
} from './schema.js'

/** Which state is meant: a state itself will do. */
export type AgentStateName = Pick<AgentState, 'conversation_id' | 'name'>

/** Named JSON documents of conversations: `graph_state`, `tool_state`, … */
export class AgentStates {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** The state with its document; fails with `agent_state_not_found`. */
  get(name: AgentStateName, options: CallOptions = {}): Promise<AgentState> {
    return this.#request('getAgentState', { path: pathOf(name), ...options })
  }

  /** One page of a conversation's states by name, without documents; at most 200 rows. */
  list(
    conversationId: string,
    query: Query<'listAgentStates'> = {},
    options: CallOptions = {},
  ): Promise<AgentStatePage> {
    const path = { conversation_id: conversationId }
    return this.#request('listAgentStates', { path, query, ...options })
  }

  /** Every state of a conversation by name, page by page as it is asked for. */
  each(
    conversationId: string,
    query: Query<'listAgentStates'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<AgentStateEntry, void, undefined> {
    return eachOf((cursor) => this.list(conversationId, { ...query, ...cursor }, options))
  }

  /** Creates the state or replaces its document; `ifAbsent` only creates. */
  put(
    name: AgentStateName,
    state: NewAgentState,
    options: PutOptions = {},
  ): Promise<AgentState> {
    return this.#request('putAgentState', { path: pathOf(name), body: state, ...options })
  }

  /** Merges a patch (RFC 7396) into the document; patches at the same time all stand. */
  patch(
    name: AgentStateName,
    patch: AgentStatePatch,
    options: UpdateOptions = {},
  ): Promise<AgentState> {
    return this.#request('patchAgentState', { path: pathOf(name), body: patch, ...options })
  }

  /** Deletes the state and its revisions. */
  delete(name: AgentStateName, options: UpdateOptions = {}): Promise<void> {
    return this.#request('deleteAgentState', { path: pathOf(name), ...options })
  }

  /** One page of the revisions that are kept, newest first, without documents. */
  listRevisions(
    name: AgentStateName,
    query: Query<'listAgentStateRevisions'> = {},
    options: CallOptions = {},
  ): Promise<AgentStateRevisionPage> {
    return this.#request('listAgentStateRevisions', { path: pathOf(name), query, ...options })
  }

  /** One revision with its document, while it is kept. */
  getRevision(
    name: AgentStateName,
    revision: number,
    options: CallOptions = {},
  ): Promise<AgentStateRevision> {
    const path = { ...pathOf(name), revision }
    return this.#request('getAgentStateRevision', { path, ...options })
  }
}

function pathOf({ conversation_id, name }: AgentStateName) {
  return { conversation_id, state: name }
}
