import { type PutWrites } from './contract.js'
import { type ThreadName } from './memory.js'
import { type PutScope } from './put-rows.js'
import { type CheckedPut } from './rules.js'

interface CallScope extends PutScope, ThreadName {
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

/** Bytes, or thereabouts. */
export function weightOf(call: Call): number {
  const calls = call.kind === 'put' ? call.put.writes : [call.put]
  let weight = 256
  for (const { writes } of calls) for (const { value } of writes) weight += value.bytes.length
  if (call.kind === 'writes') return weight
  // Most of a value is there already.
  return weight + call.put.state.bytes.length + 256 * Object.keys(call.put.values).length
}

/**
 * What may share one transaction, and the rest: of a thread one checkpoint, or any number of
 * pending writes under one fencing token, in the order in which they came.
 */
export function roundOf(calls: readonly Call[]): { round: Call[]; left: Call[] } {
  const round: Call[] = []
  const left: Call[] = []
  const first = new Map<string, Call>()
  const full = new Set<string>()
  for (const call of calls) {
    const thread = threadOf(call)
    const before = first.get(thread)
    const fits = before === undefined || (!full.has(thread) && call.kind === 'writes' &&
      before.kind === 'writes' && before.put.fence === call.put.fence)
    if (fits) {
      round.push(call)
      first.set(thread, before ?? call)
    } else {
      left.push(call)
      full.add(thread)
    }
  }
  return { round, left }
}
