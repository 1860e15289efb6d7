import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import {
  AgentStateChanges, AgentStateLog, AgentStateStore,
} from './agent-states/index.js'
import { AttachmentStore, AttachmentWorks } from './attachments/index.js'
import {
  AuditLog, type AuditParts, auditParts, recordAudit, Recorder, Sealer, type SealerOptions,
} from './audit/index.js'
import { type Clock, systemClock } from './clock.js'
import {
  ContextStore, ConversationStore, type IndexerOptions, MessageIndexer, MessageLog, MessageStore,
  ParticipantStore,
} from './conversations/index.js'
import { connectCoordination } from './coordination/connect.js'
import { type Coordinator } from './coordination/coordination.js'
import { addressOf } from './database/address.js'
import { connect } from './database/connect.js'
import { Database, type TransactionOptions } from './database/database.js'
import { type Backend } from './database/engine.js'
import { Migrator } from './database/migrate.js'
import { migrations } from './database/migrations/index.js'
import { IdempotencyStore, type IdempotencyTables } from './idempotency/index.js'
import {
  Authenticator, type CredentialListener, defaultOrganizationId, ensureDefaultOrganization,
  IdentityStore, InvitationStore, type LoginLimits, loginLimitsOf, MemberStore, OrganizationRates,
  OrganizationStore, ServiceTokenStore, type SessionTimes, sessionTimesOf, TokenUsage,
} from './identity/index.js'
import { type IdGenerator, UuidV7Generator } from './ids.js'
import { type PersonalData } from './lifecycle/personal-data/index.js'
import { LockStore, WaitingRoom } from './locks/index.js'
import { type HoldfastOptions } from './options.js'
import { personalDataOf } from './personal-data.js'
import { ProcessRegistry } from './processes/index.js'
import {
  JobLog, QueueStore, QueueWorker, Scheduler, type SchedulerOptions, ScheduleStore,
  type WorkerOptions, workerSettings, WorkerSource,
} from './queues/index.js'
import { type Actor, programActor } from './scope.js'
import {
  passingRootKey, type SealedColumn, SecretStore, type SecretTables, SecretWorks,
} from './secrets/index.js'
import { SettingsRules, SettingsStore } from './settings/index.js'
import { StreamLog, StreamStore } from './streams/index.js'
import { type Tables } from './tables.js'

export { type HoldfastOptions } from './options.js'

/** Where other domains keep what `SecretWorks.fields` sealed; rotations look there too. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'settings', key: 'owner_id', column: 'sealed' },
]

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
}

/**
 * Opens the database, brings its schema up to date, and hands out stores. A Redis that cannot be
 * reached is no failure: `coordination.health()` says so, and it is used as soon as it can be.
 */
