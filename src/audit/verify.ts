import { type ChainRows } from './chain-rows.js'
import { KeptHeads } from './kept-heads.js'
import { type AuditKeys } from './keys.js'
import { type AuditHead } from './tables.js'
import { type AuditFault, ChainWalk } from './walk.js'

/** What a check of a log found. */
export interface AuditVerdict {
  readonly organizationId: string
  readonly isIntact: boolean
  /** The first thing that is wrong; null when nothing is. */
  readonly fault: AuditFault | null
  /** How far the log was checked. */
  readonly sequence: number
  readonly hash: string
  /** Entries that were checked. */
  readonly entries: number
  /** Entries that tombstones stand for. */
  readonly pruned: number
  /** Heads that were compared, those kept elsewhere included. */
  readonly heads: number
  /** Entries that wait to be sealed; nothing protects them yet. */
  readonly unsealed: number
  /** False without a key: nobody can tell then whether heads and tombstones are genuine. */
  readonly areSignaturesChecked: boolean
}

/** What a check takes. */
export interface Verification {
  readonly organizationId: string
  readonly rows: ChainRows
  readonly keys: AuditKeys
  /** Heads kept elsewhere, of this organization. */
  readonly kept: readonly AuditHead[]
}

/** Checks a log up to where it ends now, in constant memory; stops at the first fault. */
export async function verifyChain(given: Verification): Promise<AuditVerdict> {
  const { organizationId, rows, keys } = given
  const walk = new ChainWalk(keys)
  const fault = await firstFault(given, walk)
  return {
    organizationId,
    isIntact: fault === undefined,
    fault: fault ?? null,
    sequence: walk.sequence,
    hash: walk.hash,
    entries: walk.entries,
    pruned: walk.pruned,
    heads: walk.heads,
    unsealed: await rows.unsealed(),
    areSignaturesChecked: keys.canCheck,
  }
}

async function firstFault(
  { organizationId, rows, kept: heads }: Verification,
  walk: ChainWalk,
): Promise<AuditFault | undefined> {
  const end = await rows.end()
  const kept = new KeptHeads(heads)
  while (walk.sequence < end.sequence) {
    const fault = await step(rows, walk, { organizationId, to: end.sequence, kept })
    if (fault !== undefined) return fault
  }
  if (walk.sequence === end.sequence && walk.hash !== end.hash) {
    const message = `The chain is said to end with another hash than entry ${end.sequence} has.`
    return { kind: 'entry_changed', sequence: end.sequence, eventId: null, message }
  }
  const furthest = Math.max(
    (await rows.newestHead())?.sequence ?? 0, kept.furthest(organizationId))
  // The log may have gone on meanwhile, but not back.
  const now = await rows.end()
  if (furthest > now.sequence) return walk.ended(furthest)
  const beyond = await rows.beyondEnd()
  if (beyond === undefined) return undefined
  const message = `Entry ${beyond.sequence} (${beyond.id}) stands behind the end of the chain.`
  return { kind: 'entry_beyond_end', sequence: beyond.sequence, eventId: beyond.id, message }
}

interface Reach {
  readonly organizationId: string
  readonly to: number
  readonly kept: KeptHeads
}

/** The next rows, with the heads of their places. */
async function step(
  rows: ChainRows,
  walk: ChainWalk,
  { organizationId, to, kept }: Reach,
): Promise<AuditFault | undefined> {
  const page = await rows.entries({ after: walk.sequence, to })
  if (page[0]?.entry.sequence !== walk.sequence + 1) {
    return bridge(rows, walk, { organizationId, to, kept })
  }
  const last = page.at(-1)!.entry.sequence
  const stored = new KeptHeads(await rows.heads({ after: walk.sequence, to: last }))
  for (const { entry, hash } of page) {
    // Looked for again: it may have been pruned meanwhile.
    if (entry.sequence !== walk.sequence + 1) return undefined
    const fault = walk.entry(entry, hash) ?? headFault(walk, organizationId, [stored, kept])
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Over the entries that a tombstone stands for. */
async function bridge(
  rows: ChainRows,
  walk: ChainWalk,
  { organizationId, to, kept }: Reach,
): Promise<AuditFault | undefined> {
  const next = walk.sequence + 1
  const tombstone = await rows.tombstone(next)
  if (tombstone === undefined) {
    const isTail = (await rows.entries({ after: walk.sequence, to })).length === 0
    return isTail ? walk.ended(to) : walk.missing(next)
  }
  const fault = walk.tombstone(tombstone)
  if (fault !== undefined) return fault
  const place = { after: walk.sequence - 1, to: walk.sequence }
  return headFault(walk, organizationId, [new KeptHeads(await rows.heads(place)), kept])
}

function headFault(
  walk: ChainWalk,
  organizationId: string,
  heads: readonly KeptHeads[],
): AuditFault | undefined {
  for (const each of heads) {
    for (const head of each.at(organizationId, walk.sequence)) {
      const fault = walk.head(head)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}
