import { inTurn } from '../harness/workload.mjs'

/** Holdfast's connection to Redis with its deadline and breaker, and a script that does nothing. */
export async function open({ dist, redis, subjects }) {
  const { RedisConnection } = await import(`${dist}/coordination/redis-connection.js`)
  const { Script } = await import(`${dist}/coordination/script.js`)
  const connection = await RedisConnection.open(redis)
  const script = new Script('return 1')
  const subject = inTurn(subjects)
  return {
    async operation() {
      const answer = await connection.run(script, [`ratelimit:{${subject()}}`], ['100', '60000'])
      if (answer !== 1) throw new Error(`the answer was ${answer}`)
    },
    close: () => connection.close(),
  }
}
