import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Clock, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { UniqueViolation } from '../database/failures.js'
import { encodeRow, type StoredRow } from '../database/table.js'
import { entryHash, entryOf, genesisHash } from './canonical.js'
import { type AuditKeys } from './keys.js'
import { auditChains, auditEvents, auditHeads, type AuditTables } from './tables.js'

/** What sealing works with. */
export interface SealingParts {
  /** Sees every organization. */
  readonly database: Database<AuditTables>
  readonly clock: Clock
  readonly keys: AuditKeys
}

/** Entries sealed in one transaction at most: writers beside it wait for no more than that. */
const batchMax = 500

/** Chains listed in one statement. */
const chainsMax = 500

/** Heads signed in one look at most; the rest follows with the next. */
const headsMax = 100

/** A head is signed once so many entries came, or so much time passed, since the last one. */
const signEveryEntries = 1_000
const signEveryMs = 60_000

const chainKinds = {
  organization_id: 'id', previous_sequence: 'integer', previous_hash: 'text',
  sequence: 'integer', hash: 'text', sealed_at: 'instant',
} as const
const entryKinds = {
  organization_id: 'id', id: 'id', sequence: 'integer', hash: 'text', head: 'text',
} as const
const organizationKinds = { organization_id: 'id' } as const

type ChainRow = BatchRow<typeof chainKinds>
type EntryRow = BatchRow<typeof entryKinds>

const { columns: chain } = auditChains
const { columns: event } = auditEvents

/**
 * Puts entries into their chains. Rows are read and hashed outside any transaction; then, in one
 * round trip, the chain moves on from the very head that was read, and entries get their places
 * only where it did. So any number may seal at once, and one that is slow or dies leaves no gap.
 */
export class Sealing {
  readonly #parts: SealingParts
  readonly #begin: (rows: readonly BatchRow<typeof organizationKinds>[]) => Statement
  readonly #advance: (rows: readonly ChainRow[]) => Statement
  readonly #place: (rows: readonly EntryRow[]) => Statement

