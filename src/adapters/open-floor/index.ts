/** @module Envelopes of the Open Floor Protocol on Holdfast. */
export { AllowedTargets } from './addresses.js'
export { agentDirectory } from './directory.js'
export { InvalidEnvelope, OutboundRefused } from './errors.js'
export { type OpenFloorOptions, openFloorSettings, type OpenFloorSettings } from './settings.js'
export { type AgentAnalysis, type ConversationAnalysis } from './analysis.js'
export { OpenFloorStore, type Receipt, type ReceiveOptions } from './store.js'
export {
  type AgentDirectory, type KnownAgent, type OpenFloorParts, openFloorQueues,
  type OpenFloorStores,
} from './stores.js'
export { openFloorConcurrency, openFloorHandlers } from './worker.js'
