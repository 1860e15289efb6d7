import { recordAudit } from '../audit/index.js'
import { type Cache, type CacheKey } from '../coordination/coordination.js'
import { type Database } from '../database/database.js'
import { InvalidInput } from '../errors.js'
import { type Actor, programActor } from '../scope.js'
import { OrganizationNotFound } from './errors.js'
import { type IdentityDatabase, type IdentitySource } from './source.js'
import { organizations } from './tables.js'

/** So many calls in any window of so many seconds. */
export interface Rate {
  /** 1 to 1,000,000. */
  readonly limit: number
  /** 1 to 86,400. */
  readonly windowSeconds: number
}

export const rateLimitMax = 1_000_000
export const rateWindowSecondsMax = 86_400

/** Refuses a rate out of bounds; null stands for no limit. */
export function checkRate(rate: Rate | null): void {
  if (rate === null) return
  const isWithin = (value: number, max: number) =>
    Number.isInteger(value) && value >= 1 && value <= max
  if (!isWithin(rate.limit, rateLimitMax)) {
    const rule = `must be an integer from 1 to ${rateLimitMax}`
    throw new InvalidInput(`rate_limit.limit ${rule}`, { field: 'rate_limit.limit' })
  }
  if (!isWithin(rate.windowSeconds, rateWindowSecondsMax)) {
    const rule = `must be an integer from 1 to ${rateWindowSecondsMax}`
    throw new InvalidInput(`rate_limit.window_seconds ${rule}`, {
      field: 'rate_limit.window_seconds',
    })
  }
}

/** The two columns of a rate. */
export function rateColumns(rate: Rate | null) {
  return { rateLimit: rate?.limit ?? null, rateWindowSeconds: rate?.windowSeconds ?? null }
}

/** The rate behind the two columns. */
export function rateOf(
  { rateLimit, rateWindowSeconds }: {
    readonly rateLimit: number | null
    readonly rateWindowSeconds: number | null
  },
): Rate | null {
  if (rateLimit === null || rateWindowSeconds === null) return null
  return { limit: rateLimit, windowSeconds: rateWindowSeconds }
}

/** Parts that the rates take from outside. */
export interface RateParts extends IdentitySource {
  readonly cache: Cache
}

const { columns } = organizations

/**
 * How often all callers of one organization together may call: set by who runs the server, never
 * by the organization. Read from the cache; another process may use an old rate for some seconds.
 */
export class OrganizationRates {
  readonly #database: Database<IdentityDatabase>
  readonly #parts: RateParts

  constructor(database: Database<IdentityDatabase>, parts: RateParts) {
    this.#database = database
    this.#parts = parts
  }

  /** The organization's own rate; undefined when it has none. */
  async find(organizationId: string): Promise<Rate | undefined> {
    const times = { ttlSeconds: 300, absentTtlSeconds: 60 }
    const load = () => this.#load(organizationId)
    return this.#parts.cache.getOrLoad(keyOf(organizationId), load, times)
  }

  /** Sets the rate, or takes it away with null. Throws OrganizationNotFound or InvalidInput. */
  async set(
    organizationId: string,
    rate: Rate | null,
    actor: Actor = programActor,
  ): Promise<void> {
    checkRate(rate)
    const { rateLimit, rateWindowSeconds } = rateColumns(rate)
    await this.#database.transaction(async (transaction) => {
      const update = transaction.write
        .updateTable('organizations')
        .set((expression) => ({
          rate_limit: columns.rateLimit.encode(rateLimit),
          rate_window_seconds: columns.rateWindowSeconds.encode(rateWindowSeconds),
          revision: expression('revision', '+', columns.revision.encode(1)),
        }))
        .where('id', '=', columns.id.encode(organizationId, 'organization_id'))
      if ((await transaction.run(update)) === 0) {
        throw new OrganizationNotFound(`There is no organization ${organizationId}.`)
      }
      const details = { rate_limit: rateLimit, rate_window_seconds: rateWindowSeconds }
      const record = {
        action: 'organization.updated', resourceKind: 'organization', resourceId: organizationId,
        details,
      }
      await recordAudit(transaction.as(), this.#parts, { organizationId, actor, record })
    })
    await this.#parts.cache.invalidate(keyOf(organizationId))
  }

  async #load(organizationId: string): Promise<Rate | undefined> {
    const query = this.#database.write
      .selectFrom('organizations')
      .select(['rate_limit', 'rate_window_seconds'])
      .where('id', '=', columns.id.encode(organizationId, 'organization_id'))
    const row = await this.#database.first(query)
    if (row === undefined) return undefined
    return rateOf({
      rateLimit: columns.rateLimit.decode(row.rate_limit),
      rateWindowSeconds: columns.rateWindowSeconds.decode(row.rate_window_seconds),
    }) ?? undefined
  }
}

const keyOf = (organizationId: string): CacheKey =>
  ({ namespace: organizationId, resource: 'organization_rate', id: 'all' })
