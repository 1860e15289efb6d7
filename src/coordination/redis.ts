import { type CoordinationHealth, type Coordinator } from './coordination.js'
import { RedisHintLocks } from './hint-locks.js'
import { RedisPresence } from './presence.js'
import { RedisConnection, type RedisOptions } from './redis-connection.js'
import { RedisSignals } from './redis-signals.js'
import { RedisWakeUps } from './redis-wake-ups.js'

/** Coordination of any number of processes through Redis, over three connections. */
export class RedisCoordinator implements Coordinator {
  readonly name = 'redis'
  readonly signals: RedisSignals
  readonly wakeUps: RedisWakeUps
  readonly hintLocks: RedisHintLocks
  readonly presence: RedisPresence
  readonly #redis: RedisConnection

  private constructor(redis: RedisConnection) {
    this.#redis = redis
    this.signals = new RedisSignals(redis)
    this.wakeUps = new RedisWakeUps(redis)
    this.hintLocks = new RedisHintLocks(redis)
    this.presence = new RedisPresence(redis)
  }

  /**
   * Connects. A Redis that cannot be reached is no failure: coordination is degraded until it can.
   * Throws InvalidConfiguration for a URL of another form.
   */
  static async open(url: string, options?: RedisOptions): Promise<RedisCoordinator> {
    const coordinator = new RedisCoordinator(await RedisConnection.open(url, options))
    await Promise.all([coordinator.signals.attempted, coordinator.wakeUps.attempted])
    return coordinator
  }

  health(): CoordinationHealth {
    const connection = this.#redis.health()
    if (connection.state === 'degraded') return connection
    const reason = this.signals.reason ?? this.wakeUps.reason
    return reason === undefined ? connection : { state: 'degraded', reason }
  }

  async ping(): Promise<void> {
    await this.#redis.ping()
  }

  async close(): Promise<void> {
    this.signals.close()
    this.wakeUps.close()
    await this.#redis.close()
  }
}
