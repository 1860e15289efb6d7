import { sql } from 'kysely'
import { instantOf, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Statement } from '../database/engine.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { ChainRows } from './chain-rows.js'
import { AuditChainBroken } from './errors.js'
import { auditInsert, type AuditSource } from './record.js'
import { type SealingParts } from './sealing.js'
import {
  auditEvents, type AuditTombstone, auditTombstones,
} from './tables.js'
import { ChainWalk } from './walk.js'

/** What pruning works with. */
export interface PruningParts extends SealingParts {
  readonly source: AuditSource
}

const dayMs = 86_400_000
const daysMax = 36_500

const { columns } = auditEvents

/**
 * Takes the oldest entries away and leaves a signed tombstone, from whose hash the chain goes on.
 * What goes is checked first, so that no damage goes with it unseen.
 */
export class Pruning {
  readonly #parts: PruningParts
  readonly #scope: Scope
  readonly #organizationId: Stored<'id'>
  readonly #rows: ChainRows

  constructor(parts: PruningParts, scope: Scope) {
    this.#parts = parts
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#rows = new ChainRows(parts.database, this.#organizationId)
  }

  /**
   * Prunes the entries at the beginning of the chain that are older, up to the first that is not;
   * how many went. Throws InvalidInput, InvalidConfiguration without a key, AuditChainBroken.
   */
  async prune(olderThanDays: number): Promise<number> {
    checkDays(olderThanDays)
    const { keys, clock } = this.#parts
    const before = instantOf(clock.now() - olderThanDays * dayMs)
    const walk = new ChainWalk(keys, await this.#beginning())
    const start = walk.sequence
    const to = await this.#lastBefore(before)
    let tombstone: AuditTombstone | undefined
    while (walk.sequence < to) {
      const reached = walk.sequence
      await this.#check(walk, to)
      tombstone = keys.signTombstone({
        organizationId: this.#organizationId,
        firstSequence: tombstone?.firstSequence ?? reached + 1,
        lastSequence: walk.sequence,
        hash: walk.hash,
        prunedAt: nowOf(clock),
        prunedBy: this.#scope.actor.id,
      })
      await this.#bury(tombstone, { first: reached + 1, before })
    }
    return walk.sequence - start
  }

  /** Where the tombstones end. */
  async #beginning(): Promise<{ sequence: number; hash: string } | undefined> {
    const { database } = this.#parts
    const query = database.write
      .selectFrom('audit_tombstones').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('first_sequence', 'desc')
      .limit(1)
    const row = await database.first(query)
    if (row === undefined) return undefined
    const { lastSequence: sequence, hash } = decodeRow(auditTombstones, row)
    return { sequence, hash }
  }

  /** The place before the first entry that stays. */
  async #lastBefore(moment: string): Promise<number> {
    const { database } = this.#parts
    const query = database.write
      .selectFrom('audit_events').select('sequence')
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', 'is not', null)
      .where('recorded_at', '>=', columns.recordedAt.encode(moment))
      .orderBy('sequence')
      .limit(1)
    const row = await database.first(query)
    return row === undefined ? (await this.#rows.end()).sequence : Number(row.sequence) - 1
  }

  async #check(walk: ChainWalk, to: number): Promise<void> {
    const page = await this.#rows.entries({ after: walk.sequence, to })
    const faults = page.length === 0 ? [walk.missing(walk.sequence + 1)] : []
    for (const { entry, hash } of page) {
      const fault = faults.length > 0 ? undefined : walk.entry(entry, hash)
      if (fault !== undefined) faults.push(fault)
    }
    const [fault] = faults
    if (fault === undefined) return
    throw new AuditChainBroken(`${fault.message} Nothing from there on was pruned.`)
  }

  /** Tombstone, removal and the event of it in one transaction. */
  async #bury(
    tombstone: AuditTombstone,
    { first, before }: { readonly first: number; readonly before: string },
  ): Promise<void> {
    const { database, source } = this.#parts
    const { firstSequence: _, lastSequence: last } = tombstone
    const row = encodeRow(auditTombstones, tombstone)
    const upsert = database.write.insertInto('audit_tombstones').values(row)
      .onConflict((conflict) => conflict.columns(['organization_id', 'first_sequence'])
        .doUpdateSet(row)
        // Another pruner may be further already.
        .whereRef('audit_tombstones.last_sequence', '<', 'excluded.last_sequence'))
    const record = {
      action: 'audit_log.pruned', resourceKind: 'audit_log', resourceId: this.#organizationId,
      details: { first_sequence: first, last_sequence: last, before },
    }
    const told = auditInsert(database, source, { ...this.#scope, record })
    const statements: Statement[] = [upsert.compile(), ...this.#removals(first, last)]
    await database.atomic([...statements, told.compile()])
  }

  /** The entries, and the heads that nothing could be compared with any more. */
  #removals(first: number, last: number): Statement[] {
    const { database: { write } } = this.#parts
    const [from, to] = [first, last].map((each) => columns.sequence.encode(each)!)
    const entries = write.deleteFrom('audit_events')
      .where('organization_id', '=', this.#organizationId)
      .where(sql<boolean>`sequence between ${from} and ${to}`)
    const heads = write.deleteFrom('audit_heads')
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', '<', to!)
    return [entries.compile(), heads.compile()]
  }
}

/** Refuses what is no number of days. */
export function checkDays(days: number, field = 'older_than_days'): void {
  if (Number.isInteger(days) && days >= 0 && days <= daysMax) return
  throw new InvalidInput(`${field} must be a whole number from 0 to ${daysMax}`, { field })
}
