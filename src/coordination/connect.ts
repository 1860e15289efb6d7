import { InvalidConfiguration } from '../errors.js'
import { type Coordinator } from './coordination.js'
import { LocalCoordinator } from './local.js'
import { type RedisOptions } from './redis-connection.js'

/** What processes coordinate through. */
export interface CoordinationOptions {
  /** URL of a Redis, Sentinels or a Cluster. @default none: this process alone */
  readonly redis?: string | undefined
  /** Limits of the connection. */
  readonly redisOptions?: RedisOptions
}

/**
 * Opens what processes coordinate through: this process alone, or the Redis that is named. A Redis
 * that cannot be reached is no failure. Throws InvalidConfiguration for a URL of another form.
 */
export async function connectCoordination(
  options: CoordinationOptions = {},
): Promise<Coordinator> {
  if (options.redis === undefined) return new LocalCoordinator()
  // Its client is a third of the time that a command takes to start.
  const { RedisCoordinator } = await import('./redis.js')
  try {
    return await RedisCoordinator.open(options.redis, options.redisOptions)
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error
    throw new InvalidConfiguration(`The option redis ${error.message}`, { cause: error })
  }
}

export { CoordinationUnavailable } from './errors.js'
