import { type Migration } from '../migrate.js'
import { identity } from './0001_identity.js'
import { idempotency } from './0002_idempotency.js'
import { conversations } from './0003_conversations.js'
import { locks } from './0004_locks.js'
import { queues } from './0005_queues.js'
import { schedules } from './0006_schedules.js'
import { processes } from './0007_processes.js'
import { audit } from './0008_audit.js'
import { streams } from './0016_streams.js'

/** The history of the schema, oldest first. */
export const migrations: readonly Migration[] = [
  identity, idempotency, conversations, locks, queues, schedules, processes, audit,
  streams,
]
