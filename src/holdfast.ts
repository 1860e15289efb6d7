import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { openFloorConcurrency, openFloorHandlers } from './adapters/open-floor/index.js'
import { AgentSweeper, type AgentWorks } from './agents/index.js'
import { archivesOf } from './archives.js'
import { type AttachmentWorks } from './attachments/index.js'
import { Recorder, Sealer, type SealerOptions } from './audit/index.js'
import { type CheckpointLog } from './checkpoints/index.js'
import { type SweeperOptions } from './background.js'
import { type Clock, systemClock } from './clock.js'
import { type IndexerOptions, MessageIndexer } from './conversations/index.js'
import { connectCoordination } from './coordination/connect.js'
import { type Coordinator } from './coordination/coordination.js'
import { addressOf } from './database/address.js'
import { connect } from './database/connect.js'
import { Database, type TransactionOptions } from './database/database.js'
import { toldAtOpening } from './database/failures.js'
import { type Backend } from './database/engine.js'
import { Migrator } from './database/migrate.js'
import { migrations } from './database/migrations/index.js'
import { IdempotencyStore, type IdempotencyTables } from './idempotency/index.js'
import {
  Authenticator, type CredentialListener, defaultOrganizationId, ensureDefaultOrganization,
  IdentityStore, type LoginLimits, loginLimitsOf, OrganizationRates, OrganizationStore,
  type SessionTimes, sessionTimesOf, TokenUsage,
} from './identity/index.js'
import { FloorSweeper, type FloorWorks } from './floor/index.js'
import { type IdGenerator, UuidV7Generator } from './ids.js'
import { importsOf } from './imports.js'
import { type ItemWorks } from './items/index.js'
import { type Archives } from './lifecycle/archive/index.js'
import { type Imports } from './lifecycle/import/index.js'
import { type PersonalData } from './lifecycle/personal-data/index.js'
import { checkOptions, type HoldfastOptions } from './options.js'
import {
  openFloorParts, organizationStores, type OrganizationStores,
} from './organization-stores.js'
import { personalDataOf } from './personal-data.js'
import { ProcessRegistry } from './processes/index.js'
import {
  type JobLog, QueueStore, QueueWorker, Scheduler, type SchedulerOptions, type WorkerOptions,
  workerSettings, WorkerSource,
} from './queues/index.js'
import { type Actor, programActor } from './scope.js'
import { passingRootKey, type SecretTables, type SecretWorks } from './secrets/index.js'
import { closeParts, type SharedParts, sharedParts } from './shared-parts.js'
import { type StreamLog } from './streams/index.js'
import { type RunnerOptions, runnerSettings } from './runner.js'
import { type Tables } from './tables.js'
import { type WebhookReceiver } from './webhooks/index.js'
import { UsageKeeper, type UsageKeeperOptions } from './usage/index.js'
import { RunKeeper, type RunKeeperOptions } from './workflows/index.js'

export { type OrganizationStores } from './organization-stores.js'
export { sealedColumns } from './shared-parts.js'
export { type HoldfastOptions } from './options.js'

/**
 * Opens the database, brings its schema up to date, and hands out stores. A Redis that cannot be
 * reached is no failure: `coordination.health()` says so, and it is used as soon as it can be.
 * Throws InvalidConfiguration for options that cannot be meant so, and Unavailable with the reason
 * where no database can be opened.
 */
export async function openHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  checkOptions(options)
  try {
    return await opened(options)
  } catch (error) {
    throw toldAtOpening(error)
  }
}

