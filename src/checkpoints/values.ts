import { type Typed } from './contract.js'

/** The first bytes of a log that a value is made of. */
export interface Piece {
  readonly log: number
  readonly end: number
}

/** A value that stands in its checkpoint. */
export interface InlineValue {
  readonly type: string
  readonly bytes: Uint8Array
}

/** A value made of its own first bytes, pieces of logs, and its own last bytes. */
export interface RopeValue {
  readonly type: string
  readonly head: Uint8Array
  readonly pieces: readonly Piece[]
  readonly tail: Uint8Array
  /** Whether nothing follows the last piece in its log, and the next value may. */
  readonly isOpen: boolean
}

/** What a checkpoint keeps of a channel. */
export type Value = InlineValue | RopeValue

/** Bytes that are new in a log. */
export interface Growth {
  readonly log: number
  readonly start: number
  readonly bytes: Uint8Array
}

/** The bytes of logs, as far as they are known: at least as far as the values at hand need. */
export type LogBytes = (log: number, end: number) => Uint8Array

/** A value beside the checkpoint, and what has to be written for it. */
export interface Kept {
  readonly value: Value
  readonly growths: readonly Growth[]
}

/** How a value is to be kept. */
export interface Keeping {
  /** The value that the parent has of the channel. */
  readonly before: Value | undefined
  /** Whether it may be what the next bytes of a log are appended to. */
  readonly mayGrow: boolean
  readonly bytesOf: LogBytes
  readonly newLog: () => number
}

/** A value of so many bytes stands in its checkpoint. */
export const inlineMax = 64

/**
 * So does a new one of so many bytes, until it is seen to stay or to grow: many are gone with the
 * next step, such as what a graph is called with, and a log of their own would take more.
 */
const freshMax = 1536

/** Bytes that may differ in front although the rest is the same, such as a count. */
const headLength = 16

/** Bytes that may stay behind what grows, such as closing brackets. */
const tailMax = 16

/** A value of more pieces is written anew. */
const piecesMax = 8

/** So many bytes in common are worth a piece. */
const sharedMin = 512

const none = new Uint8Array(0)

export const isRope = (value: Value | undefined): value is RopeValue =>
  value !== undefined && 'pieces' in value

/** Keeps a value as a difference from the one before, where that pays. */
export function keepValue({ type, bytes }: Typed, how: Keeping): Kept {
  const { before } = how
  if (bytes.length <= inlineMax) {
    return { value: { type, bytes: new Uint8Array(bytes) }, growths: [] }
  }
  if (!isRope(before)) {
    const stays = before !== undefined && bytes.length >= before.bytes.length &&
      prefixLength(before.bytes, bytes) >= before.bytes.length / 2
    return stays ? whole({ type, bytes }, how) : fresh({ type, bytes }, how)
  }
  const content = bytes.subarray(headLength)
  const { isEqual, length } = sharedWith(before, content, how.bytesOf)
  const next = { type, head: bytes.slice(0, headLength) }
  if (isEqual) return grown({ ...before, ...next }, content.subarray(length), how)
  if (length < sharedMin || length < content.length / 8) return fresh({ type, bytes }, how)
  const cut = { ...before, ...next, pieces: cutPieces(before.pieces, length), isOpen: false }
  return grown(cut, content.subarray(length), how)
}

/** Keeps what the parent has of a channel that did not change. */
export function keepSame(before: Value, how: Omit<Keeping, 'before'>): Kept {
  if (isRope(before)) {
    return { value: how.mayGrow ? before : closedValue(before), growths: [] }
  }
  if (before.bytes.length <= inlineMax) return { value: before, growths: [] }
  return whole(before, { ...how, before })
}

/** The bytes of a value. */
export function bytesOf(value: Value, logs: LogBytes): Uint8Array {
  if (!isRope(value)) return new Uint8Array(value.bytes)
  const { head, pieces, tail } = value
  const length = pieces.reduce((sum, { end }) => sum + end, head.length + tail.length)
  const bytes = new Uint8Array(length)
  bytes.set(head)
  let offset = head.length
  for (const { log, end } of pieces) {
    bytes.set(logs(log, end).subarray(0, end), offset)
    offset += end
  }
  bytes.set(tail, offset)
  return bytes
}

/** How many bytes a value has. */
export function lengthOf(value: Value): number {
  if (!isRope(value)) return value.bytes.length
  return value.pieces.reduce((sum, { end }) => sum + end, value.head.length + value.tail.length)
}

