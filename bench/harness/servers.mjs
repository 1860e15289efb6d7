import { PostgresServer } from './postgres-server.mjs'
import { processorMs } from './processor-time.mjs'
import { RedisServer } from './redis-server.mjs'

/**
 * A private PostgreSQL and a private Redis for one run of one bench; what `stage` makes of them,
 * with their facts and with `tearDown`, which stops both.
 */
export async function onServers(stage) {
  const postgres = await PostgresServer.start()
  const stopped = [postgres]
  const tearDown = async () => {
    for (const server of stopped) await server.stop()
  }
  try {
    const redis = await RedisServer.start()
    stopped.push(redis)
    const staged = await stage({ postgres, redis })
    const facts = { postgres: postgres.facts, redis: redis.facts }
    const cpuMs = () => processorMs(stopped.map(({ pid }) => pid))
    return { ...staged, cpuMs, facts, tearDown }
  } catch (error) {
    await tearDown()
    throw error
  }
}

/** A private PostgreSQL for one run of one bench; as `onServers`. */
export async function onPostgres(stage) {
  const server = await PostgresServer.start()
  try {
    const tearDown = () => server.stop()
    return { facts: { postgres: server.facts }, tearDown, ...await stage(server) }
  } catch (error) {
    await server.stop()
    throw error
  }
}
