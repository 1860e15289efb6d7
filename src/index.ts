/** @module The library: `openHoldfast` and everything its stores take, return and throw. */
import { type HoldfastTransaction } from './holdfast.js'
import type * as Queues from './queues/index.js'
import type * as Workflows from './workflows/index.js'

export {
  type AgentAnalysis, type ConversationAnalysis, InvalidEnvelope, type OpenFloorOptions,
  OpenFloorStore, OutboundRefused, type Receipt, type ReceiveOptions,
} from './adapters/open-floor/index.js'
export {
  type AgentState, type AgentStateChange, type AgentStateEntry, AgentStateExists,
  AgentStateLimitReached, type AgentStateName, AgentStateNotFound, type AgentStateOptions,
  type AgentStatePut, type AgentStateRevision, type AgentStateRevisionEntry, agentStatesTopic,
  AgentStateStore, type StatesOf,
} from './agent-states/index.js'
export {
  type Agent, type AgentGone, type AgentIdentification, AgentLimitReached, type AgentListing,
  type AgentMetadata, AgentNotFound, type AgentOptions, type AgentRegistration, type AgentSearch,
  type AgentStatus, AgentStore, AgentSweeper, AgentWorks,
  type AssistantManifest, type FoundAgent, type Heartbeat, type ManifestCapability,
  type ManifestFault, manifestFaults, type StandardManifest, standardManifest,
  type SupportedLayers,
} from './agents/index.js'
export {
  type Attachment, AttachmentCompleted, type AttachmentContent, AttachmentIncomplete,
  type AttachmentListing, AttachmentMismatch, AttachmentNotFound, type AttachmentOptions,
  AttachmentPlaceNotFound, AttachmentStore, AttachmentTooLarge, AttachmentUnavailable,
  type BlobKey, type BlobStorage, type ByteRange, DirectoryStorage, type NewAttachment,
  RangeNotSatisfiable, type S3Options, S3Storage,
} from './attachments/index.js'
export * from './checkpoints/index.js'
export { type Clock, type Instant, systemClock } from './clock.js'
export * from './conversations/index.js'
export { type CoordinationOptions, CoordinationUnavailable } from './coordination/connect.js'
export * from './coordination/coordination.js'
export { type RedisOptions } from './coordination/redis-connection.js'
export { type ConnectOptions } from './database/connect.js'
export { type TransactionOptions } from './database/database.js'
export {
  Busy, ConstraintViolation, DatabaseFailure, DatabaseMoved, ForeignKeyViolation,
  ReadOnlyDatabase,
  SchemaMismatch, StatementTimeout, StorageFull, TransactionConflict, Unavailable,
  UniqueViolation, ValueRefused,
} from './database/failures.js'
export { type JsonInput, type JsonValue, jsonDepthMax } from './database/json.js'
export { MigrationUnknown, TransferUnfinished } from './database/migrate.js'
export { InvalidCursor, type Page, type PageRequest } from './database/page.js'
export { textLengthMax } from './database/values.js'
export {
  HoldfastError, InvalidConfiguration, InvalidInput, InvalidValue, RevisionConflict,
} from './errors.js'
export {
  finishAsMessage, type FinishedStream, type FinishStores, StreamFinished,
} from './finish.js'
export {
  Holdfast, type HoldfastOptions, type HoldfastTransaction, openHoldfast, type OrganizationStores,
} from './holdfast.js'
export { IdempotencyKeyReused } from './idempotency/index.js'
export * from './identity/index.js'
export {
  type Delivery, DeliveryNotFound, type DeliveryState, type KeptEnvelope, type NumberedListing,
} from './envelopes/index.js'
export * from './floor/index.js'
export { type IdGenerator, UuidV7Generator } from './ids.js'
export {
  ArchiveConflict, type ArchiveFile, type ArchiveManifest, type ArchiveOptions,
  type ArchiveProgress, Archives, type ArchiveScope, InvalidArchive,
} from './lifecycle/archive/index.js'
export * from './lifecycle/backup/index.js'
export {
  type ImportCount, type ImportOptions, type ImportProgress, type ImportRemark, type ImportReport,
  Imports, type ImportUnmapped, type OpenHandsImportOptions, type OrcheoImportOptions,
} from './lifecycle/import/index.js'
export {
  type ErasureOptions, type ErasureReport, PersonalData, type PersonalLine,
} from './lifecycle/personal-data/index.js'
export * from './lifecycle/transfer/index.js'
export {
  AnswerTooLarge, type CachedValue, CacheStore, type CacheTransport, type ClearNamespaces,
  type Item, type ItemChange, type ItemCondition, ItemExists, type ItemName, ItemNotFound,
  type ItemOperator, ItemStore, type ItemTransport, type ListNamespaces, type Namespace,
  type PutCached, type PutItem, type PutItemOptions, type ReadItems, type SearchItems,
} from './items/index.js'
export {
  type AcquireOptions, Lock, type LockHold, LockLimitReached, type LockListing, LockLost,
  LockNotAcquired, LockNotFound, type LockOptions, type LockState, LockStore,
} from './locks/index.js'
export * from './queues/index.js'
export { type RunnerOptions } from './runner.js'
export { type Actor } from './scope.js'
export { backupsOf } from './backups.js'
export { transferOf } from './transfer.js'
export {
  givenRootKeys, type KeyReport, type KeyRotation, newRootKey, type NewSecret, type OldKey,
  type RevealedSecret, RevealNotRecorded, type RevealRate, type RootKeyFile, RootKeyMismatch,
  RootKeyMissing, type RootKeyOption, type RootKeyProvider, RootKeyUnavailable,
  type RotationOptions, type RotationSum, type Secret, type SecretChanges, SecretExpired,
  SecretKeyExhausted, SecretKeyInUse, SecretKeyRetired, SecretLimitReached, SecretNameTaken,
  SecretNotFound, type SecretOptions, type SecretOwner, SecretOwnerRequired, SecretStore,
  SecretUnreadable, type SecretVersion, type VaultOptions, VaultRootKey,
} from './secrets/index.js'
export {
  type EffectiveSettings, PersonRequired, type SealBinding, type SealedFields, SealingUnavailable,
  type Settings, type SettingsChange, type SettingsDocument, type SettingsOptions,
  type SettingsOwner, SettingsStore,
} from './settings/index.js'
export {
  type AppendResult, ClosedAt, FencedBy, ForkSourceGone, GapBefore, type MessageName,
  type NewStream, ProducerFenced, ProducerGap, type ProducerStep, type Stream, type StreamAppend,
  StreamClosed, type StreamContent, type StreamData, StreamExists, StreamFull, StreamGone,
  type StreamListing, StreamNotFound, type StreamPart, type StreamReading, StreamSequenceConflict,
  StreamStore, StreamTypeMismatch, type StreamWaiting,
} from './streams/index.js'
export {
  type NewWebhook, type Webhook, type WebhookAuthentication, type WebhookCall,
  type WebhookChanges, WebhookMethodRefused, WebhookNameTaken, WebhookNotFound, type WebhookRate,
  type WebhookReceipt, WebhookReceiver, WebhookSecretUnavailable, WebhookStore,
  WebhookUnauthenticated,
} from './webhooks/index.js'
export {
  type NewTuningCheckpoint, type TuningCheckpoint, type TuningCheckpointName,
  TuningCheckpointNotFound, type TuningListing, type TuningObject, TuningStore,
} from './tuning/index.js'
export {
  type NewUsageEvent, type RecordedUsage, type RecordOptions, type UsageData, type UsageDimension,
  type UsageEvent, UsageEventConflict, type UsageGroup, UsageKeeper, type UsageKeeperEvent,
  type UsageKeeperOptions, type UsageLatency, type UsageListing, type UsageMetric,
  type UsageQuestion, UsageStore, type UsageSummaryQuestion, type UsageTopQuestion,
} from './usage/index.js'
export * from './workflows/index.js'

/** Does the work of a job: what a worker calls for one of its queues. */
export type JobHandler<Transaction = HoldfastTransaction> = Queues.JobHandler<Transaction>

/** What a handler of jobs is called with. */
export type JobContext<Transaction = HoldfastTransaction> = Queues.JobContext<Transaction>

/** Does the work of a run: what a runner calls for one of its workflows. */
export type RunHandler<Transaction = HoldfastTransaction> = Workflows.RunHandler<Transaction>

/** A handler for each workflow. */
export type RunHandlers<Transaction = HoldfastTransaction> = Workflows.RunHandlers<Transaction>

/** What a handler of runs is called with. */
export type RunContext<Transaction = HoldfastTransaction> = Workflows.RunContext<Transaction>
