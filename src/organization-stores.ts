import { AgentStateStore } from './agent-states/index.js'
import { AttachmentStore } from './attachments/index.js'
import { AuditLog, Recorder } from './audit/index.js'
import { CheckpointStore } from './checkpoints/index.js'
import {
  ContextStore, ConversationStore, MessageStore, ParticipantStore,
} from './conversations/index.js'
import { type Database } from './database/database.js'
import {
  defaultOrganizationId, InvitationStore, MemberStore, ServiceTokenStore,
} from './identity/index.js'
import { CacheStore, type ItemParts, ItemStore } from './items/index.js'
import { LockStore } from './locks/index.js'
import { QueueStore, ScheduleStore } from './queues/index.js'
import { type Actor } from './scope.js'
import { type SecretStore } from './secrets/index.js'
import { SettingsStore } from './settings/index.js'
import { type SharedParts } from './shared-parts.js'
import { StreamStore } from './streams/index.js'
import { type Tables } from './tables.js'

/** The stores of one organization, in the name of one actor. */
export interface OrganizationStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  /** Recent messages and running summaries. */
  readonly contexts: ContextStore
  readonly participants: ParticipantStore
  readonly queues: QueueStore
  readonly schedules: ScheduleStore
  readonly serviceTokens: ServiceTokenStore
  readonly members: MemberStore
  readonly invitations: InvitationStore
  readonly locks: LockStore
  readonly audit: AuditLog
  /** The organization's. */
  readonly secrets: SecretStore
  /** The acting person's own. */
  readonly ownSecrets: SecretStore
  readonly settings: SettingsStore
  readonly streams: StreamStore
  /** Named documents of conversations: `graph_state`, `tool_state`, … */
  readonly states: AgentStateStore
  readonly attachments: AttachmentStore
  /** Checkpoints of agents' graphs, in threads. */
  readonly checkpoints: CheckpointStore
  /** Long-term memory: JSON values by namespace and key. */
  readonly items: ItemStore
  /** Results of work that need not be done again. */
  readonly cache: CacheStore
}

/** For whom stores are, and where they work. */
export interface StoreWork {
  /** The organization's id, or `default`. */
  readonly id: string
  readonly actor: Actor
  readonly database: Database<Tables>
  /** Everything the stores do happens inside it. */
  readonly transaction?: Database<Tables> | undefined
}

/** The stores of an organization; in a transaction, when one is handed in. */
export function organizationStores(
  parts: SharedParts, { id, actor, database: whole, transaction }: StoreWork,
): OrganizationStores {
  const organizationId = id === 'default' ? defaultOrganizationId : id
  const { clock, ids } = parts
  const scope = { organizationId, actor }
  // Whatever a store asks, the database answers with rows of this organization only.
  const database = (transaction ?? whole).within([organizationId])
  const witness = new Recorder(scope, parts)
  const itemParts: ItemParts = { works: parts.itemWorks, transaction: transaction?.as() }
  const conversations = new ConversationStore(database.as(), scope, {
    clock, ids, log: parts.messageLog, inTransaction: transaction !== undefined,
    onDeleting: (deleting, conversationId) => parts.attachmentWorks.ofConversation(
      deleting.as(), { organizationId, conversationId }),
  })
  return {
    conversations,
    messages: new MessageStore(parts.messageLog, scope, transaction?.as()),
    contexts: new ContextStore(scope, {
      log: parts.messageLog, cache: parts.coordination.cache, transaction: transaction?.as(),
    }),
    participants: new ParticipantStore(database.as(), scope, parts),
    queues: new QueueStore(parts.jobs, scope, { witness, transaction: transaction?.as() }),
    schedules: new ScheduleStore(database.as(), scope, { clock, ids, witness }),
    serviceTokens: new ServiceTokenStore(database.as(), scope, parts),
    members: new MemberStore(database.as(), scope, parts),
    invitations: new InvitationStore(database.as(), scope, parts),
    locks: new LockStore(database.as(), scope, {
      room: parts.waitingRoom, ids, inTransaction: transaction !== undefined, witness,
    }),
    audit: new AuditLog(database.as(), scope, parts.auditParts),
    secrets: parts.secretWorks.store(scope, 'organization', transaction?.as()),
    ownSecrets: parts.secretWorks.store(scope, 'user', transaction?.as()),
    settings: new SettingsStore(database.as(), scope, {
      clock, ids, rules: parts.settingsRules, sealer: parts.secretWorks.fields(actor),
    }),
    streams: new StreamStore(parts.streamLog, scope, transaction?.as()),
    states: new AgentStateStore(scope, {
      log: parts.agentStateLog, conversations, transaction: transaction?.as(),
    }),
    attachments: new AttachmentStore(parts.attachmentWorks, scope, transaction?.as()),
    checkpoints: new CheckpointStore(parts.checkpointLog, scope, transaction?.as()),
    items: new ItemStore(scope, itemParts),
    cache: new CacheStore(scope, itemParts),
  }
}
