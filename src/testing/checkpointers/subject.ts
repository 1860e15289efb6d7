/** What LangGraph hands to a saver and gets from it. */
export interface Configuration { configurable?: Record<string, unknown> }

/** A checkpoint as LangGraph has it. */
export interface Checkpoint {
  v: number
  id: string
  ts: string
  channel_values: Record<string, unknown>
  channel_versions: Record<string, number | string>
  versions_seen: Record<string, Record<string, number | string>>
}

/** What a saver answers. */
export interface Tuple {
  config: Configuration
  checkpoint: Checkpoint
  metadata?: Record<string, unknown> | undefined
  parentConfig?: Configuration | undefined
  pendingWrites?: [string, string, unknown][] | undefined
}

/** What `list` takes. */
export interface ListOptions {
  limit?: number
  before?: Configuration
  filter?: Record<string, unknown>
}

/** What a channel got on the way to a checkpoint. */
export interface ChannelHistory { writes: [string, string, unknown][]; seed?: unknown }

/**
 * A `BaseCheckpointSaver` of LangGraph, by what the suite calls: every saver is one. The last three
 * are names that LangGraph has in Python only.
 */
export interface Checkpointer {
  getTuple(config: never): Promise<unknown>
  list(config: never, options?: never): AsyncIterable<unknown>
  put(...given: [config: never, checkpoint: never, metadata: never, newVersions: never]):
  Promise<unknown>
  putWrites(...given: [config: never, writes: never, taskId: string, taskPath?: string]):
  Promise<void>
  deleteThread(threadId: string): Promise<void>
  getDeltaChannelHistory?(options: never): Promise<unknown>
  copyThread?(threadId: string, toThreadId: string): Promise<unknown>
  prune?(threadIds: never, strategy?: never): Promise<unknown>
  deleteForRuns?(runIds: never): Promise<unknown>
}

/** What a saver may lack. */
export const checkpointerCapabilities = [
  /** Keeps only the channels named as changed, and the rest from the parent. */
  'channelDeltas',
  /** `getDeltaChannelHistory`. */
  'deltaHistory',
  /** Orders pending writes by the paths of their tasks. */
  'taskPaths',
  /** `copyThread(threadId, toThreadId)`. */
  'copyThread',
  /** `prune(threadIds, 'keep_latest' | 'delete')`. */
  'prune',
  /** `deleteForRuns(runIds)`. */
  'deleteForRuns',
  /** Refuses what was made from a checkpoint that is no longer the newest. */
  'staleWriters',
  /** Refuses a fencing token (`configurable.fence`) smaller than the thread has seen. */
  'fences',
  /** Keeps what it has when it is closed; asks for `reopen`. */
  'reopen',
] as const

/** One of `checkpointerCapabilities`. */
export type CheckpointerCapability = typeof checkpointerCapabilities[number]

/** A saver under test. */
export interface CheckpointerSubject<Saver extends Checkpointer = Checkpointer> {
  readonly name: string
  /** A saver without any checkpoint. */
  readonly create: () => Saver | Promise<Saver>
  /** Ends one that `create` or `reopen` gave. @default nothing */
  readonly destroy?: ((saver: Saver) => unknown) | undefined
  /** A further saver over what this one keeps, as another process would have it. */
  readonly reopen?: ((saver: Saver) => Saver | Promise<Saver>) | undefined
  /** For each capability true, or the reason why it is absent; none may be left out. */
  readonly capabilities: Readonly<Record<CheckpointerCapability, true | string>>
}
