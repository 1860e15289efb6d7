import { type CoordinationHealth, type Coordinator } from './coordination.js'
import { FallbackRateLimiter } from './fallback-limiter.js'
import { FarCache } from './far-cache.js'
import { RedisHintLocks } from './hint-locks.js'
import { LayeredCache } from './layered-cache.js'
import { LocalRateLimiter } from './local-limiter.js'
import { RedisPresence } from './presence.js'
import { RedisConnection, type RedisOptions } from './redis-connection.js'
import { RedisRateLimiter } from './redis-limiter.js'
import { RedisSignals } from './redis-signals.js'
import { RedisWakeUps } from './redis-wake-ups.js'

/** Coordination of any number of processes through Redis, over three connections. */
export class RedisCoordinator implements Coordinator {
  readonly name = 'redis'
  readonly signals: RedisSignals
  readonly wakeUps: RedisWakeUps
  readonly hintLocks: RedisHintLocks
  readonly presence: RedisPresence
  readonly cache: LayeredCache
  readonly limiter: FallbackRateLimiter
  readonly #redis: RedisConnection

  private constructor(redis: RedisConnection) {
    this.#redis = redis
    this.signals = new RedisSignals(redis)
    this.wakeUps = new RedisWakeUps(redis)
    this.hintLocks = new RedisHintLocks(redis)
    this.presence = new RedisPresence(redis)
    this.cache = new LayeredCache({ far: new FarCache(redis), signals: this.signals })
    const limiter = new RedisRateLimiter(redis, { isCluster: redis.isCluster })
    this.limiter = new FallbackRateLimiter(limiter, new LocalRateLimiter())
  }

  /**
   * Connects. A Redis that cannot be reached is no failure: coordination is degraded until it can.
   * Throws InvalidConfiguration for a URL of another form.
   */
  static async open(url: string, options?: RedisOptions): Promise<RedisCoordinator> {
    const coordinator = new RedisCoordinator(await RedisConnection.open(url, options))
    await Promise.all([coordinator.signals.attempted, coordinator.wakeUps.attempted])
    await coordinator.cache.open()
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
    this.cache.close()
    this.signals.close()
    this.wakeUps.close()
    await this.#redis.close()
  }
}
