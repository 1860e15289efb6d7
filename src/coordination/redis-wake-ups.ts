import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type WakeUps } from './coordination.js'
import { lastPart, requireName } from './key.js'
import { type Link } from './link.js'
import { LocalWakeUps, requireWait, ringsMax } from './local-wake-ups.js'
import { isCondition, reasonOf } from './reason.js'
import { type RedisConnection } from './redis-connection.js'
import { ringQueues, takeRing } from './scripts/wake-ups.js'

/** Rings that nobody takes are forgotten after this long; a sweep finds the work anyway. */
const ringTtlMs = 3_600_000
/** One blocking command lasts this long at most, in seconds. */
const blockSeconds = 1
/** How much later than that its answer may come, in milliseconds. */
const blockGraceMs = 1_000
/** Pause after a failure of the blocking connection, in milliseconds. */
const failureMs = 100
/** Where as many rings wait as are kept nobody waits for one: the next follow so much later. */
const fullMs = 10
/** Names in one script at most. */
const ringNamesMax = 500

/**
 * Wake-ups between processes. Rings are kept in lists; one connection of this process waits for
 * all names that are awaited here. Without Redis, rings of this process still wake its waiters.
 */
export class RedisWakeUps implements WakeUps {
  readonly #redis: RedisConnection
  readonly #local = new LocalWakeUps()
  /** A list of our own, rung to make the waiting connection look at the names again. */
  readonly #own: string
  readonly #link: Link
  /** Names that were full when they were rung last, and the rings that have come since. */
  readonly #full = new Map<string, number>()
  /** Names of the blocking command in flight. */
  #blocking: ReadonlySet<string> | undefined
  /** What the server says to those who wait now, when that is no. */
  #refusal: string | undefined
  #isPumping = false
  #isClosed = false

  constructor(redis: RedisConnection) {
    this.#redis = redis
    this.#own = this.#keyOf(`awaited-by:${randomUUID()}`)
    this.#link = redis.dedicated({ key: this.#own, blocks: true })
  }

  /** Why rings of others do not arrive at this moment. */
  get reason(): string | undefined {
    return this.#link.reason ?? this.#refusal
  }

  /** Resolves when the first attempt to connect has ended. */
  get attempted(): Promise<void> {
    return this.#link.attempted
  }

  async ring(name: string, count = 1): Promise<void> {
    await this.ringAll(new Map([[name, count]]))
  }

  async ringAll(counts: ReadonlyMap<string, number>): Promise<void> {
    for (const name of counts.keys()) requireName('name', name)
    const due: [string, number][] = []
    for (const [name, count] of counts) {
      const later = this.#full.get(name)
      if (later === undefined) due.push([name, count])
      else this.#full.set(name, Math.min(ringsMax, later + count))
    }
    for (let first = 0; first < due.length; first += ringNamesMax) {
      await this.#ring(due.slice(first, first + ringNamesMax))
    }
  }

  async wait(
    names: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    requireWait(names, timeoutMs)
    if (isAborted(signal) || names.length === 0) return undefined
    const kept = await this.#taken(names)
    if (kept === undefined) {
      const waiting = this.#local.wait(names, timeoutMs, signal)
      this.#pump()
      return waiting
    }
    if (!isAborted(signal)) return kept
    await this.ring(kept)
    return undefined
  }

  close(): void {
    this.#isClosed = true
    this.#local.close()
    this.#link.close()
  }

  async #ring(counts: readonly (readonly [string, number])[]): Promise<void> {
    const keys = counts.map(([name]) => this.#keyOf(name))
    const rings = counts.map(([, count]) => Math.min(count, ringsMax))
    try {
      const full = await this.#redis.run<number[]>(
        ringQueues, keys, [ringsMax, ringTtlMs, ...rings])
      const names = full.map((index) => counts[index - 1]![0])
      this.#rest(names.filter((name) => !this.#full.has(name)))
    } catch {
      await this.#local.ringAll(new Map(counts))
    }
  }

  /** Rings of full queues are gathered for a moment: they would change nothing. */
  #rest(names: readonly string[]): void {
    if (names.length === 0) return
    for (const name of names) this.#full.set(name, 0)
    setTimeout(() => {
      const late = names.map((name) => [name, this.#full.get(name) ?? 0] as const)
      for (const name of names) this.#full.delete(name)
      const counts = new Map(late.filter(([, count]) => count > 0))
      if (counts.size > 0 && !this.#isClosed) void this.ringAll(counts)
    }, fullMs)
  }

  /** A ring that is kept here or in Redis already. */
  async #taken(names: readonly string[]): Promise<string | undefined> {
    const local = this.#local.take(names)
    if (local !== undefined) return local
    try {
      const index = await this.#redis.run<number>(takeRing, names.map((name) => this.#keyOf(name)))
      return index === 0 ? undefined : names[index - 1]
    } catch {
      return undefined
    }
  }

  /** Sees to it that the connection waits for every awaited name. */
  #pump(): void {
    const waited = this.#blocking
    if (waited !== undefined && this.#local.awaited.some((name) => !waited.has(name))) {
      void this.#redis.run(ringQueues, [this.#own], [1, ringTtlMs, 1]).catch(() => undefined)
    }
    if (this.#isPumping || this.#isClosed) return
    this.#isPumping = true
    void this.#block()
  }

  async #block(): Promise<void> {
    for (;;) {
      const names = this.#local.awaited
      if (names.length === 0 || this.#isClosed) break
      this.#blocking = new Set(names)
      try {
        await this.#blockOnce(names)
        this.#refusal = undefined
      } catch (error) {
        const refusal = isCondition(error) ? reasonOf(error) : undefined
        // Between two connections nothing new is known.
        if (refusal !== undefined) this.#refusal = `Redis ${refusal}.`
        // The next connection may lead to a server that can.
        this.#link.drop(refusal ?? 'does not let this process wait')
        await pause(failureMs)
      } finally {
        this.#blocking = undefined
      }
    }
    this.#isPumping = false
    this.#refusal = undefined
  }

  async #blockOnce(names: readonly string[]): Promise<void> {
    const keys = [this.#own, ...names.map((name) => this.#keyOf(name))]
    const prefixed = keys.map((key) => this.#redis.prefixed(key))
    const words = ['BLPOP', ...prefixed, String(blockSeconds)]
    const limitMs = blockSeconds * 1_000 + blockGraceMs
    const popped = await this.#link.command<[string, string] | null>(words, limitMs)
    const name = popped === null ? undefined : names[prefixed.indexOf(popped[0]) - 1]
    // Whoever waited for it may be gone: then it belongs to another process, or to a later waiter.
    if (name !== undefined && !this.#local.wake(name)) await this.ring(name)
  }

  /** `queue:{name}`; in a Cluster all of them share a slot, since one command waits for several. */
  #keyOf(name: string): string {
    const part = lastPart('name', name)
    return this.#redis.isCluster ? `{queue}:${part}` : `queue:${part}`
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
