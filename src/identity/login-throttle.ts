import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { type Database, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { LoginThrottled } from './errors.js'
import { type LoginLimit, type LoginLimits } from './login-limits.js'
import { type IdentityTables, loginAttempts } from './tables.js'

/** How long an address is known to an account after a login. */
const knownMs = 30 * 24 * 60 * 60 * 1_000

/** Which limit a row counts for. */
const parts = { address: 0, account: 1, knownAddress: 2 } as const
type Part = keyof typeof parts

const { columns } = loginAttempts
const askKinds = {
  key: 'text', part: 'integer', now_ms: 'integer', window_ms: 'integer', share_ms: 'integer',
} as const
const backKinds = { key: 'text', back_ms: 'integer', known_until_ms: 'integer' } as const

/** Who tries to log in, from where. */
export interface LoginAttempt {
  /** The same for all names of one account. */
  readonly account: string
  /** Undefined when it is not known from where. */
  readonly network: string | undefined
}

interface Share {
  readonly part: Part
  readonly key: string
  readonly limit: LoginLimit
}

/** An attempt that was let through. */
export interface Admission {
  readonly shares: readonly Share[]
  /** Those of them that it took. */
  readonly taken: ReadonlySet<string>
}

const shareMsOf = ({ failures, seconds }: LoginLimit) => Math.ceil(seconds * 1_000 / failures)
/** As long as all shares together. */
const windowMsOf = (limit: LoginLimit) => limit.failures * shareMsOf(limit)

/**
 * Lets so many logins fail and no more, however many are tried at once and by how many processes.
 * An attempt takes its share before the password is looked at and gets it back when it was right.
 * Whoever guesses uses up what strangers may try; an address from which the account was logged in
 * to lately has a limit of its own, which nobody else can use up.
 */
export class LoginThrottle {
  readonly #database: Database<IdentityTables>
  readonly #limits: LoginLimits

  constructor(database: Database<IdentityTables>, limits: LoginLimits) {
    this.#database = database
    this.#limits = limits
  }

  /** Throws LoginThrottled when nothing is left; a flood costs one read an attempt. */
  async look(attempt: LoginAttempt, nowMs: number): Promise<void> {
    const shares = this.#sharesOf(attempt)
    const { look } = statementsOn(this.#database)
    const { rows } = await this.#database.execute(look(askRows(shares, nowMs)))
    refuseFull(shares, rows, nowMs)
  }

  /** Takes a share of every limit that holds, or of none. Throws LoginThrottled. */
  async admit(attempt: LoginAttempt, nowMs: number): Promise<Admission> {
    const shares = this.#sharesOf(attempt)
    const rows = askRows(shares, nowMs)
    const { look, hold, mend, take } = statementsOn(this.#database)
    const [, , taken, after] =
      await this.#database.atomic([hold(rows), mend(rows), take(rows), look(rows)])
    if (taken!.rows.length === 0) {
      refuseFull(shares, after!.rows, nowMs)
      throw throttled(1_000)
    }
    return { shares, taken: new Set(taken!.rows.map(({ key }) => columns.key.decode(key))) }
  }

  /** Gives back what was taken: the attempt told nothing about the password. */
  async giveBack({ shares, taken }: Admission): Promise<void> {
    const rows = shares.filter(({ key }) => taken.has(key)).map(({ key, limit }) => (
      backRow({ key, backMs: shareMsOf(limit), knownUntilMs: 0 })
    ))
    if (rows.length > 0) await this.#database.execute(statementsOn(this.#database).back(rows))
  }

  /**
   * Gives back what was taken, and knows the address from now on: the password was right. What was
   * tried in vain from there before is forgotten.
   */
  async succeed({ shares, taken }: Admission, nowMs: number): Promise<void> {
    const rows = shares.flatMap(({ part, key, limit }) => {
      if (part === 'knownAddress') {
        const knownUntilMs = nowMs + knownMs
        return backRow({ key, backMs: windowMsOf(limit), knownUntilMs })
      }
      return taken.has(key) ? backRow({ key, backMs: shareMsOf(limit), knownUntilMs: 0 }) : []
    })
    if (rows.length > 0) await this.#database.execute(statementsOn(this.#database).back(rows))
  }

  #sharesOf({ account, network }: LoginAttempt): Share[] {
    const share = (part: Part, ...subject: string[]): Share => ({
      part, key: hashOf([part, ...subject]), limit: this.#limits[part],
    })
    const ofAccount = share('account', account)
    if (network === undefined) return [ofAccount]
    return [ofAccount, share('knownAddress', account, network), share('address', network)]
  }
}

/** Deletes rows that say nothing any more; how many. */
export async function sweepLoginAttempts(
  database: Database<IdentityTables>,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<number> {
  const now = columns.freeAtMs.encode(nowMs)
  const { write } = database
  const empty = write
    .selectFrom('login_attempts').select('key')
    .where('free_at_ms', '<', now).where('known_until_ms', '<', now)
    .orderBy('free_at_ms').limit(limit)
  return database.run(write
    .deleteFrom('login_attempts')
    .where('key', 'in', empty).where('free_at_ms', '<', now).where('known_until_ms', '<', now))
}

function askRows(shares: readonly Share[], nowMs: number) {
  return shares.map(({ part, key, limit }) => ({
    key: columns.key.encode(key),
    part: columns.freeAtMs.encode(parts[part]),
    now_ms: columns.freeAtMs.encode(nowMs),
    window_ms: columns.freeAtMs.encode(windowMsOf(limit)),
    share_ms: columns.freeAtMs.encode(shareMsOf(limit)),
  }))
}

interface GivenBack {
  readonly key: string
  readonly backMs: number
  readonly knownUntilMs: number
}

const backRow = ({ key, backMs, knownUntilMs }: GivenBack) => ({
  key: columns.key.encode(key),
  back_ms: columns.freeAtMs.encode(backMs),
  known_until_ms: columns.knownUntilMs.encode(knownUntilMs),
})

/** Throws LoginThrottled when one of the limits that hold has nothing left. */
function refuseFull(
  shares: readonly Share[],
  rows: readonly Record<string, unknown>[],
  nowMs: number,
): void {
  const states = new Map(rows.map((row) => [columns.key.decode(row.key), {
    freeAtMs: columns.freeAtMs.decode(row.free_at_ms),
    isKnown: columns.knownUntilMs.decode(row.known_until_ms) > nowMs,
  }]))
  const isKnown = shares.some(({ part, key }) =>
    part === 'knownAddress' && states.get(key)?.isKnown === true)
  const waits = shares
    .filter(({ part }) => part === 'address' || (part === 'knownAddress') === isKnown)
    .map(({ key, limit }) => {
      const latestMs = nowMs + windowMsOf(limit)
      const freeAtMs = Math.max(states.get(key)?.freeAtMs ?? 0, nowMs)
      // Beyond the window it is mended before it counts.
      return freeAtMs > latestMs ? 0 : freeAtMs + shareMsOf(limit) - latestMs
    })
  const waitMs = Math.max(...waits)
  if (waitMs > 0) throw throttled(waitMs)
}

function throttled(waitMs: number): Error {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  return new LoginThrottled(`Too many logins have failed; wait ${seconds} s.`, {
    retryAfterSeconds: seconds,
  })
}

const hashOf = (subject: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(subject)).digest('hex')

const known = new WeakMap<Engine, Statements>()
type Statements = ReturnType<typeof compiled>

function statementsOn(database: Database<IdentityTables>): Statements {
  const made = known.get(database.engine) ?? compiled(database.as<never>())
  known.set(database.engine, made)
  return made
}

function compiled(database: Database<never>) {
  return {
    look: prepareBatch(database, { name: 'login_attempts_look', kinds: askKinds, build: looking }),
    hold: prepareBatch(database, { name: 'login_attempts_hold', kinds: askKinds, build: holding }),
    mend: prepareBatch(database, { name: 'login_attempts_mend', kinds: askKinds, build: mending }),
    take: prepareBatch(database, { name: 'login_attempts_take', kinds: askKinds, build: taking }),
    back: prepareBatch(database, { name: 'login_attempts_back', kinds: backKinds, build: giving }),
  }
}

type Rows = RawBuilder<unknown>

const looking = (rows: Rows) => sql`
  select l.key, l.free_at_ms, l.known_until_ms
  from login_attempts l join ${rows} as g on l.key = g.key`

/** Makes every row and waits for it, in one order for all, so that what follows is still true. */
const holding = (rows: Rows) => sql`
  insert into login_attempts (key, free_at_ms, known_until_ms)
  select g.key, g.now_ms, 0 from ${rows} as g where true order by g.key
  on conflict (key) do update set known_until_ms = login_attempts.known_until_ms`

/** What lies beyond its window was written before the clock went back: from now on it is full. */
const mending = (rows: Rows) => sql`
  update login_attempts set free_at_ms = g.now_ms + g.window_ms
  from ${rows} as g
  where login_attempts.key = g.key and login_attempts.free_at_ms > g.now_ms + g.window_ms`

/** Of the limits of an account the one holds that is for where the attempt comes from. */
const taking = (rows: Rows) => sql`
  with given as (select * from ${rows} as r),
  asked as (
    select g.key, g.share_ms, g.now_ms + g.window_ms as latest_ms,
      case when l.free_at_ms < g.now_ms then g.now_ms else l.free_at_ms end as free_at_ms
    from given g join login_attempts l on l.key = g.key
    where g.part = ${sql.lit(parts.address)} or g.part = case
      when exists (
        select 1 from given o join login_attempts k on k.key = o.key
        where o.part = ${sql.lit(parts.knownAddress)} and k.known_until_ms > o.now_ms
      ) then ${sql.lit(parts.knownAddress)} else ${sql.lit(parts.account)} end
  )
  update login_attempts set free_at_ms = asked.free_at_ms + asked.share_ms
  from asked
  where login_attempts.key = asked.key
    and not exists (select 1 from asked f where f.free_at_ms + f.share_ms > f.latest_ms)
  returning login_attempts.key`

/** A row that was swept meanwhile comes back as one that is free. */
const giving = (rows: Rows) => sql`
  insert into login_attempts (key, free_at_ms, known_until_ms)
  select g.key, g.back_ms, g.known_until_ms from ${rows} as g where true order by g.key
  on conflict (key) do update set
    free_at_ms = login_attempts.free_at_ms - excluded.free_at_ms,
    known_until_ms = case when excluded.known_until_ms > login_attempts.known_until_ms
      then excluded.known_until_ms else login_attempts.known_until_ms end`
