import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type Agent, type AgentHeartbeat, type AgentPage, type AgentRegistration, type AgentSearch,
  type FoundAgent, type FoundAgentPage,
} from './schema.js'

/** The agents an organization knows, by their speaker URIs. */
export class Agents {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Makes an agent known, or replaces what is known of it; a sign of life as well. */
  register(
    speakerUri: string, body: AgentRegistration = {}, options: UpdateOptions = {},
  ): Promise<Agent> {
    return this.#request('registerAgent', { path: pathOf(speakerUri), body, ...options })
  }

  /** One agent, online or not; fails with `agent_not_found`. */
  get(speakerUri: string, options: CallOptions = {}): Promise<Agent> {
    return this.#request('getAgent', { path: pathOf(speakerUri), ...options })
  }

  /** One page of agents by their names; at most 200. */
  list(query: Query<'listAgents'> = {}, options: CallOptions = {}): Promise<AgentPage> {
    return this.#request('listAgents', { query, ...options })
  }

  /** Every agent by its name, page by page as it is asked for. */
  each(
    query: Query<'listAgents'> = {}, options: CallOptions = {},
  ): AsyncGenerator<Agent, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** One page of the agents that are online and meet a search, the best first. */
  discover(search: AgentSearch = {}, options: CallOptions = {}): Promise<FoundAgentPage> {
    return this.#request('discoverAgents', { body: search, ...options })
  }

  /** Every such agent, page by page as it is asked for. */
  eachFound(
    search: AgentSearch = {}, options: CallOptions = {},
  ): AsyncGenerator<FoundAgent, void, undefined> {
    return eachOf((cursor) => this.discover({ ...search, ...cursor }, options))
  }

  /** A sign of life; fails with `agent_not_found`. */
  heartbeat(speakerUri: string, options: CallOptions = {}): Promise<AgentHeartbeat> {
    return this.#request('beatAgent', { path: pathOf(speakerUri), ...options })
  }

  /** Takes an agent out: it leaves all conversations. Fails with `agent_not_found`. */
  deregister(speakerUri: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deregisterAgent', { path: pathOf(speakerUri), ...options })
  }
}

const pathOf = (speakerUri: string) => ({ speaker_uri: speakerUri })
