import { type JsonValue } from '../database/json.js'

/** A JSON object. */
export interface JsonObject { readonly [key: string]: JsonValue }

/** A value as its framework wrote it: how, and what. */
export interface Typed {
  /** The serializer's own word: `json`, `bytes`, `msgpack`, …; 1 to 64 characters. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** Which checkpoint. */
export interface CheckpointName {
  /** Any text of 1 to 512 characters. */
  readonly threadId: string
  /** Any text up to 1024 characters; subgraphs have their own. @default '' */
  readonly namespace?: string | undefined
  /** Any text of 1 to 256 characters; of two of a namespace the later one is greater as text. */
  readonly checkpointId: string
}

/** What a task wrote that is not yet part of a checkpoint. */
export interface PendingWrite {
  readonly taskId: string
  /** Its place among the task's writes; special writes (errors, interrupts, …) have negatives. */
  readonly index: number
  readonly channel: string
  readonly value: Typed
}

/** Pending writes for one checkpoint, which need not be there yet. */
export interface PutWrites extends CheckpointName {
  readonly taskId: string
  /**
   * Where a task wrote to an index before: the first stands (`keep`), or the last (`replace`).
   * @default 'keep'
   */
  readonly whenWritten?: 'keep' | 'replace' | undefined
  readonly writes: readonly Omit<PendingWrite, 'taskId'>[]
  /** See `PutCheckpoint.fence`. */
  readonly fence?: number | undefined
}

/** A checkpoint to keep. */
export interface PutCheckpoint extends CheckpointName {
  /** The checkpoint it was made from; null or absent for the first of a namespace. */
  readonly parentId?: string | null | undefined
  /** Everything but the values of channels, in the framework's own form; kept as it is. */
  readonly state: Typed
  /** What `list` filters by. @default {} */
  readonly metadata?: JsonObject | undefined
  /**
   * The version of every channel the checkpoint has a value of. A channel that is not in `values`
   * keeps the value that the parent has of it.
   */
  readonly channelVersions: Readonly<Record<string, string | number>>
  /** The channels that changed. */
  readonly values: Readonly<Record<string, Typed>>
  /**
   * Channels of which it has no value because they are kept as differences: what they hold is made
   * of what its ancestors wrote, back to the nearest one that has a value. As long as the
   * checkpoint is there, none of these ancestors is deleted. @default []
   */
  readonly deltaChannels?: readonly string[] | undefined
  /** What the checkpoint belongs to, for `deleteRuns`; 1 to 256 characters. */
  readonly runId?: string | undefined
  /** Pending writes of this checkpoint, kept in the same statement. */
  readonly writes?: readonly Omit<PutWrites, keyof CheckpointName>[] | undefined
  /**
   * When the namespace's head is no longer the parent: `refuse` throws CheckpointConflict, `fork`
   * puts it beside. @default 'refuse'
   */
  readonly whenStale?: 'refuse' | 'fork' | undefined
  /**
   * The fencing token of the run that writes: one smaller than the greatest the thread has seen is
   * refused with StaleFence.
   */
  readonly fence?: number | undefined
}

/** A checkpoint with everything it needs; it is its reader's own, who may change what is in it. */
export interface StoredCheckpoint {
  readonly threadId: string
  readonly namespace: string
  readonly checkpointId: string
  readonly parentId: string | null
  readonly runId: string | null
  readonly state: Typed
  readonly metadata: JsonObject
  readonly channelVersions: Readonly<Record<string, string | number>>
  /** Of every channel of `channelVersions` that has a value. */
  readonly values: Readonly<Record<string, Typed>>
  /** Channels that are kept as differences, in order; see `PutCheckpoint`. */
  readonly deltaChannels: readonly string[]
  /** By task in the order of their first write, then by index. */
  readonly writes: readonly PendingWrite[]
  /** The pending writes of the parent, when they were asked for. */
  readonly parentWrites?: readonly PendingWrite[] | undefined
  readonly isPinned: boolean
  /** RFC 3339, UTC, microseconds. */
  readonly createdAt: string
}

/** Which checkpoint to get: the head of a namespace unless an id is given. */
export interface GetCheckpoint extends Omit<CheckpointName, 'checkpointId'> {
  readonly checkpointId?: string | undefined
  /** Whether the parent's pending writes come along. @default false */
  readonly withParentWrites?: boolean | undefined
}

/** Which checkpoints to list, newest (greatest id) first. */
export interface ListCheckpoints {
  /** @default every thread of the organization */
  readonly threadId?: string | undefined
  /** @default every namespace */
  readonly namespace?: string | undefined
  readonly checkpointId?: string | undefined
  /** Only checkpoints whose id is smaller. */
  readonly before?: string | undefined
  /** Only checkpoints whose metadata has each of these keys with an equal JSON value. */
  readonly metadata?: JsonObject | undefined
  /** How many at most. @default all */
  readonly limit?: number | undefined
  readonly withParentWrites?: boolean | undefined
}

/**
 * What an adapter needs of a checkpoint store. `organization.checkpoints` of the library is one,
 * and so is `checkpoints` of the client over HTTP.
 */
export interface CheckpointTransport {
  /**
   * Keeps a checkpoint. The same checkpoint again (a repetition after a lost answer) has no further
   * effect; another one of the same id replaces its state, metadata and values while it is the
   * head. Throws CheckpointConflict with both heads, CheckpointNotFound where it is to keep values
   * of a parent that is gone, StaleFence, InvalidInput, InvalidValue.
   */
  put(checkpoint: PutCheckpoint): Promise<{ readonly checkpointId: string }>
  /** Keeps pending writes. Throws StaleFence, InvalidInput, InvalidValue. */
  putWrites(writes: PutWrites): Promise<void>
  /** A checkpoint; undefined when there is none. */
  find(name: GetCheckpoint): Promise<StoredCheckpoint | undefined>
  /** Checkpoints, newest first, read in pages as they are taken. */
  list(request?: ListCheckpoints): AsyncIterable<StoredCheckpoint>
  /**
   * The ancestors of a checkpoint, nearest first, the checkpoint itself not included, with what
   * each wrote to the channels named, for channels that are kept as differences.
   */
  ancestors(
    name: CheckpointName, options?: { readonly channels?: readonly string[] | undefined },
  ): AsyncIterable<StoredCheckpoint>
  /** Deletes a thread with everything of it. A thread that is not there is no failure. */
  deleteThread(threadId: string): Promise<void>
  /** Copies every checkpoint and write of a thread to one that is not there, else ThreadExists. */
  copyThread(threadId: string, toThreadId: string): Promise<void>
  /**
   * Deletes the checkpoints of runs, with their writes; what others need of them stays, and so do
   * checkpoints that channels of others are made of (`deltaChannels`).
   */
  deleteRuns(runIds: readonly string[]): Promise<void>
  /** Deletes what the rule does not keep; whatever remains can be loaded. */
  prune(request: PruneCheckpoints): Promise<{ readonly deleted: number }>
}

/**
 * What to keep. A pinned checkpoint and the head of each namespace stay, and so do the
 * ancestors that channels of those that stay are made of (`deltaChannels`). Namespaces of subgraphs
 * (`node:task`) go as a whole once the checkpoint that they ran behind, named in
 * `metadata.parents`, is gone and the graph around them has gone on: nothing leads to them.
 */
export interface PruneCheckpoints {
  /** @default every thread of the organization */
  readonly threadIds?: readonly string[] | undefined
  /** How many of each namespace, newest first. @default 1 when no `keepSince` is given */
  readonly keepLast?: number | undefined
  /** RFC 3339: everything created since stays. */
  readonly keepSince?: string | undefined
  /** Whether namespaces of subgraphs stay that nothing leads to. @default false */
  readonly keepSubgraphs?: boolean | undefined
}
