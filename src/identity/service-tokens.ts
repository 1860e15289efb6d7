import { recordAudit } from '../audit/index.js'
import { instantOf, millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type Scope } from '../scope.js'
import { isScope, type Principal } from './access.js'
import { neverMs } from './delegation.js'
import { ServiceTokenNotFound } from './errors.js'
import { checkIpRanges } from './ip-ranges.js'
import { checkRate, type Rate, rateColumns, rateOf } from './rates.js'
import { Roster } from './roster.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { type IdentityTables, type ServiceToken, serviceTokens } from './tables.js'
import { hashOfToken, newToken } from './tokens.js'

/** A service token to create. */
export interface NewServiceToken {
  /** 1 to 200 characters, for people; two tokens may have the same. */
  readonly name: string
  /** `*`, `conversations:*`, `conversations:read`, … They never change. */
  readonly scopes: readonly string[]
  /** An Instant; null for a token that does not end by itself. @default null */
  readonly expiresAt?: string | null
  /** Addresses and CIDR ranges it may be used from; null for everywhere. @default null */
  readonly allowedIpRanges?: readonly string[] | null
  /** How often it may be used; null for no limit of its own. @default null */
  readonly rate?: Rate | null
}

/** What `update` may change; what is left out stays. */
export type ServiceTokenChanges =
  Partial<Pick<NewServiceToken, 'name' | 'allowedIpRanges' | 'rate'>>

/** The old token stays good for so long after a rotation unless told otherwise: a day. */
export const overlapSecondsDefault = 24 * 60 * 60
export const overlapSecondsMax = 30 * 24 * 60 * 60

const reasonMax = 500
const { columns } = serviceTokens

/** The service tokens of one organization. */
export class ServiceTokenStore {
  readonly #database: Database<IdentityDatabase>
  readonly #scope: Scope
  readonly #source: IdentitySource

  constructor(database: Database<IdentityDatabase>, scope: Scope, source: IdentitySource) {
    const organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([organizationId])
    this.#source = source
    this.#scope = scope
  }

