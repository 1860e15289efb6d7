import { randomInt } from 'node:crypto'
import { allAncestors, packBody, packWrites, type Reaches } from './body.js'
import { type CheckpointName, type PutWrites } from './contract.js'
import { type KnownCheckpoint, type KnownThread } from './memory.js'
import { type ChunkRow, type PutRow, type WriteRow } from './put-statements.js'
import { type CheckedPut } from './rules.js'
import { type KnownWrites, sourceOf } from './sources.js'
import {
  checkpointChunks, checkpoints, checkpointThreads, checkpointWrites,
} from './tables.js'
import { type Growth, keepSame, keepValue, refsOf, type Value } from './values.js'
import { type Wrapping, writesPlace } from './wrapping.js'

/** Rows of bytes have at most so many. */
const chunkBytesMax = 256 * 1024

/** Whose checkpoint is put, and how bytes are wrapped. */
export interface PutScope {
  readonly organizationId: string
  readonly wrapping: Wrapping
}

/** What a checkpoint is made from. */
export interface Basis {
  /** The parent; undefined without one. */
  readonly parent: KnownCheckpoint | undefined
  /** What must be the token of the head or, of a branch, of the parent. */
  readonly known: number | null
  /** Whether bytes may be appended to the logs of the parent. */
  readonly mayGrow: boolean
  /** Whether it replaces a head of its own id. */
  readonly replaces: boolean
  /** What is known of the thread. */
  readonly thread: KnownThread
}

/** What rows are made with. */
export interface PutMaking extends PutScope {
  /** Draws the number of a log. */
  readonly newLog: () => number
  /** Pending writes on the parent that are written together with the put. */
  readonly beside: readonly KnownWrites[]
}

/** A put as rows, and what is known once they are there. */
export interface PreparedPut {
  readonly row: PutRow
  readonly chunks: readonly ChunkRow[]
  readonly writes: readonly WriteRow[]
  readonly known: KnownCheckpoint
  readonly growths: readonly Growth[]
}

/**
 * A random number that a row, or a log, is known by. Where a log of the thread has it already, the
 * database refuses the put, which is then made again with another one.
 */
export const newToken = (): number => randomInt(2 ** 47) + 1

const { columns } = checkpoints

/** Makes the rows of a put. The bytes of the parent's values must be known. */
export async function preparedPut(
  put: CheckedPut, scope: PutMaking, basis: Basis,
): Promise<PreparedPut> {
  const { values, growths } = keptValues(put, basis, scope.newLog)
  const reaches = reachesOf(put, basis.parent)
  const token = newToken()
  const { organizationId, wrapping } = scope
  const { threadId, namespace, checkpointId } = put
  const body = packBody({
    state: put.state, versions: put.channelVersions, values, reaches,
    metadata: wrapping.seals ? put.metadata : null,
  })
  const place = ['checkpoint', organizationId, threadId, namespace, checkpointId, token]
  const name = nameRow(scope, put)
  const row: PutRow = {
    parent_id: columns.parentId.encode(put.parentId, 'parent_id'),
    run_id: columns.runId.encode(put.runId ?? null, 'run_id'),
    token: columns.token.encode(token),
    known: basis.known === null ? null : columns.token.encode(basis.known),
    known_thread: basis.known === null || basis.thread.number === undefined
      ? null : checkpointThreads.columns.number.encode(basis.thread.number),
    replaces: columns.isPinned.encode(basis.replaces),
    fence: fenceOf(put.fence),
    ancestor_count: columns.ancestorCount.encode(Math.max(0, ...reaches.values()) || null),
    refs: columns.refs.encode(refsOf(values.values())),
    body: columns.body.encode(await wrapping.wrap(body, place, checkpointId)),
    metadata: columns.metadata.encode(wrapping.seals ? {} : put.metadata as never, 'metadata'),
    // Last: decision 0061.
    ...name,
  }
  const sources = sourcesOf(put, scope, basis)
  const chunks = await Promise.all(growths.flatMap((growth) =>
    splitGrowth(growth).map((part) => chunkRow(part, { scope, put, row, sources }))))
  const writes = await Promise.all(put.writes.map((call, index) => writeRow(
    { ...put, ...call }, scope, { token, remaining: put.writes.length - 1 - index })))
  return { row, chunks, writes, known: { token, values, reaches }, growths }
}

