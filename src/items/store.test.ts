import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { contract } from '../testing/index.js'
import { type Item, ItemExists, ItemNotFound, type ItemStore, type SearchItems } from './index.js'

const hard = '\u0000 \ud800 \ufdd0 \u0001 \u0002 é'
const twenty = Array.from({ length: 20 }, (_, index) => index)
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** What refused calls were refused with. */
async function refusals(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls)
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
}

/** The keys of all items a search finds, page by page. */
async function keysOf(items: ItemStore, request: SearchItems = {}): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page = await items.search({ ...request, ...(cursor && { cursor }) })
    keys.push(...page.data.map(({ key }) => key))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return keys
}

contract('items', (open) => {
  it('come back as they were put, whatever their names and values are', async () => {
    const { organization: { items } } = await open()
    const values: JsonValue[] = [
      null, false, 0, -0, hard, [], {}, { [hard]: [1, -0, null, { ['__proto__']: hard }], b: 1 },
    ]
    const names = [
      { namespace: ['a:b'], key: 'k' }, { namespace: ['a', 'b'], key: 'k' },
      { namespace: ['%'], key: '*' }, { namespace: ['_', "'", '"'], key: '%' },
      { namespace: [hard, ''], key: '' }, { namespace: [hard], key: hard },
      { namespace: ['a\u0001b'], key: 'k' }, { namespace: ['a'], key: 'b\u0001k' },
    ]
    const put: Item[] = []
    for (const [index, name] of names.entries()) {
      put.push(await items.put({ ...name, value: values[index]! }))
      expect(put.at(-1)).toMatchObject({ ...name, expiresAt: null })
    }
    for (const [index, name] of names.entries()) {
      expect(put[index]!.value).toStrictEqual(values[index])
      expect(await items.find(name)).toStrictEqual(put[index])
    }
    expect(await items.findMany([...names, ...names])).toStrictEqual([...put, ...put])
  })

  it('keep when they began and raise their revision with each put', async () => {
    const { organization: { items } } = await open()
    const name = { namespace: ['users', '1'], key: 'likes' }
    const first = await items.put({ ...name, value: { tea: true } })
    const second = await items.put({ ...name, value: { tea: false } })
    expect(second.createdAt).toBe(first.createdAt)
    expect(second.updatedAt >= first.updatedAt).toBe(true)
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(await items.get(name)).toStrictEqual(second)
  })

  it('that are not there are not found', async () => {
    const { organization: { items } } = await open()
    const name = { namespace: ['users', '1'], key: 'likes' }
    expect(await items.find(name)).toBeUndefined()
    await expect(items.get(name)).rejects.toThrow(ItemNotFound)
    expect(await items.delete(name)).toBe(false)
    expect(await items.findMany([])).toEqual([])
    expect(await items.search()).toEqual({ data: [], nextCursor: null })
    await items.put({ ...name, value: 1 })
    for (const other of [['users'], ['users', '1', ''], ['users', '10'], ['users1']]) {
      expect(await items.find({ namespace: other, key: 'likes' })).toBeUndefined()
    }
    expect(await items.find({ ...name, key: 'Likes' })).toBeUndefined()
  })

  it('are refused with the rule they break, and nothing is half-done', async () => {
    const { organization: { items } } = await open()
    const good = { namespace: ['a'], key: 'k', value: 1 }
    const bad: readonly (readonly [object, string])[] = [
      [{ namespace: [] }, 'namespace'], [{ namespace: 'a' }, 'namespace'],
      [{ namespace: [1] }, 'namespace[0]'], [{ namespace: Array(33).fill('a') }, 'namespace'],
      [{ namespace: ['é'.repeat(512)] }, 'namespace'], [{ key: 'k'.repeat(1_025) }, 'key'],
      [{ key: 1 }, 'key'], [{ ttlSeconds: 0 }, 'ttlSeconds'], [{ ttlSeconds: '1' }, 'ttlSeconds'],
      [{ ttlSeconds: NaN }, 'ttlSeconds'], [{ value: undefined }, 'value'],
      [{ value: 'x'.repeat(1024 * 1024) }, 'value'],
    ]
    for (const [fault, field] of bad) {
      const put = { ...good, ...fault }
      await expect(items.put(put)).rejects.toMatchObject({ field })
      await expect(items.write([{ put: good }, { put }]))
        .rejects.toMatchObject({ field: `changes[1].put.${field}` })
    }
    await expect(items.put({ ...good, value: () => 1 } as never)).rejects.toThrow(InvalidValue)
    await expect(items.put(good, { ifRevision: 1, ifAbsent: true })).rejects.toThrow(InvalidInput)
    await expect(items.write([{} as never])).rejects.toMatchObject({ field: 'changes[0]' })
    const many = Array.from({ length: 1_001 }, () => ({ put: good }))
    await expect(items.write(many)).rejects.toMatchObject({ field: 'changes' })
    expect(await items.search()).toMatchObject({ data: [] })
    await items.put({ namespace: ['é'.repeat(511)], key: 'é'.repeat(512), value: 1 })
  })

  it('are written and deleted together, the last change of each standing', async () => {
    const { organization: { items } } = await open()
    const at = (key: string) => ({ namespace: ['batch'], key })
    await items.put({ ...at('old'), value: 1 })
    await items.write([
      { put: { ...at('a'), value: 1 } }, { put: { ...at('b'), value: 1 } },
      { delete: at('b') }, { delete: at('a') }, { put: { ...at('a'), value: 2 } },
      { delete: at('old') }, { delete: at('never') },
    ])
    await items.write([])
    const found = await items.findMany([at('a'), at('b'), at('old')])
    expect(found.map((item) => item?.value)).toEqual([2, undefined, undefined])
    const thousand = Array.from({ length: 1_000 }, (_, index) =>
      ({ put: { namespace: ['many', String(index % 7)], key: String(index), value: index } }))
    await items.write(thousand)
    expect(await keysOf(items, { prefix: ['many'], limit: 200 })).toHaveLength(1_000)
  })

  it('let one of 20 writers through that all saw the same', async () => {
    const { organization: { items } } = await open()
    const name = { namespace: ['race'], key: 'k' }
    const made = await refusals(twenty.map((value) =>
      items.put({ ...name, value }, { ifAbsent: true })))
    expect(made).toEqual(Array.from({ length: 19 }, () => expect.any(ItemExists)))
    const { revision: ifRevision } = await items.get(name)
    const stale = await refusals(twenty.map((value) => (value % 2 === 0
      ? items.put({ ...name, value }, { ifRevision }) : items.delete(name, { ifRevision }))))
    expect(stale).toEqual(Array.from({ length: 19 }, () => expect.any(RevisionConflict)))
  })

  it('keep all of 20 writers of many items, in one process and two', async () => {
    const world = await open()
    const other = world.isLasting ? await world.another() : world.holdfast
    const stores = [world.organization.items, other.organization(world.organizationId).items]
    await Promise.all(twenty.map((index) => stores[index % 2]!.write([
      ...twenty.map((key) => ({ put: { namespace: ['all'], key: `k${key}`, value: index } })),
      { put: { namespace: ['own', String(index)], key: 'k', value: index } },
      { delete: { namespace: ['all'], key: `gone${index}` } },
    ].sort(() => index % 3 - 1))))
    const shared = (await stores[0]!.search({ prefix: ['all'] })).data
    expect(shared).toHaveLength(20)
    // Each write is whole: all shared items are of one writer.
    expect(new Set(shared.map(({ value }) => value)).size).toBe(1)
    expect(await keysOf(stores[1]!, { prefix: ['own'] })).toHaveLength(20)
  })

  it('never have a revision again that they had before a deletion', async () => {
    const { organization: { items } } = await open()
    const name = { namespace: ['again'], key: 'k' }
    const revisions: number[] = []
    for (const value of twenty) {
      revisions.push((await items.put({ ...name, value })).revision)
      if (value % 4 === 3) await pause(10)
      if (value % 4 === 3) expect(await items.delete(name)).toBe(true)
    }
    expect(new Set(revisions).size).toBe(20)
    await expect(items.put({ ...name, value: 0 }, { ifRevision: revisions.at(-1)! }))
      .rejects.toThrow(RevisionConflict)
    await expect(items.delete(name, { ifRevision: revisions.at(-1)! }))
      .rejects.toThrow(RevisionConflict)
  })

  it('of an organization are unseen and unharmed by its neighbour', async () => {
    const { organization: { items }, neighbour } = await open()
    const name = { namespace: ['users', '1'], key: 'secret' }
    const put = await items.put({ ...name, value: 'ours' })
    expect(await neighbour.items.find(name)).toBeUndefined()
    expect(await neighbour.items.search()).toMatchObject({ data: [] })
    expect(await neighbour.items.listNamespaces()).toMatchObject({ data: [] })
    expect(await neighbour.items.delete(name)).toBe(false)
    expect(await neighbour.items.clear([['users']], { below: true })).toBe(0)
    await expect(neighbour.items.put({ ...name, value: 1 }, { ifRevision: put.revision }))
      .rejects.toThrow(RevisionConflict)
    await neighbour.items.put({ ...name, value: 'theirs' })
    await neighbour.items.write([{ delete: name }])
    expect(await items.get(name)).toStrictEqual(put)
  })

  it('take part in a transaction, or are gone with it', async () => {
    const world = await open()
    const name = { namespace: ['t'], key: 'k' }
    await expect(world.holdfast.transaction(async (transaction) => {
      const { items } = transaction.organization(world.organizationId)
      await items.put({ ...name, value: 1 })
      expect(await items.get(name)).toMatchObject({ value: 1 })
      throw new Error('no')
    })).rejects.toThrow('no')
    expect(await world.organization.items.find(name)).toBeUndefined()
  })
})

