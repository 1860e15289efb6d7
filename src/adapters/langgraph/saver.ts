import {
  BaseCheckpointSaver, type CheckpointListOptions, type CheckpointMetadata, type CheckpointTuple,
  type PendingWrite, type SerializerProtocol,
} from '@langchain/langgraph-checkpoint'
import { LRUCache } from 'lru-cache'
import {
  type CheckpointName, type CheckpointTransport, type PutCheckpoint,
} from '../../checkpoints/index.js'
import { InvalidInput } from '../../errors.js'
import {
  checkpointIdOf, type Configuration, configurationOf, fenceOf, isReplaying, isTravelling,
  namespaceOf, pastConfigurationOf, runIdOf, startedInPast, threadOf,
} from './configuration.js'
import { deltaHistory } from './delta.js'
import { jsonObjectOf } from './metadata.js'
import { checkpointToKeep, tupleOf, type TupleReading } from './tuples.js'
import { writesToKeep } from './writes.js'

/** Options of `HoldfastSaver`. */
export interface HoldfastSaverOptions {
  /** How values become bytes. @default LangGraph's JsonPlusSerializer */
  readonly serde?: SerializerProtocol | undefined
  /**
   * When the thread has gone on since a run loaded it: `refuse` fails the run with
   * CheckpointConflict, `fork` puts what it made beside. A run that was pointed at an older
   * checkpoint forks in any case. @default 'refuse'
   */
  readonly whenStale?: 'refuse' | 'fork' | undefined
  /**
   * The fencing token of everything this saver writes, unless `configurable.fence` of a run has
   * another: what comes with a smaller one than the thread has seen fails with StaleFence.
   * @default none
   */
  readonly fence?: number | undefined
}

/** Of `putWrites`; the path came with LangGraph 1.7. */
type WriteArguments = [
  config: Configuration, writes: PendingWrite[], taskId: string, taskPath?: string,
]

/** Branches of runs under way that are remembered; each step of a run replaces its own. */
const branchesMax = 10_000

/**
 * Checkpoints of LangGraph, in a Holdfast or on a server of one.
 *
 * Two runs that loaded the same newest checkpoint cannot both go on from it: the second one fails
 * with CheckpointConflict, which names both heads, and may be repeated. There is no `setup()`.
 */
export class HoldfastSaver extends BaseCheckpointSaver {
  readonly #transport: CheckpointTransport
  readonly #options: HoldfastSaverOptions
  /** The newest checkpoint of each run that goes on from the past. */
  readonly #branches = new LRUCache<string, true>({ max: branchesMax })
  /** What aborted runs put. */
  readonly #abandoned = new LRUCache<string, true>({ max: branchesMax })
  readonly #reading: TupleReading = {
    saver: this,
    parentWritesOf: async ({ threadId, namespace, checkpointId }) => {
      const name = { threadId, namespace, checkpointId, withParentWrites: true }
      return (await this.#transport.find(name))?.parentWrites ?? []
    },
  }

  constructor(transport: CheckpointTransport, options: HoldfastSaverOptions = {}) {
    super(options.serde)
    this.#transport = transport
    this.#options = options
  }

