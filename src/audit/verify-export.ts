import { type Entry } from './canonical.js'
import { type ExportLine } from './export.js'
import { KeptHeads } from './kept-heads.js'
import { type AuditKeys } from './keys.js'
import { type AuditHead, type AuditTombstone } from './tables.js'
import { type AuditVerdict } from './verify.js'
import { type AuditFault, ChainWalk } from './walk.js'

/** What a check of an export takes. */
export interface ExportVerification {
  readonly keys: AuditKeys
  /** Heads kept elsewhere; those of other organizations are passed over. */
  readonly kept: readonly AuditHead[]
}

/**
 * Checks an export (lines as `AuditLog.export` gives them, parsed or not) without a database, in
 * constant memory; stops at the first fault. An export without its last line is not whole.
 */
export async function verifyExport(
  lines: AsyncIterable<unknown>,
  { keys, kept }: ExportVerification,
): Promise<AuditVerdict> {
  const check = new ExportCheck(new ChainWalk(keys), kept)
  const fault = await check.run(lines)
  const { walk } = check
  return {
    organizationId: check.organizationId ?? '',
    isIntact: fault === undefined,
    fault: fault ?? null,
    sequence: walk.sequence,
    hash: walk.hash,
    entries: walk.entries,
    pruned: walk.pruned,
    heads: walk.heads,
    unsealed: 0,
    areSignaturesChecked: keys.canCheck,
  }
}

/** Goes along the lines of one export. */
class ExportCheck {
  readonly walk: ChainWalk
  organizationId: string | undefined
  readonly #kept: KeptHeads
  #isWhole = false

  constructor(walk: ChainWalk, kept: readonly AuditHead[]) {
    this.walk = walk
    this.#kept = new KeptHeads(kept)
  }

  async run(lines: AsyncIterable<unknown>): Promise<AuditFault | undefined> {
    for await (const line of lines) {
      const fault = this.#line(line)
      if (fault !== undefined) return fault
    }
    if (!this.#isWhole) return this.#unreadable('the export has no last line')
    const furthest = this.#kept.furthest(this.organizationId)
    return furthest > this.walk.sequence ? this.walk.ended(furthest) : undefined
  }

  #line(given: unknown): AuditFault | undefined {
    if (this.#isWhole) return this.#unreadable('lines follow the last one')
    if (!isLine(given)) return this.#unreadable('the line is no entry, tombstone or head')
    this.organizationId ??= String(given.organization_id)
    if (given.organization_id !== this.organizationId) {
      return this.#unreadable('the line is of another organization')
    }
    if (given.type === 'head') return this.#end(given)
    const before = this.walk.sequence
    const fault = given.type === 'entry' ? this.#entry(given) : this.#tombstone(given)
    if (fault !== undefined || this.walk.sequence === before) return fault
    return this.#heads(this.#kept.at(this.organizationId, this.walk.sequence))
  }

  #entry({ type: _, hash, ...entry }: ExportLine): AuditFault | undefined {
    return this.walk.entry(entry as unknown as Entry, hash as string)
  }

  #tombstone(line: ExportLine): AuditFault | undefined {
    const tombstone = tombstoneOf(line)
    const { firstSequence, lastSequence } = tombstone
    if (firstSequence !== this.walk.sequence + 1 || lastSequence < firstSequence) {
      return this.walk.missing(this.walk.sequence + 1)
    }
    return this.walk.tombstone(tombstone)
  }

  /** The last line: where the chain stood, signed if there was a key. */
  #end(line: ExportLine): AuditFault | undefined {
    const head = headOf(line)
    this.#isWhole = true
    if (head.sequence !== this.walk.sequence) return this.walk.ended(head.sequence)
    // An empty log has nothing to sign; heads kept elsewhere tell whether it was emptied.
    if (head.sequence === 0) return undefined
    return this.#heads([head])
  }

  #heads(heads: readonly AuditHead[]): AuditFault | undefined {
    for (const head of heads) {
      const fault = this.walk.head(head)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #unreadable(what: string): AuditFault {
    const sequence = this.walk.sequence + 1
    const message = `Where entry ${sequence} should stand, ${what}.`
    return { kind: 'entry_missing', sequence, eventId: null, message }
  }
}

/** The members that each type of line has, and whether they are text or numbers. */
const members = {
  entry: { sequence: 'number', id: 'string', details: 'string' },
  tombstone: {
    first_sequence: 'number', last_sequence: 'number', hash: 'string', pruned_at: 'string',
    pruned_by: 'string', key_id: 'string', signature: 'string',
  },
  head: { sequence: 'number', hash: 'string', signed_at: 'string' },
} as const

function isLine(given: unknown): given is ExportLine {
  if (typeof given !== 'object' || given === null) return false
  const line = given as Record<string, unknown>
  if (typeof line.organization_id !== 'string' || typeof line.type !== 'string') return false
  if (!Object.hasOwn(members, line.type)) return false
  const wanted = Object.entries(members[line.type as keyof typeof members])
  return wanted.every(([name, type]) =>
    type === 'number' ? Number.isSafeInteger(line[name]) : typeof line[name] === type)
}

/** A head as a line tells it. Without a key it has no signature, and none is genuine. */
export function headOf(line: Readonly<Record<string, unknown>>): AuditHead {
  return {
    organizationId: String(line.organization_id),
    sequence: Number(line.sequence),
    hash: String(line.hash),
    signedAt: String(line.signed_at) as AuditHead['signedAt'],
    keyId: String(line.key_id ?? ''),
    signature: String(line.signature ?? ''),
  }
}

function tombstoneOf(line: ExportLine): AuditTombstone {
  return {
    organizationId: String(line.organization_id),
    firstSequence: Number(line.first_sequence),
    lastSequence: Number(line.last_sequence),
    hash: String(line.hash),
    prunedAt: String(line.pruned_at) as AuditTombstone['prunedAt'],
    prunedBy: String(line.pruned_by),
    keyId: String(line.key_id),
    signature: String(line.signature),
  }
}
