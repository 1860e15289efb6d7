import {
  type BaseCheckpointSaver, type CheckpointPendingWrite, type SerializerProtocol, WRITES_IDX_MAP,
} from '@langchain/langgraph-checkpoint'
import { type PendingWrite, type PutWrites, type Typed } from '../../checkpoints/index.js'

type Given = Parameters<BaseCheckpointSaver['putWrites']>[1]

/** Writes of a task as they are kept. */
export type KeptWrites = Pick<PutWrites, 'whenWritten' | 'writes'>

/** Marks a value that stands behind the path of its task. */
const pathMark = 'path+'
const lengthBytes = 4

/**
 * A task's writes, those first of which the last one counts (errors, interrupts, answers to them),
 * then those of which the first one does.
 */
export async function writesToKeep(
  serde: SerializerProtocol, given: Given, taskPath: string,
): Promise<KeptWrites[]> {
  const special = new Map<number, PutWrites['writes'][number]>()
  const ordinary: PutWrites['writes'][number][] = []
  // At once: a serializer may wait for something, such as a key.
  const values = await Promise.all(given.map(([, value]) => typed(serde, value)))
  for (let place = 0; place < given.length; place++) {
    const [channel] = given[place]!
    // By its own members: a channel may be called as one that every object has.
    const index = Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel]! : place
    const write = { index, channel, value: withPath(values[place]!, taskPath) }
    if (index < 0) special.set(index, write)
    else ordinary.push(write)
  }
  return [
    { whenWritten: 'replace' as const, writes: [...special.values()] },
    { whenWritten: 'keep' as const, writes: ordinary },
  ].filter(({ writes }) => writes.length > 0)
}

/** Pending writes as LangGraph reads them: in the order in which a step applies them. */
export async function writesOf(
  serde: SerializerProtocol, kept: readonly PendingWrite[],
): Promise<CheckpointPendingWrite[]> {
  return await Promise.all(inOrder(kept).map(async ({ taskId, channel, value }) => (
    [taskId, channel, await untyped(serde, value)] as CheckpointPendingWrite)))
}

/** A value as the serializer writes it. */
export async function typed(serde: SerializerProtocol, value: unknown): Promise<Typed> {
  const [type, bytes] = await serde.dumpsTyped(value)
  return { type, bytes }
}

/** The value behind what `typed` made. Of a function, or a symbol, JSON holds nothing at all. */
export async function untyped(serde: SerializerProtocol, { type, bytes }: Typed): Promise<unknown> {
  if (type === 'json' && bytes.length === 0) return undefined
  return await serde.loadsTyped(type, bytes)
}

/** By the path of the task, then by its id, then by the place among its writes. */
function inOrder(kept: readonly PendingWrite[]): PendingWrite[] {
  const parts = kept.map((write) => ({ write, ...splitPath(write.value) }))
  parts.sort((one, other) => compare(one.path, other.path)
    || compare(one.write.taskId, other.write.taskId) || one.write.index - other.write.index)
  return parts.map(({ write, value }) => ({ ...write, value }))
}

/** By code point, as LangGraph orders in every language. */
function compare(one: string, other: string): number {
  if (one === other) return 0
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return Buffer.compare(left, right) || (one < other ? -1 : 1)
}

/** Tasks that were put without a path have none; the others carry it with each value. */
function withPath(value: Typed, path: string): Typed {
  if (path === '') return value
  const text = Buffer.from(path)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(text.length)
  return { type: pathMark + value.type, bytes: Buffer.concat([length, text, value.bytes]) }
}

function splitPath(value: Typed): { readonly path: string; readonly value: Typed } {
  if (!value.type.startsWith(pathMark)) return { path: '', value }
  const bytes = Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength)
  const end = lengthBytes + bytes.readUInt32BE()
  return {
    path: bytes.toString('utf8', lengthBytes, end),
    value: { type: value.type.slice(pathMark.length), bytes: bytes.subarray(end) },
  }
}
