import { type OpenFloorContext, openFloorRoutes } from '../adapters/open-floor/http.js'
import { type AgentContext, agentRoutes } from '../agents/http.js'
import { type AgentStateContext, agentStateRoutes } from '../agent-states/http.js'
import {
  type AttachmentContext, attachmentRoutes, rawAttachmentRoutes,
} from '../attachments/http.js'
import { type AuditContext, auditRoutes, rawAuditRoutes } from '../audit/http.js'
import { type CheckpointContext, checkpointRoutes } from '../checkpoints/http.js'
import {
  type ContextContext, contextRoutes, type ConversationContext, conversationRoutes,
  type EventContext, eventRoutes, type MessageContext, messageRoutes, type ParticipantContext,
  participantRoutes, rawEventRoutes, searchRoutes, transferRoutes,
} from '../conversations/http.js'
import {
  type FloorContext, type FloorEventContext, floorRoutes, rawFloorRoutes,
} from '../floor/http.js'
import { type RawRoute } from '../http/raw.js'
import { type Route } from '../http/route.js'
import { identityRoutes } from '../identity/http.js'
import { type IdentityContext } from '../identity/index.js'
import { type ItemContext, itemRoutes } from '../items/http.js'
import {
  type PersonalDataContext, personalDataRoutes, rawPersonalDataRoutes,
} from '../lifecycle/personal-data/http.js'
import { type LockContext, lockRoutes } from '../locks/http.js'
import {
  jobRoutes, type QueueContext, queueRoutes, type ScheduleContext, scheduleRoutes,
} from '../queues/http.js'
import { type SecretContext, secretRoutes } from '../secrets/http.js'
import { type SettingsContext, settingsRoutes } from '../settings/http.js'
import { rawStreamRoutes, type StreamContext, streamRoutes } from '../streams/http.js'
import { type TuningContext, tuningRoutes } from '../tuning/http.js'
import { type UsageContext, usageRoutes } from '../usage/http.js'
import {
  rawWebhookRoutes, type WebhookContext, type WebhookReceiverContext, webhookRoutes,
} from '../webhooks/http.js'
import {
  rawRunRoutes, type RunContextOfRoutes, type RunEventContext, runRoutes, stepRoutes,
  type WorkflowContext, workflowRoutes, workflowVersionRoutes,
} from '../workflows/http.js'
import { type FinishContext, finishRoute } from './finish-route.js'

/** Everything the handlers of all domains need together. */
export interface ServerContext
  extends IdentityContext,
    ConversationContext,
    ContextContext,
    MessageContext,
    ParticipantContext,
    EventContext,
    AgentStateContext,
    LockContext,
    QueueContext,
    ScheduleContext,
    SecretContext,
    SettingsContext,
    AuditContext,
    StreamContext,
    FinishContext,
    AttachmentContext,
    UsageContext,
    TuningContext,
    PersonalDataContext,
    WebhookContext,
    WebhookReceiverContext,
    WorkflowContext,
    RunContextOfRoutes,
    RunEventContext,
    FloorContext,
    FloorEventContext,
    OpenFloorContext,
    AgentContext,
    ItemContext,
    CheckpointContext {}

/** Every endpoint under /v1. */
export const routes: readonly Route<ServerContext>[] = [
  ...identityRoutes,
  ...conversationRoutes,
  ...contextRoutes,
  ...messageRoutes,
  ...searchRoutes,
  ...participantRoutes,
  ...eventRoutes,
  ...agentStateRoutes,
  ...lockRoutes,
  ...queueRoutes,
  ...jobRoutes,
  ...scheduleRoutes,
  ...secretRoutes,
  ...settingsRoutes,
  ...auditRoutes,
  ...streamRoutes,
  finishRoute,
  ...attachmentRoutes,
  ...usageRoutes,
  ...tuningRoutes,
  ...floorRoutes,
  ...openFloorRoutes,
  ...agentRoutes,
  ...itemRoutes,
  ...checkpointRoutes,
  ...personalDataRoutes,
  ...webhookRoutes,
  ...workflowRoutes,
  ...workflowVersionRoutes,
  ...runRoutes,
  ...stepRoutes,
]

/** Every endpoint under /v1 that speaks bytes. */
export const rawRoutes: readonly RawRoute<ServerContext>[] = [
  ...rawStreamRoutes,
  ...transferRoutes,
  ...rawEventRoutes,
  ...rawAuditRoutes,
  ...rawAttachmentRoutes,
  ...rawFloorRoutes,
  ...rawPersonalDataRoutes,
  ...rawWebhookRoutes,
  ...rawRunRoutes,
]
