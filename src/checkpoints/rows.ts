import {
  type Body, type Reaches, standing, unpackBody, unpackWrites, type WriteEntry,
} from './body.js'
import { type JsonObject, type StoredCheckpoint } from './contract.js'
import { CheckpointUnreadable } from './errors.js'
import { KnownLog } from './memory.js'
import { type Place, type Wrapping, writesPlace } from './wrapping.js'
import {
  checkpointChunks, checkpoints as table, checkpointThreads, checkpointWrites,
} from './tables.js'
import { bytesOf, type Value } from './values.js'

type StoredRow = Readonly<Record<string, unknown>>

/** A checkpoint as its rows say it, with what else a writer has to know. */
export interface FoundCheckpoint {
  readonly checkpoint: StoredCheckpoint
  /** The number of its thread. */
  readonly thread: number
  readonly token: number
  /** Of the head of its namespace, whichever that is. */
  readonly headToken: number | null
  readonly values: ReadonlyMap<string, Value>
  readonly reaches: Reaches
}

/** Logs of a thread, by number. */
export type Logs = ReadonlyMap<number, KnownLog>

/** What rows are read with. */
export interface RowReading {
  readonly organizationId: string
  readonly wrapping: Wrapping
  /** What was known of its logs when the rows were asked for. */
  readonly knownOf: (thread: number) => Logs
  readonly withParentWrites: boolean
  /** The channels of which values are wanted. @default all */
  readonly channels?: readonly string[] | undefined
}

/** Rows of the kinds of `wholeOf`, sorted out. */
interface Sorted {
  readonly checkpoints: StoredRow[]
  /** Of each checkpoint by its name, for the writes of that one. */
  readonly parentIds: Map<string, string | null>
  readonly threadIds: Map<number, string>
  readonly writes: Map<string, WriteEntry[]>
  readonly parentWrites: Map<string, WriteEntry[]>
  /** What chunks are compressed against, by thread and number of the writes. */
  readonly sources: Map<string, Uint8Array>
  readonly logs: Map<number, Map<number, KnownLog>>
}

const { columns } = table
/** No two names are written alike. */
const nameOf = ({ thread, checkpoint_id, namespace }: StoredRow) =>
  `${String(thread)} ${(namespace as string).length} ${String(namespace)}${String(checkpoint_id)}`

/** Some bytes that a checkpoint needs were not among the rows. */
export class BytesMissing extends Error {}

/** Checkpoints in the order of their places. Throws BytesMissing, CheckpointUnreadable. */
export function checkpointsIn(rows: readonly StoredRow[], reading: RowReading) {
  const sorted = sortedOut(rows, reading)
  sorted.checkpoints.sort((left, right) => Number(left.place) - Number(right.place))
  const checkpoints = sorted.checkpoints.map((row) => checkpointOf(row, sorted, reading))
  return { checkpoints, logs: sorted.logs }
}

function sortedOut(rows: readonly StoredRow[], reading: RowReading): Sorted {
  const sorted: Sorted = {
    checkpoints: [], parentIds: new Map(), threadIds: new Map(),
    writes: new Map(), parentWrites: new Map(), sources: new Map(),
    logs: new Map(),
  }
  for (const row of rows) {
    // Checkpoints come before what is theirs, and sources before chunks.
    if (row.kind === 'c') takeCheckpoint(row, sorted)
    else if (row.kind === 'd') takeSource(row, sorted, reading)
    else if (row.kind === 'k') takeChunk(row, sorted, reading)
    else takeWrites(row, sorted, reading)
  }
  return sorted
}

function takeCheckpoint(
  row: StoredRow, { checkpoints, parentIds, threadIds }: Sorted,
): void {
  checkpoints.push(row)
  parentIds.set(nameOf(row), columns.parentId.decode(row.parent_id))
  threadIds.set(Number(row.thread), checkpointThreads.columns.threadId.decode(row.thread_id))
}

function takeWrites(row: StoredRow, sorted: Sorted, reading: RowReading): void {
  const name = nameOf(row)
  const isOwn = row.kind === 'w'
  const entries = isOwn ? sorted.writes : sorted.parentWrites
  // Those of a parent come under the name of its child.
  const checkpointId = isOwn
    ? columns.checkpointId.decode(row.checkpoint_id) : sorted.parentIds.get(name)!
  const bytes = reading.wrapping.open(
    checkpointWrites.columns.body.decode(row.body), writesPlace(reading.organizationId, {
      threadId: sorted.threadIds.get(Number(row.thread))!,
      namespace: columns.namespace.decode(row.namespace), checkpointId,
    }))
  const before = entries.get(name)
  const entry = unpackWrites(bytes)
  if (before === undefined) entries.set(name, [entry])
  else before.push(entry)
}

