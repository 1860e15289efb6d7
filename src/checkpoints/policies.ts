import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { type Clock, type Instant, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database } from '../database/database.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { CheckpointUnreadable, EncryptionUnavailable } from './errors.js'
import { checkPolicy, type CheckpointPolicy } from './rules.js'
import { SealedWrapping } from './sealed-wrapping.js'
import {
  checkpointKeys, checkpointPolicies as table, type CheckpointTables,
} from './tables.js'
import { plainWrapping, type Wrapping } from './wrapping.js'

/** Whose key seals. */
export interface SealBinding {
  readonly organizationId: string
  readonly ownerKind: 'organization'
  readonly userId: null
  readonly name: string
}

/** What wraps data keys. */
export interface KeySealer {
  seal(fields: Record<string, string>, binding: SealBinding): Promise<Record<string, string>>
  open(fields: Record<string, string>, binding: SealBinding): Promise<Record<string, string>>
}

/** What policies take from outside. */
export interface PolicySource {
  readonly clock: Clock
  /** What seals, on the database or on a transaction; undefined without a root key. */
  sealer(transaction: Database<CheckpointTables> | undefined): KeySealer | undefined
}

type On = Database<CheckpointTables>

interface Known {
  readonly wrapping: Wrapping
  readonly untilMs: number
}

const without: CheckpointPolicy = { keepLast: null, keepDays: null, encrypts: false }

/** For so long a process goes by what it read. */
const knownForMs = 5_000

const knownMax = 10_000

const { columns } = table
const { createdAt: keyMadeAt } = checkpointKeys.columns

/** The policies of all organizations, and the keys of those that encrypt. */
export class CheckpointPolicies {
  readonly #source: PolicySource
  readonly #known = new Map<string, Known>()
  readonly #keys = new Map<string, SealedWrapping>()

  constructor(source: PolicySource) {
    this.#source = source
  }

  /** How bytes of an organization are wrapped. Throws EncryptionUnavailable. */
  async wrappingOf(on: On, organizationId: Stored<'id'>): Promise<Wrapping> {
    const known = this.#known.get(organizationId)
    if (known !== undefined && performance.now() < known.untilMs) return known.wrapping
    return this.readWrapping(on, organizationId)
  }

  /** As the database has it now, whatever is remembered. Throws EncryptionUnavailable. */
  async readWrapping(on: On, organizationId: Stored<'id'>): Promise<Wrapping> {
    const { encrypts, isSettled, since } = await this.#standing(on, organizationId)
    const wrapping = encrypts ? await this.#sealed(on, organizationId, since) : plainWrapping
    if (encrypts || isSettled) {
      on.afterCommit(() => {
        if (this.#known.size >= knownMax) this.#known.clear()
        this.#known.set(organizationId, { wrapping, untilMs: performance.now() + knownForMs })
      })
    }
    return wrapping
  }

  /**
   * Whether an organization encrypts, since when it has a key, and whether it has threads: until it
   * has, that may change.
   */
  async #standing(on: On, organizationId: Stored<'id'>) {
    const query = sql`
      select coalesce((select p.encrypts from checkpoint_policies p
          where p.organization_id = ${organizationId}), ${sql.lit(false)}) as encrypts,
        exists (select 1 from checkpoint_threads t
          where t.organization_id = ${organizationId}) as settled,
        (select k.created_at from checkpoint_keys k
          where k.organization_id = ${organizationId} and k.id = ${organizationId}) as since
      `.compile(on.write)
    const { rows: [row] } = await on.execute({ sql: query.sql, parameters: query.parameters })
    const flag = (stored: unknown) => columns.encrypts.decode(stored as never)
    return {
      encrypts: flag(row!.encrypts), isSettled: flag(row!.settled),
      since: row!.since === null ? null : keyMadeAt.decode(row!.since as never),
    }
  }

  /** The policy of an organization. */
  async find(on: On, organizationId: Stored<'id'>): Promise<CheckpointPolicy> {
    const row = await on.first(on.write.selectFrom('checkpoint_policies').selectAll()
      .where('organization_id', '=', organizationId))
    if (row === undefined) return without
    const { keepLast, keepDays, encrypts } = decodeRow(table, row)
    return { keepLast, keepDays, encrypts }
  }

