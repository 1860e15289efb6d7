import { type RawBuilder, sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine, type RowKinds, type Statement } from '../database/engine.js'
import { namesMax, waitersMax } from './rules.js'
import { type LockTables } from './tables.js'

/** A waiter not heard of for this long is passed over. */
export const staleAfterMs = 5_000

/** The lease of a waiter in another process lasts this long at first, until it is accepted. */
export const provisionalMs = 5_000

type Rows = RawBuilder<unknown>

const lockKinds = { organization_id: 'id', name: 'text' } as const
const claimKinds = { ...lockKinds, claim: 'text', listener: 'text' } as const
const wishKinds = { ...claimKinds, owner: 'text', ttl_ms: 'integer' } as const
const holdKinds = { ...lockKinds, owner: 'text', fence: 'integer' } as const
const releaseKinds = { ...holdKinds, listener: 'text' } as const
const grantKinds = { ...lockKinds, listener: 'text' } as const
const renewKinds = { ...holdKinds, ttl_ms: 'integer' } as const
const acceptKinds = { ...claimKinds, ttl_ms: 'integer' } as const
const returnKinds = { ...releaseKinds, expires_at: 'instant' } as const
const listenerKinds = { listener: 'text' } as const

const sameLock = (left: string, right: string) => sql`
  ${sql.ref(left)}.organization_id = ${sql.ref(right)}.organization_id
  and ${sql.ref(left)}.name = ${sql.ref(right)}.name`

/** What holds of a lock whose holder may still act. */
const isHeld = (engine: Engine) => sql`locks.expires_at > ${engine.now()}`

const isFree = (engine: Engine) =>
  sql`(locks.expires_at is null or locks.expires_at <= ${engine.now()})`

/**
 * Takes a lock that is free while nobody waits; the same claim again finds itself served. The row
 * of a lock that somebody holds is not even touched: a guard may keep it for long.
 */
const take = (engine: Engine) => (rows: Rows) => sql`
  insert into locks (organization_id, name, owner, claim, listener, fence, last_ticket,
    served_ticket, departures, acquired_at, expires_at)
  select g.organization_id, g.name, g.owner, g.claim, g.listener, 1, 0, 0, 0,
    ${engine.now()}, ${engine.now(sql`g.ttl_ms`)}
  from ${rows} as g
  where not exists (
      select 1 from locks as h
      where ${sameLock('h', 'g')} and h.claim <> g.claim and h.expires_at > ${engine.now()})
    and case
    when exists (select 1 from locks as l where ${sameLock('l', 'g')}) then true
    else (
      select count(*) from (
        select 1 from locks as l where l.organization_id = g.organization_id
        limit ${sql.lit(namesMax)}) as counted
    ) < ${sql.lit(namesMax)} end
  on conflict (organization_id, name) do update set
    owner = excluded.owner, claim = excluded.claim, listener = excluded.listener,
    fence = locks.fence + case
      when locks.claim = excluded.claim and ${isHeld(engine)} then 0 else 1 end,
    acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
  where (${isFree(engine)} and locks.served_ticket = locks.last_ticket)
    or (locks.claim = excluded.claim and ${isHeld(engine)})
  returning locks.fence, locks.expires_at, ${engine.now()} as now`

/**
 * What follows sees every waiter that is in the queue: on engines with row locks a statement that
 * itself waits for the row goes on with what it saw of the queue before.
 */
const lockRow = (engine: Engine) => (rows: Rows) => sql`
  select locks.claim, locks.listener from locks join ${rows} as g on ${sameLock('locks', 'g')}
  ${engine.rowLocks ? sql`for update of locks` : sql``}`

/**
 * Hands the lock to the first living waiter, or frees it, where `condition` holds of the lock (or
 * of `given`). A waiter of another process gets a short lease at first: it may have died.
 */
const grant = (engine: Engine, condition: RawBuilder<unknown>) => (rows: Rows) => sql`
  with given as (select * from ${rows} as r),
  head as (
    select w.ticket, w.owner, w.claim, w.listener, w.ttl_ms
    from given g
    join locks l on ${sameLock('l', 'g')}
    join lock_waiters w on ${sameLock('w', 'g')}
    where w.ticket > l.served_ticket and w.seen_at > ${engine.now(-staleAfterMs)}
    order by w.ticket limit 1
  )
  update locks set
    owner = n.head_owner, claim = n.head_claim, listener = n.head_listener,
    fence = locks.fence + case when n.head_ticket is null then 0 else 1 end,
    served_ticket = coalesce(n.head_ticket, locks.last_ticket),
    acquired_at = case when n.head_ticket is null then null else ${engine.now()} end,
    expires_at = case when n.head_ticket is null then null
      else ${engine.now(sql`n.lease_ms`)} end
  from (
    select g.*, l.last_ticket as seen_ticket, l.departures as seen_departures,
      h.ticket as head_ticket, h.owner as head_owner, h.claim as head_claim,
      h.listener as head_listener,
      case when h.listener = g.listener or h.ttl_ms < ${sql.lit(provisionalMs)} then h.ttl_ms
        else ${sql.lit(provisionalMs)} end as lease_ms
    from given g join locks l on ${sameLock('l', 'g')} left join head h on 1 = 1
  ) as n
  where ${sameLock('locks', 'n')} and ${condition}
  returning locks.claim, locks.listener, locks.fence, locks.expires_at,
    ${engine.now()} as now`

