import { setTimeout as sleep } from 'node:timers/promises'
import {
  InMemoryCache, type Item, type Operation, type SearchItem,
} from '@langchain/langgraph-checkpoint'
import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { contract } from '../../testing/contract.js'
import { HoldfastCache } from './cache.js'
import { HoldfastStore, type HoldfastStoreOptions } from './store.js'

contract('store of langgraph', (open) => {
  const storeOf = async (options?: HoldfastStoreOptions) => (
    new HoldfastStore((await open()).organization.items, options))
  const keys = (items: readonly { key: string }[]) => items.map(({ key }) => key)

  it('keeps, replaces and deletes items', async () => {
    const store = await storeOf()
    expect(await store.get(['users', '1'], 'name')).toBeNull()
    await store.put(['users', '1'], 'name', { first: 'Ada', tags: ['x'] })
    const item = await store.get(['users', '1'], 'name')
    expect(item).toMatchObject({
      namespace: ['users', '1'], key: 'name', value: { first: 'Ada', tags: ['x'] },
    })
    expect(item!.createdAt).toBeInstanceOf(Date)
    await store.put(['users', '1'], 'name', { first: 'Grace' })
    const next = await store.get(['users', '1'], 'name')
    expect(next!.value).toEqual({ first: 'Grace' })
    expect(next!.createdAt).toEqual(item!.createdAt)
    await store.delete(['users', '1'], 'name')
    expect(await store.get(['users', '1'], 'name')).toBeNull()
  })

  it('compares namespaces label by label', async () => {
    const store = await storeOf()
    const namespaces = [
      ['users', '1'], ['users', '10'], ['users', '123'], ['users', '1', 'notes'], ['a:b'],
      ['a', 'b'], ['a.b'], ['users', '%'], ['users', '*'], ['users', '_'], ['USERS', '1'],
    ]
    for (const [place, namespace] of namespaces.entries()) {
      await store.put(namespace, 'k', { place })
    }
    for (const [place, namespace] of namespaces.entries()) {
      expect((await store.get(namespace, 'k'))?.value).toEqual({ place })
    }
    const found = async (prefix: string[]) => (
      await store.search(prefix, { limit: 50 })).map(({ namespace }) => namespace).sort()
    expect(await found(['users', '1'])).toEqual([['users', '1'], ['users', '1', 'notes']])
    expect(await found(['a'])).toEqual([['a', 'b']])
    expect(await found(['users', '%'])).toEqual([['users', '%']])
    expect(await found(['users', '*'])).toEqual([['users', '*']])
    expect(await found(['user'])).toEqual([])
    expect((await found([])).length).toBe(namespaces.length)
  })

  it('searches by value, the last put first', async () => {
    const store = await storeOf()
    const ages = [30, 40, 50, 60]
    for (const age of ages) {
      await store.put(['people'], `p${age}`, { age, name: `n${age}` })
      // Moments are compared by the millisecond on some engines.
      await sleep(2)
    }
    const of = async (filter: Record<string, unknown>) => (
      keys(await store.search(['people'], { filter })).sort())
    expect(keys(await store.search(['people']))).toEqual(['p60', 'p50', 'p40', 'p30'])
    expect(await of({ age: 40 })).toEqual(['p40'])
    expect(await of({ age: { $gt: 30, $lte: 50 } })).toEqual(['p40', 'p50'])
    expect(await of({ age: { $ne: 30 }, name: { $in: ['n30', 'n60'] } })).toEqual(['p60'])
    expect(await of({ name: { $nin: ['n30', 'n60'] } })).toEqual(['p40', 'p50'])
    expect(await of({ age: '40' })).toEqual([])
    expect(await of({ absent: undefined })).toEqual(['p30', 'p40', 'p50', 'p60'])
    await expect(of({ age: { $gt: undefined } }))
      .rejects.toMatchObject({ code: 'invalid_input', field: 'filter.age.$gt' })
    await store.put(['people'], 'odd', { made: { constructor: 1, toString: 'x' } })
    expect(await of({ made: { toString: 'x', constructor: 1 } })).toEqual(['odd'])
    expect(await of({ made: { constructor: 2 } })).toEqual([])
  })

  it('gives pages, and as many as are asked for', async () => {
    const store = await storeOf()
    await store.batch(Array.from({ length: 450 }, (_, place) => (
      { namespace: ['many'], key: `k${place}`, value: { place } })))
    expect((await store.search(['many'])).length).toBe(10)
    expect((await store.search(['many'], { limit: 1000 })).length).toBe(450)
    const pages = await Promise.all([0, 200, 400].map((offset) => (
      store.search(['many'], { limit: 200, offset }))))
    expect(new Set(pages.flatMap(keys)).size).toBe(450)
  })

  it('does a batch in order of what it reads, before what it changes', async () => {
    const store = await storeOf()
    await store.put(['n'], 'old', { at: 1 })
    const operations: Operation[] = [
      { namespace: ['n'], key: 'old' },
      { namespace: ['n'], key: 'new', value: { at: 2 } },
      { namespace: ['n'], key: 'new' },
      { namespacePrefix: ['n'] },
      { namespace: ['n'], key: 'old', value: null },
      { limit: 5, offset: 0 },
    ]
    const [old, , fresh, found, , namespaces] = await store.batch(operations) as unknown as [
      Item, void, Item | null, SearchItem[], void, string[][]]
    expect(old?.value).toEqual({ at: 1 })
    expect(fresh).toBeNull()
    expect(keys(found)).toEqual(['old'])
    expect(namespaces).toEqual([['n']])
    expect(keys(await store.search(['n']))).toEqual(['new'])
  })

  it('does nothing of a batch with a bad operation', async () => {
    const store = await storeOf()
    await expect(store.batch([
      { namespace: ['n'], key: 'a', value: { at: 1 } },
      { namespace: ['langgraph'], key: 'b', value: { at: 1 } },
    ])).rejects.toMatchObject({ code: 'invalid_input', field: 'namespace[0]' })
    await expect(store.put(['n'], 'a', [] as never)).rejects.toMatchObject({ field: 'value' })
    expect(await store.search(['n'])).toEqual([])
  })

  it('lists namespaces by beginning, end and depth', async () => {
    const store = await storeOf()
    for (const namespace of [
      ['a', 'x', 'v1'], ['a', 'y', 'v1'], ['a', 'y', 'v2'], ['ab', 'x', 'v1'], ['b', 'x'],
    ]) await store.put(namespace, 'k', { a: 1 })
    expect(await store.listNamespaces({ prefix: ['a'] })).toEqual(
      [['a', 'x', 'v1'], ['a', 'y', 'v1'], ['a', 'y', 'v2']])
    expect(await store.listNamespaces({ prefix: ['a', '*'], suffix: ['v1'] })).toEqual(
      [['a', 'x', 'v1'], ['a', 'y', 'v1']])
    expect(await store.listNamespaces({ maxDepth: 1 })).toEqual([['a'], ['ab'], ['b']])
    expect(await store.listNamespaces({ maxDepth: 2, limit: 2, offset: 1 })).toEqual(
      [['a', 'y'], ['ab', 'x']])
    const [both] = await store.batch([{
      matchConditions: [
        { matchType: 'prefix', path: ['a'] }, { matchType: 'prefix', path: ['*', 'y'] },
      ], maxDepth: 2, limit: 5, offset: 0,
    }])
    expect(both).toEqual([['a', 'y']])
    const [all] = await store.batch([{ matchConditions: [] } as never])
    expect(all).toEqual(await store.listNamespaces())
  })

  it('lets items end, unless they are read', async () => {
    const world = await open()
    const store = new HoldfastStore(world.organization.items, { ttlSeconds: 0.5 })
    const strict = new HoldfastStore(
      world.organization.items, { ttlSeconds: 0.5, refreshOnRead: false })
    await store.put(['n'], 'read', { a: 1 })
    await strict.put(['n'], 'left', { a: 1 })
    await sleep(300)
    expect(await store.get(['n'], 'read')).not.toBeNull()
    expect(await strict.get(['n'], 'left')).not.toBeNull()
    await sleep(300)
    expect(await strict.get(['n'], 'left')).toBeNull()
    expect(await store.get(['n'], 'read')).not.toBeNull()
  })

  it('keeps neighbours apart', async () => {
    const world = await open()
    await new HoldfastStore(world.organization.items).put(['n'], 'k', { a: 1 })
    const theirs = new HoldfastStore(world.neighbour.items)
    expect(await theirs.search([])).toEqual([])
    expect(await theirs.listNamespaces()).toEqual([])
  })

  it('is the memory of a graph', async () => {
    const store = await storeOf()
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode('remember', async ({ text }, config) => {
        await config.store!.put(['facts'], 'last', { text })
        return {}
      }).addEdge(START, 'remember').compile({ store })
    await graph.invoke({ text: 'sheep' })
    expect((await store.get(['facts'], 'last'))?.value).toEqual({ text: 'sheep' })
  })
})

