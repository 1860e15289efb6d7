import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { LockLimitReached, LockLost, LockNotAcquired, LockNotFound } from './errors.js'
import { type Hold, Leases, type LockKey, type Standing, type Term, type Wish } from './leases.js'
import { Lock, type LockHold } from './lock.js'
import {
  checkFence, checkLimit, checkName, checkOwner, checkWait, namesMax, ttlMsOf, ttlSecondsDefault,
  waitMsDefault,
} from './rules.js'
import { isProven, staleAfterMs } from './statements.js'
import { locks as table, type LockTables } from './tables.js'
import { type WaitingRoom } from './waiting-room.js'

/** How to take a lock. */
export interface LockOptions {
  /** How long the lease lasts, 0.001 to 86,400 seconds. @default 30 */
  readonly ttlSeconds?: number
  /** Who takes it, for people to read; the same owner again waits like others. @default an id */
  readonly owner?: string
  /** Whether the lease is renewed, at a third of its length, until it is released. @default true */
  readonly renewing?: boolean
  /**
   * A call repeated with the same key, while what it took is still held, gets that same lock with
   * its fence. @default every call is another one
   */
  readonly idempotencyKey?: string
}

/** How to take a lock that may have to be waited for. */
export interface AcquireOptions extends LockOptions {
  /** How long to wait for others to let go, 0 to 86,400,000 ms. @default 10000 */
  readonly waitMs?: number
  /** Ends the wait; `acquire` then throws its reason. */
  readonly signal?: AbortSignal
}

/** A lock as it stands. */
export interface LockState {
  readonly name: string
  /** Null while nobody holds it. */
  readonly owner: string | null
  /** Of the present holder, or the last one. */
  readonly fence: number
  readonly acquiredAt: Instant | null
  readonly expiresAt: Instant | null
  /** Those in the queue. */
  readonly waiters: number
}

/** Options of `list`. */
export interface LockListing extends PageRequest {
  /** Also those that nobody holds. @default false */
  readonly all?: boolean
}

/** Keeps in the audit log what people do; handed in, since this floor knows no other domain. */
export interface LockWitness {
  /** Tells of something on the transaction that does it. */
  record<T>(
    database: Database<T>,
    told: {
      readonly action: string
      readonly resourceKind: 'lock'
      readonly resourceId: string
    },
  ): Promise<void>
}

const { columns } = table

/**
 * The locks of one organization: leases in the database, on the database's clock. A lease can end
 * while its holder still works, so what must never happen twice calls `guard` in its transaction.
 */
export class LockStore {
  readonly #database: Database<LockTables>
  readonly #scope: Scope
  readonly #room: WaitingRoom
  readonly #ids: IdGenerator
  readonly #witness: LockWitness
  readonly #leases: Leases
  readonly #inTransaction: boolean
  readonly #organizationId: Stored<'id'>

  constructor(
    database: Database<LockTables>,
    scope: Scope,
    source: {
      readonly room: WaitingRoom
      readonly ids: IdGenerator
      /** Whether `database` is an open transaction. */
      readonly inTransaction: boolean
      readonly witness: LockWitness
    },
  ) {
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
    this.#scope = scope
    this.#room = source.room
    this.#witness = source.witness
    this.#ids = source.ids
    this.#inTransaction = source.inTransaction
    this.#leases = new Leases(source.room.leaseParts(this.#database))
  }

  /** Takes the lock if it is free and nobody waits for it. Throws InvalidInput. */
  async tryAcquire(name: string, options: LockOptions = {}): Promise<Lock | undefined> {
    const wish = this.#wish(name, options)
    const term = await this.#take(wish) ?? await this.#takeUnattended(wish)
    return term && this.#lock(wish, term, options)
  }

