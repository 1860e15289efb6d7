import { inTurn } from '../harness/workload.mjs'

/** Holdfast's limiter: one rule a call, on Redis, with this process's own when Redis is away. */
export async function open({ dist, redis, subjects, limit }) {
  const { limiter, close } = await connect(dist, redis)
  const rule = inTurn(subjects.map((id) =>
    [{ name: 'user', resource: 'user', id, limit, windowSeconds: 60 }]))
  let degraded = 0
  return {
    async operation() {
      const decision = await limiter.consume(rule())
      if (decision.degraded) degraded += 1
    },
    async close() {
      await close()
      if (degraded > 0) throw new Error(`${degraded} decisions were local ones`)
    },
  }
}

async function connect(dist, redis) {
  const { RedisConnection } = await import(`${dist}/coordination/redis-connection.js`)
  const { RedisRateLimiter } = await import(`${dist}/coordination/redis-limiter.js`)
  const { LocalRateLimiter } = await import(`${dist}/coordination/local-limiter.js`)
  const { FallbackRateLimiter } = await import(`${dist}/coordination/fallback-limiter.js`)
  const connection = await RedisConnection.open(redis)
  const limiter = new FallbackRateLimiter(new RedisRateLimiter(connection), new LocalRateLimiter())
  return { limiter, close: () => connection.close() }
}
