import { HoldfastClientError } from './errors.js'
import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import { type HeldLock, type Lock, type LockAcquisition, type LockPage } from './schema.js'

/** A lock as its holder proves it. */
export type LockProof = Pick<HeldLock, 'name' | 'owner' | 'fence'>

/** What is done while a lock is held. Once the signal is aborted somebody else may hold it. */
export type LockedWork<R> = (lock: HeldLock, signal: AbortSignal) => Promise<R>

const ttlSecondsDefault = 30

/** Leases in the database, with fencing tokens and fair queues. */
export class Locks {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /**
   * Takes a lock, or waits for it in its queue: ask for a `wait_seconds` that is shorter than the
   * client's `timeoutMs`. Fails with `lock_not_acquired`, `lock_limit_reached`.
   */
  acquire(
    name: string,
    acquisition: LockAcquisition = {},
    options: WriteOptions = {},
  ): Promise<HeldLock> {
    return this.#request('acquireLock', { path: { name }, body: acquisition, ...options })
  }

  /** Makes the lease last `ttlSeconds` from now (30 by default); fails with `lock_lost`. */
  renew(
    { name, owner, fence }: LockProof,
    ttlSeconds: number = ttlSecondsDefault,
    options: WriteOptions = {},
  ): Promise<HeldLock> {
    const body = { owner, fence, ttl_seconds: ttlSeconds }
    return this.#request('renewLock', { path: { name }, body, ...options })
  }

  /** Lets go; false, and nothing happens, when it was lost already. */
  async release(
    { name, owner, fence }: LockProof,
    options: WriteOptions = {},
  ): Promise<boolean> {
    const body = { owner, fence }
    return (await this.#request('releaseLock', { path: { name }, body, ...options })).released
  }

  /**
   * Takes the lock, works, and lets go, whatever the work came to; the lease is renewed meanwhile.
   * Fails with `lock_lost` when it was lost before the work ended, which the signal then told.
   * What must never be done twice checks `fence` as well.
   */
  async withLock<R>(
    name: string,
    { signal, ...acquisition }: LockAcquisition & CallOptions,
    work: LockedWork<R>,
  ): Promise<R> {
    const ttlSeconds = acquisition.ttl_seconds ?? ttlSecondsDefault
    const sinceMs = performance.now()
    const lock = await this.acquire(name, acquisition, signal === undefined ? {} : { signal })
    const lease = new Lease(lock, {
      ttlMs: ttlSeconds * 1_000, sinceMs,
      renew: (options) => this.renew(lock, ttlSeconds, options),
      signal,
    })
    let value: R
    try {
      value = await work(lock, lease.signal)
    } catch (error) {
      lease.end()
      // What went wrong first is what the caller must hear; the lease ends by itself.
      await this.release(lock).catch(() => undefined)
      throw error
    }
    lease.end()
    if (await this.release(lock)) return value
    throw lost(name)
  }

  /** Who holds a lock, and how many wait; fails with `lock_not_found`. */
  get(name: string, options: CallOptions = {}): Promise<Lock> {
    return this.#request('getLock', { path: { name }, ...options })
  }

  /** One page by name; at most 200 rows. */
  list(query: Query<'listLocks'> = {}, options: CallOptions = {}): Promise<LockPage> {
    return this.#request('listLocks', { query, ...options })
  }

  /** Every lock by name, page by page as it is asked for. */
  each(
    query: Query<'listLocks'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Lock, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }
}

interface LeaseParts {
  readonly ttlMs: number
  /** When it was asked for, on the monotonic clock. */
  readonly sinceMs: number
  readonly renew: (options: CallOptions) => Promise<unknown>
  /** Ends the work under the lease, which is held until the work has ended. */
  readonly signal: AbortSignal | undefined
}

/** One stops acting on a lease this long before the server ends it: a tenth, at most this. */
const marginMsMax = 1_000

/** A lease that is renewed until it is ended or lost. */
class Lease {
  readonly #parts: LeaseParts
  readonly #name: string
  readonly #end = new AbortController()
  readonly #work = new AbortController()
  readonly #stop = () => this.#work.abort(this.#parts.signal?.reason)
  #deadline: ReturnType<typeof setTimeout> | undefined
  #next: ReturnType<typeof setTimeout> | undefined

  constructor({ name }: HeldLock, parts: LeaseParts) {
    this.#name = name
    this.#parts = parts
    // When the lease began is known only if it came soon after it was asked for.
    const isFresh = performance.now() - parts.sinceMs < parts.ttlMs / 10
    this.#hold(isFresh ? parts.sinceMs : performance.now())
    if (!isFresh) this.#renewIn(0)
    if (parts.signal?.aborted === true) this.#stop()
    parts.signal?.addEventListener('abort', this.#stop)
  }

  /** Aborted once the work must end: the lease is lost, or not sure to be held any longer. */
  get signal(): AbortSignal {
    return this.#work.signal
  }

  end(): void {
    this.#end.abort()
    this.#parts.signal?.removeEventListener('abort', this.#stop)
    clearTimeout(this.#deadline)
    clearTimeout(this.#next)
  }

  /** Counts from before the server was asked. */
  #hold(sinceMs: number): void {
    const { ttlMs } = this.#parts
    const untilMs = sinceMs + ttlMs - Math.min(marginMsMax, ttlMs / 10)
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#lose(), Math.max(0, untilMs - performance.now()))
    this.#renewIn(ttlMs / 3)
  }

  #renewIn(ms: number): void {
    clearTimeout(this.#next)
    this.#next = setTimeout(() => void this.#renew(), ms)
  }

  async #renew(): Promise<void> {
    const sinceMs = performance.now()
    try {
      await this.#parts.renew({ signal: this.#end.signal })
      if (!this.#isOver) this.#hold(sinceMs)
    } catch (error) {
      if (this.#isOver) return
      const isLost = error instanceof HoldfastClientError && error.code === 'lock_lost'
      if (isLost) this.#lose()
      // The server may be back before the lease ends.
      else this.#renewIn(Math.max(10, this.#parts.ttlMs / 20))
    }
  }

  get #isOver(): boolean {
    return this.#end.signal.aborted
  }

  #lose(): void {
    this.end()
    this.#work.abort(lost(this.#name))
  }
}

const lost = (name: string): HoldfastClientError => {
  const why = 'its lease ended, or it was taken away'
  return new HoldfastClientError(`The lock ${JSON.stringify(name)} is lost: ${why}.`, {
    code: 'lock_lost',
  })
}
