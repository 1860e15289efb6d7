import { instantOf, millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { isScope, type Principal } from './access.js'
import { OrganizationNotFound, ServiceTokenNotFound } from './errors.js'
import { type IdentitySource } from './store.js'
import { type IdentityTables, type ServiceToken, serviceTokens } from './tables.js'
import { hashOfToken, newToken } from './tokens.js'

/** A service token to create. */
export interface NewServiceToken {
  /** 1 to 200 characters, for people. */
  readonly name: string
  /** `*`, `conversations:*`, `conversations:read`, … */
  readonly scopes: readonly string[]
  /** An Instant; null for a token that does not end by itself. @default null */
  readonly expiresAt?: string | null
}

/** A token that never expires ends here: the last moment a four-digit year can name. */
const neverMs = Date.parse('9999-12-31T23:59:59.999Z')
const { columns } = serviceTokens

/** The service tokens of one organization. */
export class ServiceTokenStore {
  readonly #database: Database<IdentityTables>
  readonly #source: IdentitySource
  readonly #organizationId: string

  constructor(
    database: Database<IdentityTables>,
    organizationId: string,
    source: IdentitySource,
  ) {
    this.#source = source
    this.#organizationId = columns.organizationId.encode(organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /** Creates a token; its text is returned this once and never stored. */
  async create(
    { name, scopes, expiresAt = null }: NewServiceToken,
    userId: string | null = null,
  ): Promise<{ token: string; serviceToken: ServiceToken }> {
    if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
      throw new InvalidInput('name must be 1 to 200 characters', { field: 'name' })
    }
    if (scopes.length === 0 || scopes.length > 50 || !scopes.every(isScope)) {
      const rule = 'must hold 1 to 50 scopes such as *, conversations:* or conversations:read'
      throw new InvalidInput(`scopes ${rule}`, { field: 'scopes' })
    }
    const token = newToken('service_token')
    const row = {
      id: this.#source.ids.next(),
      organizationId: this.#organizationId,
      userId,
      name,
      tokenHash: hashOfToken(token),
      scopes: [...scopes],
      createdAt: instantOf(this.#source.clock.now()),
      expiresAt,
      revokedAt: null,
    }
    const insert = this.#database.write
      .insertInto('service_tokens').values(encodeRow(serviceTokens, row))
    try {
      await this.#database.run(insert)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw new OrganizationNotFound('There is no such organization.', { cause })
    }
    return { token, serviceToken: serviceTokenOf(encodeRow(serviceTokens, row)) }
  }

  /** One page of tokens, newest first, revoked ones included. */
  async list({ limit = 50, cursor }: PageRequest = {}): Promise<Page<ServiceToken>> {
    const list = ['service_tokens', this.#organizationId]
    let query = this.#database.write
      .selectFrom('service_tokens')
      .selectAll()
      .where('organization_id', '=', columns.organizationId.encode(this.#organizationId))
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(serviceTokenOf)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /** Ends a token at once; a second call changes nothing. Throws ServiceTokenNotFound. */
  async revoke(tokenId: string): Promise<ServiceToken> {
    const now = columns.revokedAt.encode(instantOf(this.#source.clock.now()))
    const update = this.#database.write
      .updateTable('service_tokens')
      .set((expression) => ({
        revoked_at: expression.fn.coalesce('revoked_at', expression.val(now)),
      }))
      .where('organization_id', '=', columns.organizationId.encode(this.#organizationId))
      .where('id', '=', columns.id.encode(tokenId, 'service_token_id'))
      .returningAll()
    const stored = await this.#database.first(update)
    if (stored !== undefined) return serviceTokenOf(stored)
    throw new ServiceTokenNotFound(`There is no service token ${tokenId} here.`)
  }
}

/** Who a service token stands for; undefined once it expired or was revoked. */
export async function findServicePrincipal(
  database: Database<IdentityTables>,
  tokenHash: string,
  nowMs: number,
): Promise<Principal | undefined> {
  const query = database.write
    .selectFrom('service_tokens')
    .selectAll()
    .where('token_hash', '=', columns.tokenHash.encode(tokenHash))
    .where('revoked_at', 'is', null)
  const stored = await database.first(query)
  if (stored === undefined) return undefined
  const token = serviceTokenOf(stored)
  const expiresAtMs = token.expiresAt === null ? neverMs : millisecondsOf(token.expiresAt)
  if (expiresAtMs <= nowMs) return undefined
  return {
    kind: 'service_token',
    id: `service_token:${token.id}`,
    credentialId: token.id,
    userId: token.userId,
    organizationId: token.organizationId,
    scopes: token.scopes,
    expiresAtMs,
  }
}

function serviceTokenOf(stored: Record<string, unknown>): ServiceToken {
  const { tokenHash: _, ...token } = decodeRow(serviceTokens, stored)
  return token
}