/** Frees a lock for which nobody waits: all that most releases have to do. */
const letGo = (engine: Engine) => (rows: Rows) => sql`
  update locks set owner = null, claim = null, listener = null, acquired_at = null,
    expires_at = null
  from ${rows} as g
  where ${sameLock('locks', 'g')} and locks.owner = g.owner and locks.fence = g.fence
    and locks.served_ticket = locks.last_ticket and ${isHeld(engine)}`

/** Whether the claim `g` already waits for the lock, or holds it: it may be asked for again. */
const isKnown = (engine: Engine, lock: 'l' | 'locks') => sql`(
  exists (
    select 1 from lock_waiters w
    where ${sameLock('w', 'g')} and w.claim = g.claim
      and w.ticket > ${sql.ref(`${lock}.served_ticket`)})
  or exists (
    select 1 from locks h
    where ${sameLock('h', 'g')} and h.claim = g.claim and h.expires_at > ${engine.now()}))`

/** The next ticket, unless the queue is full. The row is held in any case. */
const handOutTicket = (engine: Engine) => (rows: Rows) => sql`
  update locks set last_ticket = locks.last_ticket
    + case when ${isKnown(engine, 'locks')} then 0 else 1 end
  from ${rows} as g
  where ${sameLock('locks', 'g')}
    and locks.last_ticket - locks.served_ticket < ${sql.lit(waitersMax)}`

const queueUp = (engine: Engine) => (rows: Rows) => sql`
  insert into lock_waiters (organization_id, name, ticket, owner, claim, listener, ttl_ms, seen_at)
  select g.organization_id, g.name, l.last_ticket, g.owner, g.claim, g.listener, g.ttl_ms,
    ${engine.now()}
  from ${rows} as g join locks l on ${sameLock('l', 'g')}
  where not ${isKnown(engine, 'l')}
  on conflict do nothing`

/** A claim that waits already does so from now on for the process that asked last. */
const moveUp = (engine: Engine) => (rows: Rows) => sql`
  update lock_waiters set listener = g.listener, seen_at = ${engine.now()}
  from ${rows} as g
  where ${sameLock('lock_waiters', 'g')} and lock_waiters.claim = g.claim`

/** Rows of those who were served, or passed over. */
const clearServed = (rows: Rows) => sql`
  delete from lock_waiters where exists (
    select 1 from ${rows} as g join locks l on ${sameLock('l', 'g')}
    where ${sameLock('lock_waiters', 'g')} and lock_waiters.ticket <= l.served_ticket)`

const depart = (rows: Rows) => sql`
  update locks set departures = locks.departures + 1
  from ${rows} as g where ${sameLock('locks', 'g')}`

const leave = (rows: Rows) => sql`
  delete from lock_waiters where exists (
    select 1 from ${rows} as g
    where ${sameLock('lock_waiters', 'g')} and lock_waiters.claim = g.claim
      and lock_waiters.listener = g.listener)`

/** How a claim stands: it holds the lock, it waits (then with its ticket), or neither. */
const standing = (engine: Engine) => (rows: Rows) => sql`
  select locks.fence, locks.expires_at, ${engine.now()} as now, w.ticket, locks.served_ticket,
    case when locks.claim = g.claim and ${isHeld(engine)} then 1 else 0 end as holds
  from ${rows} as g
  join locks on ${sameLock('locks', 'g')}
  left join lock_waiters w on ${sameLock('w', 'g')} and w.claim = g.claim
    and w.ticket > locks.served_ticket`

/** Confirms a lock that was handed over: from now on the lease has its full length. */
const accept = (engine: Engine) => (rows: Rows) => sql`
  update locks set expires_at = ${engine.now(sql`g.ttl_ms`)}, listener = g.listener
  from ${rows} as g
  where ${sameLock('locks', 'g')} and locks.claim = g.claim and ${isHeld(engine)}
  returning locks.fence, locks.expires_at, ${engine.now()} as now`