contract('cache of langgraph', (open) => {
  it('does as the cache of langgraph does', async () => {
    const caches = [new HoldfastCache((await open()).organization.cache), new InMemoryCache()]
    const told = await Promise.all(caches.map(async (cache) => {
      const all = (namespaces: string[][]) => (
        cache.get(namespaces.map((namespace) => [namespace, 'k'])))
      const namespaces = [['a'], ['a', 'b'], ['ab'], []]
      await cache.set(namespaces.map((namespace) => (
        { key: [namespace, 'k'], value: { of: namespace, set: new Set([1]) } })))
      await cache.set([
        { key: [['a'], 'k'], value: 'again' }, { key: [['c'], 'k'], value: 1, ttl: 0 },
      ])
      await sleep(5)
      const first = await all([...namespaces, ['c'], ['absent']])
      await cache.clear([['a']])
      const second = await all(namespaces)
      await cache.clear([])
      return [first, second, await all(namespaces), await cache.get([])]
    }))
    expect(told[0]).toEqual(told[1])
    expect(told[0]!.map((found) => found.length)).toEqual([4, 3, 0, 0])
  })

  it('forgets after the time to live', async () => {
    const cache = new HoldfastCache((await open()).organization.cache)
    await cache.set([
      { key: [['a'], 'brief'], value: 1, ttl: 0.2 }, { key: [['a'], 'long'], value: 2, ttl: 60 },
    ])
    await sleep(300)
    const found = await cache.get([[['a'], 'brief'], [['a'], 'long']])
    expect(found).toEqual([{ key: [['a'], 'long'], value: 2 }])
  })

  it('fails no work when it is away, and tells', async () => {
    const errors: unknown[] = []
    const away = async () => {
      throw new Error('away')
    }
    const cache = new HoldfastCache(
      { find: away, put: away, clear: away, clearAll: away },
      { onError: (error) => errors.push(error) })
    await cache.set([{ key: [['a'], 'k'], value: 1 }])
    expect(await cache.get([[['a'], 'k']])).toEqual([])
    expect(errors.map(String)).toEqual(['Error: away', 'Error: away'])
    await expect(cache.clear([])).rejects.toThrow('away')
  })

  it('clears nothing of what others of the organization cache', async () => {
    const { cache: transport } = (await open()).organization
    const value = { type: 'x', bytes: new Uint8Array() }
    await transport.put([{ namespace: ['mine'], key: 'k', value }])
    await new HoldfastCache(transport).clear([])
    expect((await transport.find([{ namespace: ['mine'], key: 'k' }]))[0]?.type).toBe('x')
  })

  it('spares a graph work', async () => {
    const cache = new HoldfastCache((await open()).organization.cache)
    let runs = 0
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode('work', ({ text }) => {
        runs += 1
        return { text: `${text}!` }
      }, { cachePolicy: { ttl: 60 } }).addEdge(START, 'work').compile({ cache })
    expect(await graph.invoke({ text: 'a' })).toEqual({ text: 'a!' })
    await expect.poll(async () => {
      runs = 0
      await graph.invoke({ text: 'a' })
      return runs
    }).toBe(0)
  })
})

