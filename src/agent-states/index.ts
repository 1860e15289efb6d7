export { AgentStateExists, AgentStateLimitReached, AgentStateNotFound } from './errors.js'
export { type AgentStateOptions } from './rules.js'
export {
  AgentStateLog, type AgentStateSource, agentStatesTopic, type StatesOf,
} from './state-log.js'
export { AgentStateChanges } from './state-changes.js'
export {
  type AgentStateChange, type AgentStateName, type AgentStatePut, AgentStateStore, type Conversing,
} from './store.js'
export {
  type AgentState, agentStateCounters, type AgentStateEntry, type AgentStateRevision,
  type AgentStateRevisionEntry, agentStateRevisions, agentStates, type AgentStateTables,
} from './tables.js'
