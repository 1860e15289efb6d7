import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'
import { AnswerTooLarge } from './errors.js'

const twenty = Array.from({ length: 20 }, (_, index) => index)
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const valueOf = (...bytes: number[]) => ({ type: 'bytes', bytes: Uint8Array.from(bytes) })

contract('a cache of results', (open) => {
  it('gives back bytes and their type, in the order of the names', async () => {
    const { organization: { cache } } = await open()
    const every = { type: 'msgpack', bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte) }
    const names = [
      { namespace: ['a:b'], key: 'k' }, { namespace: ['a', 'b'], key: 'k' },
      { namespace: ['\ud800'], key: '\u0000' },
    ]
    const values = [valueOf(), every, { type: '\u0000', bytes: Uint8Array.of(0) }]
    await cache.put(names.map((name, index) => ({ ...name, value: values[index]! })))
    const absent = { namespace: ['a'], key: 'k' }
    expect(await cache.find([names[2]!, absent, names[0]!, names[1]!, names[2]!]))
      .toStrictEqual([values[2], undefined, values[0], values[1], values[2]])
    expect(await cache.find([])).toEqual([])
  })

  it('keeps the last of several, for as long as it was asked to', async () => {
    const { organization: { cache }, holdfast } = await open()
    const name = { namespace: ['ttl'], key: 'k' }
    await cache.put([{ ...name, value: valueOf(1), ttlSeconds: 60 }, {
      ...name, value: valueOf(2), ttlSeconds: 0.1,
    }])
    expect(await cache.find([name])).toEqual([valueOf(2)])
    await pause(150)
    expect(await cache.find([name])).toEqual([undefined])
    expect(await holdfast.itemWorks.sweep()).toBeGreaterThan(0)
    await cache.put([{ ...name, value: valueOf(3), ttlSeconds: 0.05 }])
    await cache.put([{ ...name, value: valueOf(4) }])
    await pause(80)
    expect(await cache.find([name])).toEqual([valueOf(4)])
  })

  it('forgets namespaces whole, alone or with those below, or everything', async () => {
    const { organization: { cache, items }, neighbour } = await open()
    const spaces = [['a'], ['a', 'b'], ['ab']]
    const names = spaces.map((namespace) => ({ namespace, key: 'k' }))
    const entries = names.map((name) => ({ ...name, value: valueOf(1) }))
    await cache.put(entries)
    await neighbour.cache.put(entries)
    await items.put({ ...names[0]!, value: 1 })
    const there = async () => (await cache.find(names)).map((value) => value !== undefined)
    expect(await cache.clear([['a']])).toBe(1)
    expect(await there()).toEqual([false, true, true])
    expect(await cache.clear([['a']], { below: true })).toBe(1)
    expect(await there()).toEqual([false, false, true])
    expect(await cache.clearAll()).toBe(1)
    expect(await there()).toEqual([false, false, false])
    expect(await neighbour.cache.find(names)).toEqual([valueOf(1), valueOf(1), valueOf(1)])
    expect(await items.find(names[0]!)).toMatchObject({ value: 1 })
  })

  it('is written whole by each of 20 at once', async () => {
    const { organization: { cache } } = await open()
    const names = twenty.map((index) => ({ namespace: ['all'], key: `k${index}` }))
    await Promise.all(twenty.map((index) => cache.put(
      (index % 2 === 0 ? names : [...names].reverse()).map((name) =>
        ({ ...name, value: valueOf(index) })))))
    const bytes = (await cache.find(names)).map((value) => value!.bytes[0])
    expect(new Set(bytes).size).toBe(1)
  })

  it('refuses names of more than an answer has, each as often as it is named', async () => {
    const { organization: { cache, items } } = await open()
    const name = { namespace: ['a'], key: 'k' }
    await cache.put([{ ...name, value: { type: 'x', bytes: new Uint8Array(8 * 1024 * 1024) } }])
    await items.put({ ...name, value: 'x'.repeat(1024 * 1024 - 2) })
    const times = (count: number) => Array.from({ length: count }, () => name)
    expect((await cache.find(times(8))).length).toBe(8)
    expect((await items.findMany(times(64))).length).toBe(64)
    await expect(cache.find(times(9))).rejects.toMatchObject({
      code: 'answer_too_large', field: 'names',
      message: 'names bring 75497472 bytes, and an answer has at most 67108864; ask for fewer',
    })
    await expect(items.findMany(times(65))).rejects.toThrow(AnswerTooLarge)
    const absent = Array.from({ length: 1_000 }, (_, key) => ({ ...name, key: String(key) }))
    expect((await cache.find([name, ...absent.slice(1)]))[0]?.bytes.length).toBe(8 * 1024 * 1024)
    expect((await items.findMany(absent)).every((item) => item === undefined)).toBe(true)
  })

  it('refuses what breaks a rule, and keeps nothing of the call', async () => {
    const { organization: { cache } } = await open()
    const good = { namespace: ['a'], key: 'k', value: valueOf(1) }
    const bad: readonly (readonly [object, string])[] = [
      [{ value: { type: '', bytes: new Uint8Array() } }, 'value.type'],
      [{ value: { type: 'x'.repeat(65), bytes: new Uint8Array() } }, 'value.type'],
      [{ value: { type: 'x', bytes: 'text' } }, 'value.bytes'],
      [{ value: { type: 'x', bytes: new Uint8Array(8 * 1024 * 1024 + 1) } }, 'value.bytes'],
      [{ value: undefined }, 'value.type'], [{ namespace: [] }, 'namespace'],
      [{ ttlSeconds: -1 }, 'ttlSeconds'],
    ]
    for (const [fault, field] of bad) {
      await expect(cache.put([good, { ...good, ...fault } as never]))
        .rejects.toMatchObject({ field: `entries[1].${field}` })
    }
    expect(await cache.find([good])).toEqual([undefined])
  })
})
