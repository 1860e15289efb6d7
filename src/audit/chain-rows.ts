import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { decodeRow } from '../database/table.js'
import { type Entry, entryOf, genesisHash } from './canonical.js'
import {
  auditChains, auditEvents, type AuditHead, auditHeads, type AuditTables, type AuditTombstone,
  auditTombstones,
} from './tables.js'

/** An entry with the hash that stands beside it. */
export interface SealedEntry {
  readonly entry: Entry
  readonly hash: string | null
}

/** Rows read at once. */
export const rowsMax = 500

const { columns } = auditEvents

/** Places of a chain, the first left out. */
export interface Places {
  readonly after: number
  readonly to: number
}

/** Reads the chain of one organization in order. */
export class ChainRows {
  readonly #database: Database<AuditTables>
  readonly #organizationId: Stored<'id'>

  constructor(database: Database<AuditTables>, organizationId: Stored<'id'>) {
    this.#database = database
    this.#organizationId = organizationId
  }

  /** Where the chain ends. */
  async end(): Promise<{ readonly sequence: number; readonly hash: string }> {
    const query = this.#database.write
      .selectFrom('audit_chains').selectAll()
      .where('organization_id', '=', this.#organizationId)
    const row = await this.#database.first(query)
    if (row === undefined) return { sequence: 0, hash: genesisHash }
    const { sequence, hash } = decodeRow(auditChains, row)
    return { sequence, hash }
  }

  /** The first entries of these places, at most `rowsMax`. */
  async entries({ after, to }: Places): Promise<SealedEntry[]> {
    const query = this.#database.write
      .selectFrom('audit_events').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', '>', integer(after))
      .where('sequence', '<=', integer(to))
      .orderBy('sequence')
      .limit(sql.lit(rowsMax))
    const rows = await this.#database.all(query)
    return rows.map((row) => ({ entry: entryOf(row, Number(row.sequence)), hash: row.hash }))
  }

  /** The tombstone that covers a place. */
  async tombstone(sequence: number): Promise<AuditTombstone | undefined> {
    const query = this.#database.write
      .selectFrom('audit_tombstones').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('first_sequence', '<=', integer(sequence))
      .where('last_sequence', '>=', integer(sequence))
      .orderBy('first_sequence', 'desc')
      .limit(1)
    const row = await this.#database.first(query)
    return row && decodeRow(auditTombstones, row)
  }

  /** Heads at these places, in order. */
  async heads({ after, to }: Places): Promise<AuditHead[]> {
    const query = this.#database.write
      .selectFrom('audit_heads').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', '>', integer(after))
      .where('sequence', '<=', integer(to))
      .orderBy('sequence')
    return (await this.#database.all(query)).map((row) => decodeRow(auditHeads, row))
  }

  /** The newest head, if any. */
  async newestHead(): Promise<AuditHead | undefined> {
    const query = this.#database.write
      .selectFrom('audit_heads').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('sequence', 'desc')
      .limit(1)
    const row = await this.#database.first(query)
    return row && decodeRow(auditHeads, row)
  }

  /** The first entry behind the end of the chain, as it is at this moment. */
  async beyondEnd(): Promise<{ readonly sequence: number; readonly id: string } | undefined> {
    const query = this.#database.write
      .selectFrom('audit_events as e')
      .leftJoin('audit_chains as c', 'c.organization_id', 'e.organization_id')
      .select(['e.sequence', 'e.id'])
      .where('e.organization_id', '=', this.#organizationId)
      .where(sql<boolean>`e.sequence > coalesce(c.sequence, 0)`)
      .orderBy('e.sequence')
      .limit(1)
    const row = await this.#database.first(query)
    return row && { sequence: Number(row.sequence), id: row.id }
  }

  /** Entries that wait to be sealed. */
  async unsealed(): Promise<number> {
    const query = this.#database.write
      .selectFrom('audit_events')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', 'is', null)
    return Number((await this.#database.first(query))!.count)
  }
}

const integer = (value: number): Stored<'integer'> => columns.sequence.encode(value, 'sequence')!
