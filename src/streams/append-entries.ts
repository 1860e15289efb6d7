import { type Stored } from '../database/columns.js'
import { type IdGenerator } from '../ids.js'
import { type AppendCall, lengthOf, stepName } from './append-call.js'
import { streams } from './tables.js'

const { columns } = streams

/** Calls of one stream that are appended together, or not at all. */
export interface Entry {
  readonly calls: readonly AppendCall[]
  /** How often its only call found nothing against it and was not appended all the same. */
  readonly attempts: number
}

/** The stream of a call. */
export const streamOf = ({ organizationId, path }: AppendCall): string =>
  `${organizationId} ${path}`

/** Joins neighbours that surely share one fate. */
export function entriesOf(calls: readonly AppendCall[]): Entry[] {
  const entries = new Map<string, AppendCall[][]>()
  for (const call of calls) {
    const own = entries.get(streamOf(call)) ?? []
    entries.set(streamOf(call), own)
    const last = own.at(-1)
    if (last !== undefined && follows(call, last.at(-1)!)) last.push(call)
    else own.push([call])
  }
  return [...entries.values()].flat().map((each) => ({ calls: each, attempts: 0 }))
}

/** The same calls, each alone. */
export function apart({ calls }: Entry): Entry[] {
  return calls.map((call) => ({ calls: [call], attempts: 0 }))
}

/** The first entry of each stream, by name of the stream, and what is left. */
export function roundOf(entries: readonly Entry[]): { round: Entry[]; left: Entry[] } {
  const round = new Map<string, Entry>()
  const left: Entry[] = []
  for (const entry of entries) {
    const name = streamOf(entry.calls[0]!)
    if (round.has(name)) left.push(entry)
    else round.set(name, entry)
  }
  // In one order everywhere, so that two processes with the same streams cannot deadlock.
  const names = [...round.keys()].sort()
  return { round: names.map((name) => round.get(name)!), left }
}

function follows(call: AppendCall, last: AppendCall): boolean {
  if (last.closing !== undefined || call.sequence !== null || last.sequence !== null) return false
  if (call.data === null || call.mediaType !== last.mediaType) return false
  if (call.producer === undefined || last.producer === undefined) {
    return call.producer === last.producer
  }
  const { id, epoch, seq } = last.producer
  const own = call.producer
  return own.id === id && own.epoch === epoch && own.seq === seq + 1
}

/** The stored form of an entry, without its chunks. */
export function entryRow({ calls }: Entry, source: { ids: IdGenerator; tailMax: number }) {
  const [first] = calls
  const last = calls.at(-1)!
  const { closing, producer } = last
  const added = calls.reduce((sum, call) => sum + lengthOf(call), 0)
  return {
    organization_id: first!.organizationId,
    path: first!.path,
    append_id: columns.id.encode(source.ids.next()),
    media_type: first!.mediaType,
    sequence: first!.sequence,
    producer_id: producer?.storedId ?? null,
    epoch: (producer?.epoch ?? null) as Stored<'integer'> | null,
    first_seq: (first!.producer?.seq ?? null) as Stored<'integer'> | null,
    last_seq: (producer?.seq ?? null) as Stored<'integer'> | null,
    closes: columns.closed.encode(closing !== undefined),
    closed_by: closing === undefined || producer === undefined
      ? null
      : columns.closedBy.encode(stepName(producer)),
    failure: closing?.failure ?? null,
    added: added as Stored<'integer'>,
    tail_max: source.tailMax as Stored<'integer'>,
  }
}

/** Each call's bytes and how many of the entry follow them. */
export function chunksOf({ calls }: Entry) {
  let remaining = calls.reduce((sum, call) => sum + lengthOf(call), 0)
  return calls.map(({ data }) => {
    remaining -= data?.length ?? 0
    return { data, remaining: remaining as Stored<'integer'> }
  })
}