  /**
   * Creates a token; its text is returned this once and never stored. Throws InvalidInput,
   * InvalidValue, OrganizationNotFound, OrganizationLimitReached.
   */
  async create(
    given: NewServiceToken,
    userId: string | null = this.#scope.actor.userId ?? null,
  ): Promise<{ token: string; serviceToken: ServiceToken }> {
    const { name, scopes, expiresAt = null, allowedIpRanges = null, rate = null } = given
    checkScopes(scopes)
    checkChanges({ name, allowedIpRanges, rate })
    const token = newToken('service_token')
    const row = {
      id: this.#source.ids.next(),
      organizationId: this.#organizationId(),
      userId,
      name,
      tokenHash: hashOfToken(token),
      scopes: [...scopes],
      createdAt: this.#now(),
      expiresAt,
      revokedAt: null,
      revokedReason: null,
      allowedIpRanges: allowedIpRanges === null ? null : [...allowedIpRanges],
      ...rateColumns(rate),
      previousTokenHash: null,
      previousExpiresAt: null,
      rotatedAt: null,
      useCount: 0,
      lastUsedAt: null,
      lastUsedIp: null,
      revision: 1,
    }
    const stored = encodeRow(serviceTokens, row)
    await this.#database.transaction(async (database) => {
      const roster = await Roster.lock({ database, source: this.#source, ...this.#scope })
      await roster.refuseMoreTokens()
      await database.run(database.write.insertInto('service_tokens').values(stored))
      await this.#record(database, row.id, {
        action: 'created', details: { name, scopes: row.scopes, expires_at: expiresAt },
      })
    })
    return { token, serviceToken: serviceTokenOf(stored) }
  }

  /** One token. Throws ServiceTokenNotFound. */
  async get(tokenId: string): Promise<ServiceToken> {
    const query = this.#database.write
      .selectFrom('service_tokens').selectAll().where((where) => where.and(this.#key(tokenId)))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(tokenId)
    return serviceTokenOf(stored)
  }

  /** One page of tokens, newest first, revoked ones included. */
  async list({ limit = 50, cursor }: PageRequest = {}): Promise<Page<ServiceToken>> {
    const list = ['service_tokens', this.#organizationId()]
    let query = this.#database.write
      .selectFrom('service_tokens')
      .selectAll()
      .where('organization_id', '=', this.#organizationId())
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(serviceTokenOf)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /**
   * Changes name, ranges or rate, never scopes or end. With `ifRevision`, only when that is still
   * its revision. Throws ServiceTokenNotFound, RevisionConflict, InvalidInput.
   */
  async update(
    tokenId: string,
    changes: ServiceTokenChanges,
    ifRevision?: number,
  ): Promise<ServiceToken> {
    checkChanges(changes)
    const changed = changedColumns(changes)
    return this.#database.transaction(async (database) => {
      let update = database.write
        .updateTable('service_tokens')
        .set((expression) => ({
          ...changed, revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where((where) => where.and(this.#key(tokenId)))
        .returningAll()
      if (ifRevision !== undefined) {
        update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
      }
      const stored = await database.first(update)
      if (stored === undefined) {
        const { revision } = await this.#on(database).get(tokenId)
        throw new RevisionConflict(`The service token is at revision ${revision}; read it again.`)
      }
      await this.#record(database, tokenId, { action: 'updated', details: detailsOf(changes) })
      return serviceTokenOf(stored)
    })
  }

  /**
   * Gives the token a new text, returned this once. The old text stays good for `overlapSeconds`
   * (0 to 30 days, a day unless given); one replaced before that ends at once. Throws
   * ServiceTokenNotFound for a token that is not there, revoked or expired, and InvalidInput.
   */
  async rotate(
    tokenId: string,
    { overlapSeconds = overlapSecondsDefault }: { readonly overlapSeconds?: number } = {},
  ): Promise<{ token: string; serviceToken: ServiceToken }> {
    checkOverlap(overlapSeconds)
    const nowMs = this.#source.clock.now()
    const now = columns.createdAt.encode(instantOf(nowMs))
    const token = newToken('service_token')
    const previousExpiresAt = instantOf(nowMs + overlapSeconds * 1_000)
    const serviceToken = await this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('service_tokens')
        .set((expression) => ({
          previous_token_hash: expression.ref('token_hash'),
          previous_expires_at: columns.previousExpiresAt.encode(previousExpiresAt),
          token_hash: columns.tokenHash.encode(hashOfToken(token)),
          rotated_at: now,
          revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where((where) => where.and(this.#key(tokenId)))
        .where('revoked_at', 'is', null)
        .where((where) => where.or([
          where('expires_at', 'is', null), where('expires_at', '>', now),
        ]))
        .returningAll()
      const stored = await database.first(update)
      if (stored === undefined) throw notFound(tokenId)
      const details = { previous_expires_at: previousExpiresAt }
      await this.#record(database, tokenId, { action: 'rotated', details })
      return serviceTokenOf(stored)
    })
    return { token, serviceToken }
  }

  /**
   * Ends a token at once, with the reason for the record; a second call changes nothing. Throws
   * ServiceTokenNotFound, InvalidInput.
   */
  async revoke(tokenId: string, reason: string | null = null): Promise<ServiceToken> {
    if (reason !== null && (reason.length < 1 || reason.length > reasonMax)) {
      throw new InvalidInput(`reason must be 1 to ${reasonMax} characters`, { field: 'reason' })
    }
    return this.#database.transaction(async (database) => {
      const update = database.write
        .updateTable('service_tokens')
        .set((expression) => ({
          revoked_at: columns.revokedAt.encode(this.#now()),
          revoked_reason: columns.revokedReason.encode(reason),
          revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where((where) => where.and(this.#key(tokenId)))
        .where('revoked_at', 'is', null)
        .returningAll()
      const stored = await database.first(update)
      if (stored === undefined) return this.#on(database).get(tokenId)
      await this.#record(database, tokenId, { action: 'revoked', details: { reason } })
      return serviceTokenOf(stored)
    })
  }

  #on(database: Database<IdentityDatabase>): ServiceTokenStore {
    return new ServiceTokenStore(database, this.#scope, this.#source)
  }

  #key(tokenId: string) {
    return {
      organization_id: this.#organizationId(), id: columns.id.encode(tokenId, 'service_token_id'),
    }
  }

  async #record(
    database: Database<IdentityDatabase>,
    tokenId: string,
    { action, details }: { readonly action: string; readonly details: Record<string, JsonValue> },
  ): Promise<void> {
    const record = {
      action: `service_token.${action}`, resourceKind: 'service_token',
      resourceId: tokenId.toLowerCase(), details,
    }
    await recordAudit(database.as(), this.#source, { ...this.#scope, record })
  }

  #organizationId() {
    return columns.organizationId.encode(this.#scope.organizationId, 'organization_id')
  }

  #now() {
    return instantOf(this.#source.clock.now())
  }
}

/** Who a service token stands for; undefined once it expired, was revoked or long rotated. */
export async function findServicePrincipal(
  database: Database<IdentityTables>,
  tokenHash: string,
  nowMs: number,
): Promise<Principal | undefined> {
  const hash = columns.tokenHash.encode(tokenHash)
  const query = database.write
    .selectFrom('service_tokens')
    .selectAll()
    .where((where) => where.or([
      where('token_hash', '=', hash), where('previous_token_hash', '=', hash),
    ]))
    .where('revoked_at', 'is', null)
  const stored = await database.first(query)
  if (stored === undefined) return undefined
  const token = serviceTokenOf(stored)
  const isPrevious = columns.tokenHash.decode(stored.token_hash) !== tokenHash
  const ends = [token.expiresAt, ...(isPrevious ? [token.previousExpiresAt] : [])]
  const expiresAtMs = Math.min(...ends.map((end) => (end === null ? neverMs : millisecondsOf(end))))
  if (expiresAtMs <= nowMs) return undefined
  return {
    kind: 'service_token',
    id: `service_token:${token.id}`,
    credentialId: token.id,
    userId: token.userId,
    organizationId: token.organizationId,
    scopes: token.scopes,
    expiresAtMs,
    allowedIpRanges: token.allowedIpRanges,
    rate: rateOf(token),
  }
}

function checkScopes(scopes: readonly string[]): void {
  if (scopes.length > 0 && scopes.length <= 50 && scopes.every(isScope)) return
  const rule = 'must hold 1 to 50 scopes such as *, conversations:* or conversations:read'
  throw new InvalidInput(`scopes ${rule}`, { field: 'scopes' })
}

function checkChanges({ name, allowedIpRanges, rate }: ServiceTokenChanges): void {
  const isName = name === undefined ||
    (typeof name === 'string' && name.length >= 1 && name.length <= 200)
  if (!isName) throw new InvalidInput('name must be 1 to 200 characters', { field: 'name' })
  if (allowedIpRanges !== undefined) checkIpRanges(allowedIpRanges)
  if (rate !== undefined) checkRate(rate)
}

function checkOverlap(overlapSeconds: number): void {
  const isWithin = Number.isInteger(overlapSeconds) && overlapSeconds >= 0 &&
    overlapSeconds <= overlapSecondsMax
  if (isWithin) return
  const rule = `must be an integer from 0 to ${overlapSecondsMax}`
  throw new InvalidInput(`overlap_seconds ${rule}`, { field: 'overlap_seconds' })
}

function changedColumns({ name, allowedIpRanges, rate }: ServiceTokenChanges) {
  const { rateLimit, rateWindowSeconds } = rateColumns(rate ?? null)
  const ranges = allowedIpRanges == null ? null : [...allowedIpRanges]
  return {
    ...(name === undefined ? {} : { name: columns.name.encode(name, 'name') }),
    ...(allowedIpRanges === undefined
      ? {}
      : { allowed_ip_ranges: columns.allowedIpRanges.encode(ranges) }),
    ...(rate === undefined
      ? {}
      : {
          rate_limit: columns.rateLimit.encode(rateLimit),
          rate_window_seconds: columns.rateWindowSeconds.encode(rateWindowSeconds),
        }),
  }
}

function detailsOf({ name, allowedIpRanges, rate }: ServiceTokenChanges) {
  const shown = rate == null ? null : { limit: rate.limit, window_seconds: rate.windowSeconds }
  return {
    ...(name === undefined ? {} : { name }),
    ...(allowedIpRanges === undefined
      ? {}
      : { allowed_ip_ranges: allowedIpRanges === null ? null : [...allowedIpRanges] }),
    ...(rate === undefined ? {} : { rate_limit: shown }),
  }
}

const notFound = (tokenId: string) =>
  new ServiceTokenNotFound(`There is no service token ${tokenId} here.`)

function serviceTokenOf(stored: Record<string, unknown>): ServiceToken {
  const { tokenHash: _, previousTokenHash: __, ...token } = decodeRow(serviceTokens, stored)
  return token
}
