import { type Instant } from '../clock.js'
import { type PutWrites } from './contract.js'
import { type ThreadName } from './memory.js'
import { type PutScope } from './put-rows.js'
import { type CheckedPut } from './rules.js'

/** Whose a call is, and how its bytes go. */
export interface CallScope extends PutScope, ThreadName {
  /** The actor. */
  readonly createdBy: string
}

/** A checkpoint to put. */
export interface PutCall extends CallScope {
  readonly kind: 'put'
  readonly put: CheckedPut
}

/** Pending writes to put. */
export interface WritesCall extends CallScope {
  readonly kind: 'writes'
  readonly put: PutWrites
}

export type Call = PutCall | WritesCall

/** Calls of one thread keep their order. */
export const threadOf = ({ organizationId, threadId }: ThreadName): string =>
  `${organizationId} ${threadId}`

/** Channels of which a put has no value: they keep what its parent has. */
export const keptChannels = ({ channelVersions, values }: CheckedPut): string[] =>
  Object.keys(channelVersions).filter((channel) => !Object.hasOwn(values, channel))

/** Bytes, or thereabouts. */
export function weightOf(call: Call): number {
  const calls = call.kind === 'put' ? call.put.writes : [call.put]
  let weight = 256
  for (const { writes } of calls) for (const { value } of writes) weight += value.bytes.length
  if (call.kind === 'writes') return weight
  for (const { bytes } of Object.values(call.put.values)) weight += 256 + bytes.length / thereShare
  return weight + call.put.state.bytes.length
}

/** Most of a value is there already; where it is not, a batch has 64 MiB of values, not 4. */
const thereShare = 16

/**
 * What may share one transaction, and the rest: of a thread one checkpoint and any number of
 * pending writes under one fencing token and one policy, in the order in which they came. A
 * checkpoint that brings writes of its own shares with none of its thread: they are numbered apart.
 */
export function roundOf(calls: readonly Call[]): { round: Call[]; left: Call[] } {
  const round: Call[] = []
  const left: Call[] = []
  const shares = new Map<string, Share>()
  for (const call of calls) {
    const thread = threadOf(call)
    const share = shares.get(thread)
    if (share === undefined) {
      round.push(call)
      const { put: { fence }, wrapping: { since } } = call
      shares.set(thread, { fence, since, hasPut: isPut(call), isFull: isAlone(call) })
    } else if (fits(call, share)) {
      round.push(call)
      share.hasPut ||= isPut(call)
    } else {
      left.push(call)
      share.isFull = true
    }
  }
  return { round, left }
}

/** What a thread has in a round. */
interface Share {
  readonly fence: number | undefined
  readonly since: Instant | null
  hasPut: boolean
  /** Whether the rest has calls that must come before any other one. */
  isFull: boolean
}

const isPut = ({ kind }: Call) => kind === 'put'
const isAlone = (call: Call) => call.kind === 'put' && call.put.writes.length > 0

function fits(call: Call, { fence, since, hasPut, isFull }: Share): boolean {
  const isAlike = call.put.fence === fence && call.wrapping.since === since
  return !isFull && isAlike && !isAlone(call) && !(hasPut && isPut(call))
}
