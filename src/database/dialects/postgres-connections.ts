import pg from 'pg'
import { HoldfastError } from '../../errors.js'
import { type PoolFigures } from '../engine.js'
import { Unavailable } from '../failures.js'

/** So long the connection that came back last stays at hand while nobody takes it. */
const atHandMs = 1_000

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

  constructor(config: pg.PoolConfig, max: number) {
    this.#max = max
    this.#pool = new pg.Pool(config)
    // A failover ends idle and busy connections alike; neither may end the process.
    this.#pool.on('error', ignore)
    this.#pool.on('connect', (client) => {
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

  /** A connection out of the pool. Throws Unavailable when none comes free, or none can be made. */
  async take(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (cause) {
      if (HoldfastError.isInstance(cause)) throw cause
      const { message = '' } = cause as Error
      const waited = /timeout exceeded when trying to connect/.test(message)
      const sentence = waited
        ? `No database connection came free in time (${this.#pool.waitingCount} waiting).`
        : 'The database cannot be reached; check its address and that it runs.'
      throw new Unavailable(sentence, { cause, retryAfterSeconds: 1 })
    }
  }

  /** Takes a connection back; a broken one is thrown away. */
  giveBack(client: pg.PoolClient, broken: boolean): void {
    const isWanted = this.#pool.waitingCount > 0
    if (broken || isWanted || this.#isEnding || this.#atHand !== undefined) {
      return client.release(broken)
    }
    this.#atHand = client
    this.#timer ??= setTimeout(() => this.#look(), atHandMs).unref()
  }

  figures(): PoolFigures {
    const { totalCount: total, idleCount, waitingCount: waiting } = this.#pool
    const idle = idleCount + (this.#atHand === undefined ? 0 : 1)
    return { total, idle, waiting, max: this.#max }
  }

  async end(): Promise<void> {
    this.#isEnding = true
    clearTimeout(this.#timer)
    this.takeAtHand()?.release()
    await this.#pool.end()
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
