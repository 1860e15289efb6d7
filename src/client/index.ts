/** @module A typed client of the HTTP API, over fetch alone, for Node and browsers. */
export { type Agents } from './agents.js'
export { type Audit } from './audit.js'
export {
  type ChannelDifference, type CheckpointDraft, type CheckpointFinding, type CheckpointKey,
  type CheckpointPruning, type CheckpointQuery, type Checkpoints, type JsonObject,
  type KeepingPolicy, type KeptCheckpoint, type TaskWrite, type TaskWrites, type Thread,
  type TypedBytes,
} from './checkpoints.js'
export { Client, type ClientOptions, createClient } from './client.js'
export { type ConversationEvent, type EventOptions } from './events.js'
export {
  type ConversationQuery, type Conversations, type ImportedConversation, type MessageName,
  type Messages, type ParticipantName, type Participants,
} from './conversations.js'
export { type ClientErrorCode, type FieldFault, HoldfastClientError } from './errors.js'
export { type Envelopes } from './envelopes.js'
export { type FloorFollowing, type Floors, type ToldFloorEvent } from './floors.js'
export { type Organizations, type ServiceTokens, type Sessions } from './identity.js'
export {
  type Cache, type CachedDraft, type CachedValue, type Clearing, type ItemChange,
  type ItemCondition, type ItemDraft, type ItemName, type ItemPutOptions, type ItemReading,
  type Items, type ItemSearch, type ListPage, type MemoryItem, type Namespace, type NamespaceQuery,
  type PageQuery,
} from './items.js'
export { type JsonInput, type JsonValue } from './json.js'
export { type LockedWork, type LockProof, type Locks } from './locks.js'
export {
  type Body, type CallOptions, type OperationId, type PutOptions, type Query,
  type RequestOptions, type Result, type UpdateOptions, type WriteOptions,
} from './operation.js'
export { type Invitations, type Members, type Users } from './people.js'
export { type JobAttempt, type JobFailure, type Queues } from './queues.js'
export { type Schedules } from './schedules.js'
export type * from './schema.js'
export { type Secrets } from './secrets.js'
export { type OrganizationSettings, type OwnSettings } from './settings.js'
export { type AgentStateName, type AgentStates } from './states.js'
export {
  type StreamAppendOptions, type StreamDraft, type StreamPiece, type StreamQuery, type StreamRow,
  type Streams, type StreamState, type StreamWriter,
} from './streams.js'
export { type Fetch } from './transport.js'
export { type Tuning, type TuningCheckpointName, type TuningQuery } from './tuning.js'
export { type Usage } from './usage.js'
export { type Webhooks } from './webhooks.js'
export {
  type RunFollowing, type Runs, type ToldRunEvent, type Workflows,
} from './workflows.js'