const sourceKey = (thread: unknown, number: unknown) => `${String(thread)} ${String(number)}`

function takeSource(
  row: StoredRow, { sources, threadIds }: Sorted, { wrapping, organizationId }: RowReading,
): void {
  const place = writesPlace(organizationId, {
    threadId: threadIds.get(Number(row.thread))!,
    checkpointId: columns.checkpointId.decode(row.checkpoint_id),
  })
  const bytes = wrapping.open(checkpointWrites.columns.body.decode(row.body), place)
  sources.set(sourceKey(row.thread, row.number), bytes)
}

function takeChunk(
  row: StoredRow, { logs, sources, threadIds }: Sorted, reading: RowReading,
): void {
  const [thread, log, start] = [Number(row.thread), Number(row.number), Number(row.place)]
  const source = row.namespace === null
    ? undefined : sources.get(sourceKey(row.thread, row.namespace))
  if (row.namespace !== null && source === undefined) throw new BytesMissing()
  const bytes = reading.wrapping.open(checkpointChunks.columns.data.decode(row.body), [
    'chunk', reading.organizationId, threadIds.get(thread)!, log, start,
  ], source)
  let ofThread = logs.get(thread)
  if (ofThread === undefined) logs.set(thread, ofThread = new Map())
  let known = ofThread.get(log)
  if (known === undefined) {
    known = reading.knownOf(thread).get(log) ?? new KnownLog()
    ofThread.set(log, known)
  }
  known.add(start, bytes)
}

function checkpointOf(row: StoredRow, sorted: Sorted, reading: RowReading): FoundCheckpoint {
  const thread = Number(row.thread)
  const threadId = sorted.threadIds.get(thread)!
  const checkpointId = columns.checkpointId.decode(row.checkpoint_id)
  const namespace = columns.namespace.decode(row.namespace)
  const token = Number(row.number)
  const body = bodyOf(row, reading, [
    'checkpoint', reading.organizationId, threadId, namespace, checkpointId, token,
  ])
  const logs = (log: number, end: number) => {
    const known = sorted.logs.get(thread)?.get(log) ?? reading.knownOf(thread).get(log)
    if (known === undefined || known.length < end) throw new BytesMissing()
    return known.bytes
  }
  const name = nameOf(row)
  const checkpoint: StoredCheckpoint = {
    threadId, namespace, checkpointId,
    parentId: columns.parentId.decode(row.parent_id),
    runId: columns.runId.decode(row.run_id),
    state: body.state,
    metadata: body.metadata ?? columns.metadata.decode(row.metadata) as JsonObject,
    channelVersions: body.versions,
    values: Object.fromEntries([...body.values].flatMap(([channel, value]) => (
      reading.channels === undefined || reading.channels.includes(channel)
        ? [[channel, { type: value.type, bytes: bytesOf(value, logs) }]] : []))),
    deltaChannels: [...body.reaches.keys()],
    writes: standing(sorted.writes.get(name) ?? []),
    ...(reading.withParentWrites
      ? { parentWrites: standing(sorted.parentWrites.get(name) ?? []) } : {}),
    isPinned: columns.isPinned.decode(row.is_pinned),
    createdAt: columns.createdAt.decode(row.created_at),
  }
  const headToken = row.head_token === null ? null : Number(row.head_token)
  return { checkpoint, thread, token, headToken, values: body.values, reaches: body.reaches }
}

/** Where a row of a checkpoint came from. */
export interface RowOrigin {
  readonly organizationId: string
  readonly threadId: string
  readonly wrapping: Wrapping
}

/** The metadata of a row; only where it is sealed, its body, too. Throws CheckpointUnreadable. */
export function metadataOf(row: StoredRow, origin: RowOrigin): JsonObject {
  if (!origin.wrapping.seals) return columns.metadata.decode(row.metadata) as JsonObject
  const body = bodyOf(row, origin, [
    'checkpoint', origin.organizationId, origin.threadId, columns.namespace.decode(row.namespace),
    columns.checkpointId.decode(row.checkpoint_id), Number(row.token),
  ])
  return body.metadata ?? columns.metadata.decode(row.metadata) as JsonObject
}

function bodyOf(row: StoredRow, { wrapping }: Pick<RowReading, 'wrapping'>, place: Place): Body {
  const hint = columns.checkpointId.decode(row.checkpoint_id)
  try {
    return unpackBody(wrapping.open(columns.body.decode(row.body), place, hint))
  } catch (cause) {
    if (cause instanceof CheckpointUnreadable) throw cause
    throw new CheckpointUnreadable('The checkpoint is not as it was written.', { cause })
  }
}