const renew = (engine: Engine) => (rows: Rows) => sql`
  update locks set expires_at = ${engine.now(sql`g.ttl_ms`)}
  from ${rows} as g
  where ${sameLock('locks', 'g')} and locks.owner = g.owner and locks.fence = g.fence
    and ${isHeld(engine)}
  returning locks.fence, locks.expires_at, ${engine.now()} as now`

/** Tells that all waiters of a process are there. */
const touch = (engine: Engine) => (rows: Rows) => sql`
  update lock_waiters set seen_at = ${engine.now()}
  from ${rows} as g where lock_waiters.listener = g.listener`

/** The waiters of a process that are still in a queue. */
const inQueue = (engine: Engine) => (rows: Rows) => sql`
  select w.claim, w.ticket, l.served_ticket, l.expires_at, ${engine.now()} as now
  from ${rows} as g
  join lock_waiters w on w.listener = g.listener
  join locks l on ${sameLock('l', 'w')}
  where w.ticket > l.served_ticket`

/**
 * Proves a hold inside a transaction: on engines with row locks nobody else can take the lock
 * before the transaction ends; elsewhere no other transaction can write at all.
 */
const prove = (engine: Engine) => (rows: Rows) => sql`
  select locks.fence from locks join ${rows} as g on ${sameLock('locks', 'g')}
  where locks.owner = g.owner and locks.fence = g.fence and ${isHeld(engine)}
  ${engine.rowLocks ? sql`for share of locks` : sql``}`

/** The same proof as a condition within another statement. */
export const isProven = (engine: Engine, hold: BatchRow<typeof holdKinds>): RawBuilder<boolean> =>
  sql`exists (
    select 1 from locks
    where locks.organization_id = ${hold.organization_id} and locks.name = ${hold.name}
      and locks.owner = ${hold.owner} and locks.fence = ${hold.fence} and ${isHeld(engine)}
    ${engine.rowLocks ? sql`for share` : sql``})`

/** The statements of locks, compiled once for an engine. */
export type LockStatements = ReturnType<typeof lockStatements>

/** Prepares the statements of locks for a database. */
export function lockStatements(database: Database<LockTables>) {
  const { engine } = database
  const on = database.as<never>()
  const one = <K extends RowKinds>(
    name: string,
    kinds: K,
    build: (rows: Rows) => RawBuilder<unknown>,
  ) => {
    const batch = prepareBatch(on, { name: `locks_${name}`, kinds, build })
    return (row: BatchRow<K>): Statement => batch([row])
  }
  const read = <K extends RowKinds>(
    name: string,
    kinds: K,
    build: (rows: Rows) => RawBuilder<unknown>,
  ) => {
    const statement = one(name, kinds, build)
    return (row: BatchRow<K>): Statement => ({ ...statement(row), readOnly: true })
  }
  const isHolder = sql`locks.owner = n.owner and locks.fence = n.fence and ${isHeld(engine)}`
  return {
    take: one('take', wishKinds, take(engine)),
    lockRow: one('row', lockKinds, lockRow(engine)),
    letGo: one('let_go', holdKinds, letGo(engine)),
    /** Changes nothing when the queue changed at the same time. */
    releaseUnlocked: one('release_unlocked', releaseKinds, grant(engine, sql`${isHolder}
      and locks.last_ticket = n.seen_ticket and locks.departures = n.seen_departures`)),
    release: one('release', releaseKinds, grant(engine, isHolder)),
    force: one('force', grantKinds, grant(engine, isHeld(engine))),
    settle: one('settle', grantKinds, grant(engine, isFree(engine))),
    abandon: one('abandon', claimKinds, grant(engine,
      sql`locks.claim = n.claim and locks.listener = n.listener and ${isHeld(engine)}`)),
    /** Only while nobody has asked for the same again. */
    giveBack: one('give_back', returnKinds, grant(engine, sql`${isHolder}
      and locks.listener = n.listener and locks.expires_at = n.expires_at`)),
    handOutTicket: one('ticket', claimKinds, handOutTicket(engine)),
    queueUp: one('queue', wishKinds, queueUp(engine)),
    moveUp: one('move_up', claimKinds, moveUp(engine)),
    clearServed: one('clear', lockKinds, clearServed),
    depart: one('depart', lockKinds, depart),
    leave: one('leave', claimKinds, leave),
    standing: read('standing', { ...lockKinds, claim: 'text' }, standing(engine)),
    accept: one('accept', acceptKinds, accept(engine)),
    renew: one('renew', renewKinds, renew(engine)),
    touch: one('touch', listenerKinds, touch(engine)),
    inQueue: read('in_queue', listenerKinds, inQueue(engine)),
    prove: one('prove', holdKinds, prove(engine)),
  }
}
