import { createClient } from '@redis/client'
import { inTurn } from '../harness/workload.mjs'

/**
 * The Redis client by hand, one script with one key. As it comes the client makes a signal for a
 * time-out a command, which costs more than all the rest; with `lean` it does not, which is how
 * Holdfast uses it. With `limit` the script is the one of Holdfast's limiter, else `return 1`.
 */
export async function open({ dist, redis, subjects, lean, limit }) {
  const client = createClient({ url: redis, ...(lean ? { commandOptions: { timeout: 0 } } : {}) })
  client.on('error', () => undefined)
  await client.connect()
  const { lua, args } = await scriptOf(dist, limit)
  const sha = await client.scriptLoad(lua)
  const keys = inTurn(subjects.map((subject) => `ratelimit:{user:${subject}}:60000`))
  const operation = async () => {
    await client.sendCommand(['EVALSHA', sha, '1', keys(), ...args])
  }
  return { operation, close: () => client.close() }
}

async function scriptOf(dist, limit) {
  if (limit === undefined) return { lua: 'return 1', args: ['1', '1', '100', '60000000', '0'] }
  const { serverTime, takeLua } = await import(`${dist}/coordination/scripts/limiter.js`)
  const { exactMax, parts } = await import(`${dist}/coordination/limit-rules.js`)
  const part = limit <= exactMax ? 0 : Math.floor(60_000_000 / parts)
  const call = ['1', '1', '1', String(limit), '60000000', String(part), '60001']
  return { lua: takeLua(serverTime), args: ['1', ...call] }
}
