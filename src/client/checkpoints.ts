import { fromBase64, toBase64 } from './bytes.js'
import { type JsonValue } from './json.js'
import { type CallOptions, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import { type components } from './schema.js'

/** A JSON object. */
export interface JsonObject { readonly [key: string]: JsonValue }

/** A value as its framework wrote it: how, and what. */
export interface TypedBytes {
  readonly type: string
  readonly bytes: Uint8Array
}

/** Which checkpoint. */
export interface CheckpointKey {
  readonly threadId: string
  /** @default '' */
  readonly namespace?: string | undefined
  readonly checkpointId: string
}

/** What a task wrote that is not yet part of a checkpoint. */
export interface TaskWrite {
  readonly taskId: string
  readonly index: number
  readonly channel: string
  readonly value: TypedBytes
}

/** Pending writes of one task. */
export interface TaskWrites {
  readonly taskId: string
  /** @default 'keep' */
  readonly whenWritten?: 'keep' | 'replace' | undefined
  readonly writes: readonly Omit<TaskWrite, 'taskId'>[]
  readonly fence?: number | undefined
}

/** A checkpoint to keep. */
export interface CheckpointDraft extends CheckpointKey {
  /** The one it was made from. */
  readonly parentId?: string | null | undefined
  readonly state: TypedBytes
  /** @default {} */
  readonly metadata?: JsonObject | undefined
  readonly channelVersions: Readonly<Record<string, string | number>>
  /** The channels that changed; others keep the value that the parent has. */
  readonly values: Readonly<Record<string, TypedBytes>>
  /**
   * Channels without a value that are kept as differences; the ancestors that they are made of are
   * not deleted before this checkpoint. @default []
   */
  readonly deltaChannels?: readonly string[] | undefined
  readonly runId?: string | undefined
  readonly writes?: readonly TaskWrites[] | undefined
  /** @default 'refuse' */
  readonly whenStale?: 'refuse' | 'fork' | undefined
  readonly fence?: number | undefined
}

/** A checkpoint with everything it needs. */
export interface KeptCheckpoint {
  readonly threadId: string
  readonly namespace: string
  readonly checkpointId: string
  readonly parentId: string | null
  readonly runId: string | null
  readonly state: TypedBytes
  readonly metadata: JsonObject
  readonly channelVersions: Readonly<Record<string, string | number>>
  readonly values: Readonly<Record<string, TypedBytes>>
  /** Channels that are kept as differences, in order. */
  readonly deltaChannels: readonly string[]
  readonly writes: readonly TaskWrite[]
  readonly parentWrites?: readonly TaskWrite[] | undefined
  readonly isPinned: boolean
  readonly createdAt: string
}

/** Which checkpoint to get. */
export interface CheckpointFinding extends Omit<CheckpointKey, 'checkpointId'> {
  /** @default the newest of the namespace */
  readonly checkpointId?: string | undefined
  /** Whether the parent's pending writes come along. @default false */
  readonly withParentWrites?: boolean | undefined
}

/** Which checkpoints to list. */
export interface CheckpointQuery {
  /** @default every thread */
  readonly threadId?: string | undefined
  /** @default every namespace */
  readonly namespace?: string | undefined
  readonly checkpointId?: string | undefined
  /** Only checkpoints whose id is smaller. */
  readonly before?: string | undefined
  readonly metadata?: JsonObject | undefined
  /** @default all */
  readonly limit?: number | undefined
  readonly withParentWrites?: boolean | undefined
}

/** Checkpoints of one page at most. */
const pageMax = 200

/**
 * Checkpoints of agents' graphs in the organization, as the library has them: names are those of
 * the library. A put and a find are one round trip each, and every call may be repeated.
 */
export class Checkpoints {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Keeps a checkpoint; the same one again changes nothing. */
  async put(
    draft: CheckpointDraft, options: CallOptions = {},
  ): Promise<{ readonly checkpointId: string }> {
    const { checkpoint_id: checkpointId } = await this.#request('putCheckpoint', {
      ...options, body: bodyOf(draft),
    })
    return { checkpointId }
  }

  /** Keeps pending writes for a checkpoint, which need not be there yet. */
  putWrites(given: CheckpointKey & TaskWrites, options: CallOptions = {}): Promise<void> {
    return this.#request('putPendingWrites', {
      ...options, body: { ...keyOf(given), ...taskOf(given) },
    })
  }

  /** A checkpoint; undefined when there is none. */
  async find(
    given: CheckpointFinding, options: CallOptions = {},
  ): Promise<KeptCheckpoint | undefined> {
    const { checkpoint } = await this.#request('findCheckpoint', {
      ...options,
      body: {
        thread_id: given.threadId, namespace: given.namespace, checkpoint_id: given.checkpointId,
        with_parent_writes: given.withParentWrites,
      },
    })
    return checkpoint === null ? undefined : checkpointOf(checkpoint)
  }

  /** Checkpoints, newest first, read in pages as they are taken. */
  async* list(
    query: CheckpointQuery = {}, options: CallOptions = {},
  ): AsyncGenerator<KeptCheckpoint, void, undefined> {
    let left = query.limit ?? Infinity
    let cursor: string | undefined
    while (left > 0) {
      const page: Page = await this.#request('listCheckpoints', {
        ...options,
        body: {
          thread_id: query.threadId, namespace: query.namespace, before: query.before,
          checkpoint_id: query.checkpointId, metadata: query.metadata,
          with_parent_writes: query.withParentWrites, limit: Math.min(left, pageMax), cursor,
        },
      })
      for (const each of page.data) yield checkpointOf(each)
      left -= page.data.length
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }

  /** The ancestors of a checkpoint, nearest first, read in pages as they are taken. */
  async* ancestors(
    key: CheckpointKey,
    { channels, ...options }: CallOptions & {
      readonly channels?: readonly string[] | undefined
    } = {},
  ): AsyncGenerator<KeptCheckpoint, void, undefined> {
    const seen = new Set([key.checkpointId])
    let cursor: string | undefined
    for (;;) {
      const body = {
        ...keyOf(key), channels: channels && [...channels], limit: pageMax, cursor,
      }
      const page: Page = await this.#request('listAncestors', { ...options, body })
      for (const each of page.data) {
        // Whoever puts a checkpoint before its parent can make them each other's ancestors.
        if (seen.has(each.checkpoint_id)) return
        seen.add(each.checkpoint_id)
        yield checkpointOf(each)
      }
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }

  /** What differs between the channels of two checkpoints. */
  async compare(
    before: CheckpointKey, after: CheckpointKey, options: CallOptions = {},
  ): Promise<ChannelDifference[]> {
    const body = { before: keyOf(before), after: keyOf(after) }
    return (await this.#request('compareCheckpoints', { ...options, body })).data
  }

  /** Begins a thread with a checkpoint of another. */
  fork(key: CheckpointKey, toThreadId: string, options: WriteOptions = {}): Promise<void> {
    const body = { ...keyOf(key), to_thread_id: toThreadId }
    return this.#request('forkCheckpoint', { ...options, body })
  }

  /** Pins a checkpoint: no pruning takes it away. */
  pin(key: CheckpointKey, options: CallOptions = {}): Promise<void> {
    return this.#request('pinCheckpoint', { ...options, body: keyOf(key) })
  }

  /** Lets go of a pinned checkpoint. */
  unpin(key: CheckpointKey, options: CallOptions = {}): Promise<void> {
    return this.#request('unpinCheckpoint', { ...options, body: keyOf(key) })
  }

  /** Deletes what the rule does not keep; heads and pinned checkpoints stay. */
  prune(
    { threadIds, keepLast, keepSince, keepSubgraphs }: CheckpointPruning = {},
    options: CallOptions = {},
  ): Promise<{ readonly deleted: number }> {
    const body = {
      thread_ids: threadIds && [...threadIds], keep_last: keepLast, keep_since: keepSince,
      keep_subgraphs: keepSubgraphs,
    }
    return this.#request('pruneCheckpoints', { ...options, body })
  }

  /** Deletes the checkpoints of runs, with their writes. */
  deleteRuns(runIds: readonly string[], options: CallOptions = {}): Promise<void> {
    return this.#request('deleteRuns', { ...options, body: { run_ids: [...runIds] } })
  }

  /** Copies a thread with everything of it to one that is not there. */
  copyThread(threadId: string, toThreadId: string, options: WriteOptions = {}): Promise<void> {
    const body = { thread_id: threadId, to_thread_id: toThreadId }
    return this.#request('copyThread', { ...options, body })
  }

  /** Every thread by name, with what it holds, read in pages as they are taken. */
  threads(options: CallOptions = {}): AsyncGenerator<Thread, void, undefined> {
    return eachOf((cursor) => this.#request('listThreads', { ...options, query: cursor }))
  }

  /** How long the organization keeps checkpoints, and whether encrypted. */
  async policy(options: CallOptions = {}): Promise<KeepingPolicy> {
    return policyOf(await this.#request('getCheckpointPolicy', options))
  }

  /** Changes it, which takes an admin; what is not named stays. */
  async setPolicy(
    { keepLast, keepDays, encrypts }: Partial<KeepingPolicy>, options: CallOptions = {},
  ): Promise<KeepingPolicy> {
    const body = { keep_last: keepLast, keep_days: keepDays, encrypts }
    return policyOf(await this.#request('updateCheckpointPolicy', { ...options, body }))
  }

  /** Deletes a thread with everything of it, if it is there. */
  deleteThread(threadId: string, options: CallOptions = {}): Promise<void> {
    return this.#request('deleteThread', { ...options, body: { thread_id: threadId } })
  }
}

type Schemas = components['schemas']

/** What became of a channel between two checkpoints. */
export type ChannelDifference = Schemas['CheckpointComparison']['data'][number]

/** A thread in a list, in the names of the API. */
export type Thread = Schemas['Thread']

/** What a pruning keeps. */
export interface CheckpointPruning {
  /** @default every thread */
  readonly threadIds?: readonly string[] | undefined
  /** How many of each namespace. @default 1 when no `keepSince` is given */
  readonly keepLast?: number | undefined
  /** RFC 3339, UTC: everything created since stays. */
  readonly keepSince?: string | undefined
  /** Whether namespaces of subgraphs stay that nothing leads to. @default false */
  readonly keepSubgraphs?: boolean | undefined
}

/** What an organization wants of its checkpoints. */
export interface KeepingPolicy {
  /** How many of each namespace are kept; null for all. */
  readonly keepLast: number | null
  /** For how many days each is kept; null for ever. */
  readonly keepDays: number | null
  readonly encrypts: boolean
}

const policyOf = (given: Schemas['CheckpointPolicy']): KeepingPolicy =>
  ({ keepLast: given.keep_last, keepDays: given.keep_days, encrypts: given.encrypts })
type Page = Schemas['CheckpointPage']

const keyOf = ({ threadId, namespace, checkpointId }: CheckpointKey) =>
  ({ thread_id: threadId, namespace, checkpoint_id: checkpointId })

const sent = ({ type, bytes }: TypedBytes) => ({ type, bytes: toBase64(bytes) })

const taskOf = ({ taskId, whenWritten, writes, fence }: TaskWrites) => ({
  task_id: taskId,
  when_written: whenWritten,
  writes: writes.map(({ index, channel, value }) => ({ index, channel, value: sent(value) })),
  fence,
})

function bodyOf(draft: CheckpointDraft): Schemas['NewCheckpoint'] {
  const { channelVersions, values } = draft
  return {
    ...keyOf(draft),
    parent_id: draft.parentId,
    state: sent(draft.state),
    metadata: draft.metadata,
    channels: Object.entries(channelVersions).map(([channel, version]) => ({
      channel, version,
      ...(Object.hasOwn(values, channel) && { value: sent(values[channel]!) }),
    })),
    delta_channels: draft.deltaChannels && [...draft.deltaChannels],
    run_id: draft.runId,
    writes: draft.writes?.map(taskOf),
    when_stale: draft.whenStale,
    fence: draft.fence,
  }
}

const read = ({ type, bytes }: { readonly type: string; readonly bytes: string }): TypedBytes =>
  ({ type, bytes: fromBase64(bytes) })

const writeOf = (given: Schemas['Checkpoint']['writes'][number]): TaskWrite => ({
  taskId: given.task_id, index: given.index, channel: given.channel, value: read(given.value),
})

function checkpointOf(given: Schemas['Checkpoint']): KeptCheckpoint {
  const { channels, parent_writes: parentWrites } = given
  return {
    threadId: given.thread_id,
    namespace: given.namespace,
    checkpointId: given.checkpoint_id,
    parentId: given.parent_id,
    runId: given.run_id,
    state: read(given.state),
    metadata: given.metadata as JsonObject,
    channelVersions: Object.fromEntries(channels.map((each) => [each.channel, each.version])),
    values: Object.fromEntries(channels.flatMap(({ channel, value }) =>
      (value === null ? [] : [[channel, read(value)]]))),
    deltaChannels: given.delta_channels,
    writes: given.writes.map(writeOf),
    ...(parentWrites === undefined ? {} : { parentWrites: parentWrites.map(writeOf) }),
    isPinned: given.is_pinned,
    createdAt: given.created_at,
  }
}
