import { nowOf } from '../clock.js'
import { decodeText } from '../database/values.js'
import { type ChainRows } from './chain-rows.js'
import { type SealingParts } from './sealing.js'
import { type AuditHead, type AuditTombstone } from './tables.js'

/** One line of an export: entries and tombstones in order, at the end a head. */
export type ExportLine = Readonly<Record<string, string | number | null>> & {
  readonly type: 'entry' | 'tombstone' | 'head'
}

/** A head as it is exported and kept elsewhere; without a key it carries no signature. */
export function headLine(head: Omit<AuditHead, 'keyId' | 'signature'> & Partial<AuditHead>) {
  return {
    type: 'head',
    organization_id: head.organizationId,
    sequence: head.sequence,
    hash: head.hash,
    signed_at: head.signedAt,
    key_id: head.keyId ?? null,
    signature: head.signature ?? null,
  } as const satisfies ExportLine
}

function tombstoneLine(tombstone: AuditTombstone) {
  return {
    type: 'tombstone',
    organization_id: tombstone.organizationId,
    first_sequence: tombstone.firstSequence,
    last_sequence: tombstone.lastSequence,
    hash: tombstone.hash,
    pruned_at: tombstone.prunedAt,
    pruned_by: tombstone.prunedBy,
    key_id: tombstone.keyId,
    signature: tombstone.signature,
  } as const satisfies ExportLine
}

/**
 * A whole chain up to where it ends now, in constant memory. What does not fit is exported as it
 * stands: to find it is the business of whoever checks.
 */
export async function* exportChain(
  organizationId: string,
  rows: ChainRows,
  { keys, clock }: SealingParts,
): AsyncGenerator<ExportLine, void, undefined> {
  const end = await rows.end()
  for (let after = 0; after < end.sequence;) {
    const page = await rows.entries({ after, to: end.sequence })
    const isGap = page[0]?.entry.sequence !== after + 1
    const tombstone = isGap ? await rows.tombstone(after + 1) : undefined
    if (tombstone !== undefined) {
      yield tombstoneLine(tombstone)
      after = tombstone.lastSequence
      continue
    }
    for (const { entry, hash } of page) {
      yield { type: 'entry', ...entry, hash }
      after = entry.sequence
    }
    if (page.length === 0) break
  }
  const head = { organizationId, ...end, signedAt: nowOf(clock) }
  yield headLine(keys.canSign && end.sequence > 0 ? keys.signHead(head) : head)
}

/** Control and direction characters that JSON leaves as they are, but a terminal obeys. */
const unruly = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A line of JSON that means the same and that no terminal obeys. */
export const jsonLine = (line: object): string =>
  JSON.stringify(line).replace(unruly, (character) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

const csvColumns = [
  'sequence', 'recorded_at', 'actor_id', 'user_id', 'action', 'resource_kind', 'resource_id',
  'outcome', 'request_id', 'ip_address', 'user_agent', 'details', 'id', 'organization_id', 'hash',
] as const

/** The first line of a CSV export. */
export const csvHead = csvColumns.map((name) => `"${name}"`).join(',')

/** A line of CSV of an entry; undefined for other lines, which a table has no place for. */
export function csvLine(line: ExportLine): string | undefined {
  if (line.type !== 'entry') return undefined
  return csvColumns.map((name) => csvField(line[name])).join(',')
}

/** What spreadsheets take for the beginning of a formula, in either width. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/

/** A field in quotes; one that would be run as a formula begins with an apostrophe instead. */
export function csvField(value: string | number | null | undefined): string {
  if (typeof value === 'number') return `"${value}"`
  const text = decodeText(value ?? '')
  const inert = formula.test(text) ? `'${text}` : text
  return `"${inert.replaceAll('"', '""')}"`
}
