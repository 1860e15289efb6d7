import { sql } from 'kysely'
import { instantOf, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { genesisHash } from './canonical.js'
import { ChainRows } from './chain-rows.js'
import { AuditChainBroken } from './errors.js'
import { auditInsert, type AuditSource } from './record.js'
import { type SealingParts } from './sealing.js'
import {
  auditEvents, type AuditTables, type AuditTombstone, auditTombstones,
} from './tables.js'
import { type AuditFault, ChainWalk } from './walk.js'

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
   * how many went. Asks after each step whether that is enough. Throws InvalidInput,
   * InvalidConfiguration without a key, AuditChainBroken.
   */
  async prune(olderThanDays: number, isEnough = () => false): Promise<number> {
    checkDays(olderThanDays)
    const { keys, clock } = this.#parts
    const before = instantOf(clock.now() - olderThanDays * dayMs)
    const to = await this.#lastBefore(before)
    let own: AuditTombstone | undefined
    for (let count = 0; ;) {
      const start = await this.#beginning()
      if (start.sequence >= to) return count
      const walk = new ChainWalk(keys, start)
      const fault = await this.#faultIn(walk, to)
      if (fault !== undefined) {
        // Another pruner may have taken away what was about to be read.
        if ((await this.#beginning()).sequence > start.sequence) continue
        throw new AuditChainBroken(`${fault.message} Nothing from there on was pruned.`)
      }
      const isOurs = own?.lastSequence === start.sequence
      const tombstone = keys.signTombstone({
        organizationId: this.#organizationId,
        firstSequence: isOurs ? own!.firstSequence : start.sequence + 1,
        lastSequence: walk.sequence,
        hash: walk.hash,
        prunedAt: nowOf(clock),
        prunedBy: this.#scope.actor.id,
      })
      if (!await this.#bury(tombstone, { after: start.sequence, before })) continue
      count += walk.sequence - start.sequence
      own = tombstone
      if (isEnough()) return count
    }
  }

  /** Where the tombstones end. */
  async #beginning(
    database: Database<AuditTables> = this.#parts.database,
  ): Promise<{ sequence: number; hash: string }> {
    const query = database.write
      .selectFrom('audit_tombstones').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('last_sequence', 'desc')
      .limit(1)
    const row = await database.first(query)
    if (row === undefined) return { sequence: 0, hash: genesisHash }
    const { lastSequence: sequence, hash } = decodeRow(auditTombstones, row)
    return { sequence, hash }
  }

  /** The place before the first entry that stays. */
  async #lastBefore(moment: string): Promise<number> {
    const { database } = this.#parts
    // Asked for first: what is sealed meanwhile is younger.
    const { sequence: end } = await this.#rows.end()
    const query = database.write
      .selectFrom('audit_events').select('sequence')
      .where('organization_id', '=', this.#organizationId)
      .where('sequence', 'is not', null)
      .where('recorded_at', '>=', columns.recordedAt.encode(moment))
      .orderBy('sequence')
      .limit(1)
    const row = await database.first(query)
    return row === undefined ? end : Number(row.sequence) - 1
  }

  /** Goes along the next entries. */
  async #faultIn(walk: ChainWalk, to: number): Promise<AuditFault | undefined> {
    const page = await this.#rows.entries({ after: walk.sequence, to })
    if (page.length === 0) return walk.missing(walk.sequence + 1)
    for (const { entry, hash } of page) {
      const fault = walk.entry(entry, hash)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  /**
   * Tombstone, removal and the event of it in one transaction; false when another pruner was
   * first, and nothing was done.
   */
  async #bury(
    tombstone: AuditTombstone,
    { after, before }: { readonly after: number; readonly before: string },
  ): Promise<boolean> {
    const { lastSequence: last } = tombstone
    const row = encodeRow(auditTombstones, tombstone)
    const record = {
      action: 'audit_log.pruned', resourceKind: 'audit_log', resourceId: this.#organizationId,
      details: { first_sequence: after + 1, last_sequence: last, before },
    }
    return this.#parts.database.transaction(async (database) => {
      // Pruners of one chain come one after the other.
      await database.run(database.write.updateTable('audit_chains')
        .set((to) => ({ sequence: to.ref('sequence') }))
        .where('organization_id', '=', this.#organizationId))
      if ((await this.#beginning(database)).sequence !== after) return false
      const upsert = database.write.insertInto('audit_tombstones').values(row)
        .onConflict((conflict) => conflict.columns(['organization_id', 'first_sequence'])
          .doUpdateSet(row))
      const told = auditInsert(database, this.#parts.source, { ...this.#scope, record })
      const statements = [upsert.compile(), ...this.#removals(after + 1, last), told.compile()]
      await database.atomic(statements)
      return true
    })
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
