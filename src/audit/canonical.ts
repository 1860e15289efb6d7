import { createHash } from 'node:crypto'
import { type StoredRow } from '../database/table.js'
import { auditEvents } from './tables.js'

/** An entry as it is hashed and exported: every column as stored, moments as RFC 3339 text. */
export interface Entry {
  readonly id: string
  readonly organization_id: string
  readonly recorded_at: string
  readonly actor_id: string
  readonly user_id: string | null
  readonly action: string
  readonly resource_kind: string
  readonly resource_id: string | null
  readonly outcome: string
  readonly request_id: string | null
  readonly ip_address: string | null
  readonly user_agent: string | null
  /** JSON text, byte for byte. */
  readonly details: string
  readonly sequence: number
}

/** What stands before the first entry of every chain. */
export const genesisHash = '0'.repeat(64)

const { columns } = auditEvents

/** The entry behind a stored row, at a place in its chain. */
export function entryOf(
  stored: Omit<StoredRow<typeof auditEvents>, 'sequence' | 'hash'>,
  sequence: number,
): Entry {
  return {
    id: stored.id,
    organization_id: stored.organization_id,
    recorded_at: columns.recordedAt.decode(stored.recorded_at),
    actor_id: stored.actor_id,
    user_id: stored.user_id,
    action: stored.action,
    resource_kind: stored.resource_kind,
    resource_id: stored.resource_id,
    outcome: stored.outcome,
    request_id: stored.request_id,
    ip_address: stored.ip_address,
    user_agent: stored.user_agent,
    details: stored.details,
    sequence,
  }
}

/**
 * JSON as RFC 8785 writes it, of an object whose values are strings, integers and nulls: members
 * sorted by name, no white space, strings as ECMAScript escapes them.
 */
export function canonicalJson(members: object): string {
  const sorted = Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify(Object.fromEntries(sorted))
}

/**
 * SHA-256 over the hash before (32 bytes), the length of the canonical form (8 bytes, big endian)
 * and the canonical form (UTF-8); in lower-case hexadecimal digits.
 */
export function entryHash(previousHash: string, entry: Entry): string {
  const canonical = Buffer.from(canonicalJson(entry))
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(canonical.length))
  return createHash('sha256')
    .update(Buffer.from(previousHash, 'hex'))
    .update(length)
    .update(canonical)
    .digest('hex')
}
