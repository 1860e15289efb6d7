import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { coordinationContract } from '../testing/coordinators.js'
import { nameOf } from './cache-key.js'
import { type Cache, type CacheKey } from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { FarCache } from './far-cache.js'
import { LayeredCache } from './layered-cache.js'
import { type LivingRunner } from './script.js'

const aKey = (more: Partial<CacheKey> = {}): CacheKey => (
  { namespace: randomUUID(), resource: 'conversation', id: randomUUID(), ...more }
)

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** A load that ends when it is told to. */
function slowLoad<V>(value: V) {
  let end!: () => void
  const ended = new Promise<void>((done) => (end = done))
  let begin!: () => void
  const begun = new Promise<void>((done) => (begin = done))
  const load = vi.fn(async () => {
    begin()
    await ended
    return value
  })
  return { load, begun, end }
}

const loads = <V>(cache: Cache, key: CacheKey, value: V) => cache.getOrLoad(key, async () => value)

coordinationContract('a cache', (openWorld) => {
  const open = async () => {
    const { here, there } = await openWorld()
    return { cache: here.cache, other: there === here ? undefined : there }
  }

  it('loads once and gives back what was loaded, frozen', async () => {
    const { cache } = await open()
    const key = aKey()
    const value = { a: [1, -0, 'x\u0000\ud800', null], '': { ['__proto__']: [] }, ünï: 1e-300 }
    const load = vi.fn(async () => value)
    for (let call = 0; call < 3; call += 1) {
      const found = await cache.getOrLoad(key, load)
      expect(found).toStrictEqual(value)
      expect(Object.isFrozen(found!.a)).toBe(true)
    }
    expect(load).toHaveBeenCalledTimes(1)
    expect(await cache.find(key)).toStrictEqual(value)
  })

  it('shares values with another process on the same server', async () => {
    const { cache, other } = await open()
    const key = aKey()
    for (const value of [0, -0, '', null, false, [], {}, 'é😀\udfff']) {
      await cache.invalidate(key)
      await loads(cache, key, value)
      expect(Object.is(await cache.find(key), value) || typeof value === 'object').toBe(true)
      if (other !== undefined) expect(await other.cache.find(key)).toStrictEqual(value)
    }
  })

  it('finds nothing where nothing is cached, and never loads for it', async () => {
    const { cache } = await open()
    const { hits, misses, loads: before } = cache.figures()
    expect(await cache.find(aKey())).toBeUndefined()
    expect(cache.figures()).toMatchObject({ hits, misses: misses + 1, loads: before })
  })

  it('remembers for a while that there is no value', async () => {
    const { cache, other } = await open()
    const [key, never] = [aKey(), aKey()]
    const load = vi.fn(async () => undefined)
    for (const each of [cache, other?.cache ?? cache, cache]) {
      expect(await each.getOrLoad(key, load, { absentTtlSeconds: 0.2 })).toBeUndefined()
    }
    expect(load).toHaveBeenCalledTimes(1)
    await pause(230)
    await cache.getOrLoad(key, load, { absentTtlSeconds: 0.2 })
    expect(load).toHaveBeenCalledTimes(2)
    await cache.getOrLoad(never, load, { absentTtlSeconds: 0 })
    await cache.getOrLoad(never, load, { absentTtlSeconds: 0 })
    expect(load).toHaveBeenCalledTimes(4)
  })

  it('serves nothing longer than its time to live', async () => {
    const { cache, other } = await open()
    const key = aKey()
    await cache.getOrLoad(key, async () => 'old', { ttlSeconds: 0.2 })
    if (other !== undefined) expect(await other.cache.find(key)).toBe('old')
    await pause(230)
    expect(await cache.find(key)).toBeUndefined()
    expect(await (other ?? { cache }).cache.find(key)).toBeUndefined()
    expect(await loads(cache, key, 'new')).toBe('new')
  })

  it('loads once for all that ask at the same time, in all processes', async () => {
    const { cache, other } = await open()
    const key = aKey()
    const load = vi.fn(() => pause(100).then(() => 'loaded'))
    const calls = Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? cache : (other ?? { cache }).cache).getOrLoad(key, load))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['loaded']))
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('gives what a load throws to all that wait for it, once, and caches nothing', async () => {
    const { cache } = await open()
    const key = aKey()
    const load = vi.fn(() => pause(20).then(() => Promise.reject(new Error('no database'))))
    const calls = Array.from({ length: 50 }, () => cache.getOrLoad(key, load))
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(load).toHaveBeenCalledTimes(1)
    expect(await loads(cache, key, 'well')).toBe('well')
  })

  it('forgets everywhere what is invalidated', async () => {
    const { cache, other } = await open()
    const key = aKey()
    await loads(cache, key, 'old')
    const second = (other ?? { cache }).cache
    expect(await second.find(key)).toBe('old')
    await cache.invalidate(key)
    expect(await cache.find(key)).toBeUndefined()
    await vi.waitFor(async () => expect(await second.find(key)).toBeUndefined())
    expect(await loads(second, key, 'new')).toBe('new')
    expect(await loads(cache, key, 'newer')).toBe('new')
  })

  it('does not let a load in progress bring the old value back', async () => {
    const { cache, other } = await open()
    for (const invalidating of [cache, (other ?? { cache }).cache]) {
      const key = aKey()
      const old = slowLoad('old')
      const waiting = cache.getOrLoad(key, old.load)
      await old.begun
      await invalidating.invalidate(key)
      expect(await loads(invalidating, key, 'new')).toBe('new')
      old.end()
      expect(await waiting).toBe('old')
      for (const each of [cache, invalidating]) expect(await loads(each, key, 'none')).toBe('new')
    }
  })

  it('does not let who asks after an invalidation join a load from before it', async () => {
    const { cache } = await open()
    const key = aKey()
    const old = slowLoad('old')
    const waiting = cache.getOrLoad(key, old.load)
    await old.begun
    await cache.invalidate(key)
    const joining = loads(cache, key, 'new')
    old.end()
    expect(await joining).toBe('new')
    expect(await waiting).toBe('old')
    expect(await cache.find(key)).toBe('new')
  })

  it('keeps namespaces, resources and ids apart, whatever they contain', async () => {
    const { cache } = await open()
    const odd = ['\ud800', '\ud801', '\ufffd', ' ', '\n']
    const parts = ['a', 'a:b', 'b', 'a}', '{a', '%3a;', ':', ...odd]
    const keys = ['session', 'user'].flatMap((resource) => parts.flatMap((namespace) =>
      parts.map((id) => ({ resource, namespace: `${namespace}`, id: `${id}` }))))
    const own = randomUUID()
    const ownKeys = keys.map((key) => ({ ...key, namespace: own + key.namespace }))
    await Promise.all(ownKeys.map((key, index) => loads(cache, key, index)))
    const found = await Promise.all(ownKeys.map((key) => cache.find(key)))
    expect(found).toEqual(keys.map((_, index) => index))
    expect(new Set(keys.map(nameOf)).size).toBe(keys.length)
  })

  it('refuses keys, times and values out of bounds', async () => {
    const { cache } = await open()
    const call = (key: Partial<CacheKey>, options = {}, value: unknown = 1) =>
      cache.getOrLoad(aKey(key), async () => value, options)
    const invalid = (field: string) => ({ code: 'invalid_input', field })
    await expect(call({ resource: 'A' })).rejects.toMatchObject(invalid('key.resource'))
    await expect(call({ id: '' })).rejects.toMatchObject(invalid('key.id'))
    await expect(call({ namespace: 'x'.repeat(513) }))
      .rejects.toMatchObject(invalid('key.namespace'))
    await expect(call({}, { ttlSeconds: 0 })).rejects.toMatchObject(invalid('ttlSeconds'))
    await expect(call({}, { absentTtlSeconds: -1 }))
      .rejects.toMatchObject(invalid('absentTtlSeconds'))
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const value of [NaN, new Date(), { a: undefined }, [,], () => 1, 1n, cycle, new Map()]) {
      await expect(call({}, {}, value)).rejects.toMatchObject({ code: 'invalid_value' })
    }
  })

  it('keeps a very large value in this process alone', async () => {
    const { cache, other } = await open()
    const key = aKey()
    const large = 'x'.repeat(65_535)
    await loads(cache, key, large)
    expect(await cache.find(key)).toBe(large)
    if (other !== undefined) expect(await other.cache.find(key)).toBeUndefined()
    await cache.invalidate(key)
    expect(await cache.find(key)).toBeUndefined()
  })

  it('counts hits, misses and loads', async () => {
    const { cache } = await open()
    const key = aKey()
    const load = () => pause(20).then(() => 1)
    const before = cache.figures()
    await Promise.all([cache.getOrLoad(key, load), cache.getOrLoad(key, load)])
    await cache.getOrLoad(key, load)
    await cache.find(key)
    const { hits, misses, loads: loaded } = cache.figures()
    expect([hits - before.hits, misses - before.misses, loaded - before.loads]).toEqual([2, 2, 1])
  })
})