export async function openHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const url = options.database ?? 'memory:'
  const backend = await connect(url, options)
  try {
    const passing = addressOf(url).kind === 'process' ? passingRootKey() : undefined
    return await Holdfast.on(backend, { ...options, rootKey: options.rootKey ?? passing })
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** An open Holdfast: one database, one composition of every domain. */
export class Holdfast {
  readonly backend: Backend
  readonly coordination: Coordinator
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly sessionTimes: SessionTimes
  readonly loginLimits: LoginLimits
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly authenticator: Authenticator
  readonly organizationRates: OrganizationRates
  readonly tokenUsage: TokenUsage
  readonly migrator: Migrator
  /** What the system's own workers claim from, in all organizations. */
  readonly jobs: JobLog
  readonly processes: ProcessRegistry
  /** Keys over secrets: their rotation, their retirement, and what seals with them. */
  readonly secretWorks: SecretWorks
  /** What streams of all organizations share; sweeps those that are over. */
  readonly streamLog: StreamLog
  /** What attachments of all organizations share; sweeps what is over. */
  readonly attachmentWorks: AttachmentWorks
  readonly #database: Database<Tables>
  readonly #messageLog: MessageLog
  readonly #agentStateLog: AgentStateLog
  readonly #waitingRoom: WaitingRoom
  readonly #auditParts: AuditParts
  readonly #settingsRules: SettingsRules
  readonly #workers = new Set<{ close(): Promise<void> }>()

  private constructor(backend: Backend, coordination: Coordinator, options: HoldfastOptions) {
    this.backend = backend
    this.coordination = coordination
    this.clock = options.clock ?? systemClock
    this.ids = options.ids ?? new UuidV7Generator({ clock: this.clock })
    // Stores of one organization narrow it; what is left sees all, for the reason given there.
    this.#database = Database.over<Tables>(backend).within('all')
    this.sessionTimes = sessionTimesOf(options.sessionTimes)
    this.loginLimits = loginLimitsOf(options.loginLimits)
    this.#settingsRules = new SettingsRules(options.settings)
    this.identity = new IdentityStore(this.#database.as(), this)
    this.organizations = new OrganizationStore(this.#database.as(), this)
    this.authenticator = new Authenticator(this.#database.as(), this, coordination.signals)
    this.organizationRates = new OrganizationRates(this.#database.as(), {
      clock: this.clock, ids: this.ids, cache: coordination.cache,
    })
    this.tokenUsage = new TokenUsage(this.#database.as(), this)
    this.processes = new ProcessRegistry(this.#database.as(), {
      ids: this.ids, coordination: coordination.name,
    })
    this.migrator = new Migrator(backend, { migrations, clock: this.clock })
    this.#agentStateLog = new AgentStateLog(this.#database.as(), {
      clock: this.clock, ids: this.ids, signals: coordination.signals,
      options: options.agentStates,
    })
    this.#messageLog = new MessageLog(this.#database.as(), {
      clock: this.clock, ids: this.ids, signals: coordination.signals,
      waitingTimeoutMs: options.acquireTimeoutMs,
      states: new AgentStateChanges(this.#agentStateLog),
      backgroundIndexing: options.backgroundIndexing,
    })
    this.jobs = new JobLog(this.#database.as(), {
      ids: this.ids, wakeUps: coordination.wakeUps, waitingTimeoutMs: options.acquireTimeoutMs,
    })
    this.secretWorks = new SecretWorks(this.#database.as(), {
      clock: this.clock, ids: this.ids, limiter: coordination.limiter, columns: sealedColumns,
    }, { ...options.secrets, rootKey: options.rootKey })
    this.streamLog = new StreamLog(this.#database.as(), {
      ids: this.ids, signals: coordination.signals,
      bytesMax: options.streamBytesMax, waitingTimeoutMs: options.acquireTimeoutMs,
      onDeleted: (database, { path, ...scope }) => recordAudit(database.as(), this, {
        ...scope, record: { action: 'stream.deleted', resourceKind: 'stream', resourceId: path },
      }),
    })
    this.attachmentWorks =
      new AttachmentWorks(this.#database.as(), this, options.attachments)
    this.#waitingRoom = new WaitingRoom(this.#database.as(), {
      signals: coordination.signals, ids: this.ids,
    })
    this.#auditParts = auditParts(this.#database.as(), this, options.auditKey)
  }

  /** Composes Holdfast over a backend that is open already. */
  static async on(backend: Backend, options: HoldfastOptions = {}): Promise<Holdfast> {
    const coordination = await connectCoordination(options)
    try {
      const holdfast = new Holdfast(backend, coordination, options)
      // With the wrong root key nothing is touched, not even the schema.
      await holdfast.secretWorks.roots.verify()
      if (options.migrate ?? true) await holdfast.migrator.up()
      else await holdfast.migrator.check()
      await holdfast.secretWorks.roots.found()
      await ensureDefaultOrganization(holdfast.#database.as(), holdfast)
      await holdfast.authenticator.open()
      return holdfast
    } catch (error) {
      await coordination.close()
      throw error
    }
  }

  /** The whole database, of all organizations, for tools that work on every table. */
  get database(): Database<Tables> {
    return this.#database
  }

  /**
   * The stores of an organization, by id, or of the one called `default`. Nothing is asked of the
   * database yet; a wrong id finds no rows.
   */
  organization(id: string = defaultOrganizationId, actor: Actor = programActor) {
    return this.#stores(id, actor)
  }

  /** Hears of every change of what credentials are good for. */
  get credentials(): CredentialListener {
    return this.authenticator
  }

  /** Erasing and exporting everything of one person, in all organizations. */
  personalData(actor: Actor = programActor): PersonalData {
    return personalDataOf(this, actor)
  }

  /** Keys and results of mutating calls. */
  get idempotency(): IdempotencyStore {
    return new IdempotencyStore(this.#database.as(), this)
  }

  /**
   * The fingerprint of a call whose input may hold a secret, made with the organization's key; a
   * plain one where no root key is configured, since no secret comes in then.
   */
  async fingerprintOf(organizationId: string, text: string) {
    const { keyring, isReady } = this.secretWorks
    if (!isReady) return { fingerprint: createHash('sha256').update(text).digest('hex') }
    const database = this.#database.as<SecretTables>()
    return {
      fingerprint: await keyring.print(database, organizationId, text),
      // On the transaction that asks: it may hold the only connection.
      isSame: (print: string, asking: Database<IdempotencyTables>) =>
        keyring.isPrintOf(asking.as(), organizationId, { print, text }),
    }
  }

  /** Runs `work` with stores that share one transaction: all of it happens, or nothing. */
  async transaction<R>(
    work: (transaction: HoldfastTransaction) => Promise<R>,
    options: TransactionOptions = {},
  ): Promise<R> {
    return this.#database.transaction(
      (database) =>
        work({
          database,
          identity: new IdentityStore(database.as(), this),
          organizations: new OrganizationStore(database.as(), this),
          idempotency: new IdempotencyStore(database.as(), this),
          organization: (id = defaultOrganizationId, actor = programActor) =>
            this.#stores(id, actor, database),
        }),
      options,
    )
  }

  /**
   * A worker for the jobs of queues, of all organizations or of one; `start` begins. Throws
   * InvalidInput.
   */
  worker(options: WorkerOptions<HoldfastTransaction>): QueueWorker<HoldfastTransaction> {
    const settings = workerSettings(options, `${hostname()}:${process.pid}`)
    const source = new WorkerSource<HoldfastTransaction>({
      log: this.jobs,
      queuesOf: (organizationId) => this.organization(organizationId).queues,
      inTransaction: (organizationId, work) => this.transaction((transaction) =>
        work(transaction.organization(organizationId).queues, transaction)),
    }, settings)
    return this.#closing(new QueueWorker(source, settings))
  }

  /** Fires the schedules of all organizations and sweeps the queues; `start` begins. */
  scheduler(options: SchedulerOptions = {}): Scheduler {
    const scheduler = new Scheduler({
      database: this.#database.as(),
      clock: options.clock ?? this.clock,
      enqueue: (transaction, { organizationId, queue }, jobs) => {
        const scope = { organizationId, actor: programActor }
        const witness = new Recorder(scope, this)
        const store = new QueueStore(this.jobs, scope, { witness, transaction: transaction.as() })
        return store.enqueueMany(queue, jobs)
      },
      sweep: () => this.jobs.sweep(),
    }, options)
    return this.#closing(scheduler)
  }

  /** Public keys of the audit log: the one that signs, then those still trusted. */
  get auditPublicKeys(): readonly string[] {
    return this.#auditParts.keys.publicKeys
  }

  /** Whose audit logs have entries, after sealing them all. */
  async auditedOrganizations(): Promise<string[]> {
    await this.#auditParts.sealing.seal()
    return this.#auditParts.sealing.organizations()
  }

  /** Seals the audit logs of all organizations; `start` begins. */
  sealer(options: SealerOptions = {}): Sealer {
    return this.#closing(new Sealer(this.#auditParts, options))
  }

  /**
   * Looks through all conversations for messages that search has not indexed yet: those from before
   * there was search, and what other processes left; `start` begins.
   */
  indexer(options: IndexerOptions = {}): MessageIndexer {
    return this.#closing(new MessageIndexer(this.#messageLog, options))
  }

  /**
   * Closes workers and schedulers, finishes the appends and statements already handed in, then
   * closes every connection.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((each) => each.close()))
    await this.#waitingRoom.close()
    this.streamLog.live.close()
    this.#messageLog.live.close()
    await this.#messageLog.idle()
    await this.#messageLog.indexing.close()
    await this.streamLog.idle()
    await this.#agentStateLog.idle()
    await this.attachmentWorks.idle()
    await this.jobs.idle()
    await this.tokenUsage.close()
    this.secretWorks.keyring.close()
    await this.authenticator.idle()
    this.#messageLog.events.close()
    // Hints first: what still runs may tell others until the end, and wait for nobody after it.
    await this.coordination.close()
    await this.backend.close()
  }

  /** What is closed with Holdfast, unless it was closed before. */
  #closing<W extends { close(): Promise<void> }>(worker: W): W {
    this.#workers.add(worker)
    return worker
  }

  #stores(id: string, actor: Actor, transaction?: Database<Tables>): OrganizationStores {
    const organizationId = id === 'default' ? defaultOrganizationId : id
    const scope = { organizationId, actor }
    // Whatever a store asks, the database answers with rows of this organization only.
    const database = (transaction ?? this.#database).within([organizationId])
    const witness = new Recorder(scope, this)
    const conversations = new ConversationStore(database.as(), scope, {
      clock: this.clock, ids: this.ids, log: this.#messageLog,
      inTransaction: transaction !== undefined,
      onDeleting: (deleting, conversationId) => this.attachmentWorks.ofConversation(
        deleting.as(), { organizationId, conversationId }),
    })
    return {
      conversations,
      messages: new MessageStore(this.#messageLog, scope, transaction?.as()),
      contexts: new ContextStore(scope, {
        log: this.#messageLog, cache: this.coordination.cache, transaction: transaction?.as(),
      }),
      participants: new ParticipantStore(database.as(), scope, this),
      queues: new QueueStore(this.jobs, scope, { witness, transaction: transaction?.as() }),
      schedules: new ScheduleStore(database.as(), scope, {
        clock: this.clock, ids: this.ids, witness,
      }),
      serviceTokens: new ServiceTokenStore(database.as(), scope, this),
      members: new MemberStore(database.as(), scope, this),
      invitations: new InvitationStore(database.as(), scope, this),
      locks: new LockStore(database.as(), scope, {
        room: this.#waitingRoom, ids: this.ids, inTransaction: transaction !== undefined,
        witness,
      }),
      audit: new AuditLog(database.as(), scope, this.#auditParts),
      secrets: this.secretWorks.store(scope, 'organization', transaction?.as()),
      ownSecrets: this.secretWorks.store(scope, 'user', transaction?.as()),
      settings: new SettingsStore(database.as(), scope, {
        clock: this.clock, ids: this.ids, rules: this.#settingsRules,
        sealer: this.secretWorks.fields(actor),
      }),
      streams: new StreamStore(this.streamLog, scope, transaction?.as()),
      states: new AgentStateStore(scope, {
        log: this.#agentStateLog, conversations, transaction: transaction?.as(),
      }),
      attachments: new AttachmentStore(this.attachmentWorks, scope, transaction?.as()),
    }
  }
}

/** What a transaction hands out. */
export interface HoldfastTransaction {
  /** The transaction itself, for statements on tables of your own; it reaches all organizations. */
  readonly database: Database<Tables>
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly idempotency: IdempotencyStore
  organization(id?: string, actor?: Actor): OrganizationStores
}
