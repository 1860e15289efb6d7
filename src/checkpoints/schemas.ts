import { z } from 'zod'
import { pageLimitMax } from '../database/page.js'
import { pageSchema } from '../http/page.js'
import {
  base64Schema, base64Text, instantSchema, jsonSchema, metadataSchema, named,
} from '../http/schema.js'
import {
  type JsonObject, type PendingWrite, type PutCheckpoint, type PutWrites, type StoredCheckpoint,
  type Typed,
} from './contract.js'
import {
  channelMax, channelsMax, checkpointIdMax, namespaceMax, runIdMax, threadIdMax, typeMax,
  versionMax, writesMax,
} from './rules.js'

export const threadId = z.string().min(1).max(threadIdMax).describe('Any text.')
const namespace = z.string().max(namespaceMax)
const checkpointId = z.string().min(1).max(checkpointIdMax)
const optionalNamespace = namespace.optional().describe('Any text. Default: the empty one.')
const runId = z.string().min(1).max(runIdMax)
const fence = z.int().min(0).optional()
  .describe('The fencing token of the run; one smaller than the thread has seen is refused.')
const cursor = z.string().max(20_000).optional().describe('`next_cursor` of the page before.')
const limit = z.int().min(1).max(pageLimitMax).optional()

/** Which checkpoint. */
export const checkpointNameSchema = named('CheckpointName', z.strictObject({
  thread_id: threadId, namespace: optionalNamespace, checkpoint_id: checkpointId,
}))

/** A value as its framework wrote it. */
const typedSchema = named('TypedValue', z.strictObject({
  type: z.string().min(1).max(typeMax).describe('The serializer’s own word.'),
  bytes: base64Schema('What it wrote.'),
}))

const write = z.strictObject({
  index: z.int().min(-(2 ** 31)).max(2 ** 31).describe('Its place among the task’s writes.'),
  channel: z.string().max(channelMax),
  value: typedSchema,
})

const task = {
  task_id: z.string().min(1).max(1_024),
  when_written: z.enum(['keep', 'replace']).optional()
    .describe('Where the task wrote to an index before: the first stands, or the last.'),
  writes: z.array(write).max(writesMax),
  fence,
}

/** Body of `PUT /v1/checkpoints/writes`. */
export const newWritesSchema = named('NewPendingWrites', z.strictObject({
  thread_id: threadId, namespace: optionalNamespace, checkpoint_id: checkpointId, ...task,
}))

const version = z.union([z.string().max(versionMax), z.number()])

/** Body of `PUT /v1/checkpoints`. */
export const newCheckpointSchema = named('NewCheckpoint', z.strictObject({
  thread_id: threadId,
  namespace: optionalNamespace,
  checkpoint_id: checkpointId.describe('Of two of a namespace the later one is greater as text.'),
  parent_id: checkpointId.nullable().optional().describe('The one it was made from.'),
  state: typedSchema,
  metadata: metadataSchema().optional(),
  channels: z.array(z.strictObject({
    channel: z.string().max(channelMax),
    version,
    value: typedSchema.optional().describe('Default: the value that the parent has of it.'),
  })).max(channelsMax).describe('Every channel that has a value; of several of one the last.'),
  delta_channels: z.array(z.string().max(channelMax)).max(channelsMax).optional().describe(
    'Channels without a value that are kept as differences: the ancestors they are made of stay.'),
  run_id: runId.optional(),
  writes: z.array(z.strictObject(task)).optional(),
  when_stale: z.enum(['refuse', 'fork']).optional().describe(
    'When the head is no longer the parent: a checkpoint_conflict, or it stands beside.'),
  fence,
}))

const withParentWrites = z.boolean().optional()
  .describe('Whether the parent’s pending writes come along. Default false.')

/** Body of `POST /v1/checkpoints/find`. */
export const checkpointFindingSchema = named('CheckpointFinding', z.strictObject({
  thread_id: threadId,
  namespace: optionalNamespace,
  checkpoint_id: checkpointId.optional().describe('Default: the newest of the namespace.'),
  with_parent_writes: withParentWrites,
}))

/** Body of `POST /v1/checkpoints/list`. */
export const checkpointListingSchema = named('CheckpointListing', z.strictObject({
  thread_id: threadId.optional().describe('Default: every thread.'),
  namespace: namespace.optional().describe('Default: every namespace.'),
  checkpoint_id: checkpointId.optional(),
  before: checkpointId.optional().describe('Only checkpoints whose id is smaller.'),
  metadata: metadataSchema().optional()
    .describe('Only checkpoints whose metadata has each of these keys with an equal value.'),
  with_parent_writes: withParentWrites,
  limit: limit.describe('Checkpoints at most; fewer where they are large. Default 20.'),
  cursor,
}))

