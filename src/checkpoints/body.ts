import { decodeJson, encodeJson } from '../database/values.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { type JsonObject, type PendingWrite, type PutWrites, type Typed } from './contract.js'
import { isRope, type Value } from './values.js'

/** What stands in the body of a checkpoint. */
export interface Body {
  readonly state: Typed
  readonly versions: Readonly<Record<string, string | number>>
  /** By channel; all of them have versions. */
  readonly values: ReadonlyMap<string, Value>
  /** Of how many of its nearest ancestors each channel is made that is kept as differences. */
  readonly reaches: Reaches
  /** Null where the metadata stands beside the body. */
  readonly metadata: JsonObject | null
}

/** The number of ancestors of a channel that may be made of all of them. */
export const allAncestors = 2 ** 31

/** Numbers of ancestors, by channel. */
export type Reaches = ReadonlyMap<string, number>

/** What one call wrote. */
export interface WriteEntry {
  readonly taskId: string
  readonly replaces: boolean
  readonly writes: PutWrites['writes']
}

const inline = 0
const closedRope = 1
const openRope = 2

export function packBody({ state, versions, values, reaches, metadata }: Body): Buffer {
  const writer = new ByteWriter()
  writer.text(state.type).bytes(state.bytes)
  writer.text(encodeJson(versions, 'channel_versions'))
  writer.text(metadata === null ? '' : encodeJson(metadata, 'metadata'))
  const places = new Map(Object.keys(versions).map((channel, place) => [channel, place]))
  writer.number(values.size)
  for (const [channel, value] of values) {
    writer.number(places.get(channel)!).text(value.type)
    packValue(writer, value)
  }
  for (const [channel, reach] of reaches) writer.text(channel).number(reach)
  return writer.done()
}

export function unpackBody(bytes: Uint8Array): Body {
  const reader = new ByteReader(bytes)
  const state = { type: reader.text(), bytes: reader.bytes() }
  const versions = decodeJson(reader.text()) as Body['versions']
  const metadata = reader.text()
  const channels = Object.keys(versions)
  const values = new Map<string, Value>()
  for (let left = reader.number(); left > 0; left--) {
    const channel = channels[reader.number()]!
    values.set(channel, unpackValue(reader, reader.text()))
  }
  const reaches = new Map<string, number>()
  while (!reader.isAtEnd) reaches.set(reader.text(), reader.number())
  return {
    state, versions, values, reaches,
    metadata: metadata === '' ? null : decodeJson(metadata) as JsonObject,
  }
}

function packValue(writer: ByteWriter, value: Value): void {
  if (!isRope(value)) {
    writer.number(inline).bytes(value.bytes)
    return
  }
  writer.number(value.isOpen ? openRope : closedRope).bytes(value.head).bytes(value.tail)
  writer.number(value.pieces.length)
  for (const { log, end } of value.pieces) writer.number(log).number(end)
}

function unpackValue(reader: ByteReader, type: string): Value {
  const form = reader.number()
  if (form === inline) return { type, bytes: reader.bytes() }
  const [head, tail] = [reader.bytes(), reader.bytes()]
  const pieces = Array.from({ length: reader.number() }, () => (
    { log: reader.number(), end: reader.number() }))
  return { type, head, tail, pieces, isOpen: form === openRope }
}

export function packWrites({ taskId, replaces, writes }: WriteEntry): Buffer {
  const writer = new ByteWriter()
  writer.text(taskId).number(replaces ? 1 : 0).number(writes.length)
  for (const { index, channel, value } of writes) {
    writer.signed(index).text(channel).text(value.type).bytes(value.bytes)
  }
  return writer.done()
}

export function unpackWrites(bytes: Uint8Array): WriteEntry {
  const reader = new ByteReader(bytes)
  const [taskId, replaces] = [reader.text(), reader.number() === 1]
  const writes = Array.from({ length: reader.number() }, () => ({
    index: reader.signed(), channel: reader.text(),
    value: { type: reader.text(), bytes: reader.bytes() },
  }))
  return { taskId, replaces, writes }
}

/**
 * The writes that stand: of a task's writes to one index the first or, where the call says so, the
 * last. By task in the order of their first write, then by index.
 */
export function standing(entries: readonly WriteEntry[]): PendingWrite[] {
  const tasks = new Map<string, Map<number, PendingWrite>>()
  for (const { taskId, replaces, writes } of entries) {
    const task = tasks.get(taskId) ?? new Map<number, PendingWrite>()
    tasks.set(taskId, task)
    for (const { index, channel, value } of writes) {
      if (replaces || !task.has(index)) task.set(index, { taskId, index, channel, value })
    }
  }
  return [...tasks.values()].flatMap((task) =>
    [...task.values()].sort((left, right) => left.index - right.index))
}
