import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { type IdGenerator } from '../ids.js'
import { IdempotencyKeyReused } from './errors.js'
import { idempotencyKeys, type IdempotencyTables } from './tables.js'

/** How long a key and its result are kept, in seconds. */
export const keptSeconds = 24 * 60 * 60

/** A call that must have one effect however often it arrives. */
export interface IdempotentCall {
  readonly organizationId: string
  /** Whose key it is: two actors never share a key. */
  readonly actorId: string
  /** Chosen by the caller, 1 to 255 characters. */
  readonly key: string
  /** SHA-256 of everything that makes the call what it is. */
  readonly fingerprint: string
}

/** A call with its stored form, ready for a batch. */
export type Claim = ReturnType<typeof encodeClaim>

/** The row that claims a key for one call. */
export function encodeClaim(call: IdempotentCall, source: { clock: Clock; ids: IdGenerator }) {
  const now = source.clock.now()
  return encodeRow(idempotencyKeys, {
    ...call,
    claim: source.ids.next(),
    result: null,
    createdAt: instantOf(now),
    expiresAt: instantOf(now + keptSeconds * 1_000),
  })
}

/** Keys and results of mutating calls. */
export class IdempotencyStore {
  readonly #database: Database<IdempotencyTables>
  readonly #source: { readonly clock: Clock; readonly ids: IdGenerator }

  constructor(
    database: Database<IdempotencyTables>,
    source: { readonly clock: Clock; readonly ids: IdGenerator },
  ) {
    this.#database = database
    this.#source = source
  }

  /**
   * Claims the key inside the caller's transaction. Undefined means: yours, do the work, then
   * `settle`. Otherwise the result of the first call. Throws IdempotencyKeyReused when the key
   * belongs to a different call.
   */
  async claim(call: IdempotentCall): Promise<{ result: JsonValue } | undefined> {
    const row = encodeClaim(call, this.#source)
    const insert = this.#database.write
      .insertInto('idempotency_keys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
    if ((await this.#of(call).run(insert)) === 1) return undefined
    return this.find(call)
  }

  /** Stores the result of a claimed call, in the same transaction. */
  async settle(call: IdempotentCall, result: JsonValue): Promise<void> {
    const { columns } = idempotencyKeys
    const update = this.#database.write
      .updateTable('idempotency_keys')
      .set({ result: columns.result.encode(result, 'result') })
      .where('organization_id', '=', columns.organizationId.encode(call.organizationId))
      .where('actor_id', '=', columns.actorId.encode(call.actorId))
      .where('key', '=', columns.key.encode(call.key))
    await this.#of(call).run(update)
  }

  /** The result of an earlier call with this key, if any. */
  async find(call: IdempotentCall): Promise<{ result: JsonValue } | undefined> {
    const { columns } = idempotencyKeys
    const query = this.#database.write
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('organization_id', '=', columns.organizationId.encode(call.organizationId))
      .where('actor_id', '=', columns.actorId.encode(call.actorId))
      .where('key', '=', columns.key.encode(call.key))
    const stored = await this.#of(call).first(query)
    if (stored === undefined) return undefined
    const row = decodeRow(idempotencyKeys, stored)
    if (row.fingerprint !== call.fingerprint) {
      const message = 'This idempotency key was used before for a different call; choose a new one.'
      throw new IdempotencyKeyReused(message, { field: 'header.idempotency-key' })
    }
    return { result: row.result }
  }

  /** Deletes expired keys of all organizations, at most `limit`; how many went. */
  async sweep(limit = 1_000): Promise<number> {
    const { expiresAt } = idempotencyKeys.columns
    const now = expiresAt.encode(instantOf(this.#source.clock.now()))
    const due = this.#database.write
      .selectFrom('idempotency_keys')
      .select(['organization_id', 'actor_id', 'key'])
      .where('expires_at', '<', now)
      .orderBy('expires_at')
      .limit(limit)
    const statement = this.#database.write
      .deleteFrom('idempotency_keys')
      .where(
        ({ refTuple }) => refTuple('organization_id', 'actor_id', 'key'),
        'in',
        due.$asTuple('organization_id', 'actor_id', 'key'),
      )
    return this.#database.run(statement)
  }

  #of({ organizationId }: IdempotentCall): Database<IdempotencyTables> {
    return this.#database.within([organizationId])
  }
}
