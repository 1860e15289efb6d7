import {
  type AttachmentContext, attachmentRoutes, rawAttachmentRoutes,
} from '../attachments/index.js'
import { type AuditContext, auditRoutes } from '../audit/index.js'
import {
  type ConversationContext, conversationRoutes, type MessageContext, messageRoutes, searchRoutes,
} from '../conversations/index.js'
import { type RawRoute } from '../http/raw.js'
import { type Route } from '../http/route.js'
import { type IdentityContext, identityRoutes } from '../identity/index.js'
import { type LockContext, lockRoutes } from '../locks/index.js'
import {
  jobRoutes, type QueueContext, queueRoutes, type ScheduleContext, scheduleRoutes,
} from '../queues/index.js'
import { type SecretContext, secretRoutes } from '../secrets/index.js'
import { type SettingsContext, settingsRoutes } from '../settings/index.js'
import { rawStreamRoutes, type StreamContext, streamRoutes } from '../streams/index.js'
import { type FinishContext, finishRoute } from './finish-route.js'

/** Everything the handlers of all domains need together. */
export interface ServerContext
  extends IdentityContext, ConversationContext, MessageContext, LockContext, QueueContext,
    ScheduleContext, SecretContext, SettingsContext, AuditContext, StreamContext,
    FinishContext, AttachmentContext {}

/** Every endpoint under /v1. */
export const routes: readonly Route<ServerContext>[] = [
  ...identityRoutes, ...conversationRoutes, ...messageRoutes, ...searchRoutes,
  ...lockRoutes, ...queueRoutes,
  ...jobRoutes, ...scheduleRoutes, ...secretRoutes, ...settingsRoutes,
  ...auditRoutes, ...streamRoutes, finishRoute, ...attachmentRoutes,
]

/** Every endpoint under /v1 that speaks bytes. */
export const rawRoutes: readonly RawRoute<ServerContext>[] =
  [...rawStreamRoutes, ...rawAttachmentRoutes]