  /**
   * Takes the lock, waiting for it in a fair queue. Throws LockNotAcquired when time ran out, the
   * signal's reason when it was aborted; InvalidInput, LockLimitReached.
   */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lock> {
    const { waitMs = waitMsDefault, signal } = options
    checkWait(waitMs)
    const wish = this.#wish(name, options)
    signal?.throwIfAborted()
    if (waitMs === 0) {
      const term = await this.#take(wish) ?? await this.#takeUnattended(wish)
      if (term !== undefined) return this.#lock(wish, term, options)
      throw await this.#notAcquired(wish)
    }
    const isContended = this.#room.isContended(wish)
    const term = (isContended ? undefined : await this.#take(wish))
      ?? await this.#room.wait(wish, { waitMs, signal })
    if (term === undefined) throw await this.#notAcquired(wish)
    if (signal?.aborted === true) {
      await this.#leases.giveBack(wish, term).catch(() => undefined)
      throw signal.reason
    }
    // Nothing else would ever give such a lease its full length, or make it this call's own.
    const isToAccept = term.isProvisional === true && (wish.isKeyed || options.renewing === false)
    if (!isToAccept) return this.#lock(wish, term, options)
    const accepted = await this.#leases.accept(wish)
    if (accepted === undefined) throw await this.#notAcquired(wish)
    return this.#lock(wish, accepted, options)
  }

  /**
   * Runs `work` while the lock is held and lets go afterwards. Throws what `acquire` and `work`
   * throw, and LockLost when the lock was lost before `work` ended.
   */
  async withLock<R>(
    name: string,
    options: AcquireOptions,
    work: (lock: Lock) => Promise<R>,
  ): Promise<R> {
    const lock = await this.acquire(name, options)
    let value: R
    try {
      value = await work(lock)
    } catch (error) {
      // What went wrong first is what the caller must hear; the lease ends by itself.
      await lock.release().catch(() => undefined)
      throw error
    }
    if (await lock.release()) return value
    throw lost(lock)
  }

  /** Makes a lease last `ttlSeconds` from now; its new end. Throws LockLost, InvalidInput. */
  async renew(hold: LockHold, ttlSeconds: number = ttlSecondsDefault): Promise<Instant> {
    const ttlMs = columns.fence.encode(ttlMsOf(ttlSeconds))
    const term = await this.#leases.renew(this.#hold(hold), ttlMs)
    if (term === undefined) throw lost(hold)
    return term.expiresAt
  }

  /** Lets go; false, and nothing happens, when the lock is not held so any more. */
  async release(hold: LockHold): Promise<boolean> {
    return this.#leases.release(this.#hold(hold))
  }

  /** Takes the lock away from whoever holds it; false when nobody does. For administrators. */
  async forceRelease(name: string): Promise<boolean> {
    const key = this.#key(name)
    return this.#database.transaction(async (database) => {
      const holder = await new Leases(this.#room.leaseParts(database)).force(key)
      if (holder === undefined) return false
      await this.#witness.record(database, {
        action: 'lock.released_by_force', resourceKind: 'lock', resourceId: name,
      })
      database.afterCommit(() => this.#room.revoke(holder))
      return true
    })
  }

  /** How a lock stands. Throws LockNotFound for a name that was never held. */
  async get(name: string): Promise<LockState> {
    const { name: stored } = this.#key(name)
    const row = await this.#database.first(this.#states().where('name', '=', stored))
    if (row === undefined) throw new LockNotFound('No lock of this name was ever held here.')
    return stateOf(row)
  }

  /** One page of locks, by name. */
  async list(listing: LockListing = {}): Promise<Page<LockState>> {
    const limit = checkLimit(listing)
    const { all = false, cursor } = listing
    const list = ['locks', this.#organizationId, all]
    let query = this.#states().orderBy('name').limit(limit + 1)
    if (!all) query = query.where('expires_at', '>', this.#database.engine.now())
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('name', '>', columns.name.encode(String(last), 'cursor'))
    }
    const states = (await this.#database.all(query)).map(stateOf)
    return pageOf(states, limit, ({ name }) => cursorOf(list, [name]))
  }

  /**
   * Proves, inside a transaction, that the lock is held, and keeps everybody else from taking it
   * until the transaction ends. Throws LockLost, whereupon nothing of the transaction may stand.
   */
  async guard(hold: LockHold): Promise<void> {
    if (!this.#inTransaction) {
      const remedy = 'holdfast.transaction((transaction) => …) and use its stores'
      throw new InvalidInput(`A guard protects a transaction only: open one with ${remedy}.`)
    }
    if (!(await this.#leases.prove(this.#hold(hold)))) throw lost(hold)
  }

  /**
   * The guard as an SQL condition, for a single statement that is its own transaction:
   * `update … where … and ${locks.condition(lock)}`. No row is changed once the lock is lost.
   */
  condition(hold: LockHold): RawBuilder<boolean> {
    return isProven(this.#database.engine, this.#hold(hold))
  }

  /** Waiters that all have gone would otherwise keep a free lock from everybody. */
  async #takeUnattended(wish: Wish): Promise<Term | undefined> {
    const standing = await this.#leases.standing(wish)
    if (isUnknown(standing)) throw limitReached()
    if (!isFree(standing)) return undefined
    await this.#leases.settle(wish)
    return this.#take(wish)
  }

  async #take(wish: Wish): Promise<Term | undefined> {
    try {
      return await this.#leases.take(wish)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no organization ${this.#organizationId}.`
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    }
  }

  async #notAcquired(wish: Wish): Promise<Error> {
    const standing = await this.#leases.standing(wish)
    if (isUnknown(standing)) return limitReached()
    const leftMs = leaseEndsMs(standing) - performance.now()
    const retryAfterSeconds = Math.min(60, Math.max(1, Math.ceil(leftMs / 1_000)))
    const name = JSON.stringify(columns.name.decode(wish.name))
    const message = `The lock ${name} is held by somebody else; try again later.`
    return new LockNotAcquired(message, { retryAfterSeconds })
  }

  #wish(name: string, options: LockOptions): Wish {
    if (this.#inTransaction) {
      const remedy = 'take it before the transaction and guard it inside'
      throw new InvalidInput(`A lock cannot be taken inside a transaction: ${remedy}.`)
    }
    const { ttlSeconds = ttlSecondsDefault, idempotencyKey } = options
    const key = this.#key(name)
    const claim = idempotencyKey === undefined
      ? this.#ids.next()
      : this.#keyedClaim([name, idempotencyKey, options.owner ?? null])
    const { owner = claim } = options
    checkOwner(owner)
    return {
      organization_id: key.organization_id,
      name: key.name,
      claim: columns.name.encode(claim),
      listener: this.#room.listener,
      owner: columns.name.encode(owner, 'owner'),
      ttl_ms: columns.fence.encode(ttlMsOf(ttlSeconds)),
      isKeyed: idempotencyKey !== undefined,
    }
  }

  #keyedClaim(parts: readonly unknown[]): string {
    const text = JSON.stringify([this.#organizationId, this.#scope.actor.id, ...parts])
    return createHash('sha256').update(text).digest('hex')
  }

  #lock(wish: Wish, term: Term, { renewing = true }: LockOptions): Lock {
    const claim = wish.claim as string
    return new Lock({
      name: columns.name.decode(wish.name),
      owner: columns.name.decode(wish.owner),
      term,
      ttlMs: Number(wish.ttl_ms),
      renewing,
      renew: (hold, ttlMs) => {
        const length = columns.fence.encode(ttlMsOf(ttlMs / 1_000))
        return this.#leases.renew(this.#hold(hold), length)
      },
      release: (hold) => this.release(hold),
      isHeld: async ({ fence }) => {
        const standing = await this.#leases.standing(wish)
        return 'holds' in standing && standing.holds.fence === fence
      },
      watched: (check) => this.#room.hold(claim, check),
    })
  }

  #key(name: string): LockKey {
    checkName(name)
    return { organization_id: this.#organizationId, name: columns.name.encode(name, 'name') }
  }

  #hold({ name, owner, fence }: LockHold): Hold {
    checkOwner(owner)
    checkFence(fence)
    return {
      ...this.#key(name),
      owner: columns.name.encode(owner, 'owner'),
      fence: columns.fence.encode(fence, 'fence'),
    }
  }

  #states() {
    const { write, engine } = this.#database
    return write
      .selectFrom('locks')
      .select((each) => [
        'name', 'owner', 'fence', 'acquired_at', 'expires_at',
        sql<number>`case when expires_at > ${engine.now()} then 1 else 0 end`.as('held'),
        each
          .selectFrom('lock_waiters')
          .whereRef('lock_waiters.organization_id', '=', 'locks.organization_id')
          .whereRef('lock_waiters.name', '=', 'locks.name')
          .whereRef('lock_waiters.ticket', '>', 'locks.served_ticket')
          .where('lock_waiters.seen_at', '>', engine.now(-staleAfterMs))
          .select((waiter) => waiter.fn.countAll().as('count'))
          .as('waiters'),
      ])
      .where('organization_id', '=', this.#organizationId)
  }
}

