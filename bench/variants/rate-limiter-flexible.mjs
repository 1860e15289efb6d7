import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { inTurn } from '../harness/workload.mjs'

/** A fixed window on Redis: admits up to twice the limit in a window. */
export async function open({ redis, subjects, limit }) {
  const client = new Redis(redis, { enableOfflineQueue: false })
  await new Promise((done) => client.once('ready', done))
  const limiter = new RateLimiterRedis({ storeClient: client, points: limit, duration: 60 })
  const subject = inTurn(subjects)
  return {
    // A refusal is a rejection with the state of the limit, which is no error.
    operation: () => limiter.consume(subject()).catch((state) => {
      if (state instanceof Error) throw state
    }),
    close: () => client.quit(),
  }
}
