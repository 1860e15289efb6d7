import {
  chatkitAttachments, chatkitThreads, type ChatKitTables,
} from './adapters/chatkit/index.js'
import { agentRegistries, agents, type AgentTables, agentTerms } from './agents/index.js'
import {
  agentStateCounters, agentStateRevisions, agentStates, type AgentStateTables,
} from './agent-states/index.js'
import {
  attachmentBlobs, attachmentChunks, attachmentContents, attachments, type AttachmentTables,
} from './attachments/index.js'
import {
  auditChains, auditEvents, auditHeads, type AuditTables, auditTombstones,
} from './audit/index.js'
import {
  checkpointChunks, checkpointHeads, checkpointKeys, checkpointPolicies, checkpoints,
  type CheckpointTables, checkpointThreads, checkpointWrites,
} from './checkpoints/index.js'
import {
  conversationParticipants, conversations, conversationSummaries, type ConversationTables,
  messageBranches, messages, messageTerms, searchDirty, searchHorizon,
  searchProgress,
} from './conversations/index.js'
import { type Table } from './database/table.js'
import {
  envelopeConversants, envelopeConversations, envelopeDeliveries, envelopes, type EnvelopeTables,
} from './envelopes/index.js'
import {
  floorAgents, floorEvents, floors, type FloorTables,
} from './floor/index.js'
import { idempotencyKeys, type IdempotencyTables } from './idempotency/index.js'
import {
  defaultOrganizations, type IdentityTables, invitations, loginAttempts, loginSessions,
  organizationMemberships, organizations, personalOrganizations, serviceTokens, users,
} from './identity/index.js'
import { cacheEntries, items, type ItemTables } from './items/index.js'
import { locks, type LockTables, lockWaiters } from './locks/index.js'
import { processes, type ProcessTables } from './processes/index.js'
import {
  jobKeys, jobs, queues, type QueueTables, schedules, type ScheduleTables,
} from './queues/index.js'
import {
  keyRotations, organizationKeys, rootKeys, secrets, type SecretTables, secretVersions,
} from './secrets/index.js'
import { settings, type SettingsTables } from './settings/index.js'
import {
  streamChunks, streamProducers, streams, type StreamTables,
} from './streams/index.js'
import { webhookDeliveries, webhooks, type WebhookTables } from './webhooks/index.js'
import {
  tuningCheckpoints, tuningMetrics, type TuningTables, tuningWorkflows,
} from './tuning/index.js'
import {
  usageEvents, usageLatencies, usagePending, usageRollups, type UsageTables,
} from './usage/index.js'
import {
  type RunTables, workflowRuns, workflowRunTags, workflows, workflowSteps, workflowVersions,
} from './workflows/index.js'

/** Every table of every domain. */
export interface Tables
  extends IdentityTables, IdempotencyTables, ConversationTables, LockTables, QueueTables,
    ScheduleTables, ProcessTables, AuditTables, SecretTables, SettingsTables, StreamTables,
    AgentStateTables, ChatKitTables, AttachmentTables, RunTables, UsageTables, TuningTables,
    WebhookTables, FloorTables, CheckpointTables, ItemTables, AgentTables, EnvelopeTables {}

/** The declared tables, parents before children. */
export const tables = [
  organizations,
  users,
  organizationMemberships,
  personalOrganizations,
  defaultOrganizations,
  invitations,
  loginSessions,
  loginAttempts,
  serviceTokens,
  idempotencyKeys,
  conversations,
  messageBranches,
  messages,
  conversationSummaries,
  conversationParticipants,
  searchProgress,
  searchDirty,
  searchHorizon,
  messageTerms,
  agentStateCounters,
  agentStates,
  agentStateRevisions,
  queues,
  jobKeys,
  jobs,
  schedules,
  locks,
  lockWaiters,
  processes,
  auditEvents,
  auditChains,
  auditHeads,
  auditTombstones,
  rootKeys,
  organizationKeys,
  secrets,
  secretVersions,
  keyRotations,
  settings,
  streams,
  streamChunks,
  streamProducers,
  chatkitThreads,
  chatkitAttachments,
  attachmentBlobs,
  attachmentContents,
  attachments,
  attachmentChunks,
  webhooks,
  webhookDeliveries,
  usageEvents,
  usagePending,
  usageRollups,
  usageLatencies,
  tuningWorkflows,
  tuningCheckpoints,
  tuningMetrics,
  workflows,
  workflowVersions,
  workflowRuns,
  workflowRunTags,
  workflowSteps,
  floors,
  floorAgents,
  floorEvents,
  agentRegistries,
  agents,
  agentTerms,
  envelopeConversations,
  envelopeConversants,
  envelopes,
  envelopeDeliveries,
  checkpointPolicies,
  checkpointKeys,
  checkpointThreads,
  checkpointHeads,
  checkpoints,
  checkpointWrites,
  checkpointChunks,
  items,
  cacheEntries,
] as unknown as readonly Table[]