async function opened(options: HoldfastOptions): Promise<Holdfast> {
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
  /** Takes calls from outside for the webhooks of all organizations. */
  readonly webhookReceiver: WebhookReceiver
  /** What the floors of all organizations share; hears of agents that have gone. */
  readonly floorWorks: FloorWorks
  /** What the agents of all organizations share. */
  readonly agentWorks: AgentWorks
  /** What checkpoints of all organizations share; prunes by their policies. */
  readonly checkpointLog: CheckpointLog
  /** What memory and results of all organizations share; sweeps what is over. */
  readonly itemWorks: ItemWorks
  readonly #database: Database<Tables>
  readonly #shared: SharedParts
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
    this.#shared = sharedParts(this.#database, this, options)
    this.jobs = this.#shared.jobs
    this.secretWorks = this.#shared.secretWorks
    this.streamLog = this.#shared.streamLog
    this.attachmentWorks = this.#shared.attachmentWorks
    this.webhookReceiver = this.#shared.webhookReceiver
    this.floorWorks = this.#shared.floorWorks
    this.agentWorks = this.#shared.agentWorks
    this.checkpointLog = this.#shared.checkpointLog
    this.itemWorks = this.#shared.itemWorks
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

  /** Imports from other applications into one organization, by id, or the one called `default`. */
  imports(organizationId: string = defaultOrganizationId, actor: Actor = programActor): Imports {
    return importsOf(this, { organizationId, actor })
  }

  /** Archives of everything, of an organization, of a conversation. */
  archives(actor: Actor = programActor): Archives {
    return archivesOf(this, actor)
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
   * A worker for runs of workflows that wait in queues; `start` begins. All workers of a queue must
   * know all workflows whose runs wait there. Throws InvalidInput.
   */
  runner(options: RunnerOptions): QueueWorker<HoldfastTransaction> {
    return this.worker(runnerSettings(this, options))
  }

  /**
   * A worker for the jobs of queues, of all organizations or of one; `start` begins. Throws
   * InvalidInput.
   */
  worker(options: WorkerOptions<HoldfastTransaction>): QueueWorker<HoldfastTransaction> {
    const settings = workerSettings(options, `${hostname()}:${process.pid}`)
    const source = new WorkerSource<HoldfastTransaction>({
      log: this.jobs,
      sweep: () => this.#sweep(),
      queuesOf: (organizationId) => this.organization(organizationId).queues,
      inTransaction: (organizationId, work) => this.transaction((transaction) =>
        work(transaction.organization(organizationId).queues, transaction)),
    }, settings)
    return this.#closing(new QueueWorker(source, settings))
  }

  /**
   * A worker that routes envelopes of the Open Floor Protocol and brings them to agents, of all
   * organizations; `start` begins. Throws InvalidInput.
   */
  openFloorWorker(
    options: Omit<WorkerOptions<HoldfastTransaction>, 'queues'> = {},
  ): QueueWorker<HoldfastTransaction> {
    const queues = openFloorHandlers((id) => openFloorParts(this.#shared, {
      id, actor: programActor, database: this.#database,
    }))
    return this.worker({ concurrency: openFloorConcurrency, ...options, queues })
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
      sweep: () => this.#sweep(),
    }, options)
    return this.#closing(scheduler)
  }

  /** Public keys of the audit log: the one that signs, then those still trusted. */
  get auditPublicKeys(): readonly string[] {
    return this.#shared.auditParts.keys.publicKeys
  }

  /** Whose audit logs have entries, after sealing them all. */
  async auditedOrganizations(): Promise<string[]> {
    await this.#shared.auditParts.sealing.seal()
    return this.#shared.auditParts.sealing.organizations()
  }

  /** Seals the audit logs of all organizations; `start` begins. */
  sealer(options: SealerOptions = {}): Sealer {
    return this.#closing(new Sealer(this.#shared.auditParts, options))
  }

  /**
   * Looks through all conversations for messages that search has not indexed yet: those from before
   * there was search, and what other processes left; `start` begins.
   */
  indexer(options: IndexerOptions = {}): MessageIndexer {
    return this.#closing(new MessageIndexer(this.#shared.messageLog, options))
  }

  /** Takes the words of conversations that are gone out of the index of search at once. */
  discardWords(): Promise<void> {
    return this.#shared.messageLog.indexing.takeOut()
  }

  /**
   * Frees the floors of agents that are stale, on time, in all organizations; `start` begins.
   */
  agentSweeper(options: SweeperOptions = {}): AgentSweeper {
    return this.#closing(new AgentSweeper(this.agentWorks, options))
  }

  /** Ends holds of floors on time, in all organizations; `start` begins. */
  floorSweeper(options: SweeperOptions = {}): FloorSweeper {
    return this.#closing(new FloorSweeper(this.floorWorks, options))
  }

  /**
   * Rolls up usage that other processes left, and deletes events past their retention; `start`
   * begins. Throws InvalidInput.
   */
  usageKeeper(options: UsageKeeperOptions = {}): UsageKeeper {
    return this.#closing(new UsageKeeper(this.#shared.usageLog, options))
  }

  /**
   * Deletes finished runs of workflows past their retention; `start` begins. Throws InvalidInput.
   */
  runKeeper(options: RunKeeperOptions = {}): RunKeeper {
    return this.#closing(new RunKeeper(this.#shared.runLog, options))
  }

  /**
   * Closes workers and schedulers, finishes the appends and statements already handed in, then
   * closes every connection.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((each) => each.close()))
    await closeParts(this.#shared, async () => {
      await this.tokenUsage.close()
      this.secretWorks.keyring.close()
      await this.authenticator.idle()
    })
    await this.backend.close()
  }

  /** What is closed with Holdfast, unless it was closed before. */
  #closing<W extends { close(): Promise<void> }>(worker: W): W {
    this.#workers.add(worker)
    const close = worker.close.bind(worker)
    // Forgotten once it has ended, with what it holds.
    worker.close = async () => {
      await close()
      this.#workers.delete(worker)
    }
    return worker
  }

  /** Jobs first: a run whose job has died is over, too. */
  async #sweep(): Promise<void> {
    await this.jobs.sweep()
    await this.#shared.runSweep.pass()
  }

  #stores(id: string, actor: Actor, transaction?: Database<Tables>): OrganizationStores {
    return organizationStores(this.#shared, { id, actor, database: this.#database, transaction })
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
