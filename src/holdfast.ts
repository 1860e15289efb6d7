import { hostname } from 'node:os'
import { recordAudit } from './audit/index.js'
import { type Clock, systemClock } from './clock.js'
import { ConversationStore, MessageLog, MessageStore } from './conversations/index.js'
import { connectCoordination, type CoordinationOptions } from './coordination/connect.js'
import { type Coordinator } from './coordination/coordination.js'
import { connect, type ConnectOptions } from './database/connect.js'
import { Database, type TransactionOptions } from './database/database.js'
import { type Backend } from './database/engine.js'
import { Migrator } from './database/migrate.js'
import { migrations } from './database/migrations/index.js'
import { IdempotencyStore } from './idempotency/index.js'
import {
  Authenticator, defaultOrganizationId, ensureDefaultOrganization, IdentityStore,
  OrganizationStore, ServiceTokenStore,
} from './identity/index.js'
import { type IdGenerator, UuidV7Generator } from './ids.js'
import { LockStore, WaitingRoom } from './locks/index.js'
import { ProcessRegistry } from './processes/index.js'
import {
  JobLog, QueueStore, QueueWorker, Scheduler, type SchedulerOptions, ScheduleStore,
  type WorkerOptions, workerSettings, WorkerSource,
} from './queues/index.js'
import { type Actor, programActor } from './scope.js'
import { StreamLog, StreamStore } from './streams/index.js'
import { type Tables } from './tables.js'

/** How to open Holdfast. The library reads no environment: everything is said here. */
export interface HoldfastOptions extends ConnectOptions, CoordinationOptions {
  /** `memory:`, `sqlite:path.db` or `postgres://…`. @default 'memory:' */
  readonly database?: string
  /** Apply pending migrations first; otherwise they make opening fail. @default true */
  readonly migrate?: boolean
  /** Bytes of a stream at most. @default 67108864 (64 MiB) */
  readonly streamBytesMax?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a UUIDv7 generator on `clock` */
  readonly ids?: IdGenerator
}

/** The stores of one organization, in the name of one actor. */
export interface OrganizationStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  readonly queues: QueueStore
  readonly schedules: ScheduleStore
  readonly serviceTokens: ServiceTokenStore
  readonly locks: LockStore
  readonly streams: StreamStore
}

/**
 * Opens the database, brings its schema up to date, and hands out stores. A Redis that cannot be
 * reached is no failure: `coordination.health()` says so, and it is used as soon as it can be.
 */
export async function openHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const backend = await connect(options.database ?? 'memory:', options)
  try {
    return await Holdfast.on(backend, options)
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
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly authenticator: Authenticator
  readonly migrator: Migrator
  /** What the system's own workers claim from, in all organizations. */
  readonly jobs: JobLog
  readonly processes: ProcessRegistry
  /** What streams of all organizations share; sweeps those that are over. */
  readonly streamLog: StreamLog
  readonly #database: Database<Tables>
  readonly #messageLog: MessageLog
  readonly #waitingRoom: WaitingRoom
  readonly #workers = new Set<{ close(): Promise<void> }>()

  private constructor(backend: Backend, coordination: Coordinator, options: HoldfastOptions) {
    this.backend = backend
    this.coordination = coordination
    this.clock = options.clock ?? systemClock
    this.ids = options.ids ?? new UuidV7Generator({ clock: this.clock })
    this.#database = Database.over<Tables>(backend)
    this.identity = new IdentityStore(this.#database.as(), this)
    this.organizations = new OrganizationStore(this.#database.as(), this)
    this.authenticator = new Authenticator(this.#database.as(), this)
    this.processes = new ProcessRegistry(this.#database.as(), {
      ids: this.ids, coordination: coordination.name,
    })
    this.migrator = new Migrator(backend, { migrations, clock: this.clock })
    this.#messageLog = new MessageLog(this.#database.as(), {
      clock: this.clock, ids: this.ids, waitingTimeoutMs: options.acquireTimeoutMs,
    })
    this.jobs = new JobLog(this.#database.as(), {
      ids: this.ids, wakeUps: coordination.wakeUps, waitingTimeoutMs: options.acquireTimeoutMs,
    })
    this.streamLog = new StreamLog(this.#database.as(), {
      ids: this.ids, signals: coordination.signals,
      bytesMax: options.streamBytesMax, waitingTimeoutMs: options.acquireTimeoutMs,
      onDeleted: (database, { path, ...scope }) => recordAudit(database.as(), this, {
        ...scope, record: { action: 'stream.deleted', resourceKind: 'stream', resourceId: path },
      }),
    })
    this.#waitingRoom = new WaitingRoom(this.#database.as(), {
      signals: coordination.signals, ids: this.ids,
    })
  }

  /** Composes Holdfast over a backend that is open already. */
  static async on(backend: Backend, options: HoldfastOptions = {}): Promise<Holdfast> {
    const coordination = await connectCoordination(options)
    try {
      const holdfast = new Holdfast(backend, coordination, options)
      if (options.migrate ?? true) await holdfast.migrator.up()
      else await holdfast.migrator.check()
      await ensureDefaultOrganization(holdfast.#database.as(), holdfast)
      return holdfast
    } catch (error) {
      await coordination.close()
      throw error
    }
  }

  /** The whole database, for tools that work on every table. */
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

  /** Keys and results of mutating calls. */
  get idempotency(): IdempotencyStore {
    return new IdempotencyStore(this.#database.as(), this)
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
        return new QueueStore(this.jobs, scope, transaction.as()).enqueueMany(queue, jobs)
      },
      sweep: () => this.jobs.sweep(),
    }, options)
    return this.#closing(scheduler)
  }

  /**
   * Closes workers and schedulers, finishes the appends and statements already handed in, then
   * closes every connection.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((each) => each.close()))
    await this.#waitingRoom.close()
    this.streamLog.live.close()
    await this.#messageLog.idle()
    await this.streamLog.idle()
    await this.jobs.idle()
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
    const database = transaction ?? this.#database
    return {
      conversations: new ConversationStore(database.as(), scope, this),
      messages: new MessageStore(this.#messageLog, scope, transaction?.as()),
      queues: new QueueStore(this.jobs, scope, transaction?.as()),
      schedules: new ScheduleStore(database.as(), scope, this),
      serviceTokens: new ServiceTokenStore(database.as(), organizationId, this),
      locks: new LockStore(database.as(), scope, {
        room: this.#waitingRoom, ids: this.ids, inTransaction: transaction !== undefined,
      }),
      streams: new StreamStore(this.streamLog, scope, transaction?.as()),
    }
  }
}

/** What a transaction hands out. */
export interface HoldfastTransaction {
  /** The transaction itself, for statements on tables of your own. */
  readonly database: Database<Tables>
  readonly identity: IdentityStore
  readonly organizations: OrganizationStore
  readonly idempotency: IdempotencyStore
  organization(id?: string, actor?: Actor): OrganizationStores
}