  /**
   * Changes a policy; what is not named stays. Whether it encrypts can be changed only while the
   * organization has no threads. Throws InvalidInput, EncryptionUnavailable.
   */
  async set(
    on: On, organizationId: Stored<'id'>, change: Partial<CheckpointPolicy>,
  ): Promise<CheckpointPolicy> {
    checkPolicy(change)
    return on.transaction((transaction) => this.#set(transaction, organizationId, change))
  }

  /** Goes by what is known of an organization no longer. */
  forget(organizationId: Stored<'id'>): void {
    this.#known.delete(organizationId)
  }

  async #set(
    on: On, organizationId: Stored<'id'>, change: Partial<CheckpointPolicy>,
  ): Promise<CheckpointPolicy> {
    const before = await this.find(on, organizationId)
    const policy = { ...before, ...change }
    const switches = policy.encrypts !== before.encrypts
    // A put that is under way has its thread by then; one that comes then sees the switch.
    if (switches) await heldStill(on)
    if (policy.encrypts && switches) await this.#found(on, organizationId)
    if (!await written(on, { organizationId, policy, switches, now: this.#source.clock.now() })) {
      throw hasThreads()
    }
    const forget = () => this.forget(organizationId)
    forget()
    on.afterCommit(forget)
    return policy
  }

  /** Organizations whose turn it is, marked as swept; what they keep. */
  async due(on: On, limit: number): Promise<DuePolicy[]> {
    const now = this.#source.clock.now()
    const query = sql`
      update checkpoint_policies set swept_at = ${columns.updatedAt.encode(instantOf(now))}
      where organization_id in (
        select p.organization_id from checkpoint_policies p
        where (p.keep_last is not null or p.keep_days is not null) and (p.swept_at is null
          or p.swept_at < ${columns.updatedAt.encode(instantOf(now - sweepEveryMs))})
        limit ${sql.lit(limit)} ${on.engine.skipLocked})
      returning *`.compile(on.write)
    const { rows } = await on.execute({ sql: query.sql, parameters: query.parameters })
    return rows.map((row) => {
      const { organizationId, keepLast, keepDays } = decodeRow(table, row)
      return {
        organizationId: columns.organizationId.encode(organizationId),
        request: {
          keepLast: keepLast ?? 0,
          ...(keepDays === null ? {} : { keepSince: instantOf(now - keepDays * dayMs) }),
        },
      }
    })
  }

  /** Makes the organization's data key, unless there is one. */
  async #found(on: On, organizationId: Stored<'id'>): Promise<void> {
    const key = randomBytes(32).toString('base64url')
    const sealed = await this.#sealer(on).seal({ key }, bindingOf(organizationId))
    await on.run(on.write.insertInto('checkpoint_keys').values({
      organization_id: organizationId,
      // One key of each organization: whoever comes second finds it.
      id: organizationId,
      sealed: checkpointKeys.columns.sealed.encode(sealed),
      created_at: columns.updatedAt.encode(instantOf(this.#source.clock.now())),
    }).onConflict((conflict) => conflict.doNothing()))
  }

  async #sealed(
    on: On, organizationId: Stored<'id'>, since: Instant | null,
  ): Promise<SealedWrapping> {
    const known = this.#keys.get(organizationId)
    if (known !== undefined && known.since === since) return known
    const row = await on.first(on.write.selectFrom('checkpoint_keys')
      .select(['sealed', 'created_at'])
      .where('organization_id', '=', organizationId).where('id', '=', organizationId))
    if (row === undefined) throw new CheckpointUnreadable('The key of the checkpoints is gone.')
    const fields = checkpointKeys.columns.sealed.decode(row.sealed) as Record<string, string>
    const { key = '' } = await this.#sealer(on).open(fields, bindingOf(organizationId))
    const madeAt = keyMadeAt.decode(row.created_at)
    const wrapping = new SealedWrapping(Buffer.from(key, 'base64url'), madeAt)
    on.afterCommit(() => {
      if (this.#keys.size >= knownMax) this.#keys.clear()
      this.#keys.set(organizationId, wrapping)
    })
    return wrapping
  }

  #sealer(on: On): KeySealer {
    const sealer = this.#source.sealer(on.isInTransaction ? on : undefined)
    if (sealer !== undefined) return sealer
    throw new EncryptionUnavailable('Encrypted checkpoints need a root key: set ' +
      'HOLDFAST_ROOT_KEY, or give openHoldfast the option rootKey.')
  }
}

/** An organization whose checkpoints are to be pruned. */
export interface DuePolicy {
  readonly organizationId: Stored<'id'>
  readonly request: { readonly keepLast: number; readonly keepSince?: string }
}

interface Change {
  readonly organizationId: Stored<'id'>
  readonly policy: CheckpointPolicy
  readonly switches: boolean
  readonly now: number
}

/** Writes a policy; false where it switches what it must not. */
async function written(
  on: On, { organizationId, policy, switches, now }: Change,
): Promise<boolean> {
  const values: BatchRow<typeof policyKinds> = {
    organization_id: organizationId,
    keep_last: columns.keepLast.encode(policy.keepLast, 'keep_last'),
    keep_days: columns.keepDays.encode(policy.keepDays, 'keep_days'),
    encrypts: columns.encrypts.encode(policy.encrypts, 'encrypts'),
    updated_at: columns.updatedAt.encode(instantOf(now)),
    switches: columns.encrypts.encode(switches),
  }
  const names = Object.keys(policyKinds) as (keyof typeof policyKinds)[]
  const query = sql`
    insert into checkpoint_policies (organization_id, keep_last, keep_days, encrypts, updated_at)
    select g.organization_id, g.keep_last, g.keep_days, g.encrypts, g.updated_at
    from ${on.engine.rows(policyKinds, 1, (index) => sql`${values[names[index]!]}`)} as g
    where not (g.switches and exists (
      select 1 from checkpoint_threads t where t.organization_id = g.organization_id))
    on conflict (organization_id) do update set
      keep_last = excluded.keep_last, keep_days = excluded.keep_days,
      encrypts = excluded.encrypts, updated_at = excluded.updated_at`.compile(on.write)
  return (await on.execute({ sql: query.sql, parameters: query.parameters })).changed > 0
}

/** Until the end of the transaction nobody else writes to threads. */
async function heldStill(on: On): Promise<void> {
  for (const text of on.engine.heldStill('checkpoint_threads')) {
    await on.execute({ sql: text, parameters: [] })
  }
}

const policyKinds = {
  organization_id: 'id', keep_last: 'integer', keep_days: 'integer', encrypts: 'flag',
  updated_at: 'instant', switches: 'flag',
} as const

const dayMs = 86_400_000

/** An organization's checkpoints are pruned so often at most. */
const sweepEveryMs = 3_600_000

const bindingOf = (organizationId: string): SealBinding =>
  ({ organizationId, ownerKind: 'organization', userId: null, name: 'checkpoints' })

const hasThreads = () => new InvalidInput(
  'encrypts can be changed only while the organization has no threads', { field: 'encrypts' })
