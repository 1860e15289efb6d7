import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { type CacheTransport, type ItemTransport } from '../items/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const hard = '\u0000 \ud800 \ufdd0 \u0001/%?#é'
const name = { namespace: ['users', '1'], key: 'likes' }

contract('items over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are put, found and deleted with ETag, If-Match and If-None-Match', async () => {
    const { ours } = await open()
    const given = { ...name, value: { tea: true } }
    const first = await ours.put('/v1/items', given, { 'if-none-match': '*' })
    expect([first.status, first.headers.etag]).toEqual([200, `"${first.body.revision}"`])
    expect(first.body).toMatchObject({ ...name, expires_at: null })
    const again = await ours.put('/v1/items', given, { 'if-none-match': '*' })
    expect([again.status, again.body.code]).toEqual([412, 'item_exists'])
    const tag = { 'if-match': first.headers.etag! }
    const second = await ours.put('/v1/items', { ...name, value: 2, ttl_seconds: 60 }, tag)
    expect(second.body.revision).toBeGreaterThan(first.body.revision)
    for (const refused of [
      await ours.put('/v1/items', given, tag), await ours.post('/v1/items/delete', name, tag),
    ]) expect([refused.status, refused.body.code]).toEqual([412, 'revision_conflict'])
    const { body } = await ours.post('/v1/items/find', { names: [name, { ...name, key: 'no' }] })
    expect(body.data).toEqual([{ ...second.body, value: 2 }, null])
    const gone = await ours.post('/v1/items/delete', name, { 'if-match': second.headers.etag! })
    expect(gone.body).toEqual({ deleted: true })
    expect((await ours.post('/v1/items/delete', name)).body).toEqual({ deleted: false })
  })

  it('name what is wrong, and where', async () => {
    const { ours } = await open()
    const item = { ...name, value: 1 }
    for (const [answer, field] of [
      [await ours.put('/v1/items', { ...item, namespace: [] }), 'body.namespace'],
      [await ours.put('/v1/items', { ...item, namespace: ['é'.repeat(600)] }), 'body.namespace'],
      [await ours.put('/v1/items', name), 'body.value'],
      [await ours.put('/v1/items', { ...item, ttl_seconds: 0 }), 'body.ttl_seconds'],
      [await ours.post('/v1/items/find', { names: [{ ...name, key: 1 }] }), 'body.names[0].key'],
      [await ours.post('/v1/items/search', { limit: 0 }), 'body.limit'],
      [await ours.post('/v1/items/search', { cursor: 'x' }), 'body.cursor'],
      [await ours.post('/v1/items/namespaces', { max_depth: 33 }), 'body.max_depth'],
      [await ours.put('/v1/cache', {
        entries: [{ ...name, type: 'json', bytes: 'no base64' }],
      }), 'body.entries[0].bytes'],
      [await ours.put('/v1/items', { ...item, value: 'x'.repeat(1024 * 1024) }), 'body.value'],
      [await ours.post('/v1/items/write', { changes: [{ put: { ...item, key: 1 } }] }),
        'body.changes[0].put.key'],
      [await ours.post('/v1/items/write', { changes: [{ delete: name }, { delete: {} }] }),
        'body.changes[1].delete.namespace'],
      [await ours.post('/v1/items/write', { changes: [{ put: item, more: 1 }] }),
        'body.changes[0].more'],
      [await ours.post('/v1/items/write', { changes: [{}] }), 'body.changes[0]'],
      [await ours.post('/v1/items/search', { filter: [{ value: 1 }] }), 'body.filter[0].path'],
      [await ours.post('/v1/items/search', { filter: [{ path: ['a'], operator: 'x', value: 1 }] }),
        'body.filter[0].operator'],
      [await ours.post('/v1/items/search', { filter: [{ path: ['a'], operator: 'in', value: 1 }] }),
        'body.filter[0].value'],
    ] as const) expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    expect((await ours.post('/v1/items/search', {})).body.data).toEqual([])
  })

  it('change once under one idempotency key, and whole or not at all', async () => {
    const { ours, theirs } = await open()
    const key = { 'idempotency-key': 'once' }
    const first = await ours.put('/v1/items', { ...name, value: 1 }, key)
    const again = await ours.put('/v1/items', { ...name, value: 1 }, key)
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true'])
    expect((await ours.put('/v1/items', { ...name, value: 2 }, key)).status).toBe(422)
    const bad = await ours.post('/v1/items/write', {
      changes: [{ delete: name }, { put: { ...name, key: 'k'.repeat(1_025), value: 1 } }],
    })
    expect([bad.status, bad.body.errors[0].field]).toEqual([400, 'body.changes[1].put.key'])
    expect((await ours.post('/v1/items/search', {})).body.data).toMatchObject([{ value: 1 }])
    for (const path of ['search', 'namespaces']) {
      expect((await theirs.post(`/v1/items/${path}`, {})).body.data).toEqual([])
    }
  })
})

