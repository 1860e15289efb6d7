import {
  type BaseCheckpointSaver, type Checkpoint, type CheckpointMetadata, type CheckpointTuple,
  maxChannelVersion, type SerializerProtocol, TASKS,
} from '@langchain/langgraph-checkpoint'
import {
  type PendingWrite, type PutCheckpoint, type StoredCheckpoint, type Typed,
} from '../../checkpoints/index.js'
import { type Configuration, configurationOf } from './configuration.js'
import { isPlainJson, jsonObjectOf } from './metadata.js'
import { typed, untyped, writesOf } from './writes.js'

/** The arguments of `put` that make the checkpoint itself. */
export interface GivenCheckpoint {
  readonly checkpoint: Checkpoint
  readonly metadata: CheckpointMetadata
  readonly newVersions: Readonly<Record<string, string | number>>
}

type Kept = Pick<
  PutCheckpoint, 'state' | 'metadata' | 'channelVersions' | 'values' | 'deltaChannels'
>

/** What `state` holds: all of the checkpoint but its id and values. */
interface State {
  readonly checkpoint: Omit<Checkpoint, 'id' | 'channel_values'>
  /** Only where JSON cannot hold all of it; otherwise that of the store is the same. */
  readonly metadata?: CheckpointMetadata
}

/** From this version on tasks to come are values of a channel; before, writes of the parent. */
const tasksAreValuesSince = 4

/** A checkpoint as it is kept: what changed as bytes, channel by channel. */
export async function checkpointToKeep(
  serde: SerializerProtocol, { checkpoint, metadata, newVersions }: GivenCheckpoint,
): Promise<Kept> {
  const { id: _id, channel_values: values, ...rest } = checkpoint
  const state: State = isPlainJson(metadata) ? { checkpoint: rest }
    : { checkpoint: rest, metadata: await serializable(serde, metadata) }
  const channelVersions: Record<string, string | number> = Object.create(null) as typeof newVersions
  const changed: [string, unknown][] = []
  for (const [channel, value] of Object.entries(values ?? {})) {
    const version = rest.channel_versions?.[channel] ?? newVersions[channel]
    if (version === undefined) continue
    channelVersions[channel] = version
    // A copy of a checkpoint stands beside it, below the same parent, and changed nothing.
    const isCopied = metadata.source === 'fork'
    if (isCopied || Object.hasOwn(newVersions, channel)) changed.push([channel, value])
  }
  // At once: a serializer may wait for something, such as a key.
  const [keptState, ...kept] = await Promise.all([
    typed(serde, state), ...changed.map(([, value]) => typed(serde, value)),
  ])
  return {
    state: keptState,
    metadata: jsonObjectOf(metadata),
    channelVersions,
    values: Object.fromEntries(changed.map(([channel], index) => [channel, kept[index]!])),
    deltaChannels: deltasOf({ checkpoint, metadata }),
  }
}

/** Metadata or, where the serializer makes something else of it all, what JSON holds of it. */
async function serializable(
  serde: SerializerProtocol, metadata: CheckpointMetadata,
): Promise<CheckpointMetadata> {
  const made: unknown = await untyped(serde, await typed(serde, metadata))
  const isKept = typeof made === 'object' && made !== null
  return isKept ? metadata : jsonObjectOf(metadata) as object as CheckpointMetadata
}

/**
 * The channels without a value that were written to since they had one; in formats before 4 that of
 * the tasks, which the parent holds.
 */
function deltasOf(
  { checkpoint, metadata }: Pick<GivenCheckpoint, 'checkpoint' | 'metadata'>,
): string[] {
  const { channel_values: values = {}, channel_versions: versions = {} } = checkpoint
  const counters = Object.entries(metadata.counters_since_delta_snapshot ?? {})
  const channels = counters.flatMap(([channel, [updates]]) => (
    updates > 0 || Object.hasOwn(versions, channel) ? [channel] : []))
  if (checkpoint.v < tasksAreValuesSince) channels.push(TASKS)
  return channels.filter((channel) => !Object.hasOwn(values, channel))
}

/** How kept checkpoints are read. */
export interface TupleReading {
  readonly saver: BaseCheckpointSaver
  /** The pending writes of its parent, which few need. */
  parentWritesOf(stored: StoredCheckpoint): Promise<readonly PendingWrite[]>
}

/** A kept checkpoint, which is nobody else's, as LangGraph reads it. */
export async function tupleOf(
  reading: TupleReading, stored: StoredCheckpoint, config?: Configuration,
): Promise<CheckpointTuple> {
  const { serde } = reading.saver
  const [state, values, pendingWrites] = await Promise.all([
    serde.loadsTyped(stored.state.type, stored.state.bytes) as Promise<State>,
    loaded(serde, stored.values),
    writesOf(serde, stored.writes),
  ])
  const checkpoint = {
    ...state.checkpoint, id: stored.checkpointId, channel_values: values,
  } as Checkpoint
  if (needsTasks(stored, checkpoint)) await addTasks(reading, stored, checkpoint)
  const tuple: CheckpointTuple = {
    config: config ?? configurationOf(stored),
    checkpoint,
    metadata: state.metadata ?? (stored.metadata as object as CheckpointMetadata),
    pendingWrites,
  }
  if (stored.parentId !== null) {
    tuple.parentConfig = configurationOf({ ...stored, checkpointId: stored.parentId })
  }
  return tuple
}

/** Values by channel. */
export async function loaded(
  serde: SerializerProtocol, values: Readonly<Record<string, Typed>>,
): Promise<Record<string, unknown>> {
  const entries = await Promise.all(Object.entries(values).map(async ([channel, value]) => (
    [channel, await untyped(serde, value)] as const)))
  return Object.fromEntries(entries)
}

/** Whether a checkpoint cannot be told whole without the pending writes of its parent. */
function needsTasks(stored: StoredCheckpoint, { v }: { readonly v: number }): boolean {
  // One that came out of another saver brings them.
  const isWithout = !Object.hasOwn(stored.values, TASKS)
  return stored.parentId !== null && v < tasksAreValuesSince && isWithout
}

async function addTasks(
  { saver, parentWritesOf }: TupleReading, stored: StoredCheckpoint, checkpoint: Checkpoint,
): Promise<void> {
  const parentWrites = await parentWritesOf(stored)
  const writes = await writesOf(
    saver.serde, parentWrites.filter(({ channel }) => channel === TASKS))
  const versions = Object.values(checkpoint.channel_versions)
  checkpoint.channel_values[TASKS] = writes.map(([, , value]) => value)
  checkpoint.channel_versions[TASKS] = versions.length > 0
    ? maxChannelVersion(...versions) : saver.getNextVersion(undefined)
}
