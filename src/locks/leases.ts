import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type Result, type Statement } from '../database/engine.js'
import { type LockStatements } from './statements.js'
import { locks, type LockTables } from './tables.js'

/** A lock in stored form. */
export interface LockKey {
  readonly organization_id: Stored<'id'>
  readonly name: Stored<'text'>
}

/** One acquisition of a lock, in stored form. */
export interface Claim extends LockKey {
  readonly claim: Stored<'text'>
}

/** An acquisition that is wished for. */
export interface Wish extends Claim {
  readonly listener: Stored<'text'>
  readonly owner: Stored<'text'>
  readonly ttl_ms: Stored<'integer'>
  /** Whether the same acquisition may be asked for again. */
  readonly isKeyed: boolean
}

/** Proof of a hold, in stored form. */
export interface Hold extends LockKey {
  readonly owner: Stored<'text'>
  readonly fence: Stored<'integer'>
}

/** A lease that was given. */
export interface Term {
  readonly fence: number
  /** On the database's clock. */
  readonly expiresAt: string
  /**
   * When it ends on this process's monotonic clock, at the earliest: counted from before the
   * statement was sent.
   */
  readonly endsMs: number
  /** True while the lease may be shorter than wished, since it was not accepted yet. */
  readonly isProvisional?: boolean
}

/** A lock that went to a waiter. */
export interface Handover {
  readonly claim: string
  /** The waiter's process. */
  readonly listener: string
  readonly term: Term
}

/** How one who waits stands. */
export interface Place {
  /** Those ahead in the queue, at most. */
  readonly ahead: number
  /** When the present lease ends, on the monotonic clock. */
  readonly leaseEndsMs: number
  /** The monotonic clock less the database's, at most: that was read after this. */
  readonly aheadMs: number
}

/** `holds`: it has the lock; `waits`: it is in the queue; else it is neither. */
export type Standing =
  | { readonly holds: Term }
  | { readonly waits: Place }
  | { readonly absent: true; readonly lease: Place | undefined }

/** Locks kept in mind at most; beyond it all are forgotten, which costs a statement each. */
const contendedMax = 1_000

/** Which locks of this process are likely to have somebody waiting; only a guess is needed. */
export class ContendedLocks {
  readonly #names = new Set<string>()

  has(key: LockKey): boolean {
    return this.#names.has(placeOfKey(key))
  }

  note(key: LockKey, isContended: boolean): void {
    if (this.#names.size >= contendedMax) this.#names.clear()
    if (isContended) this.#names.add(placeOfKey(key))
    else this.#names.delete(placeOfKey(key))
  }
}

const placeOfKey = ({ organization_id, name }: LockKey): string => `${organization_id} ${name}`

/** What leases work with. */
export interface LeaseParts {
  readonly database: Database<LockTables>
  readonly statements: LockStatements
  /** The process, for whom waiters here are its own. */
  readonly listener: Stored<'text'>
  /** Called after the commit that handed a lock over. */
  readonly tell: (handover: Handover) => void
  /** Locks whose last release found somebody waiting. */
  readonly contended: ContendedLocks
}

const { columns } = locks

/** The rows of locks, one method a transition; each is one round trip. */
export class Leases {
  readonly #parts: LeaseParts

  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  /** Takes the lock if it is free and nobody waits for it. */
  async take(wish: Wish): Promise<Term | undefined> {
    const { statements } = this.#parts
    return this.#term(statements.take(wish))
  }

