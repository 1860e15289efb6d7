import pg from 'pg'
import { HoldfastError } from '../../errors.js'
import { type PoolFigures } from '../engine.js'
import { Unavailable } from '../failures.js'

/** So long the connection that came back last stays at hand while nobody takes it. */
const atHandMs = 1_000

/** After the server refused one more, those that there are must do for so long. */
const fullMs = 1_000

const ignore = () => undefined

/**
 * A pool whose connection that came back last stays at hand: a caller who works alone takes it
 * again, without the timers and listeners that go with each turn through the pool.
 */
export class Connections {
  readonly #pool: pg.Pool
  readonly #max: number
  #atHand: pg.PoolClient | undefined
  /** Whether somebody had it since the timer was set. */
  #wasTaken = false
  #timer: NodeJS.Timeout | undefined
  #isEnding = false
  readonly #acquireTimeoutMs: number
  readonly #living = new Set<pg.PoolClient>()
  /** Wakes those who wait for one of the living, first come, first served. */
  readonly #waiting = new Set<() => void>()
  #fullUntilMs = -Infinity
  /** Callers who ask the pool at this moment. */
  #connecting = 0

  constructor(config: pg.PoolConfig, max: number) {
    this.#max = max
    this.#acquireTimeoutMs = config.connectionTimeoutMillis ?? 0
    this.#pool = new pg.Pool(config)
    // A failover ends idle and busy connections alike; neither may end the process.
    this.#pool.on('error', ignore)
    this.#pool.on('remove', (client) => {
      this.#living.delete(client)
      this.#wake()
    })
    this.#pool.on('connect', (client) => {
      this.#living.add(client)
      const lost = () => this.#lost(client)
      client.on('error', lost)
      client.on('end', lost)
    })
  }

  /** The connection at hand, if there is one; whoever gets none asks the pool. */
  takeAtHand(): pg.PoolClient | undefined {
    const client = this.#atHand
    if (client === undefined) return undefined
    this.#atHand = undefined
    this.#wasTaken = true
    return client
  }

  /**
   * A connection out of the pool; where the server gives no more, one of those that there are.
   * Throws Unavailable when none comes free, or none can be made.
   */
  async take(): Promise<pg.PoolClient> {
    const untilMs = performance.now() + this.#acquireTimeoutMs
    for (let hasWaited = false; ;) {
      const nowMs = performance.now()
      const isFull = nowMs < this.#fullUntilMs && this.#living.size > 0 && !this.#hasIdle
      if (isFull && nowMs < untilMs) {
        await this.#comingFree(Math.min(untilMs, this.#fullUntilMs) - nowMs)
        continue
      }
      try {
        return this.takeAtHand() ?? await this.#connected()
      } catch (cause) {
        if (!isRefusal(cause) || performance.now() >= untilMs) throw this.#failure(cause)
        this.#fullUntilMs = performance.now() + fullMs
        if (this.#living.size > 0) continue
        // Others may be about to get the first ones.
        if (hasWaited || this.#connecting === 0) throw this.#failure(cause)
        hasWaited = true
        await this.#comingFree(Math.min(fullMs, untilMs - performance.now()))
      }
    }
  }

  /** Takes a connection back; a broken one is thrown away. */
  giveBack(client: pg.PoolClient, broken: boolean): void {
    const isWanted = this.#pool.waitingCount + this.#waiting.size > 0
    if (broken || isWanted || this.#isEnding || this.#atHand !== undefined) {
      client.release(broken)
      return this.#wake()
    }
    this.#atHand = client
    this.#timer ??= setTimeout(() => this.#look(), atHandMs).unref()
  }

  figures(): PoolFigures {
    const { totalCount: total, idleCount, waitingCount } = this.#pool
    const waiting = waitingCount + this.#waiting.size
    const idle = idleCount + (this.#atHand === undefined ? 0 : 1)
    return { total, idle, waiting, max: this.#max }
  }

  async end(): Promise<void> {
    this.#isEnding = true
    clearTimeout(this.#timer)
    this.takeAtHand()?.release()
    await this.#pool.end()
  }

  async #connected(): Promise<pg.PoolClient> {
    this.#connecting += 1
    try {
      return await this.#pool.connect()
    } finally {
      this.#connecting -= 1
    }
  }

  get #hasIdle(): boolean {
    return this.#atHand !== undefined || this.#pool.idleCount > 0
  }

  /** Resolves when a connection has come back, or after so long. */
  #comingFree(timeoutMs: number): Promise<void> {
    return new Promise((done) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        done()
      }
      const timer = setTimeout(end, timeoutMs)
      this.#waiting.add(end)
    })
  }

  #wake(): void {
    const [first] = this.#waiting
    first?.()
  }

  #failure(cause: unknown): unknown {
    if (HoldfastError.isInstance(cause)) return cause
    const { message = '' } = cause as Error
    const waited = /timeout exceeded when trying to connect/.test(message)
    const sentence = waited
      ? `No database connection came free in time (${this.figures().waiting} waiting).`
      : isRefusal(cause)
        ? 'The database gives no more connections; lower HOLDFAST_POOL_MAX, or raise its limit.'
        : 'The database cannot be reached; check its address and that it runs.'
    return new Unavailable(sentence, { cause, retryAfterSeconds: 1 })
  }

  /** Gives it to the pool, which closes what is idle, when nobody took it for a while. */
  #look(): void {
    this.#timer = undefined
    if (this.#atHand === undefined) return
    if (this.#wasTaken) this.#timer = setTimeout(() => this.#look(), atHandMs).unref()
    else this.takeAtHand()?.release()
    this.#wasTaken = false
  }

  /** Whoever is at work with it is told by the failure of a statement. */
  #lost(client: pg.PoolClient): void {
    if (this.#atHand === client) this.takeAtHand()?.release(true)
  }
}

/** The server, the database or the role has as many connections as it may. */
const isRefusal = (cause: unknown): boolean => (cause as { code?: unknown }).code === '53300'
