import {
  agentDirectory, type OpenFloorParts, OpenFloorStore,
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
import { checkScheduledRun } from './schedule-work.js'
import { type Actor, type Scope } from './scope.js'
import { type SecretStore } from './secrets/index.js'
import { SettingsStore } from './settings/index.js'
import { type SharedParts } from './shared-parts.js'
import { StreamStore } from './streams/index.js'
import { type Tables } from './tables.js'
import { forgetTuning, TuningStore } from './tuning/index.js'
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
  const { transaction } = work
  const { clock, ids } = parts
  const { scope, database, witness } = placeOf(parts, work)
  const { actor } = scope
  const workflows = once(() => new WorkflowStore(database.as(), scope, {
    clock, ids,
    onDeleted: (deleting, id) => forgetTuning(deleting.as(), scope.organizationId, id),
  }))
  const itemParts: ItemParts = { works: parts.itemWorks, transaction: transaction?.as() }
  const own = once(() => openFloorStores(parts, work))
  const sealer = once(() => parts.secretWorks.fields(actor, transaction?.as()))
  return lazily<OrganizationStores>({
    conversations: () => own().conversations,
    agents: () => own().agents,
    queues: () => own().queues,
    floors: () => own().floors,
    messages: () => new MessageStore(parts.messageLog, scope, transaction?.as()),
    contexts: () => contextsOf(parts, work),
    participants: () => new ParticipantStore(database.as(), scope, parts),
    schedules: () => new ScheduleStore(database.as(), scope, {
      clock, ids, witness, check: (settings) => checkScheduledRun(workflows(), settings),
    }),
    serviceTokens: () => new ServiceTokenStore(database.as(), scope, parts),
    members: () => new MemberStore(database.as(), scope, parts),
    invitations: () => new InvitationStore(database.as(), scope, parts),
    locks: () => new LockStore(database.as(), scope, {
      room: parts.waitingRoom, ids, inTransaction: transaction !== undefined, witness,
    }),
    audit: () => new AuditLog(database.as(), scope, parts.auditParts),
    secrets: () => parts.secretWorks.store(scope, 'organization', transaction?.as()),
    ownSecrets: () => parts.secretWorks.store(scope, 'user', transaction?.as()),
    settings: () => new SettingsStore(database.as(), scope, {
      clock, ids, rules: parts.settingsRules, sealer: sealer(),
    }),
    streams: () => new StreamStore(parts.streamLog, scope, transaction?.as()),
    states: () => new AgentStateStore(scope, {
      log: parts.agentStateLog, conversations: own().conversations,
      transaction: transaction?.as(),
    }),
    attachments: () => new AttachmentStore(parts.attachmentWorks, scope, transaction?.as()),
    webhooks: () => new WebhookStore(database.as(), scope, {
      clock, ids, witness, sealer: sealer(),
      hasWorkflow: (workflow) => workflows().has(workflow),
    }),
    tuning: () => new TuningStore(database.as(), scope, {
      clock, ids, workflowIdOf: async (workflow) => (await workflows().get(workflow)).id,
      hold: (recording, workflowId) =>
        new WorkflowStore(recording.as(), scope, { clock, ids }).hold(workflowId),
    }),
    usage: () => new UsageStore(parts.usageLog, scope, transaction?.as()),
    workflows,
    runs: () => new RunStore(parts.runLog, scope, transaction?.as()),
    checkpoints: () => new CheckpointStore(parts.checkpointLog, scope, transaction?.as()),
    items: () => new ItemStore(scope, itemParts),
    cache: () => new CacheStore(scope, itemParts),
    openFloor: () => new OpenFloorStore(own(), openFloorParts(parts, work)),
  })
}

/** Makes a value when it is asked for the first time. */
function once<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined
  return () => (made ??= { value: make() }).value
}

/** Values by name, each made when it is asked for: a call uses one or two of all the stores. */
function lazily<T extends object>(makers: { readonly [K in keyof T]: () => T[K] }): T {
  const made = new Map<PropertyKey, unknown>()
  return new Proxy(makers, {
    get(_, name) {
      if (made.has(name)) return made.get(name)
      if (!Object.hasOwn(makers, name)) return undefined
      const value = makers[name as keyof T]()
      made.set(name, value)
      return value
    },
  }) as unknown as T
}

/** One that is begun again under the same id must not be taken for the one that is gone. */
async function forgetContexts(
  contexts: ContextStore, deleting: Pick<Database<never>, 'isInTransaction' | 'afterCommit'>,
  conversationId: string,
): Promise<void> {
  const forgotten = () => contexts.forget(conversationId).catch(() => undefined)
  if (!deleting.isInTransaction) return forgotten()
  deleting.afterCommit(() => void forgotten())
}

/** For whom stores are, and the rows that they may see. */
function placeOf(parts: SharedParts, { id, actor, database: whole, transaction }: StoreWork) {
  const organizationId = id === 'default' ? defaultOrganizationId : id
  const scope: Scope = { organizationId, actor }
  // Whatever a store asks, the database answers with rows of this organization only.
  const database = (transaction ?? whole).within([organizationId])
  return { scope, database, witness: new Recorder(scope, parts) }
}

function contextsOf(parts: SharedParts, work: StoreWork): ContextStore {
  return new ContextStore(placeOf(parts, work).scope, {
    log: parts.messageLog, cache: parts.coordination.cache, transaction: work.transaction?.as(),
  })
}

/** The stores that envelopes need, by themselves: each transaction of theirs has its own. */
function openFloorStores(parts: SharedParts, work: StoreWork) {
  const { scope, database, witness } = placeOf(parts, work)
  const { clock, ids } = parts
  const { transaction } = work
  const { organizationId } = scope
  const conversations = new ConversationStore(database.as(), scope, {
    clock, ids, log: parts.messageLog, inTransaction: transaction !== undefined,
    onDeleting: async (deleting, conversationId) => {
      const letGo = await parts.attachmentWorks.ofConversation(
        deleting.as(), { organizationId, conversationId })
      return async () => {
        letGo()
        await forgetContexts(contextsOf(parts, work), deleting, conversationId)
      }
    },
    // What is cached may be of one that had its id before: a file tells nothing of its changes.
    onImported: (conversationId) => contextsOf(parts, work).forget(conversationId),
  })
  const agents = new AgentStore(scope, {
    works: parts.agentWorks, witness, transaction: transaction?.as(),
  })
  return {
    conversations, agents,
    messages: new MessageStore(parts.messageLog, scope, transaction?.as()),
    queues: new QueueStore(parts.jobs, scope, { witness, transaction: transaction?.as() }),
    floors: new FloorStore(scope, {
      works: parts.floorWorks, conversations, transaction: transaction?.as(),
    }),
    envelopes: new EnvelopeStore(database.as(), scope, parts),
    deliveries: new DeliveryStore(database.as(), scope, parts),
    directory: agentDirectory(agents),
  }
}

/** What the Open Floor adapter needs to work in an organization. */
export function openFloorParts(parts: SharedParts, work: StoreWork): OpenFloorParts {
  const { clock, ids, openFloor: settings } = parts
  const { database, transaction: outer = database } = work
  return {
    clock, ids, settings,
    stores: () => openFloorStores(parts, work),
    transaction: (inside) => outer.transaction((transaction) =>
      inside(openFloorStores(parts, { ...work, transaction })), { repeatable: true }),
  }
}