contract('memory and cache of the client', (openWorld) => {
  const open = served(openWorld, serving)

  /** The library's own stores, and the client's: whoever takes one takes the other. */
  async function transports() {
    const { organization, url, ourToken } = await open()
    const client = createClient({ url, token: ourToken })
    const items: readonly ItemTransport[] = [organization.items, client.items]
    const caches: readonly CacheTransport[] = [organization.cache, client.cache]
    return { items, caches }
  }

  it('answer as the library does, whatever names and values are', async () => {
    const { items: [library, client] } = await transports()
    const names = [
      { namespace: [hard, ''], key: hard }, { namespace: ['a:b'], key: '' },
      { namespace: ['a', 'b'], key: '' }, { namespace: ['users', '10'], key: '%' },
    ]
    const values = [null, -0, { [hard]: [hard, { ['__proto__']: 1 }] }, 'x']
    const put = []
    for (const [index, each] of names.entries()) {
      put.push(await client!.put({ ...each, value: values[index]!, ttlSeconds: 3_600 }))
    }
    for (const store of [library!, client!]) {
      expect(await store.findMany([...names, name])).toStrictEqual([...put, undefined])
      expect(await store.find(names[0]!)).toStrictEqual(put[0])
      expect((await store.search({ prefix: ['users', '1'] })).data).toEqual([])
      const filter = [{ path: [hard], operator: 'ne', value: 1 }] as const
      const pages = [await store.search({ filter, limit: 3 })]
      pages.push(await store.search({ filter, cursor: pages[0]!.nextCursor! }))
      expect(pages.flatMap(({ data }) => data.map(({ key }) => key))).toHaveLength(4)
      expect((await store.search({ offset: 1, limit: 1, order: 'updated' })).data).toHaveLength(1)
      expect(await store.listNamespaces({ prefix: ['a', null], maxDepth: 2 }))
        .toEqual({ data: [['a', 'b']], nextCursor: null })
      expect((await store.listNamespaces({ suffix: [''], limit: 1 })).data).toEqual([[hard, '']])
    }
    const refreshed = await client!.find(names[1]!, { refresh: true })
    expect(refreshed!.expiresAt! > put[1]!.expiresAt!).toBe(true)
    await client!.write([{ delete: names[0]! }, { put: { ...name, value: 1 } }])
    expect(await library!.find(names[0]!)).toBeUndefined()
    const { revision: ifRevision } = (await library!.find(name))!
    await expect(client!.put({ ...name, value: 2 }, { ifRevision: ifRevision - 1 }))
      .rejects.toMatchObject({ code: 'revision_conflict' })
    await expect(client!.put({ ...name, value: 2 }, { ifAbsent: true }))
      .rejects.toMatchObject({ code: 'item_exists' })
    expect(await client!.delete(name, { ifRevision })).toBe(true)
    expect(await client!.delete(name)).toBe(false)
    expect(await client!.clear([['users'], ['a']])).toBe(0)
    expect(await client!.clear([['users'], ['a']], { below: true })).toBe(2)
  })

  it('keep bytes of any kind', async () => {
    const { caches: [library, client] } = await transports()
    const bytes = Uint8Array.from({ length: 70_001 }, (_, index) => index * 7)
    const value = { type: 'msgpack', bytes }
    const empty = { type: 'bytes', bytes: new Uint8Array() }
    const other = { namespace: ['c', hard], key: hard }
    await client!.put([{ ...name, value }, { ...other, value: empty, ttlSeconds: 60 }])
    for (const cache of [library!, client!]) {
      expect(await cache.find([other, { ...name, key: 'no' }, name]))
        .toStrictEqual([empty, undefined, value])
    }
    expect(await client!.clear([['c']], { below: true })).toBe(1)
    expect(await client!.clearAll()).toBe(1)
    expect(await library!.find([name, other])).toEqual([undefined, undefined])
  })
})
