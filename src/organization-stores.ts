import {
  agentDirectory, type OpenFloorParts, OpenFloorStore, type OpenFloorStores,
} from './adapters/open-floor/index.js'
import { AgentStore } from './agents/index.js'
import { AgentStateStore } from './agent-states/index.js'
import { AttachmentStore } from './attachments/index.js'
import { AuditLog, Recorder } from './audit/index.js'
import { CheckpointStore } from './checkpoints/index.js'
import {
  ContextStore, ConversationStore, MessageStore, ParticipantStore,
} from './conversations/index.js'
import { type Database } from './database/database.js'
import { DeliveryStore, EnvelopeStore } from './envelopes/index.js'
import { FloorStore } from './floor/index.js'
import {
  defaultOrganizationId, InvitationStore, MemberStore, ServiceTokenStore,
} from './identity/index.js'
import { CacheStore, type ItemParts, ItemStore } from './items/index.js'
import { LockStore } from './locks/index.js'
import { QueueStore, ScheduleStore } from './queues/index.js'
import { type Actor, type Scope } from './scope.js'
import { type SecretStore } from './secrets/index.js'
import { SettingsStore } from './settings/index.js'
import { type SharedParts } from './shared-parts.js'
import { StreamStore } from './streams/index.js'
import { type Tables } from './tables.js'
import { TuningStore } from './tuning/index.js'
import { UsageStore } from './usage/index.js'
import { WebhookStore } from './webhooks/index.js'
import { RunStore, WorkflowStore } from './workflows/index.js'

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
  /** Addresses that turn calls from outside into jobs. */
  readonly webhooks: WebhookStore
  readonly usage: UsageStore
  /** What tries at tuning workflows gave. */
  readonly tuning: TuningStore
  readonly workflows: WorkflowStore
  /** Of workflows; `runs.steps` are theirs. */
  readonly runs: RunStore
  /** Who may speak in conversations, and who waits for it. */
  readonly floors: FloorStore
  /** Who is known, who is online, and who can do what. */
  readonly agents: AgentStore
  /** Envelopes of the Open Floor Protocol: taken in, looked through, sent again. */
  readonly openFloor: OpenFloorStore
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
  parts: SharedParts, work: StoreWork,
): OrganizationStores {
  const { id, actor, database: whole, transaction } = work
  const organizationId = id === 'default' ? defaultOrganizationId : id
  const { clock, ids } = parts
  const scope = { organizationId, actor }
  // Whatever a store asks, the database answers with rows of this organization only.
  const database = (transaction ?? whole).within([organizationId])
  const witness = new Recorder(scope, parts)
  const workflows = new WorkflowStore(database.as(), scope, parts)
  const itemParts: ItemParts = { works: parts.itemWorks, transaction: transaction?.as() }
  const conversations = new ConversationStore(database.as(), scope, {
    clock, ids, log: parts.messageLog, inTransaction: transaction !== undefined,
    onDeleting: (deleting, conversationId) => parts.attachmentWorks.ofConversation(
      deleting.as(), { organizationId, conversationId }),
  })
  const stores = {
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
    webhooks: new WebhookStore(database.as(), scope, {
      clock, ids, witness, sealer: parts.secretWorks.fields(actor),
      hasWorkflow: (workflow) => workflows.has(workflow),
    }),
    tuning: new TuningStore(database.as(), scope, parts),
    usage: new UsageStore(parts.usageLog, scope, transaction?.as()),
    workflows,
    runs: new RunStore(parts.runLog, scope, transaction?.as()),
    floors: new FloorStore(scope, {
      works: parts.floorWorks, conversations, transaction: transaction?.as(),
    }),
    agents: new AgentStore(scope, {
      works: parts.agentWorks, witness, transaction: transaction?.as(),
    }),
    checkpoints: new CheckpointStore(parts.checkpointLog, scope, transaction?.as()),
    items: new ItemStore(scope, itemParts),
    cache: new CacheStore(scope, itemParts),
  }
  const floorStores = openFloorStores(parts, stores, { scope, database })
  return { ...stores, openFloor: new OpenFloorStore(floorStores, openFloorParts(parts, work)) }
}

function openFloorStores(
  parts: SharedParts,
  stores: Pick<OrganizationStores, keyof OpenFloorStores & keyof OrganizationStores | 'agents'>,
  { scope, database }: { readonly scope: Scope; readonly database: Database<Tables> },
): OpenFloorStores {
  return {
    ...stores,
    envelopes: new EnvelopeStore(database.as(), scope, parts),
    deliveries: new DeliveryStore(database.as(), scope, parts),
    directory: agentDirectory(stores.agents),
  }
}

/** What the Open Floor adapter needs to work in an organization. */
export function openFloorParts(parts: SharedParts, work: StoreWork): OpenFloorParts {
  const { clock, ids, openFloor: settings } = parts
  const { id, actor, database, transaction: outer = database } = work
  const scope = { organizationId: id === 'default' ? defaultOrganizationId : id, actor }
  return {
    clock, ids, settings,
    transaction: (inside) => outer.transaction((transaction) => {
      const stores = organizationStores(parts, { id, actor, database, transaction })
      return inside(openFloorStores(parts, stores, { scope, database: transaction }))
    }, { repeatable: true }),
  }
}