function stateOf(row: Record<string, unknown>): LockState {
  const isHeld = Number(row.held) === 1
  return {
    name: columns.name.decode(row.name),
    owner: isHeld ? columns.owner.decode(row.owner) : null,
    fence: Number(row.fence),
    acquiredAt: isHeld ? columns.acquiredAt.decode(row.acquired_at) : null,
    expiresAt: isHeld ? columns.expiresAt.decode(row.expires_at) : null,
    waiters: Number(row.waiters),
  }
}

function leaseEndsMs(standing: Standing): number {
  if ('holds' in standing) return standing.holds.endsMs
  return 'waits' in standing ? standing.waits.leaseEndsMs : standing.lease!.leaseEndsMs
}

const isFree = (standing: Standing): boolean =>
  'absent' in standing && standing.lease !== undefined &&
  standing.lease.leaseEndsMs <= performance.now()

/** Only a name that could not be added is still unknown after it was asked for. */
const isUnknown = (standing: Standing): boolean =>
  'absent' in standing && standing.lease === undefined

const limitReached = () => {
  const rule = `An organization may have ${namesMax} names of locks`
  return new LockLimitReached(`${rule}; use names again instead of new ones.`)
}

const lost = ({ name }: LockHold) =>
  new LockLost(`The lock ${JSON.stringify(name)} is lost: its lease ended, or it was taken away.`)