  /** The checkpoint a configuration names, or the newest; undefined when there is none. */
  override async getTuple(config: Configuration): Promise<CheckpointTuple | undefined> {
    // LangGraph asks so of a graph that is called without a thread.
    if (config.configurable?.thread_id === undefined) return undefined
    const checkpointId = checkpointIdOf(config)
    const head = { threadId: threadOf(config), namespace: namespaceOf(config) }
    if (checkpointId === undefined) {
      const stored = await this.#transport.find(head)
      return stored && await tupleOf(this.#reading, stored)
    }
    const [stored, newest] = await Promise.all([
      this.#transport.find({ ...head, checkpointId }), this.#transport.find(head),
    ])
    if (stored === undefined) return undefined
    const isPast = newest !== undefined && newest.checkpointId !== stored.checkpointId
    return await tupleOf(this.#reading, stored, isPast ? pastConfigurationOf(stored) : undefined)
  }

  /** Checkpoints, newest first, read in pages as they are taken. */
  override async* list(
    config: Configuration, options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { limit, before, filter } = options
    if (limit !== undefined && limit <= 0) return
    const { thread_id: threadId, checkpoint_ns: namespace } = config.configurable ?? {}
    const found = this.#transport.list({
      threadId: threadId === undefined ? undefined : threadOf(config),
      namespace: namespace === undefined ? undefined : namespaceOf(config),
      checkpointId: checkpointIdOf(config),
      before: before && checkpointIdOf(before),
      metadata: filter && jsonObjectOf(filter),
      limit,
    })
    for await (const stored of found) yield await tupleOf(this.#reading, stored)
  }

  /** Keeps a checkpoint. Throws CheckpointConflict with both heads, and StaleFence. */
  override async put(
    ...[config, checkpoint, metadata, newVersions]: Parameters<BaseCheckpointSaver['put']>
  ): Promise<Configuration> {
    const threadId = threadOf(config)
    const namespace = namespaceOf(config)
    const name = { threadId, namespace, checkpointId: checkpoint.id }
    const parentId = await this.#parentId(config, name)
    const whenStale = this.#whenStale(config, name, { parentId, metadata })
    const kept = await checkpointToKeep(this.serde, { checkpoint, metadata, newVersions })
    // Member by member: an object made by spreading others takes several times as long.
    await this.#put(config, {
      threadId, namespace, checkpointId: checkpoint.id, parentId, whenStale,
      state: kept.state, metadata: kept.metadata, channelVersions: kept.channelVersions,
      values: kept.values, deltaChannels: kept.deltaChannels,
      runId: runIdOf(config, metadata), fence: this.#fence(config),
    })
    return configurationOf(name)
  }

  /**
   * An aborted run may put what it had under way after its caller was told, and has begun another
   * run: that one goes on beside it, as with LangGraph's own savers. Not so with channels kept as
   * differences: both may have written their input to one place.
   */
  async #put({ signal }: Configuration, put: PutCheckpoint): Promise<void> {
    const nameOf = (id: unknown) => JSON.stringify([put.threadId, put.namespace, id])
    const note = () => {
      if (signal?.aborted === true) this.#abandoned.set(nameOf(put.checkpointId), true)
    }
    note()
    try {
      await this.#transport.put(put)
    } catch (error) {
      const head = signal?.aborted === true ? undefined : headIn(error)
      const isBeside = this.#abandoned.has(nameOf(head)) && put.deltaChannels?.length === 0
      if (!isBeside) throw error
      await this.#transport.put({ ...put, whenStale: 'fork' })
    }
    note()
  }

  /** Keeps writes of a task. Throws StaleFence. */
  override async putWrites(
    ...[config, writes, taskId, taskPath = '']: WriteArguments
  ): Promise<void> {
    const checkpointId = checkpointIdOf(config)
    const threadId = threadOf(config)
    const namespace = namespaceOf(config)
    if (checkpointId === undefined) {
      const field = 'configurable.checkpoint_id'
      throw new InvalidInput(`${field} must name the checkpoint of the writes`, { field })
    }
    const fence = this.#fence(config)
    for (const kept of await writesToKeep(this.serde, writes, taskPath)) {
      const { whenWritten, writes: keptWrites } = kept
      await this.#transport.putWrites({
        threadId, namespace, checkpointId, taskId, whenWritten, writes: keptWrites, fence,
      })
    }
  }

  /** What channels kept as differences got on the way to a checkpoint. */
  override async getDeltaChannelHistory(
    { config, channels }: { config: Configuration; channels: string[] },
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    const head = { threadId: threadOf(config), namespace: namespaceOf(config) }
    const checkpointId = checkpointIdOf(config)
      ?? (await this.#transport.find(head))?.checkpointId
    if (checkpointId === undefined) {
      return Object.fromEntries(channels.map((channel) => [channel, { writes: [] }]))
    }
    const walk = { transport: this.#transport, serde: this.serde }
    return await deltaHistory(walk, { ...head, checkpointId }, channels)
  }

  /** Deletes a thread with everything of it. */
  override async deleteThread(threadId: string): Promise<void> {
    await this.#transport.deleteThread(threadId)
  }

  /** Copies a thread, with its history and pending writes. Throws ThreadExists. */
  async copyThread(threadId: string, toThreadId: string): Promise<void> {
    await this.#transport.copyThread(threadId, toThreadId)
  }

  /** Deletes the checkpoints of runs (`run_id` of their metadata or configuration). */
  async deleteForRuns(runIds: readonly string[]): Promise<void> {
    if (runIds.length > 0) await this.#transport.deleteRuns(runIds)
  }

  /**
   * Deletes the history of threads: `keep_latest` leaves the newest checkpoint of each namespace,
   * with whatever it cannot be loaded without; `delete` leaves nothing.
   * @param strategy `keep_latest` by default
   */
  async prune(
    threadIds: readonly string[], strategy: 'keep_latest' | 'delete' = 'keep_latest',
  ): Promise<void> {
    if (strategy === 'keep_latest') {
      await this.#transport.prune({ threadIds, keepLast: 1, keepSubgraphs: true })
    } else for (const threadId of threadIds) await this.#transport.deleteThread(threadId)
  }

  #fence(config: Configuration): number | undefined {
    return fenceOf(config) ?? this.#options.fence
  }

  /** The parent of a checkpoint; one that is put in its own place keeps the parent it has. */
  async #parentId(
    config: Configuration, { checkpointId, ...head }: CheckpointName,
  ): Promise<string | null> {
    const named = checkpointIdOf(config) ?? null
    if (named !== checkpointId) return named
    return (await this.#transport.find({ ...head, checkpointId }))?.parentId ?? null
  }

  /**
   * A run that was pointed at a checkpoint the thread had left behind forks there, and goes on
   * along its own branch; so do copies, and the subgraphs of such a run.
   */
  #whenStale(
    config: Configuration, name: CheckpointName,
    { parentId, metadata }: { parentId: string | null; metadata: CheckpointMetadata },
  ): 'refuse' | 'fork' {
    const { threadId, namespace } = name
    const branch = (id: string | null) => JSON.stringify([threadId, namespace, id])
    const isOnBranch = isTravelling(config)
      && (startedInPast(config, parentId) || this.#branches.delete(branch(parentId)))
    if (isOnBranch) this.#branches.set(branch(name.checkpointId), true)
    const forks = isOnBranch || metadata.source === 'fork' || isReplaying(config)
    return forks ? 'fork' : this.#options.whenStale ?? 'refuse'
  }
}

/** The newest checkpoint that a conflict names, of the library or of a server. */
function headIn(error: unknown): unknown {
  const { code, head, problem } = error as {
    code?: unknown; head?: unknown; problem?: { head?: unknown }
  }
  return code === 'checkpoint_conflict' ? head ?? problem?.head : undefined
}
