import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { type RateLimiter } from '../coordination/coordination.js'
import { FallbackRateLimiter } from '../coordination/fallback-limiter.js'
import { LocalRateLimiter } from '../coordination/local-limiter.js'
import { RedisConnection } from '../coordination/redis-connection.js'
import { RedisRateLimiter } from '../coordination/redis-limiter.js'

/** What one process coordinates through. */
export interface Side {
  readonly limiter: RateLimiter
}

/** One process, and another on the same server where there is one. */
export interface Sides extends Side {
  readonly other?: Side
}

const redisUrl = process.env.HOLDFAST_TEST_REDIS_URL

/** Runs one suite within a process and over Redis, or says why not. */
export function onEachCoordination(name: string, define: (open: () => Promise<Sides>) => void) {
  describe(`[local] ${name}`, () => define(async () => ({ limiter: new LocalRateLimiter() })))
  const title = `[redis] ${name}`
  if (redisUrl === undefined) {
    describe.skip(`${title}: did not run: HOLDFAST_TEST_REDIS_URL is not set`, () => {
      define(async () => Promise.reject(new Error('no Redis')))
    })
  } else describe(title, () => define(sidesOn(redisUrl)))
}

function sidesOn(url: string): () => Promise<Sides> {
  const prefix = `test:${randomBytes(6).toString('hex')}:`
  const connections: RedisConnection[] = []
  beforeAll(async () => {
    for (const _ of ['one', 'other']) {
      connections.push(await RedisConnection.open(url, { prefix, commandTimeoutMs: 5_000 }))
    }
  })
  afterAll(() => Promise.all(connections.map((connection) => connection.close())))
  return async () => {
    const [one, other] = connections.map((connection): Side => (
      { limiter: new FallbackRateLimiter(new RedisRateLimiter(connection), new LocalRateLimiter()) }
    ))
    return { ...one!, other: other! }
  }
}
