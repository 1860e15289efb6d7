import {
  auditChains, auditEvents, auditHeads, type AuditTables, auditTombstones,
} from './audit/index.js'
import {
  conversations, type ConversationTables, messageBranches, messages,
} from './conversations/index.js'
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

/** Every table of every domain. */
export interface Tables
  extends IdentityTables, IdempotencyTables, ConversationTables, LockTables, QueueTables,
    ScheduleTables, ProcessTables, AuditTables {}

/** The declared tables, parents before children. */
export const tables = [
  organizations,
  users,
  organizationMemberships,
  loginSessions,
  serviceTokens,
  idempotencyKeys,
  conversations,
  messageBranches,
  messages,
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
] as unknown as readonly Table[]
