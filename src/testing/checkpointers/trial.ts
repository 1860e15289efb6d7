import { randomUUID } from 'node:crypto'
import {
  type ChannelHistory, type Checkpoint, type Checkpointer, type CheckpointerSubject,
  type Configuration, type ListOptions, type Tuple,
} from './subject.js'

/** A checkpoint to put. */
export interface Draft {
  /** The checkpoint it is made from. */
  readonly parent?: Configuration | undefined
  readonly threadId?: string
  readonly namespace?: string
  readonly values?: Record<string, unknown>
  /** Channels that changed; @default all of `values` */
  readonly changed?: readonly string[]
  /** By channel. @default the number of the put, for those that changed, and the parent's */
  readonly versions?: Record<string, number>
  readonly metadata?: Record<string, unknown>
  readonly id?: string
  readonly v?: number
}

/** The whole surface, as the cases call it. */
interface Saver {
  getTuple(config: Configuration): Promise<Tuple | undefined>
  list(config: Configuration, options?: ListOptions): AsyncIterable<Tuple>
  put(...given: [
    config: Configuration, checkpoint: Checkpoint, metadata: Record<string, unknown>,
    newVersions: Record<string, number | string>,
  ]): Promise<Configuration>
  putWrites(...given: [
    config: Configuration, writes: [string, unknown][], taskId: string, taskPath?: string,
  ]): Promise<void>
  deleteThread(threadId: string): Promise<void>
  getDeltaChannelHistory(
    options: { config: Configuration; channels: string[] },
  ): Promise<Record<string, ChannelHistory>>
  copyThread(threadId: string, toThreadId: string): Promise<unknown>
  prune(threadIds: string[], strategy?: 'keep_latest' | 'delete'): Promise<unknown>
  deleteForRuns(runIds: string[]): Promise<unknown>
}

/** One case's saver, with a thread of its own and what it puts there most. */
export class Trial {
  readonly saver: Saver
  readonly threadId = `thread-${randomUUID()}`
  readonly #own: Checkpointer
  readonly #subject: CheckpointerSubject
  #version = 0

  constructor(subject: CheckpointerSubject, saver: Checkpointer) {
    this.#subject = subject
    this.#own = saver
    this.saver = saver as Saver
  }

  /** A further saver over the same checkpoints. */
  async reopened(): Promise<Saver> {
    return await this.#subject.reopen!(this.#own) as Saver
  }

  /** The configuration of a checkpoint, or of the newest. */
  config(checkpointId?: string, namespace = ''): Configuration {
    const configurable: Record<string, unknown> = {
      thread_id: this.threadId, checkpoint_ns: namespace,
    }
    if (checkpointId !== undefined) configurable.checkpoint_id = checkpointId
    return { configurable }
  }

  /** Puts a checkpoint; the answer of the saver. */
  async put(draft: Draft = {}): Promise<Configuration> {
    const { config, checkpoint, metadata, newVersions } = this.drafted(draft)
    return await this.saver.put(config, checkpoint, metadata, newVersions)
  }

  /** The arguments of `put`. */
  drafted(draft: Draft) {
    const { values = {}, metadata = {} } = draft
    const changed = draft.changed ?? Object.keys(values)
    const version = this.#version += 1
    const versions = draft.versions
      ?? Object.fromEntries(Object.keys(values).map((channel) => [channel, version]))
    const checkpoint: Checkpoint = {
      v: draft.v ?? 4,
      id: draft.id ?? nextCheckpointId(),
      ts: new Date(1_700_000_000_000 + version).toISOString(),
      channel_values: values,
      channel_versions: versions,
      versions_seen: { node: { ...versions } },
    }
    const parentId = draft.parent && idOf(draft.parent)
    const configurable = {
      thread_id: draft.threadId ?? this.threadId,
      checkpoint_ns: draft.namespace ?? draft.parent?.configurable?.checkpoint_ns ?? '',
      ...(parentId === undefined ? {} : { checkpoint_id: parentId }),
    }
    return {
      config: { configurable } as Configuration,
      checkpoint,
      metadata: { source: 'loop', step: version, parents: {}, ...metadata },
      newVersions: Object.fromEntries(changed.map((channel) => [channel, versions[channel]!])),
    }
  }

  /** Puts a chain; the configurations, oldest first. */
  async chain(length: number, draft: (place: number) => Draft = () => ({})) {
    const made: Configuration[] = []
    for (let place = 0; place < length; place += 1) {
      made.push(await this.put({ parent: made.at(-1), ...draft(place) }))
    }
    return made
  }

  async get(config: Configuration): Promise<Tuple> {
    const tuple = await this.saver.getTuple(config)
    if (tuple === undefined) throw new Error(`there is no ${JSON.stringify(config)}`)
    return tuple
  }

  /** Ids in the order of a list. */
  async ids(config: Configuration = this.config(), options?: ListOptions): Promise<string[]> {
    return (await this.tuples(config, options)).map(({ checkpoint }) => checkpoint.id)
  }

  async tuples(config: Configuration = this.config(), options?: ListOptions): Promise<Tuple[]> {
    const found: Tuple[] = []
    for await (const tuple of this.saver.list(config, options)) found.push(tuple)
    return found
  }

  /** The history of one channel. */
  async history(config: Configuration, channel: string): Promise<ChannelHistory> {
    const histories = await this.saver.getDeltaChannelHistory({ config, channels: [channel] })
    return histories[channel]!
  }
}

/** The id of a checkpoint. */
export function idOf(config: Configuration | undefined): string {
  const id = config?.configurable?.checkpoint_id
  if (typeof id !== 'string') throw new Error(`no checkpoint_id in ${JSON.stringify(config)}`)
  return id
}

/** What pending writes of a tuple say, by task and channel. */
export function writesOf({ pendingWrites }: Tuple): [string, string, unknown][] {
  return (pendingWrites ?? []).map(([task, channel, value]) => [task, channel, value])
}

let lastTicks = 0n

/** A version 6 UUID, greater than those before. */
export function nextCheckpointId(): string {
  const now = BigInt(Date.now()) * 10_000n + 0x01b2_1dd2_1381_4000n
  lastTicks = now > lastTicks ? now : lastTicks + 1n
  const ticks = lastTicks.toString(16).padStart(15, '0')
  return `${ticks.slice(0, 8)}-${ticks.slice(8, 12)}-6${ticks.slice(12)}-${randomUUID().slice(-17)}`
}
