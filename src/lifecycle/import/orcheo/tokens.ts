import { recordAudit } from '../../../audit/index.js'
import { type Instant, nowOf } from '../../../clock.js'
import { type JsonValue } from '../../../database/json.js'
import { encodeRow } from '../../../database/table.js'
import { HoldfastError, InvalidInput } from '../../../errors.js'
import { checkIpRanges, isScope, serviceTokens } from '../../../identity/index.js'
import { namedId } from '../../../named-ids.js'
import { exactJson } from '../exact-json.js'
import { type ImportRow } from '../rows.js'
import { OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'

/** Seconds in which a token of Orcheo with a limit of its own may be used so often. */
const rateWindowSeconds = 60

const hashPattern = /^[0-9a-f]{64}$/

/** Imports service tokens, whose secrets go on being good, and what was recorded of them. */
export class OrcheoTokens {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading

  constructor(work: OrcheoWork) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
  }

  async run(): Promise<void> {
    await this.#reading.each('service_tokens', (row) => this.#token(row))
    await this.#reading.each('service_token_audit_log', (row) => this.#recorded(row))
  }

  async #token(row: SourceRow): Promise<void> {
    const { parts, ledger } = this.#work
    const identifier = row.needed('identifier')
    const tokenHash = row.needed('secret_hash').toLowerCase()
    if (!hashPattern.test(tokenHash)) throw new InvalidInput('secret_hash is no SHA-256')
    const { given, scopes } = this.#scopes(row)
    const moment = (column: string) => this.#reading.moment(row, column)
    const ends = [moment('expires_at'), moment('rotation_expires_at')]
      .filter((each): each is Instant => each !== null).sort()
    const expiresAt = ends[0] ?? null
    const revokedAt = moment('revoked_at')
    const limit = row.integer('rate_limit_override')
    const hasRate = limit !== null && limit >= 1 && limit <= 1_000_000
    const id = this.#idOf(identifier)
    const stored = encodeRow(serviceTokens, {
      id, organizationId: parts.organizationId, userId: null, name: identifier.slice(0, 200),
      tokenHash, scopes, expiresAt, revokedAt,
      createdAt: this.#reading.neededMoment(row, 'created_at'),
      revokedReason: row.text('revocation_reason')?.slice(0, 500) ?? null,
      allowedIpRanges: this.#ranges(row), rateLimit: hasRate ? limit : null,
      rateWindowSeconds: hasRate ? rateWindowSeconds : null, previousTokenHash: null,
      previousExpiresAt: null, rotatedAt: null, useCount: row.integer('use_count') ?? 0,
      lastUsedAt: moment('last_used_at'), lastUsedIp: null, revision: 1,
    })
    const { present } = await this.#reading.rows.add('service_tokens', serviceTokens as never, {
      rows: [{ row: stored, place: row.place }],
    })
    if (present.length > 0) await this.#catchUp({ row: stored, place: row.place })
    await this.#keepRest(row)
    const isOver = expiresAt !== null && expiresAt <= nowOf(parts.clock)
    const standing = revokedAt !== null ? 'revoked' : isOver ? 'expired' : 'active'
    const unknown = given.filter((scope) => !scopes.includes(scope))
    ledger.detail('service_tokens', { identifier, id, standing, scopes, unknown_scopes: unknown })
  }

  /** A token that was ended in the source since it was imported ends here as well. */
  async #catchUp({ row, place }: ImportRow): Promise<void> {
    const { parts, ledger } = this.#work
    const { organizationId, database } = parts
    const key = { organization_id: organizationId, id: row.id }
    const now = await database.first(database.write.selectFrom('service_tokens')
      .select(['revoked_at', 'expires_at']).where((where) => where.and(key)))
    const ends = (['revoked_at', 'expires_at'] as const).filter((column) => {
      const [here, there] = [serviceTokens.columns.expiresAt.decode(now?.[column] as never),
        serviceTokens.columns.expiresAt.decode(row[column] as never)]
      return there !== null && (here === null || (column === 'expires_at' && there < here))
    })
    if (ends.length === 0) return
    for (const column of ends) ledger.detail('caught_up', { kind: 'service_tokens', place, column })
    if (ledger.isDry) return
    await database.transaction(async (transaction) => {
      const changes = Object.fromEntries(ends.map((column) => [column, row[column]]))
      await transaction.run(transaction.write.updateTable('service_tokens')
        .set((expression) => ({
          ...changes,
          ...(ends.includes('revoked_at') ? { revoked_reason: row.revoked_reason } : {}),
          revision: expression('revision', '+', serviceTokens.columns.revision.encode(1) as never),
        })).where((where) => where.and(key)))
      await recordAudit(transaction.as(), parts, {
        organizationId, actor: parts.actor,
        record: {
          action: 'service_token.ended_in_source', resourceKind: 'service_token',
          resourceId: String(row.id), details: { source: 'orcheo', ends: [...ends] },
        },
      })
    })
  }

  /** Another one in each organization: ids of tokens are unique over all of them. */
  #idOf(identifier: string): string {
    return namedId(this.#work.parts.organizationId, `orcheo service token ${identifier}`)
  }

  /** Its scopes, those alone that there are here. */
  #scopes(row: SourceRow): { given: string[]; scopes: string[] } {
    const said = row.json('scopes')?.value ?? []
    if (!Array.isArray(said)) throw new InvalidInput('scopes is no array')
    const given = said.map(String)
    return { given, scopes: [...new Set(given.filter(isScope))] }
  }

  /** A range that cannot be read must not open the token to everywhere. */
  #ranges(row: SourceRow): string[] | null {
    const said = row.json('allowed_ip_ranges')?.value ?? null
    if (said === null || (Array.isArray(said) && said.length === 0)) return null
    if (!isTexts(said)) throw new InvalidInput('allowed_ip_ranges is no array of texts')
    checkIpRanges(said)
    return said
  }

  /** What a token has no column for; never its hash. */
  async #keepRest(row: SourceRow): Promise<void> {
    const { keeping, ledger } = this.#work
    const names = [
      'workspace_ids', 'created_by', 'issued_at', 'rotated_to', 'rotated_from', 'revoked_by',
      'rotation_expires_at', 'expires_at', 'scopes', 'rate_limit_override',
    ]
    const values = names.flatMap((name) => {
      const value = row.cells[name] ?? null
      return value === null || value instanceof Uint8Array ? [] : [[name, String(value)] as const]
    })
    for (const [name] of values) {
      if (!['expires_at', 'rate_limit_override'].includes(name)) {
        ledger.unmapped('service_tokens', name, keeping.nameOf('service_tokens'))
      }
    }
    const value = exactJson(JSON.stringify(Object.fromEntries(values)))
    await keeping.values('service_tokens', [{ key: row.key, value }])
  }

  /**
   * An entry of its log becomes an entry of the audit log here, which says when it was: the chain
   * of the log takes nothing in between.
   */
  async #recorded(row: SourceRow): Promise<void> {
    const { parts, keeping, ledger } = this.#work
    const kind = 'service_token_audit_log'
    const tokenId = row.needed('token_id')
    const action = row.needed('action')
    const at = this.#reading.moment(row, 'timestamp')
    if (at === null) throw new InvalidInput('timestamp is empty')
    const details = row.json('details')
    this.#reading.losses(kind, row, { details })
    const told: Record<string, JsonValue> = {
      source: 'orcheo', id: row.key, at, actor: row.text('actor'),
      ip_address: row.text('ip_address'), user_agent: row.text('user_agent'),
      details: details?.value ?? null, token: tokenId,
    }
    const value = exactJson(JSON.stringify({ ...told, action }))
    const isNew = await keeping.values(kind, [{ key: row.key, value }]) === 1
    if (!isNew) return ledger.present(kind)
    ledger.imported(kind)
    if (ledger.isDry) return
    const word = /^[a-z_]{1,40}$/.test(action) ? action : 'recorded'
    try {
      await recordAudit(parts.database.as(), parts, {
        organizationId: parts.organizationId, actor: parts.actor,
        record: {
          action: `imported_service_token.${word}`, resourceKind: 'service_token',
          resourceId: this.#idOf(tokenId), details: told,
        },
      })
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      throw new InvalidInput(error.message, { cause: error })
    }
  }
}

const isTexts = (value: JsonValue): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
