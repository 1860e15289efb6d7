import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { removeKeys } from '../testing/coordinators.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { absent, keep } from './cache-value.js'
import { type CacheKey } from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { FarCache } from './far-cache.js'
import { LayeredCache } from './layered-cache.js'
import { LocalSignals } from './local-signals.js'
import { RedisCoordinator } from './redis.js'
import { RedisConnection } from './redis-connection.js'
import { type LivingRunner, Script } from './script.js'

const { HOLDFAST_TEST_REDIS_URL: redisUrl, HOLDFAST_TEST_REDIS_MISSING: reason } = process.env
const missing = redisUrl === undefined
  ? `: did not run: ${reason ?? 'HOLDFAST_TEST_REDIS_URL is not set'}`
  : ''
const flush = new Script(`return redis.call('DEL', KEYS[1])`)

/** What may happen between the taking of a ticket and the fill of what was loaded under it. */
type Step = 'invalidate' | 'flush' | 'take' | 'take and fill'

const steps: readonly Step[] = ['invalidate', 'flush', 'take', 'take and fill']
/** All orders of up to three steps. */
const orders = [0, 1, 2].reduce<Step[][]>((known) => [
  ...known, ...known.flatMap((order) => steps.map((step) => [...order, step])),
], [[]])
const distinct = [...new Map(orders.map((order) => [order.join(', '), order])).entries()]
const invalidated = distinct.filter(([title]) => /invalidate|flush/.test(title))

describe.skipIf(redisUrl === undefined)(`a fill and an invalidation${missing}`, () => {
  const prefix = `test:${randomBytes(6).toString('hex')}:`
  let connection: RedisConnection
  let keys = 0
  beforeAll(async () => {
    connection = await RedisConnection.open(redisUrl!, { prefix, commandTimeoutMs: 5_000 })
  })
  afterAll(async () => {
    await connection?.close()
    if (connection !== undefined) await removeKeys(redisUrl!, prefix)
  })

  const filling = (value: string) => ({ kept: keep(value), ttlMs: 5_000 })

  /** Every process has a cache of its own; all share the server. */
  async function play(name: string, order: readonly Step[]): Promise<void> {
    for (const step of order) {
      const other = new FarCache(connection)
      if (step === 'invalidate') await other.forget(name)
      else if (step === 'flush') await connection.run(flush, [name])
      else {
        const found = await other.lookOrTake(name)
        if (step === 'take and fill' && found.state === 'ours') {
          await other.fill(name, found.ticket, filling('new'))
        }
      }
    }
  }

  it.each(invalidated)('never let the old value in after: %s', async (_, order) => {
    const name = `key ${(keys += 1)}`
    const far = new FarCache(connection)
    const found = await far.lookOrTake(name)
    expect(found.state).toBe('ours')
    const ticket = found.state === 'ours' ? found.ticket : ''
    await play(name, order)
    expect(await far.fill(name, ticket, filling('old'))).toBe(false)
    expect(await far.giveUp(name, ticket)).toBe(false)
    const left = await far.look(name)
    expect(left.state === 'kept' ? left.kept.value : 'none').not.toBe('old')
  })

  it.each<[string, Step[]]>([
    ['invalidate', ['invalidate']], ['flush', ['flush']],
    ['invalidate, then another load', ['invalidate', 'take']],
  ])('leave nothing old when it was filled before: %s', async (_, order) => {
    const name = `key ${(keys += 1)}`
    const far = new FarCache(connection)
    const found = await far.lookOrTake(name)
    expect(await far.fill(name, found.state === 'ours' ? found.ticket : '', filling('old')))
      .toBe(true)
    await play(name, order)
    expect((await far.look(name)).state).not.toBe('kept')
  })

  it('let a value in when nothing came between', async () => {
    const name = `key ${(keys += 1)}`
    const far = new FarCache(connection)
    for (const order of distinct.filter(([title]) => /^(take|take, take)?$/.test(title))) {
      await far.forget(name)
      const found = await far.lookOrTake(name)
      await play(name, order[1])
      const ticket = found.state === 'ours' ? found.ticket : ''
      expect(await far.fill(name, ticket, { kept: absent, ttlMs: 5_000 })).toBe(true)
      expect(await far.look(name)).toMatchObject({ state: 'kept', kept: absent })
    }
  })

  it('let a process go on with a ticket that it was never told of', async () => {
    const name = `key ${(keys += 1)}`
    let isDeaf = true
    const runner: LivingRunner = {
      lifeOf: (key) => connection.lifeOf(key),
      run: async (script, names, args) => {
        const answer = await connection.run<never>(script, names, args)
        if (isDeaf) throw new CoordinationUnavailable('late')
        return answer
      },
    }
    const far = new FarCache(runner)
    await expect(far.lookOrTake(name)).rejects.toBeInstanceOf(CoordinationUnavailable)
    isDeaf = false
    const found = await far.lookOrTake(name)
    expect(found.state).toBe('ours')
    expect((await new FarCache(connection).lookOrTake(name)).state).toBe('theirs')
  })

  it('are judged when they arrive, however late', async () => {
    const key: CacheKey = { namespace: prefix, resource: 'late', id: String((keys += 1)) }
    const loading = new LayeredCache({ far: new FarCache(connection) })
    const invalidating = new LayeredCache({ far: new FarCache(connection) })
    await loading.getOrLoad(key, async () => {
      await invalidating.invalidate(key)
      return 'old'
    })
    expect(await invalidating.getOrLoad(key, async () => 'new')).toBe('new')
    expect(await loading.find(key)).toBe('new')
  })
})

