import { id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'
import { type AssistantManifest } from './manifest.js'

/** What an agent says of itself beside its manifest. */
export type AgentMetadata = { [key: string]: JsonValue }

/** One row for each organization that ever had an agent; it counts them. */
export const agentRegistries = table(
  'agent_registries',
  {
    organizationId: id(),
    agentCount: integer(),
  },
  { primaryKey: ['organizationId'] },
)

/** An agent that is known to an organization. */
export const agents = table(
  'agents',
  {
    organizationId: id(),
    /** What it is called, in every conversation. */
    speakerUri: text(),
    /** Where its envelopes go; null for one that nothing is sent to. */
    serviceUrl: text().orNull(),
    /** As it was given; null without one. */
    manifest: json<AssistantManifest | null>(),
    /** Names of what it can do that no manifest tells: `text_generation`, `web_search`, … */
    capabilities: json<string[]>(),
    metadata: json<AgentMetadata>(),
    /** How long it counts as online after a sign of life; null for ever. */
    ttlMs: integer().orNull(),
    /** Rises with each change of the above. */
    revision: integer(),
    registeredAt: instant(),
    updatedAt: instant(),
    /** The last sign of life that was written; later ones may not have been. */
    heartbeatAt: instant(),
    /** From then on it is stale, whatever the row says. */
    expiresAt: instant().orNull(),
    /** The end that was told to those who want to know; null while it is online, or until then. */
    staleAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'speakerUri'] },
)

/** A term by which an agent is found. */
export const agentTerms = table(
  'agent_terms',
  {
    organizationId: id(),
    speakerUri: text(),
    /** Which of its manifest's capabilities, from 1 on; 0 for what holds of the whole agent. */
    capability: integer(),
    kind: text(),
    term: text(),
  },
  { primaryKey: ['organizationId', 'speakerUri', 'capability', 'kind', 'term'] },
)

/** An agent as stores return it. */
export type Agent = Omit<Row<typeof agents>, 'organizationId' | 'ttlMs' | 'staleAt'> & {
  /** How long it counts as online after a sign of life; null for ever. */
  readonly ttlSeconds: number | null
  /** On the database's clock, when it was read. */
  readonly status: AgentStatus
}

/** Whether an agent showed signs of life within its time. */
export const agentStatuses = ['online', 'stale'] as const

/** `online`, or `stale` once its time is over. */
export type AgentStatus = (typeof agentStatuses)[number]

/** The tables of agents, for `Database`. */
export interface AgentTables {
  agent_registries: StoredRow<typeof agentRegistries>
  agents: StoredRow<typeof agents>
  agent_terms: StoredRow<typeof agentTerms>
}