/** Body of `POST /v1/checkpoints/ancestors`. */
export const ancestorListingSchema = named('AncestorListing', z.strictObject({
  thread_id: threadId,
  namespace: optionalNamespace,
  checkpoint_id: checkpointId,
  channels: z.array(z.string().max(channelMax)).max(channelsMax).optional()
    .describe('Only their values and writes. Default: all.'),
  limit: limit.describe('Checkpoints at most; fewer where they are large. Default 20.'),
  cursor,
}))

const storedSchema = named('StoredValue', z.object({
  type: z.string(), bytes: base64Text('As they were put.'),
}))

const pendingWrite = z.object({
  task_id: z.string(), index: z.int(), channel: z.string(), value: storedSchema,
})

/** A checkpoint as the API shows it. */
export const checkpointSchema = named('Checkpoint', z.object({
  thread_id: z.string(),
  namespace: z.string(),
  checkpoint_id: z.string(),
  parent_id: z.string().nullable(),
  run_id: z.string().nullable(),
  state: storedSchema,
  metadata: jsonSchema('As it was put.'),
  channels: z.array(z.object({
    channel: z.string(), version: z.union([z.string(), z.number()]), value: storedSchema.nullable(),
  })),
  delta_channels: z.array(z.string()).describe('Those kept as differences, in order.'),
  writes: z.array(pendingWrite).describe('By task in the order of their first write.'),
  parent_writes: z.array(pendingWrite).optional(),
  is_pinned: z.boolean(),
  created_at: instantSchema('When it was put.'),
}))

/** A checkpoint, or none. */
export const foundCheckpointSchema = named('FoundCheckpoint', z.object({
  checkpoint: checkpointSchema.nullable().describe('Null when there is none.'),
}))

/** A page of checkpoints. */
export const checkpointPageSchema = pageSchema('CheckpointPage', checkpointSchema)

/** What was put. */
export const putCheckpointSchema = named('PutCheckpoint', z.object({ checkpoint_id: z.string() }))

type NewCheckpoint = z.output<typeof newCheckpointSchema>
type NewWrites = z.output<typeof newWritesSchema>

/** The name of a checkpoint in the store's names. */
export function nameOf(given: z.output<typeof checkpointNameSchema>) {
  return {
    threadId: given.thread_id, namespace: given.namespace, checkpointId: given.checkpoint_id,
  }
}

/** A checkpoint to keep, in the store's names. */
export function putOf(given: NewCheckpoint): PutCheckpoint {
  const { channels } = given
  const valued = channels.flatMap(({ channel, value }) =>
    (value === undefined ? [] : [[channel, value] as const]))
  return {
    ...nameOf(given),
    parentId: given.parent_id,
    state: given.state,
    metadata: given.metadata as JsonObject | undefined,
    // By its entries, so that a channel such as __proto__ is a channel like any other.
    channelVersions: Object.fromEntries(channels.map((each) => [each.channel, each.version])),
    values: Object.fromEntries(valued),
    deltaChannels: given.delta_channels,
    runId: given.run_id,
    writes: given.writes?.map(taskOf),
    whenStale: given.when_stale,
    fence: given.fence,
  }
}

const taskOf = (given: Omit<NewWrites, 'thread_id' | 'namespace' | 'checkpoint_id'>) => ({
  taskId: given.task_id, whenWritten: given.when_written, writes: given.writes, fence: given.fence,
})

/** Pending writes in the store's names. */
export function writesOf(given: NewWrites): PutWrites {
  return { ...nameOf(given), ...taskOf(given) }
}

/** A listing in the store's names. */
export function listingOf(given: z.output<typeof checkpointListingSchema>) {
  return {
    threadId: given.thread_id,
    namespace: given.namespace,
    checkpointId: given.checkpoint_id,
    before: given.before,
    metadata: given.metadata as JsonObject | undefined,
    withParentWrites: given.with_parent_writes,
    limit: given.limit,
    cursor: given.cursor,
  }
}

const presentTyped = ({ type, bytes }: Typed) =>
  ({ type, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') })

const presentWrite = ({ taskId, index, channel, value }: PendingWrite) =>
  ({ task_id: taskId, index, channel, value: presentTyped(value) })

/** A checkpoint in the API's names. */
export function presentCheckpoint(checkpoint: StoredCheckpoint) {
  const { values, parentWrites } = checkpoint
  return {
    thread_id: checkpoint.threadId,
    namespace: checkpoint.namespace,
    checkpoint_id: checkpoint.checkpointId,
    parent_id: checkpoint.parentId,
    run_id: checkpoint.runId,
    state: presentTyped(checkpoint.state),
    metadata: checkpoint.metadata,
    channels: Object.entries(checkpoint.channelVersions).map(([channel, version]) => ({
      channel, version,
      value: Object.hasOwn(values, channel) ? presentTyped(values[channel]!) : null,
    })),
    delta_channels: [...checkpoint.deltaChannels],
    writes: checkpoint.writes.map(presentWrite),
    ...(parentWrites === undefined ? {} : { parent_writes: parentWrites.map(presentWrite) }),
    is_pinned: checkpoint.isPinned,
    created_at: checkpoint.createdAt,
  }
}