describe.skipIf(redisUrl === undefined)(`an invalidation not taken${missing}`, () => {
  const prefix = `test:${randomBytes(6).toString('hex')}:`
  let connection: RedisConnection
  beforeAll(async () => {
    connection = await RedisConnection.open(redisUrl!, { prefix, commandTimeoutMs: 5_000 })
  })
  afterAll(async () => {
    await connection?.close()
    if (connection !== undefined) await removeKeys(redisUrl!, prefix)
  })

  /** A process whose connection can be cut. */
  async function processOn(signals: LocalSignals) {
    const state = { isCut: false }
    const runner: LivingRunner = {
      lifeOf: (key) => connection.lifeOf(key),
      run: async (script, names, args) => {
        if (state.isCut) throw new CoordinationUnavailable('cut')
        return connection.run<never>(script, names, args)
      },
    }
    const cache = await new LayeredCache({ far: new FarCache(runner), signals }).open()
    return { cache, state }
  }

  it('holds in its own process at once, and everywhere when Redis is back', async () => {
    const key: CacheKey = { namespace: prefix, resource: 'owed', id: '1' }
    const signals = new LocalSignals()
    const [ours, theirs] = [await processOn(signals), await processOn(signals)]
    await ours.cache.getOrLoad(key, async () => 'old')
    expect(await theirs.cache.find(key)).toBe('old')
    ours.state.isCut = true
    await ours.cache.invalidate(key)
    ours.state.isCut = false
    expect(await ours.cache.find(key)).toBeUndefined()
    expect(await ours.cache.getOrLoad(key, async () => 'new')).toBe('new')
    await vi.waitFor(async () => expect(await theirs.cache.find(key)).not.toBe('old'), 3_000)
    expect(await theirs.cache.getOrLoad(key, async () => 'new')).toBe('new')
    for (const { cache } of [ours, theirs]) cache.close()
  })

  it('is repeated after the connection was lost, since the server may have lost it', async () => {
    const key: CacheKey = { namespace: prefix, resource: 'owed', id: '2' }
    const signals = new LocalSignals()
    const [ours, theirs] = [await processOn(signals), await processOn(new LocalSignals())]
    await ours.cache.invalidate(key)
    // What a replica without the invalidation would still hold.
    await theirs.cache.getOrLoad(key, async () => 'old')
    signals.tell({ topic: 'cache', missed: true })
    const far = new FarCache(connection)
    await vi.waitFor(async () => {
      expect((await far.look(`cache:owed:${prefix.replaceAll(':', '%3a;')}:2`)).state)
        .toBe('nothing')
    }, 3_000)
    for (const { cache } of [ours, theirs]) cache.close()
  })

  it('is told to who may have missed it: nothing older is left in memory', async () => {
    const signals = new LocalSignals()
    const { cache } = await processOn(signals)
    const keys = Array.from({ length: 20 }, (_, id) => (
      { namespace: prefix, resource: 'missed', id: `${id}` }
    ))
    await Promise.all(keys.map((key) => cache.getOrLoad(key, async () => 'old')))
    expect(cache.figures().size).toBe(20)
    signals.tell({ topic: 'cache', missed: true })
    await vi.waitFor(() => expect(cache.figures().size).toBe(0))
    cache.close()
  })
})

const noServer = PrivateRedis.missing()

describe.skipIf(noServer !== undefined)(`a server that comes back with what it had saved${
  noServer === undefined ? '' : `: did not run: ${noServer}`}`, () => {
  it('is used as well by a user who may not ask whether it did', async () => {
    const redis = await PrivateRedis.start()
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>s3cret', '~*', '&*', '+@all', '-info')
    const open = () => RedisCoordinator.open(redis.url.replace('//', '//app:s3cret@'))
    const [here, there] = [await open(), await open()]
    const key: CacheKey = { namespace: 'ours', resource: 'saved', id: '1' }
    await here.cache.getOrLoad(key, async () => 'value')
    expect(await there.cache.getOrLoad(key, async () => 'not asked')).toBe('value')
    expect([here.health(), there.health()]).toEqual([{ state: 'ok' }, { state: 'ok' }])
    await Promise.all([here.close(), there.close()])
    await redis.remove()
  })

  it('serves nothing that was invalidated since', async () => {
    const redis = await PrivateRedis.start({ lines: ['save 3600 1000'] })
    const open = () => RedisCoordinator.open(redis.url)
    const key: CacheKey = { namespace: 'ours', resource: 'saved', id: '1' }
    const gone = await open()
    await gone.cache.getOrLoad(key, async () => 'old')
    await redis.command('SAVE')
    await gone.cache.invalidate(key)
    // Nobody is left who could repeat it.
    await gone.close()
    await redis.kill()
    await redis.start()
    expect(await redis.command('KEYS', '*saved*')).toHaveLength(1)
    const [here, there] = [await open(), await open()]
    expect(await here.cache.find(key)).toBeUndefined()
    expect(await here.cache.getOrLoad(key, async () => 'new')).toBe('new')
    expect(await there.cache.getOrLoad(key, async () => 'not asked')).toBe('new')
    await Promise.all([here.close(), there.close()])
    await redis.remove()
  })
})
