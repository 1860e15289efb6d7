import { sql } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import {
  cursorOf, keyOf, type Page, pageLimitDefault, pageLimitMax, pageOf, type PageRequest,
} from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { genesisHash } from './canonical.js'
import { ChainRows } from './chain-rows.js'
import { exportChain, type ExportLine } from './export.js'
import { AuditKeys } from './keys.js'
import { checkDays, Pruning, type PruningParts } from './prune.js'
import { auditInsert } from './record.js'
import { type Sealing } from './sealing.js'
import {
  auditChains, type AuditEvent, auditEvents as table, type AuditHead, auditHeads, type AuditTables,
} from './tables.js'
import { type AuditVerdict, verifyChain } from './verify.js'

/** How something that was recorded ended. */
export const auditOutcomes = ['succeeded', 'denied', 'failed'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

/** Which events to list; all that is said must hold. */
export interface AuditListing extends PageRequest {
  readonly actorId?: string
  readonly userId?: string
  readonly action?: string
  readonly resourceKind?: string
  readonly resourceId?: string
  readonly outcome?: AuditOutcome
  readonly requestId?: string
  /** Recorded at this moment or later. */
  readonly from?: Instant
  /** Recorded before this moment. */
  readonly to?: Instant
}

/** How to check a log. */
export interface VerifyOptions {
  /** Heads that were kept elsewhere; those of other organizations are passed over. @default [] */
  readonly heads?: readonly AuditHead[]
  /** Further public keys to trust, 32 bytes in base64 each. @default [] */
  readonly publicKeys?: readonly string[]
}

/** What all logs share. */
export interface AuditParts extends PruningParts {
  readonly sealing: Sealing
  /** The secret audit keys as they were given. */
  readonly auditKey: string | undefined
}

const { columns } = table

/** What happened in one organization: to be read, checked, exported and pruned. */
export class AuditLog {
  readonly #database: Database<AuditTables>
  readonly #scope: Scope
  readonly #parts: AuditParts
  readonly #organizationId: Stored<'id'>
  readonly #rows: ChainRows

  constructor(database: Database<AuditTables>, scope: Scope, parts: AuditParts) {
    this.#database = database
    this.#scope = scope
    this.#parts = parts
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#rows = new ChainRows(database, this.#organizationId)
  }

  /**
   * One page of events, newest first, unsealed ones included: their `sequence` is null. Throws
   * InvalidInput, InvalidValue, InvalidCursor.
   */
  async list(listing: AuditListing = {}): Promise<Page<AuditEvent>> {
    const limit = checkLimit(listing)
    const { cursor, limit: _, ...filters } = listing
    const asked = Object.entries(filters).filter(([, value]) => value !== undefined).sort()
    const list = ['audit_events', this.#organizationId, asked]
    const last = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
    // Each part has indexes of its own; the unsealed ones are few.
    const [sealed, unsealed] = (['is not', 'is'] as const).map((is) => {
      let part = this.#filtered(filters).where('sequence', is, null)
        .orderBy('recorded_at', 'desc').orderBy('id', 'desc')
        .limit(limit + 1)
      if (last !== undefined) part = part.where(sql<boolean>`(recorded_at, id) < ${last}`)
      return this.#database.write.selectFrom(part.as('part')).selectAll()
    })
    const query = sealed!.unionAll(unsealed!)
      .orderBy('recorded_at', 'desc').orderBy('id', 'desc')
      .limit(limit + 1)
    const rows = (await this.#database.all(query)).map((row) => decodeRow(table, row))
    return pageOf(rows, limit, ({ recordedAt, id }) => cursorOf(list, [recordedAt, id]))
  }

  /** One page of signed heads, newest first. Throws InvalidInput, InvalidCursor. */
  async listHeads(request: PageRequest = {}): Promise<Page<AuditHead>> {
    const limit = checkLimit(request)
    const list = ['audit_heads', this.#organizationId]
    let query = this.#database.write
      .selectFrom('audit_heads').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('sequence', 'desc')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('sequence', '<', columns.sequence.encode(Number(last), 'cursor')!)
    }
    const rows = (await this.#database.all(query)).map((row) => decodeRow(auditHeads, row))
    return pageOf(rows, limit, ({ sequence }) => cursorOf(list, [sequence]))
  }

  /** Seals what was recorded so far and signs the head now, if there is a key. */
  async seal(): Promise<void> {
    const organizationId = this.#organizationId
    await this.#parts.sealing.seal({ organizationId })
    await this.#parts.sealing.sign(organizationId)
  }

  /** Seals, then checks the whole log: against itself, signed heads, and heads kept elsewhere. */
  async verify({ heads = [], publicKeys = [] }: VerifyOptions = {}): Promise<AuditVerdict> {
    await this.#parts.sealing.seal({ organizationId: this.#organizationId })
    return verifyChain({
      organizationId: this.#organizationId,
      rows: this.#rows,
      keys: publicKeys.length === 0
        ? this.#parts.keys
        : new AuditKeys(this.#parts.auditKey, publicKeys),
      kept: heads.filter(({ organizationId }) => organizationId === this.#organizationId),
    })
  }

  /** Seals, then gives the whole log line by line; `jsonLine` and `csvLine` write them. */
  async *export(): AsyncGenerator<ExportLine, void, undefined> {
    await this.seal()
    yield* exportChain(this.#organizationId, this.#rows, this.#parts)
  }

  /**
   * Prunes what is older than so many days, at the beginning of the log; how many entries went.
   * Throws InvalidInput, InvalidConfiguration without a key, AuditChainBroken.
   */
  async prune({ olderThanDays }: { readonly olderThanDays: number }): Promise<number> {
    await this.#parts.sealing.seal({ organizationId: this.#organizationId })
    return new Pruning(this.#parts, this.#scope).prune(olderThanDays)
  }

  /** Days that entries are kept; null: as the installation keeps all logs. */
  async retention(): Promise<number | null> {
    const query = this.#database.write
      .selectFrom('audit_chains').select('retention_days')
      .where('organization_id', '=', this.#organizationId)
    const row = await this.#database.first(query)
    return auditChains.columns.retentionDays.decode(row?.retention_days ?? null)
  }

  /**
   * Keeps entries for so many days, 0 to 36,500, whatever the installation says; null: as it says.
   * Pruning follows within the hour, where there is a key. Throws InvalidInput.
   */
  async setRetention(days: number | null): Promise<void> {
    if (days !== null) checkDays(days, 'retention_days')
    const retention_days = auditChains.columns.retentionDays.encode(days)
    const upsert = this.#database.write.insertInto('audit_chains')
      .values({
        organization_id: this.#organizationId, sequence: columns.sequence.encode(0)!,
        hash: auditChains.columns.hash.encode(genesisHash), retention_days,
        signed_sequence: columns.sequence.encode(0)!, sealed_at: null, signed_at: null,
        claimed_by: null, claimed_until: null,
      })
      .onConflict((conflict) => conflict.column('organization_id').doUpdateSet({ retention_days }))
    const record = {
      action: 'audit_log.retention_changed', resourceKind: 'audit_log',
      resourceId: this.#organizationId, details: { retention_days: days },
    }
    const told = auditInsert(this.#database, this.#parts.source, { ...this.#scope, record })
    await this.#database.atomic([upsert.compile(), told.compile()])
  }

  #filtered(filters: Omit<AuditListing, 'limit' | 'cursor'>) {
    const { actorId, userId, action, resourceKind, resourceId, requestId } = filters
    const equal = {
      ...(actorId === undefined ? {} : { actor_id: text(actorId, 'actor_id') }),
      ...(userId === undefined ? {} : { user_id: columns.userId.encode(userId, 'user_id')! }),
      ...(action === undefined ? {} : { action: text(action, 'action') }),
      ...(resourceKind === undefined
        ? {}
        : { resource_kind: text(resourceKind, 'resource_kind') }),
      ...(resourceId === undefined ? {} : { resource_id: text(resourceId, 'resource_id') }),
      ...(requestId === undefined ? {} : { request_id: text(requestId, 'request_id') }),
    }
    let query = this.#database.write
      .selectFrom('audit_events').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where((where) => where.and(equal))
    const { outcome, from, to } = filters
    if (outcome !== undefined) {
      checkOutcome(outcome)
      // Written out, so that the index of the few that did not succeed can be used.
      query = query.where('outcome', '=', sql<Stored<'text'>>`${sql.lit(outcome)}`)
      if (outcome !== 'succeeded') query = query.where(sql<boolean>`outcome <> 'succeeded'`)
    }
    if (from !== undefined) {
      query = query.where('recorded_at', '>=', columns.recordedAt.encode(from, 'from'))
    }
    if (to !== undefined) {
      query = query.where('recorded_at', '<', columns.recordedAt.encode(to, 'to'))
    }
    return query
  }
}

const text = (value: string, field: string): Stored<'text'> => columns.action.encode(value, field)

/** The place behind which a page begins. */
function placeOf([moment, id]: readonly unknown[]) {
  const recordedAt = columns.recordedAt.encode(String(moment), 'cursor')
  return sql`(${recordedAt}, ${columns.id.encode(String(id), 'cursor')})`
}

function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax) return limit
  throw new InvalidInput(`limit must be an integer from 1 to ${pageLimitMax}`, { field: 'limit' })
}

function checkOutcome(outcome: AuditOutcome): void {
  if (auditOutcomes.includes(outcome)) return
  const message = `outcome must be one of ${auditOutcomes.join(', ')}`
  throw new InvalidInput(message, { field: 'outcome' })
}
