import { type Signals, type Subscription } from '../coordination/coordination.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import { LockNotAcquired } from './errors.js'
import {
  ContendedLocks, type Handover, Leases, type LeaseParts, type LockKey, type Place, placeOf,
  type Standing, type Term, type Wish,
} from './leases.js'
import { lockStatements, type LockStatements } from './statements.js'
import { locks, type LockTables } from './tables.js'
import { Waiter } from './waiter.js'

/** How often this process tells that its waiters are there. */
const touchEveryMs = 1_000

/** Queues are looked at this soon after somebody joined or moved up, then ever more seldom … */
const lookFirstMs = 15

/** … but so much later while signals of other processes are known to arrive … */
const lookFirstToldMs = 250

/** … down to this. */
const lookEveryMs = 1_000

/** How long to wait for a lock. */
export interface Patience {
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Everybody in this process who waits for a lock. Who is handed one by this process is told at
 * once, by another process through a signal, and when signals fail finds out by looking.
 */
export class WaitingRoom {
  readonly statements: LockStatements
  /** This process, as rows name it. */
  readonly listener: Stored<'text'>
  readonly #database: Database<LockTables>
  readonly #signals: Signals
  readonly #leases: Leases
  readonly #contended = new ContendedLocks()
  readonly #waiters = new Map<string, Waiter>()
  readonly #holders = new Map<string, () => void>()
  #isClosed = false
  #subscribing: Promise<Subscription> | undefined
  #timer: NodeJS.Timeout | undefined
  #lookAfterMs = lookFirstMs
  /** Long while others' signals came before this process found out by itself. */
  #lookFirstMs = lookFirstMs
  #touchedMs = 0

  constructor(
    database: Database<LockTables>,
    source: { readonly signals: Signals; readonly ids: IdGenerator },
  ) {
    this.#database = database
    this.#signals = source.signals
    this.statements = lockStatements(database)
    this.listener = locks.columns.name.encode(source.ids.next())
    this.#leases = new Leases(this.leaseParts(database))
  }

