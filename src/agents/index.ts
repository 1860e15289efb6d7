export { AgentLimitReached, AgentNotFound } from './errors.js'
export { type AgentSearch, type FoundAgent } from './discovery.js'
export { type Heartbeat } from './heartbeats.js'
export {
  type AgentIdentification, type AssistantManifest, type ManifestCapability, type ManifestFault,
  manifestFaults, type StandardManifest, standardManifest, type SupportedLayers,
} from './manifest.js'
export { presentAgent } from './presented.js'
export { type AgentRegistration } from './rules.js'
export { type AgentListing, AgentStore } from './store.js'
export { AgentSweeper } from './sweeper.js'
export {
  type Agent, type AgentMetadata, agentRegistries, agents, agentStatuses, type AgentStatus,
  type AgentTables, agentTerms,
} from './tables.js'
export { type AgentGone, type AgentOptions, AgentWorks, type OnAgentGone } from './works.js'