contract('items with a time to live', (open) => {
  it('are unseen by every operation once it is over, and swept', async () => {
    const { organization: { items }, holdfast } = await open()
    const name = { namespace: ['short'], key: 'k' }
    const put = await items.put({ ...name, value: 1, ttlSeconds: 0.2 })
    const lifeMs = Date.parse(put.expiresAt!) - Date.parse(put.updatedAt)
    expect(lifeMs).toBe(200)
    expect(await items.find(name)).toStrictEqual(put)
    await items.put({ ...name, key: 'stays', value: 1 })
    await pause(250)
    expect(await items.find(name)).toBeUndefined()
    expect(await keysOf(items, { prefix: ['short'] })).toEqual(['stays'])
    await expect(items.put({ ...name, value: 2 }, { ifRevision: put.revision }))
      .rejects.toThrow(RevisionConflict)
    expect(await items.delete(name)).toBe(false)
    const again = await items.put({ ...name, value: 2, ttlSeconds: 0.001 }, { ifAbsent: true })
    expect(again.createdAt > put.createdAt).toBe(true)
    expect(again.revision).toBeGreaterThan(put.revision)
    await items.delete({ ...name, key: 'stays' })
    await pause(20)
    expect(await items.listNamespaces()).toEqual({ data: [], nextCursor: null })
    expect(await holdfast.itemWorks.sweep()).toBeGreaterThan(0)
    expect(await holdfast.itemWorks.sweep()).toBe(0)
  })

  it('live on while they are read with refresh, and only then', async () => {
    const { organization: { items } } = await open()
    const name = (key: string) => ({ namespace: ['kept'], key })
    for (const key of ['a found', 'b searched', 'c unread', 'd read']) {
      await items.put({ ...name(key), value: 1, ttlSeconds: 1 })
    }
    const { expiresAt } = await items.get(name('a found'))
    for (let turn = 0; turn < 4; turn++) {
      await pause(300)
      const found = await items.find(name('a found'), { refresh: true })
      expect(found!.expiresAt! > expiresAt!).toBe(true)
      const { data: [, searched] } = await items.search({ limit: 2, refresh: true })
      expect(searched!.expiresAt! > expiresAt!).toBe(true)
      await items.find(name('d read'))
    }
    expect(await keysOf(items)).toEqual(['a found', 'b searched'])
  })

  it('live for ever once they are put without one', async () => {
    const { organization: { items } } = await open()
    const name = { namespace: ['ever'], key: 'k' }
    await items.put({ ...name, value: 1, ttlSeconds: 0.05 })
    await items.put({ ...name, value: 2 })
    await pause(80)
    expect(await items.find(name, { refresh: true })).toMatchObject({ value: 2, expiresAt: null })
  })
})

