import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exactly, mostInAnyWindow, traffics, unitsOf } from '../testing/arrivals.test.harness.js'
import { removeKeys } from '../testing/coordinators.js'
import { type LimitDecision, type LimitRule } from './coordination.js'
import { exactMax } from './limit-rules.js'
import { LocalRateLimiter } from './local-limiter.js'
import { RedisConnection } from './redis-connection.js'
import { RedisRateLimiter } from './redis-limiter.js'
import { type Script, type ScriptRunner } from './script.js'

const { HOLDFAST_TEST_REDIS_URL: redisUrl, HOLDFAST_TEST_REDIS_MISSING: reason } = process.env
const missing = redisUrl === undefined
  ? `: did not run: ${reason ?? 'HOLDFAST_TEST_REDIS_URL is not set'}`
  : ''

/** A limiter on a clock that the test sets; calls are decided in the order they are made. */
interface Timed {
  at(nowUs: number, rule: LimitRule, cost: number): Promise<LimitDecision>
}

class TimedLocal implements Timed {
  #nowUs = 0
  readonly #limiter = new LocalRateLimiter({ nowUs: () => this.#nowUs })

  at(nowUs: number, rule: LimitRule, cost: number): Promise<LimitDecision> {
    this.#nowUs = nowUs
    return this.#limiter.consume([rule], cost)
  }
}

/** The script as it is, but for where it learns the time: the last argument. Each call is sent. */
class TimedRedis implements Timed, ScriptRunner {
  readonly #connection: RedisConnection
  readonly #limiter: RedisRateLimiter
  #nowUs = 0

  constructor(connection: RedisConnection) {
    this.#connection = connection
    this.#limiter = new RedisRateLimiter(this, {
      time: 'local now = tonumber(ARGV[#ARGV])', gather: (send) => send(),
    })
  }

  at(nowUs: number, rule: LimitRule, cost: number): Promise<LimitDecision> {
    this.#nowUs = nowUs
    return this.#limiter.consume([rule], cost)
  }

  run<R>(script: Script, keys: readonly string[], args: readonly (string | number)[] = []) {
    return this.#connection.run<R>(script, keys, [...args, this.#nowUs])
  }
}

function precision(open: () => Timed): void {
  const limits = [{ limit: 100 }, { limit: 1_000 }]
  describe.each(limits)('with a limit of $limit', ({ limit }) => {
    it.each(traffics)('is kept in every window, and used, under $name', async (traffic) => {
      const windowSeconds = 60
      const lengthUs = windowSeconds * 1_000_000
      const arrivals = traffic.arrivals(limit, lengthUs)
      const timed = open()
      const id = `${traffic.name} ${limit}`
      const rule = { name: 'test', resource: 'test', id, limit, windowSeconds }
      const admitted = []
      for (let index = 0; index < arrivals.length; index += 64) {
        const some = arrivals.slice(index, index + 64)
        const answers = await Promise.all(some.map(({ atUs, cost }) => timed.at(atUs, rule, cost)))
        admitted.push(...some.filter((_, each) => answers[each]!.allowed))
      }
      expect(mostInAnyWindow(admitted, lengthUs)).toBeLessThanOrEqual(limit)
      const used = unitsOf(admitted) / unitsOf(exactly(arrivals, limit, lengthUs))
      expect(used).toBeGreaterThanOrEqual(limit <= exactMax ? 1 : traffic.leastUsed)
    })
  })
}

describe('[local] a sliding window', () => precision(() => new TimedLocal()))

describe.skipIf(redisUrl === undefined)(`[redis] a sliding window${missing}`, () => {
  const prefix = `test:${Math.random().toString(36).slice(2)}:`
  let connection: RedisConnection
  beforeAll(async () => {
    connection = await RedisConnection.open(redisUrl!, { prefix, commandTimeoutMs: 5_000 })
  })
  afterAll(async () => {
    await connection?.close()
    if (connection !== undefined) await removeKeys(redisUrl!, prefix)
  })
  precision(() => new TimedRedis(connection))

  it.each([100, 1_000])('survives a server whose clock goes back, with %i', async (limit) => {
    const timed = new TimedRedis(connection)
    const rule = { name: 'x', resource: 'back', id: `${limit}`, limit, windowSeconds: 60 }
    const at = async (seconds: number, cost: number) =>
      (await timed.at(1_700_000_000_000_000 + seconds * 1_000_000, rule, cost)).allowed
    expect(await at(1_000, limit / 2)).toBe(true)
    expect(await at(1_010, limit / 2)).toBe(true)
    // An hour back. The units stay for their window, counted from the new time, and no longer.
    expect(await at(-2_600, 1)).toBe(false)
    expect(await at(-2_551, 1)).toBe(false)
    expect(await at(-2_539, limit)).toBe(true)
    expect(await at(-2_480, 1)).toBe(false)
    expect(await at(-2_478, limit)).toBe(true)
  })
})
