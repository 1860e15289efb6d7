import { createHash } from 'node:crypto'
import { jsonDepthMax, type JsonValue } from '../database/json.js'
import { type StoredCheckpoint, type Typed } from './contract.js'

/** A value by what it is, not by what it holds. */
export interface ValueSketch {
  readonly type: string
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** A difference inside a JSON value. */
export interface PathChange {
  /** A JSON pointer (RFC 6901). */
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Absent where there was none. */
  readonly before?: JsonValue
  readonly after?: JsonValue
}

/** What became of a channel between two checkpoints. */
export interface ChannelChange {
  readonly channel: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly before: ValueSketch | null
  readonly after: ValueSketch | null
  /** Where both are JSON of 200 levels at most: what differs in them, at most 1000 places. */
  readonly paths?: readonly PathChange[]
}

/** Places told of one channel at most. */
const pathsMax = 1_000

/** What differs between the channels of two checkpoints, by name. */
export function comparedChannels(
  before: StoredCheckpoint, after: StoredCheckpoint,
): ChannelChange[] {
  const names = new Set([...Object.keys(before.values), ...Object.keys(after.values)])
  return [...names].sort().flatMap((channel): ChannelChange[] => {
    const one = own(before.values, channel)
    const other = own(after.values, channel)
    if (one === undefined || other === undefined) {
      const change = one === undefined ? 'added' as const : 'removed' as const
      return [{ channel, change, before: sketch(one), after: sketch(other) }]
    }
    if (one.type === other.type && Buffer.compare(one.bytes, other.bytes) === 0) return []
    const paths = jsonChanges(one, other)
    return [{
      channel, change: 'changed' as const, before: sketch(one), after: sketch(other),
      ...(paths === undefined ? {} : { paths }),
    }]
  })
}

const own = (values: StoredCheckpoint['values'], channel: string) =>
  Object.hasOwn(values, channel) ? values[channel] : undefined

function sketch(value: Typed | undefined): ValueSketch | null {
  if (value === undefined) return null
  const { type, bytes } = value
  return { type, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function jsonChanges(before: Typed, after: Typed): PathChange[] | undefined {
  const [one, other] = [parsed(before), parsed(after)]
  if (one === undefined || other === undefined) return undefined
  const changes: PathChange[] = []
  collect({ before: one.value, after: other.value, path: '' }, changes)
  return changes
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parsed({ bytes }: Typed): { readonly value: JsonValue } | undefined {
  try {
    const value = JSON.parse(decoder.decode(bytes)) as JsonValue
    return isWithin(value, jsonDepthMax) ? { value } : undefined
  } catch {
    return undefined
  }
}

/** Whether a value has no more than so many levels: what has more, no answer could tell. */
function isWithin(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => isWithin(member, levels - 1))
}

const isObject = (value: JsonValue): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Two values in the same place. */
interface Pair {
  readonly before: JsonValue
  readonly after: JsonValue
  readonly path: string
}

/** Walks down as long as both are of one shape. */
function collect({ before, after, path }: Pair, changes: PathChange[]): void {
  if (changes.length >= pathsMax) return
  const bothObjects = isObject(before) && isObject(after)
  if (!bothObjects && !(Array.isArray(before) && Array.isArray(after))) {
    if (before !== after) changes.push({ path, change: 'changed', before, after })
    return
  }
  const [one, other] = [before as Members, after as Members]
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (changes.length >= pathsMax) return
    const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!Object.hasOwn(one, key)) changes.push({ path: place, change: 'added', after: other[key]! })
    else if (!Object.hasOwn(other, key)) {
      changes.push({ path: place, change: 'removed', before: one[key]! })
    } else collect({ before: one[key]!, after: other[key]!, path: place }, changes)
  }
}

type Members = Readonly<Record<string, JsonValue>>
