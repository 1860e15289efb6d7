import { type Migration } from '../migrate.js'
import { identity } from './0001_identity.js'
import { idempotency } from './0002_idempotency.js'
import { conversations } from './0003_conversations.js'
import { locks } from './0004_locks.js'
import { queues } from './0005_queues.js'
import { schedules } from './0006_schedules.js'
import { processes } from './0007_processes.js'
import { audit } from './0008_audit.js'
import { users } from './0009_users.js'
import { organizations } from './0010_organizations.js'
import { settings } from './0011_settings.js'
import { secrets } from './0012_secrets.js'
import { rowLevelSecurity } from './0013_row_level_security.js'
import { messageTree } from './0015_message_tree.js'
import { streams } from './0016_streams.js'
import { auditRetention } from './0017_audit_retention.js'
import { agentStates } from './0018_agent_states.js'
import { participants } from './0019_participants.js'
import { conversationChanges } from './0022_conversation_changes.js'
import { adapters } from './0023_adapters.js'
import { streamOwners } from './0024_stream_owners.js'
import { attachments } from './0025_attachments.js'
import { search } from './0026_search.js'
import { lookups } from './0027_lookups.js'
import { checkpoints } from './0028_checkpoints.js'
import { items } from './0030_items.js'
import { workflows } from './0032_workflows.js'
import { workflowRuns } from './0033_workflow_runs.js'
import { usage } from './0035_usage.js'
import { tuning } from './0036_tuning.js'
import { floor } from './0037_floor.js'
import { webhooks } from './0039_webhooks.js'
import { agents } from './0040_agents.js'
import { envelopes } from './0041_envelopes.js'
import { webhookWorkflows } from './0044_webhook_workflows.js'
import { waitingDeliveries } from './0045_waiting_deliveries.js'
import { checkpointSources } from './0046_checkpoint_sources.js'
import { scheduleBounds } from './0048_schedule_bounds.js'
import { runWaiting } from './0049_run_waiting.js'
import { runDurations } from './0050_run_durations.js'
import { runsByHand } from './0052_runs_by_hand.js'
import { archivedApart } from './0053_archived_apart.js'
import { leavingWords } from './0054_leaving_words.js'
import { runRetention } from './0055_run_retention.js'

/** The history of the schema, oldest first. */
export const migrations: readonly Migration[] = [
  identity, idempotency, conversations, locks, queues, schedules, processes, audit,
  users, organizations, settings, secrets, rowLevelSecurity, messageTree, streams,
  auditRetention, agentStates, participants, conversationChanges, adapters, streamOwners,
  attachments, search, lookups, checkpoints, items, workflows, workflowRuns, usage, tuning,
  floor, webhooks, agents, envelopes, webhookWorkflows, waitingDeliveries,
  checkpointSources, scheduleBounds, runWaiting, runDurations, runsByHand, archivedApart,
  leavingWords, runRetention,
]
