import { auditEvents, type AuditTables } from './audit/index.js'
import { conversations, type ConversationTables, messages } from './conversations/index.js'
import { type Table } from './database/table.js'
import { idempotencyKeys, type IdempotencyTables } from './idempotency/index.js'
import {
  type IdentityTables, loginSessions, organizationMemberships, organizations, serviceTokens, users,
} from './identity/index.js'
import { locks, type LockTables, lockWaiters } from './locks/index.js'
import { processes, type ProcessTables } from './processes/index.js'
import {
  jobKeys, jobs, queues, type QueueTables, schedules, type ScheduleTables,
} from './queues/index.js'
import {
  streamChunks, streamProducers, streams, type StreamTables,
} from './streams/index.js'

/** Every table of every domain. */
export interface Tables
  extends IdentityTables, IdempotencyTables, ConversationTables, LockTables, QueueTables,
    ScheduleTables, ProcessTables, AuditTables, StreamTables {}

/** The declared tables, parents before children. */
export const tables = [
  organizations,
  users,
  organizationMemberships,
  loginSessions,
  serviceTokens,
  idempotencyKeys,
  conversations,
  messages,
  queues,
  jobKeys,
  jobs,
  schedules,
  locks,
  lockWaiters,
  processes,
  auditEvents,
  streams,
  streamChunks,
  streamProducers,
] as unknown as readonly Table[]