  /** Joins the queue; the lock may be given at once, if it is free and all others are gone. */
  async queue(wish: Wish): Promise<Standing> {
    const { statements, listener } = this.#parts
    const { isKeyed, claim } = wish
    const key = keyOf(wish)
    const sinceMs = performance.now()
    const [, , granted, , found] = await this.#parts.database.atomic([
      statements.handOutTicket({ claim, listener, ...key }),
      statements.queueUp(wish),
      statements.settle({ listener, ...key }),
      statements.clearServed(key),
      statements.standing({ claim, ...key }),
      ...isKeyed ? [statements.moveUp({ claim, listener, ...key })] : [],
    ])
    this.#announce(granted!, sinceMs, claim)
    return standingOf(found!, sinceMs)
  }

  /** How a claim stands. */
  async standing({ claim, ...key }: Claim): Promise<Standing> {
    const { statements, database } = this.#parts
    const sinceMs = performance.now()
    const found = await database.execute(statements.standing({ claim, ...keyOf(key) }))
    return standingOf(found, sinceMs)
  }

  /** Confirms a lease that another process handed over; undefined when there is none. */
  async accept({ claim, ttl_ms, ...key }: Wish): Promise<Term | undefined> {
    const { statements, listener } = this.#parts
    return this.#term(statements.accept({ claim, ttl_ms, listener, ...keyOf(key) }))
  }

  /** Gives a lock on that nobody wants any more, unless the same was asked for again meanwhile. */
  async giveBack({ owner, ...rest }: Wish, { fence, expiresAt }: Term): Promise<void> {
    const { statements, listener } = this.#parts
    const hold = { owner, fence: columns.fence.encode(fence), ...keyOf(rest) }
    const expires_at = columns.expiresAt.encode(expiresAt)!
    await this.#underRowLock(hold, statements.giveBack({ listener, expires_at, ...hold }))
  }

  /** Makes the lease last anew; undefined when it is lost. */
  async renew(hold: Hold, ttlMs: Stored<'integer'>): Promise<Term | undefined> {
    return this.#term(this.#parts.statements.renew({ ttl_ms: ttlMs, ...hold }))
  }

  /** Hands the lock to the first living waiter or frees it; false when it was lost. */
  async release(hold: Hold): Promise<boolean> {
    const { statements, database, listener, contended } = this.#parts
    const isContended = contended.has(hold)
    if (!isContended && (await database.execute(statements.letGo(hold))).changed > 0) return true
    const sinceMs = performance.now()
    const outcome = await database.execute(statements.releaseUnlocked({ listener, ...hold }))
    this.#announce(outcome, sinceMs)
    contended.note(hold, outcome.changed === 0 || outcome.rows[0]?.claim !== null)
    if (outcome.changed > 0) return true
    const { changed } = await this.#underRowLock(hold, statements.release({ listener, ...hold }))
    return changed > 0
  }

  /** Gives an expired or free lock to the first living waiter. */
  async settle(key: LockKey): Promise<void> {
    const { statements, listener } = this.#parts
    await this.#underRowLock(key, statements.settle({ listener, ...keyOf(key) }))
  }

  /** Takes the lock from whoever holds it; who that was, undefined when it was free. */
  async force(key: LockKey): Promise<{ claim: string; listener: string } | undefined> {
    const { statements, listener } = this.#parts
    const sinceMs = performance.now()
    const [held, granted] = await this.#parts.database.atomic([
      statements.lockRow(keyOf(key)), statements.force({ listener, ...keyOf(key) }),
    ])
    this.#announce(granted!, sinceMs)
    if (granted!.changed === 0) return undefined
    const [row] = held!.rows
    return { claim: textOf(row!.claim), listener: textOf(row!.listener) }
  }

  /** Leaves the queue; the lease, when the lock was handed over in the meantime. */
  async leave({ claim, ...rest }: Claim): Promise<Term | undefined> {
    const { statements, listener } = this.#parts
    const key = keyOf(rest)
    const sinceMs = performance.now()
    const [, , found] = await this.#parts.database.atomic([
      statements.depart(key), statements.leave({ claim, listener, ...key }),
      statements.standing({ claim, ...key }),
    ])
    const standing = standingOf(found!, sinceMs)
    return 'holds' in standing ? standing.holds : undefined
  }

  /** Leaves the queue, and gives the lock on when it was handed over in the meantime. */
  async abandon({ claim, ...rest }: Claim): Promise<void> {
    const { statements, listener } = this.#parts
    const key = keyOf(rest)
    const sinceMs = performance.now()
    const [, , granted] = await this.#parts.database.atomic([
      statements.depart(key), statements.leave({ claim, listener, ...key }),
      statements.abandon({ claim, listener, ...key }),
    ])
    this.#announce(granted!, sinceMs)
  }

  /** True when the hold stands, and will until the end of this transaction. */
  async prove(hold: Hold): Promise<boolean> {
    const { statements, database } = this.#parts
    return (await database.execute(statements.prove(hold))).rows.length > 0
  }

  async #term(statement: Statement): Promise<Term | undefined> {
    const sinceMs = performance.now()
    const { rows: [row] } = await this.#parts.database.execute(statement)
    return row === undefined ? undefined : termOf(row, sinceMs)
  }

  async #underRowLock(key: LockKey, statement: Statement): Promise<Result> {
    const sinceMs = performance.now()
    const { database, statements } = this.#parts
    const [, outcome] = await database.atomic([statements.lockRow(keyOf(key)), statement])
    this.#announce(outcome!, sinceMs)
    return outcome!
  }

  #announce({ rows: [row] }: Result, sinceMs: number, own?: string): void {
    if (row === undefined || row.claim === null) return
    const { database, tell } = this.#parts
    const claim = textOf(row.claim)
    if (claim === own) return
    const handover = { claim, listener: textOf(row.listener), term: termOf(row, sinceMs) }
    database.afterCommit(() => tell(handover))
  }
}

const keyOf = ({ organization_id, name }: LockKey): LockKey => ({ organization_id, name })

const textOf = (stored: unknown): string => columns.name.decode(stored)

/** Milliseconds from the database's `now` to a moment on its clock. */
function untilMs(moment: unknown, now: unknown): number {
  const [then, at] = [moment, now].map((each) => millisecondsOf(columns.expiresAt.decode(each)!))
  return then! - at!
}

function termOf(row: Record<string, unknown>, sinceMs: number): Term {
  return {
    fence: Number(row.fence),
    expiresAt: columns.expiresAt.decode(row.expires_at)!,
    endsMs: sinceMs + untilMs(row.expires_at, row.now),
  }
}

/** How a row of a waiter, with those of its lock, tells its place. */
export function placeOf(row: Record<string, unknown>, sinceMs: number): Place {
  const isFree = row.expires_at === null
  return {
    aheadMs: sinceMs - millisecondsOf(columns.expiresAt.decode(row.now)!),
    ahead: row.ticket === null ? 0 : Number(row.ticket) - Number(row.served_ticket) - 1,
    leaseEndsMs: isFree ? sinceMs : sinceMs + untilMs(row.expires_at, row.now),
  }
}

function standingOf({ rows: [row] }: Result, sinceMs: number): Standing {
  if (row === undefined) return { absent: true, lease: undefined }
  if (Number(row.holds) === 1) return { holds: { ...termOf(row, sinceMs), isProvisional: true } }
  if (row.ticket !== null) return { waits: placeOf(row, sinceMs) }
  return { absent: true, lease: placeOf(row, sinceMs) }
}