/** The same value where something may follow in its log already. */
export function closedValue(value: Value): Value {
  return isRope(value) && value.isOpen ? { ...value, isOpen: false } : value
}

/** Which logs values need, and how much of each. */
export function refsOf(values: Iterable<Value>): [number, number][] {
  const ends = new Map<number, number>()
  for (const value of values) {
    if (!isRope(value)) continue
    for (const { log, end } of value.pieces) ends.set(log, Math.max(end, ends.get(log) ?? 0))
  }
  return [...ends]
}

/** Puts `rest` behind the pieces of `value`. */
function grown(value: RopeValue, rest: Uint8Array, how: Keeping): Kept {
  if (rest.length <= tailMax) {
    const isOpen = value.isOpen && how.mayGrow
    return { value: { ...value, tail: rest.slice(), isOpen }, growths: [] }
  }
  const tail = tailOf(rest, value.tail)
  const added = rest.slice(0, rest.length - tail.length)
  const last = value.pieces.at(-1)!
  if (value.isOpen && how.mayGrow) {
    const pieces = [...value.pieces.slice(0, -1), { log: last.log, end: last.end + added.length }]
    return {
      value: { ...value, pieces, tail },
      growths: [{ log: last.log, start: last.end, bytes: added }],
    }
  }
  if (value.pieces.length >= piecesMax) {
    const bytes = bytesOf({ ...value, tail: rest }, how.bytesOf)
    return whole({ type: value.type, bytes }, how)
  }
  const log = how.newLog()
  return {
    value: { ...value, pieces: [...value.pieces, { log, end: added.length }], tail, isOpen: true },
    growths: [{ log, start: 0, bytes: added }],
  }
}

/** A value that nothing is known of. */
function fresh({ type, bytes }: Typed, how: Keeping): Kept {
  if (bytes.length > freshMax) return whole({ type, bytes }, how)
  return { value: { type, bytes: new Uint8Array(bytes) }, growths: [] }
}

/** A value with a log of its own. */
function whole({ type, bytes }: Typed, { newLog }: Keeping): Kept {
  const content = bytes.subarray(headLength)
  const tail = tailOf(content, closing(content))
  const log = newLog()
  const added = content.slice(0, content.length - tail.length)
  return {
    value: {
      type, head: bytes.slice(0, headLength), pieces: [{ log, end: added.length }], tail,
      isOpen: true,
    },
    growths: [{ log, start: 0, bytes: added }],
  }
}

interface Shared {
  /** Whether the content begins with all that the value has in logs. */
  readonly isEqual: boolean
  /** Bytes in common from the beginning. */
  readonly length: number
}

function sharedWith({ pieces }: RopeValue, content: Uint8Array, logs: LogBytes): Shared {
  let length = 0
  for (const { log, end } of pieces) {
    const known = logs(log, end).subarray(0, end)
    const given = content.subarray(length, length + end)
    if (known.length < end || !isSame(known, given)) {
      return { isEqual: false, length: length + prefixLength(known, given) }
    }
    length += end
  }
  return { isEqual: true, length }
}

const isSame = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0

/** How many first bytes two differing arrays share; by halves, which are compared natively. */
function prefixLength(left: Uint8Array, right: Uint8Array): number {
  let low = 0
  let high = Math.min(left.length, right.length)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (isSame(left.subarray(low, middle), right.subarray(low, middle))) low = middle
    else high = middle - 1
  }
  return low
}

function cutPieces(pieces: readonly Piece[], length: number): Piece[] {
  const cut: Piece[] = []
  let left = length
  for (const { log, end } of pieces) {
    if (left === 0) break
    cut.push({ log, end: Math.min(end, left) })
    left -= Math.min(end, left)
  }
  return cut
}

/** The last bytes of `bytes` that are the last of `model` too, at most `tailMax`. */
function tailOf(bytes: Uint8Array, model: Uint8Array): Uint8Array {
  const most = Math.min(tailMax, model.length, bytes.length - 1)
  let length = 0
  while (length < most && bytes.at(-1 - length) === model.at(-1 - length)) length += 1
  return length === 0 ? none : bytes.slice(bytes.length - length)
}

const closers = new Set([...'"]} \n'].map((character) => character.charCodeAt(0)))

/** Brackets that end a text: what is appended to it next comes before them. */
function closing(content: Uint8Array): Uint8Array {
  let length = 0
  while (length < tailMax && closers.has(content.at(-1 - length) ?? 0)) length += 1
  return content.subarray(content.length - length)
}