describe('operations of a store', () => {
  it('ask for less at once where it is too much for one answer', async () => {
    const sizes: number[] = []
    const find = async (names: readonly object[]) => {
      sizes.push(names.length)
      if (names.length > 2) throw Object.assign(new Error('large'), { code: 'answer_too_large' })
      return names.map(() => undefined)
    }
    const store = new HoldfastStore({ findMany: find } as never)
    const gets = Array.from({ length: 5 }, (_, key) => ({ namespace: ['a'], key: String(key) }))
    expect(await store.batch(gets)).toEqual(gets.map(() => null))
    const cache = new HoldfastCache({ find } as never)
    expect(await cache.get(gets.map(({ key }) => [['a'], key]))).toEqual([])
    expect(sizes).toEqual([5, 3, 2, 1, 2, 5, 3, 2, 1, 2])
  })

  it('are few calls', async () => {
    const calls: string[] = []
    const call = (name: string, answer: unknown) => async () => {
      calls.push(name)
      return answer
    }
    const store = new HoldfastStore({
      findMany: call('findMany', [undefined, undefined]), write: call('write', undefined),
      search: call('search', { data: [], nextCursor: null }),
    } as never)
    await store.batch([
      { namespace: ['a'], key: '1' }, { namespace: ['a'], key: '2' },
      { namespace: ['a'], key: '3', value: {} }, { namespace: ['a'], key: '4', value: null },
      { namespacePrefix: ['a'] },
    ])
    expect(calls.sort()).toEqual(['findMany', 'search', 'write'])
  })
})