  constructor(parts: SealingParts) {
    this.#parts = parts
    const on = parts.database.as<never>()
    this.#begin = prepareBatch(on, {
      name: 'audit_begin', kinds: organizationKinds, build: (rows) => sql`
        insert into audit_chains (organization_id, sequence, hash, signed_sequence)
        select b.organization_id, 0, ${sql.lit(genesisHash)}, 0 from ${rows} as b where true
        on conflict (organization_id) do nothing`,
    })
    this.#advance = prepareBatch(on, {
      name: 'audit_advance', kinds: chainKinds, build: (rows) => sql`
        update audit_chains set sequence = b.sequence, hash = b.hash, sealed_at = b.sealed_at
        from ${rows} as b
        where audit_chains.organization_id = b.organization_id
          and audit_chains.sequence = b.previous_sequence
          and audit_chains.hash = b.previous_hash`,
    })
    this.#place = prepareBatch(on, {
      name: 'audit_place', kinds: entryKinds, build: (rows) => sql`
        update audit_events set sequence = b.sequence, hash = b.hash
        from ${rows} as b
        where audit_events.id = b.id and audit_events.organization_id = b.organization_id
          and audit_events.sequence is null
          and exists (select 1 from audit_chains c
            where c.organization_id = b.organization_id and c.hash = b.head)`,
    })
  }

  /**
   * Seals everything recorded so far, of one organization or of all; how many entries. A chain
   * that was tampered with may not go on: it is told to `stuck`, and the others are sealed.
   */
  async seal(
    { organizationId, stuck = () => undefined, share = 1, forMs = Infinity }: {
      readonly organizationId?: Stored<'id'>
      /** The share of the time that it may take; the rest is for others. */
      readonly share?: number
      /** Ends after so long, though more is left. */
      readonly forMs?: number
      readonly stuck?: (organizationId: string) => void
    } = {},
  ): Promise<number> {
    const left: Stored<'id'>[] = []
    const beganMs = performance.now()
    for (let count = 0; ;) {
      const batch = await this.#unsealed(organizationId, left)
      const chains = byOrganization(batch)
      const sinceMs = performance.now()
      const failing = await this.#sealAll(chains, (placed) => { count += placed })
      for (const each of failing) stuck(each)
      left.push(...failing)
      if (batch.length < batchMax || performance.now() - beganMs > forMs) return count
      await sleep((performance.now() - sinceMs) * (1 / share - 1))
    }
  }

  /** Every organization that has a chain. */
  async organizations(): Promise<string[]> {
    return (await this.chains()).map(({ organizationId }) => organizationId)
  }

  /** Every chain, and how many days its entries are kept where that was said of it. */
  async chains(): Promise<{ organizationId: string; retentionDays: number | null }[]> {
    const { database } = this.#parts
    const found: { organizationId: string; retentionDays: number | null }[] = []
    for (let after: Stored<'id'> | undefined; ;) {
      let query = database.write.selectFrom('audit_chains')
        .select(['organization_id', 'retention_days'])
        .orderBy('organization_id').limit(sql.lit(chainsMax))
      if (after !== undefined) query = query.where('organization_id', '>', after)
      const chains = await database.all(query)
      found.push(...chains.map((row) => ({
        organizationId: row.organization_id,
        retentionDays: chain.retentionDays.decode(row.retention_days),
      })))
      if (chains.length < chainsMax) return found
      after = chains.at(-1)!.organization_id
    }
  }

  /** Signs the heads of chains for which it is time, or of one chain at once; how many. */
  async sign(organizationId?: Stored<'id'>): Promise<number> {
    const { database, keys, clock } = this.#parts
    if (!keys.canSign) return 0
    const due = await database.all(this.#unsigned(organizationId))
    if (due.length === 0) return 0
    const signed = due.map((row) => keys.signHead({
      organizationId: row.organization_id,
      sequence: chain.sequence.decode(row.sequence),
      hash: row.hash,
      signedAt: nowOf(clock),
    }))
    const rows = signed.map((head) => encodeRow(auditHeads, head))
    const kept = database.write.insertInto('audit_heads').values(rows)
      .onConflict((conflict) => conflict.doNothing())
    const noted = rows.map(({ organization_id, sequence, signed_at }) => database.write
      .updateTable('audit_chains')
      .set({ signed_sequence: sequence, signed_at })
      .where('organization_id', '=', organization_id)
      .where('signed_sequence', '<', sequence))
    await database.atomic([kept, ...noted].map((each) => each.compile()))
    return signed.length
  }

  #unsealed(
    organizationId: Stored<'id'> | undefined,
    left: readonly Stored<'id'>[],
  ): Promise<Unsealed[]> {
    let query = this.#parts.database.write
      .selectFrom('audit_events as e')
      .leftJoin('audit_chains as c', 'c.organization_id', 'e.organization_id')
      .selectAll('e')
      .select(['c.sequence as head_sequence', 'c.hash as head_hash'])
      .where('e.sequence', 'is', null)
      .orderBy('e.organization_id').orderBy('e.recorded_at').orderBy('e.id')
      .limit(sql.lit(batchMax))
    if (organizationId !== undefined) {
      query = query.where('e.organization_id', '=', organizationId)
    }
    if (left.length > 0) query = query.where('e.organization_id', 'not in', left)
    return this.#parts.database.all(query)
  }

  /** Seals the chains together, or one by one when one is in the way; those that are. */
  async #sealAll(
    chains: readonly (readonly Unsealed[])[],
    placed: (count: number) => void,
  ): Promise<Stored<'id'>[]> {
    if (chains.length === 0) return []
    try {
      placed(await this.#sealTogether(chains))
      return []
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      if (chains.length === 1) return [chains[0]![0]!.organization_id]
    }
    const failing: Stored<'id'>[] = []
    for (const each of chains) failing.push(...await this.#sealAll([each], placed))
    return failing
  }

  async #sealTogether(batch: readonly (readonly Unsealed[])[]): Promise<number> {
    const { database, clock } = this.#parts
    const sealedAt = chain.sealedAt.encode(nowOf(clock))
    const chains = batch.map((rows) => linked(rows, sealedAt))
    const absent = chains.filter(({ isNew }) => isNew)
      .map(({ row: { organization_id } }) => ({ organization_id }))
    const entries = chains.flatMap((each) => each.entries)
    const placing = this.#each(entries, this.#place)
    const statements = [
      ...this.#each(absent, this.#begin),
      ...this.#each(chains.map(({ row }) => row), this.#advance),
      ...placing,
    ]
    const results = await database.atomic(statements)
    return results.slice(-placing.length).reduce((sum, { changed }) => sum + changed, 0)
  }

  /** Where a statement's text grows with its rows, many small ones cost less. */
  #each<R>(rows: readonly R[], statement: (rows: readonly R[]) => Statement): Statement[] {
    if (!this.#parts.database.engine.arrayParameters) return rows.map((row) => statement([row]))
    return rows.length === 0 ? [] : [statement(rows)]
  }

  #unsigned(organizationId: Stored<'id'> | undefined) {
    const { database, clock } = this.#parts
    const before = new Date(clock.now() - signEveryMs).toISOString().replace('Z', '000Z')
    const query = database.write
      .selectFrom('audit_chains')
      .selectAll()
      .whereRef('sequence', '>', 'signed_sequence')
      .limit(sql.lit(headsMax))
    if (organizationId !== undefined) return query.where('organization_id', '=', organizationId)
    return query.where((where) => where.or([
      where('signed_at', 'is', null),
      where('signed_at', '<=', chain.signedAt.encode(before)),
      sql<boolean>`sequence - signed_sequence >= ${sql.lit(signEveryEntries)}`,
    ]))
  }
}

/** A row without a place, beside the head of its chain. */
type Unsealed = StoredRow<typeof auditEvents> & {
  readonly head_sequence: Stored<'integer'> | null
  readonly head_hash: Stored<'text'> | null
}

/** Rows in order of their organizations, apart. */
function byOrganization(rows: readonly Unsealed[]): Unsealed[][] {
  const chains: Unsealed[][] = []
  for (const row of rows) {
    const last = chains.at(-1)
    if (last?.[0]!.organization_id === row.organization_id) last.push(row)
    else chains.push([row])
  }
  return chains
}

/** The rows of one chain, each hashed onto the one before, and how the chain's head moves. */
function linked(rows: readonly Unsealed[], sealedAt: Stored<'instant'> | null) {
  const [first] = rows
  const isNew = first!.head_hash === null
  const head = {
    sequence: isNew ? 0 : Number(first!.head_sequence),
    hash: first!.head_hash ?? genesisHash,
  }
  let { sequence, hash } = head
  const places = rows.map((stored) => {
    sequence += 1
    hash = entryHash(hash, entryOf(stored, sequence))
    return { stored, sequence, hash }
  })
  const integer = (value: number) => event.sequence.encode(value)!
  const text = (value: string) => event.hash.encode(value)!
  const row: ChainRow = {
    organization_id: first!.organization_id,
    previous_sequence: integer(head.sequence), previous_hash: text(head.hash),
    sequence: integer(sequence), hash: text(hash), sealed_at: sealedAt,
  }
  const entries: EntryRow[] = places.map((each) => ({
    organization_id: each.stored.organization_id,
    id: each.stored.id,
    sequence: integer(each.sequence), hash: text(each.hash), head: text(hash),
  }))
  return { isNew, row, entries }
}