/** The row of a call of pending writes. */
export async function writeRow(
  put: PutWrites,
  scope: PutScope,
  { token, remaining }: { readonly token: number | null; readonly remaining: number },
): Promise<WriteRow> {
  const { whenWritten = 'keep', taskId, writes } = put
  const body = packWrites({ taskId, replaces: whenWritten === 'replace', writes })
  const place = writesPlace(scope.organizationId, put)
  const name = nameRow(scope, put)
  return {
    token: token === null ? null : columns.token.encode(token),
    fence: fenceOf(put.fence),
    remaining: checkpointWrites.columns.number.encode(remaining),
    body: checkpointWrites.columns.body.encode(await scope.wrapping.wrap(body, place)),
    ...name,
  }
}

export function fenceOf(fence: number | undefined) {
  return fence === undefined ? null : checkpointThreads.columns.entryCount.encode(fence, 'fence')
}

/** Whose row it is, in stored form. */
export function nameRow(
  { organizationId }: Pick<PutScope, 'organizationId'>,
  { threadId, namespace = '', checkpointId }: CheckpointName,
) {
  return {
    organization_id: columns.organizationId.encode(organizationId, 'organization_id'),
    thread_id: checkpointThreads.columns.threadId.encode(threadId, 'thread_id'),
    namespace: columns.namespace.encode(namespace, 'namespace'),
    checkpoint_id: columns.checkpointId.encode(checkpointId, 'checkpoint_id'),
  }
}

/** What the checkpoint keeps of each channel: what is new, and what its parent has. */
function keptValues(
  put: CheckedPut, { parent, mayGrow, thread }: Basis, newLog: () => number,
) {
  const values = new Map<string, Value>()
  const growths: Growth[] = []
  const how = { mayGrow, newLog, bytesOf: (log: number) => thread.log(log).bytes }
  for (const channel of Object.keys(put.channelVersions)) {
    const before = parent?.values.get(channel)
    const given = Object.hasOwn(put.values, channel) ? put.values[channel] : undefined
    if (given === undefined && before === undefined) continue
    const kept = given === undefined ? keepSame(before!, how) : keepValue(given, { ...how, before })
    values.set(channel, kept.value)
    growths.push(...kept.growths)
  }
  return { values, growths }
}

/**
 * How far back the channels go that are kept as differences: to the nearest ancestor with a value.
 * Where none is known, all the way.
 */
function reachesOf(
  { deltaChannels, parentId }: CheckedPut, parent: KnownCheckpoint | undefined,
): Reaches {
  const reachOf = (channel: string) => {
    if (parentId === null) return 0
    if (parent?.values.has(channel) === true) return 1
    return Math.min((parent?.reaches.get(channel) ?? allAncestors) + 1, allAncestors)
  }
  return new Map(deltaChannels.map((channel) => [channel, reachOf(channel)]))
}

function splitGrowth({ log, start, bytes }: Growth): Growth[] {
  const parts: Growth[] = []
  for (let at = 0; at < bytes.length; at += chunkBytesMax) {
    parts.push({ log, start: start + at, bytes: bytes.subarray(at, at + chunkBytesMax) })
  }
  return parts
}

/**
 * What new bytes may come from: pending writes on the parent. While it is the head by the token
 * that is known, they are there. Sealed bytes open by themselves.
 */
function sourcesOf(
  { namespace, parentId }: CheckedPut, { wrapping, beside }: PutMaking,
  { known, mayGrow, thread }: Basis,
): readonly KnownWrites[] {
  if (parentId === null || !mayGrow || wrapping.seals) return []
  return [...thread.writesOn(namespace, parentId, known), ...beside]
}

const numberIn = (place: object = {}, key: string): number | null =>
  (place as Readonly<Record<string, number>>)[key] ?? null

async function chunkRow(
  { log, start, bytes }: Growth,
  { scope, put, row, sources }: {
    readonly scope: PutScope
    readonly put: CheckedPut
    readonly row: PutRow
    readonly sources: readonly KnownWrites[]
  },
): Promise<ChunkRow> {
  const { organization_id, thread_id, namespace, checkpoint_id, token } = row
  const place = ['chunk', scope.organizationId, put.threadId, log, start]
  const { log: logs, startOffset, data, sourceId, sourceNumber } = checkpointChunks.columns
  const source = sourceOf(bytes, sources)
  return {
    organization_id, thread_id, namespace, checkpoint_id, token,
    log: logs.encode(log),
    start_offset: startOffset.encode(start),
    data: data.encode(await scope.wrapping.wrap(bytes, place, source?.bytes)),
    source_id: sourceId.encode(source === undefined ? null : put.parentId, 'parent_id'),
    source_number: sourceNumber.encode(numberIn(source?.place, 'number')),
    source_remaining: sourceNumber.encode(numberIn(source?.place, 'remaining')),
  }
}