describe('a cache in one process', () => {
  it('keeps a bounded number of values', async () => {
    const cache = new LayeredCache({ entriesMax: 10, charactersMax: 10_000 })
    for (let index = 0; index < 100; index += 1) {
      await loads(cache, aKey({ id: String(index) }), 'x'.repeat(500))
    }
    expect(cache.figures().size).toBeLessThanOrEqual(10)
  })
})

describe('a cache that cannot reach Redis', () => {
  const gone: LivingRunner = {
    lifeOf: () => '',
    run: async () => {
      throw new CoordinationUnavailable('gone')
    },
  }

  it('loads, a few at a time, and never fails', async () => {
    const cache = new LayeredCache({ far: new FarCache(gone), aloneLoadsMax: 4 })
    let [inside, most] = [0, 0]
    const load = async () => {
      most = Math.max(most, (inside += 1))
      await pause(5)
      inside -= 1
      return 'loaded'
    }
    const keys = Array.from({ length: 40 }, () => aKey())
    const found = await Promise.all(keys.map((key) => cache.getOrLoad(key, load)))
    expect(new Set(found)).toEqual(new Set(['loaded']))
    expect(most).toBe(4)
    expect(await cache.find(keys[0]!)).toBe('loaded')
    await cache.invalidate(keys[0]!)
    expect(await cache.find(keys[0]!)).toBeUndefined()
    cache.close()
  })

  it('keeps values for a second at most', async () => {
    const cache = new LayeredCache({ far: new FarCache(gone) })
    const key = aKey()
    await loads(cache, key, 1)
    await pause(1_030)
    expect(await cache.find(key)).toBeUndefined()
  })
})