  /** What leases on a database, or on one of its transactions, need. */
  leaseParts(database: Database<LockTables>): LeaseParts {
    const { statements, listener } = this
    const contended = this.#contended
    return { database, statements, listener, contended, tell: (each) => this.#tell(each) }
  }

  /** Whether somebody here waits for this lock. */
  isContended(key: LockKey): boolean {
    for (const waiter of this.#waiters.values()) if (waiter.waitsFor(key)) return true
    return false
  }

  /** Remembers to call `lost` when an administrator takes the lock away; returns the way back. */
  hold(claim: string, lost: () => void): () => void {
    this.#holders.set(claim, lost)
    return () => {
      // The same acquisition may have been asked for again.
      if (this.#holders.get(claim) === lost) this.#holders.delete(claim)
    }
  }

  /** Tells a holder in whatever process that its lock was taken away. */
  revoke({ claim, listener }: { readonly claim: string; readonly listener: string }): void {
    void this.#signals.publish(topicOf(listener), claim).catch(() => undefined)
  }

  /**
   * Waits in the queue for the lock. Undefined when time ran out; throws the signal's reason when
   * it is aborted.
   */
  async wait(wish: Wish, { waitMs, signal }: Patience): Promise<Term | undefined> {
    if (this.#isClosed) throw closed()
    const waiter = new Waiter(wish, performance.now() + waitMs, signal)
    // Who asks for the same again takes the place of the first.
    this.#waiters.get(wish.claim)?.dismiss(askedAgain())
    this.#waiters.set(wish.claim, waiter)
    try {
      await this.#listen()
      return await this.#stay(waiter)
    } finally {
      if (this.#isCurrent(waiter)) this.#waiters.delete(wish.claim)
      waiter.end()
    }
  }

  /** Sends everybody home; resolves when their places are given up. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#isClosed = true
    const waiters = [...this.#waiters.values()]
    for (const waiter of waiters) waiter.dismiss(closed())
    await Promise.all(waiters.map(({ ended }) => ended))
    const subscription = await this.#subscribing?.catch(() => undefined)
    await subscription?.close()
  }

  async #stay(waiter: Waiter): Promise<Term | undefined> {
    const { wish } = waiter
    try {
      let standing = await this.#leases.queue(wish)
      while (!('holds' in standing)) {
        waiter.throwIfSentAway()
        // Who is not let into the queue finds it full, or no lock at all.
        if (waiter.isLate || 'absent' in standing) return await this.#leases.leave(wish)
        standing = await this.#next(waiter, standing.waits)
      }
      if (!this.#isCurrent(waiter)) throw askedAgain()
      return standing.holds
    } catch (error) {
      if (this.#isCurrent(waiter)) await this.#leases.abandon(wish).catch(() => undefined)
      throw error
    }
  }

  #isCurrent(waiter: Waiter): boolean {
    return this.#waiters.get(waiter.wish.claim) === waiter
  }

  /** Sleeps until there is news, then tells how the waiter stands. */
  async #next(waiter: Waiter, place: Place): Promise<Standing> {
    const { wish } = waiter
    waiter.expect(place)
    this.#watch(this.#lookFirstMs)
    const news = await waiter.sleep()
    if (waiter.term !== undefined) return { holds: waiter.term }
    if (news === 'due') await this.#leases.settle(wish)
    if (waiter.term !== undefined) return { holds: waiter.term }
    const standing = await this.#leases.standing(wish)
    // Passed over, since nothing was heard of it for too long: it begins again.
    return 'absent' in standing ? this.#leases.queue(wish) : standing
  }

  /** A lease handed over within this process needs no look at the database. */
  #tell({ claim, listener, term }: Handover): void {
    const waiter = this.#waiters.get(claim)
    if (waiter !== undefined) return waiter.give(term)
    const { fence, expiresAt } = term
    void this.#signals.publish(topicOf(listener), [claim, fence, expiresAt].join(' '))
      .catch(() => undefined)
  }

  async #listen(): Promise<void> {
    const topic = topicOf(locks.columns.name.decode(this.listener))
    this.#subscribing ??= this.#signals.subscribe(topic, ({ payload }) => {
      // After a gap it is not known any more whether signals arrive.
      this.#lookFirstMs = payload === undefined ? lookFirstMs : lookFirstToldMs
      if (payload !== undefined) return this.#hear(payload)
      for (const waiter of this.#waiters.values()) waiter.tell()
      for (const lost of this.#holders.values()) lost()
    })
    // Signals are hints: without them one finds out by looking.
    await this.#subscribing.catch(() => (this.#subscribing = undefined))
  }

  /** A claim: it lost the lock, or got it when its fence and its end stand behind. */
  #hear(payload: string): void {
    const [claim, fence, expiresAt] = payload.split(' ')
    const waiter = this.#waiters.get(claim!)
    if (expiresAt === undefined) waiter?.tell()
    else waiter?.giveFromAfar({ fence: Number(fence), expiresAt })
    this.#holders.get(claim!)?.()
  }

  #watch(afterMs: number): void {
    if (this.#timer !== undefined && afterMs >= this.#lookAfterMs) return
    clearTimeout(this.#timer)
    this.#lookAfterMs = afterMs
    this.#timer = setTimeout(() => void this.#look(), afterMs).unref()
  }

  /** One statement for all waiters of this process, and one a second that tells they are there. */
  async #look(): Promise<void> {
    const sinceMs = performance.now()
    try {
      if (sinceMs - this.#touchedMs >= touchEveryMs) {
        this.#touchedMs = sinceMs
        await this.#database.execute(this.statements.touch({ listener: this.listener }))
      }
      const inQueue = this.statements.inQueue({ listener: this.listener })
      const { rows } = await this.#database.execute(inQueue)
      if (this.#inform(rows, sinceMs)) this.#lookAfterMs = 0
    } catch {
      // The database is away: the next look tells.
    }
    this.#timer = undefined
    if (this.#waiters.size === 0 || this.#isClosed) return
    this.#watch(Math.min(lookEveryMs, Math.max(this.#lookFirstMs, this.#lookAfterMs * 2)))
  }

  /** True when somebody moved up: the next handover may be near. */
  #inform(rows: readonly Record<string, unknown>[], sinceMs: number): boolean {
    const places = new Map(rows.map((row) => [row.claim as string, placeOf(row, sinceMs)]))
    let isMoving = false
    for (const [claim, waiter] of this.#waiters) {
      const place = places.get(claim)
      if (place !== undefined) isMoving = waiter.expect(place) || isMoving
      else if (waiter.joinedMs < sinceMs) {
        // It has the lock, or was passed over, and no signal said so.
        this.#lookFirstMs = lookFirstMs
        waiter.tell()
      }
    }
    return isMoving
  }
}

const askedAgain = () => new LockNotAcquired(
  'The same acquisition was asked for again, and that call waits for it.', { retryAfterSeconds: 1 })

const closed = () => new Error('Holdfast was closed.')

const topicOf = (listener: string): string => `locks:${listener}`