contract('a search of items', (open) => {
  it('finds a namespace and all below it, never a longer label', async () => {
    const { organization: { items } } = await open()
    const spaces = [
      ['users'], ['users', '1'], ['users', '1', 'x'], ['users', '10'], ['users', '1%'], ['users1'],
      ['users', ''], ['users:1'], ['Users', '1'], ['users', '1\u0000'], ['users', '1\u0001'],
    ]
    await items.write(spaces.map((namespace) =>
      ({ put: { namespace, key: JSON.stringify(namespace), value: 1 } })))
    const found = (prefix: string[]) => keysOf(items, { prefix, limit: 2 })
    const named = (...wanted: string[][]) => wanted.map((each) => JSON.stringify(each))
    expect(await found(['users', '1'])).toEqual(named(['users', '1'], ['users', '1', 'x']))
    expect(await found(['users', '1%'])).toEqual(named(['users', '1%']))
    expect(await found(['users', '%'])).toEqual([])
    expect(await found(['user'])).toEqual([])
    expect(await found(['users'])).toEqual(named(
      ['users'], ['users', ''], ['users', '1'], ['users', '1', 'x'], ['users', '1\u0000'],
      ['users', '1\u0001'], ['users', '1%'], ['users', '10']))
    expect(await keysOf(items, { limit: 3 })).toHaveLength(spaces.length)
  })

  it('goes by pages to the end, by name or by the last put, and by offset', async () => {
    const { organization: { items } } = await open()
    for (const index of twenty) {
      await items.put({ namespace: ['p', String(index % 3)], key: `k${index}`, value: index })
    }
    const byName = await keysOf(items, { prefix: ['p'], limit: 7 })
    expect(new Set(byName).size).toBe(20)
    expect(byName.slice(0, 3)).toEqual(['k0', 'k12', 'k15'])
    await items.put({ namespace: ['p', '0'], key: 'k0', value: 0 })
    const byPut = await keysOf(items, { prefix: ['p'], limit: 6, order: 'updated' })
    expect([new Set(byPut).size, byPut.length]).toEqual([20, 20])
    const whole = (await items.search({ prefix: ['p'], order: 'updated' })).data
    expect(whole.map(({ key }) => key)).toEqual(byPut)
    const moments = whole.map(({ updatedAt }) => updatedAt)
    expect(moments).toEqual([...moments].sort().reverse())
    const shifted = await items.search({ prefix: ['p'], offset: 5, limit: 10 })
    expect(shifted.data.map(({ key }) => key)).toEqual(byName.slice(5, 15))
    const { data } = await items.search({ prefix: ['p'], cursor: shifted.nextCursor!, limit: 10 })
    expect(data.map(({ key }) => key)).toEqual(byName.slice(15))
    for (const other of [{ prefix: ['q'] }, { prefix: ['p'], order: 'updated' as const }]) {
      await expect(items.search({ ...other, cursor: shifted.nextCursor! }))
        .rejects.toThrow(InvalidCursor)
    }
  })

  it('comes in shorter pages where values are large, and leaves none out', async () => {
    const { organization: { items } } = await open()
    const value = 'x'.repeat(1_000_000)
    const keys = Array.from({ length: 40 }, (_, index) => `k${10 + index}`)
    for (const key of keys) await items.put({ namespace: ['large'], key, value })
    const lengths = async (request: SearchItems) => {
      const pages: string[][] = []
      for (let next: string | null = ''; next !== null;) {
        const page = await items.search({ ...request, ...(next === '' ? {} : { cursor: next }) })
        pages.push(page.data.map(({ key }) => key))
        next = page.nextCursor
      }
      return pages
    }
    const byName = await lengths({ prefix: ['large'], limit: 200 })
    expect(byName.map(({ length }) => length)).toEqual([16, 16, 8])
    expect(byName.flat()).toEqual(keys)
    const byPut = await lengths({ prefix: ['large'], limit: 18, order: 'updated' })
    expect(byPut.map(({ length }) => length)).toEqual([16, 16, 8])
    expect(byPut.flat().sort()).toEqual(keys)
    const { data: [first] } = await items.search({ prefix: ['large'], offset: 17, limit: 20 })
    expect(first!.key).toBe(keys[17])
  })

  it('refuses what breaks a rule', async () => {
    const { organization: { items } } = await open()
    const value = 1
    const bad: readonly (readonly [object, string])[] = [
      [{ limit: 0 }, 'limit'], [{ limit: 201 }, 'limit'], [{ offset: -1 }, 'offset'],
      [{ offset: 1, cursor: 'x' }, 'offset'], [{ order: 'key' }, 'order'],
      [{ prefix: 'a' }, 'prefix'], [{ filter: {} }, 'filter'],
      [{ filter: Array(33).fill({ path: ['a'], value }) }, 'filter'],
      [{ filter: [{ path: [], value }] }, 'filter[0].path'],
      [{ filter: [{ path: ['a'], operator: 'like', value }] }, 'filter[0].operator'],
      [{ filter: [{ path: ['a'], operator: 'in', value }] }, 'filter[0].value'],
      [{ filter: [{ path: [1], value }] }, 'filter[0].path[0]'],
    ]
    for (const [request, field] of bad) {
      await expect(items.search(request)).rejects.toMatchObject({ field })
    }
  })
})

contract('namespaces of items', (open) => {
  it('are cleared alone or with all below them, never their neighbours', async () => {
    const { organization: { items } } = await open()
    const spaces = [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'bc'], ['ab'], ['a', '']]
    await items.write(spaces.flatMap((namespace) => ['1', '2'].map((key) =>
      ({ put: { namespace, key, value: 1 } }))))
    const left = async () => (await items.listNamespaces()).data
    expect(await items.clear([['a', 'b'], ['never']])).toBe(2)
    expect(await left()).toEqual([['a'], ['a', ''], ['a', 'b', 'c'], ['a', 'bc'], ['ab']])
    expect(await items.clear([['a']])).toBe(2)
    expect(await items.clear([['a']], { below: true })).toBe(6)
    expect(await left()).toEqual([['ab']])
    expect(await items.clear([])).toBe(0)
    await expect(items.clear([[]])).rejects.toMatchObject({ field: 'namespaces[0]' })
  })
})
