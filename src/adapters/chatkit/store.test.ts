import { expect, it } from 'vitest'
import { InvalidInput, InvalidValue } from '../../errors.js'
import { contract, type ContractWorld } from '../../testing/index.js'
import { ChatKitNotFound, createChatKitStore, type Thread, type ThreadItem } from './index.js'

const thread = (id: string, more: object = {}): Thread => ({
  id, title: null, created_at: '2026-01-31T12:00:00', status: { type: 'active' },
  allowed_image_domains: null, metadata: {}, ...more,
})
const said = (id: string, text = id, more: object = {}): ThreadItem => ({
  id, thread_id: 'thr_1', created_at: '2026-01-31T12:00:00.5+01:00', type: 'user_message',
  content: [{ type: 'input_text', text }], attachments: [], quoted_text: null,
  inference_options: {}, ...more,
})

/** One item of every type that ChatKit has, and of one that it may have one day. */
const everyType: readonly ThreadItem[] = [
  said('msg_1'),
  said('msg_2', '', {
    type: 'assistant_message', content: [{ type: 'output_text', text: 'é\u0000', annotations: [] }],
  }),
  said('tc_1', '', {
    type: 'client_tool_call', status: 'pending', call_id: 'c', name: 'n', arguments: { a: -0 },
    output: null,
  }),
  ...[
    'widget', 'generated_image', 'structured_input', 'workflow', 'task', 'hidden_context_item',
    'sdk_hidden_context', 'end_of_turn', 'Some Future Type',
  ].map((type) => said(`x_${type}`, '', {
    type, ['__proto__']: 1, unknown: { deep: [1.5, null] },
  })),
]

function storeOf({ holdfast, organizationId }: ContractWorld) {
  const store = createChatKitStore(holdfast)
  return { store, ours: { organizationId } }
}

async function begun(world: ContractWorld) {
  const { store, ours } = storeOf(world)
  await store.saveThread(thread('thr_1'), ours)
  const ids = async (listing: object = {}) =>
    (await store.loadThreadItems('thr_1', { order: 'asc', limit: 100, ...listing }, ours))
      .data.map(({ id }) => id)
  return { store, ours, ids }
}

/** All pages of a list. */
async function paged<T extends { id: string }>(
  load: (after: string | null) => Promise<{ data: T[]; has_more: boolean; after: string | null }>,
): Promise<string[]> {
  const seen: string[] = []
  for (let after: string | null = null; ;) {
    const page = await load(after)
    seen.push(...page.data.map(({ id }) => id))
    expect(page.after).toBe(page.has_more ? seen.at(-1) : null)
    if (page.after === null) return seen
    after = page.after
  }
}

contract('threads of ChatKit', (open) => {
  it('come back as they were saved, and as they were saved again', async () => {
    const world = await open()
    const { store, ours } = storeOf(world)
    const first = thread('thr é😀', { title: 'Trip', metadata: { a: [1, null] }, later: { x: 1 } })
    await store.saveThread(first, ours)
    expect(await store.loadThread('thr é😀', ours)).toStrictEqual(first)
    const closed = { ...first, status: { type: 'closed', reason: 'done' }, title: 'Sea' }
    await store.saveThread(closed, ours)
    expect(await store.loadThread('thr é😀', ours)).toStrictEqual(closed)
    const { data } = await world.organization.conversations.list()
    expect(data).toMatchObject([{ title: 'Sea', metadata: { chatkit: { a: [1, null] } } }])
    await store.deleteThread('thr é😀', ours)
    await store.deleteThread('thr é😀', ours)
    await expect(store.loadThread('thr é😀', ours)).rejects.toThrow(ChatKitNotFound)
    expect((await world.organization.conversations.list()).data).toEqual([])
  })

  it('are saved once by 20 at a time', async () => {
    const world = await open()
    const { store, ours } = storeOf(world)
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      store.saveThread(thread('thr', { metadata: { index } }), ours)))
    expect((await store.loadThreads({}, ours)).data).toHaveLength(1)
    expect((await world.organization.conversations.list()).data).toHaveLength(1)
  })

  it('are paged by their own time to the end, those of one moment too', async () => {
    const { store, ours } = storeOf(await open())
    const times = ['2026-01-02', '2026-01-01', '2026-01-02', '2026-01-03', '2026-01-02']
    for (const [index, day] of times.entries()) {
      await store.saveThread(thread(`thr_${index}`, { created_at: `${day}T00:00:00Z` }), ours)
    }
    const order = ['thr_1', 'thr_0', 'thr_2', 'thr_4', 'thr_3']
    for (const limit of [1, 2, 3, 5, 1_000]) {
      expect(await paged((after) => store.loadThreads({ limit, after, order: 'asc' }, ours)))
        .toEqual(order)
      expect(await paged((after) => store.loadThreads({ limit, after }, ours)))
        .toEqual(order.toReversed())
    }
    await expect(store.loadThreads({ after: 'thr_9' }, ours)).rejects
      .toMatchObject({ field: 'after' })
  })

  it('are found by what their metadata holds', async () => {
    const { store, ours } = storeOf(await open())
    for (let index = 0; index < 7; index += 1) {
      const metadata = { workflow: index % 2 === 0 ? 'a' : 'b', tags: [{ n: index }, 'x'] }
      await store.saveThread(thread(`thr_${index}`, { metadata }), ours)
    }
    const filtered = (metadata: object, limit = 2) => paged((after) =>
      store.filterThreads(metadata as never, { limit, after, order: 'asc' }, ours))
    expect(await filtered({ workflow: 'a' })).toEqual(['thr_0', 'thr_2', 'thr_4', 'thr_6'])
    expect(await filtered({ workflow: 'b', tags: ['x', { n: 3 }] })).toEqual(['thr_3'])
    expect(await filtered({ workflow: 'c' })).toEqual([])
    expect(await filtered({ constructor: {} })).toEqual([])
    expect(await filtered({}, 3)).toHaveLength(7)
  })

  it('that nobody touched are pruned, with what belongs to them', async () => {
    const world = await open()
    const { store, ours } = storeOf(world)
    for (const id of ['thr_1', 'thr_2', 'thr_3', 'thr_4']) await store.saveThread(thread(id), ours)
    await store.addThreadItem('thr_3', said('i', 'i', { thread_id: 'thr_3' }), ours)
    await store.saveAttachment({ id: 'atc_1', thread_id: 'thr_1' }, ours)
    await new Promise((done) => setTimeout(done, 20))
    const cutoff = new Date().toISOString()
    await new Promise((done) => setTimeout(done, 20))
    await store.addThreadItem('thr_2', said('i', 'i', { thread_id: 'thr_2' }), ours)
    await store.saveItem('thr_3', said('i', 'changed', { thread_id: 'thr_3' }), ours)
    const { data: [, last] } = await world.organization.conversations.list()
    expect(await createChatKitStore(world.holdfast)
      .pruneThreadsOlderThan(cutoff, { organizationId: world.neighbourId })).toBe(0)
    expect(last).toBeDefined()
    expect(await store.pruneThreadsOlderThan(cutoff, ours)).toBe(2)
    expect(await store.pruneThreadsOlderThan(cutoff, ours)).toBe(0)
    expect((await store.loadThreads({ order: 'asc' }, ours)).data.map(({ id }) => id))
      .toEqual(['thr_2', 'thr_3'])
    await expect(store.loadAttachment('atc_1', ours)).rejects.toThrow(ChatKitNotFound)
    await expect(store.pruneThreadsOlderThan('soon', ours)).rejects
      .toMatchObject({ field: 'cutoff' })
  })

  it('are saved or deleted, whatever comes first', async () => {
    const { store, ours } = storeOf(await open())
    for (let round = 0; round < 15; round += 1) {
      await store.saveThread(thread('thr_1'), ours)
      await Promise.all([
        store.saveThread(thread('thr_1', { title: 'a' }), ours),
        store.saveAttachment({ id: 'atc_1', thread_id: 'thr_1' }, ours),
        store.deleteThread('thr_1', ours),
        store.saveThread(thread('thr_1', { title: 'b' }), ours),
      ])
      await store.deleteThread('thr_1', ours)
    }
    await expect(store.loadThread('thr_1', ours)).rejects.toThrow(ChatKitNotFound)
  })

  it('are kept without what is undefined in them, as are items and attachments', async () => {
    const { store, ours } = storeOf(await open())
    const loose = { later: undefined, ['__proto__']: 1, deep: [{ gone: undefined, x: -0 }] }
    const kept = { ['__proto__']: 1, deep: [{ x: -0 }] }
    const { id, created_at } = thread('thr_1')
    await store.saveThread({
      id, created_at, title: undefined, metadata: loose as never, status: undefined,
    }, ours)
    expect(await store.loadThread('thr_1', ours)).toStrictEqual({ id, created_at, metadata: kept })
    const { quoted_text: _, ...item } = said('msg_1')
    for (const save of [store.addThreadItem.bind(store), store.saveItem.bind(store)]) {
      await save('thr_1', { ...item, quoted_text: undefined, more: loose as never }, ours)
      expect(await store.loadItem('thr_1', 'msg_1', ours)).toStrictEqual({ ...item, more: kept })
    }
    await store.saveAttachment({ id: 'atc_1', name: undefined, more: loose as never }, ours)
    expect(await store.loadAttachment('atc_1', ours)).toStrictEqual({ id: 'atc_1', more: kept })
  })

  it('are refused when they break a rule', async () => {
    const { store, ours } = storeOf(await open())
    const refused: [object, string][] = [
      [{ id: '' }, 'thread.id'], [{ id: 'x'.repeat(256) }, 'thread.id'],
      [{ created_at: 'now' }, 'thread.created_at'], [{ created_at: null }, 'thread.created_at'],
      [{ title: 7 }, 'thread.title'], [{ metadata: [] }, 'thread.metadata'],
    ]
    for (const [change, field] of refused) {
      await expect(store.saveThread(thread('thr', change), ours)).rejects.toMatchObject({ field })
    }
    await expect(store.saveThread(thread('thr', { x: Number.NaN }), ours)).rejects
      .toThrow(InvalidValue)
    for (const listing of [{ limit: 0 }, { limit: 1.5 }, { order: 'up' }]) {
      await expect(store.loadThreads(listing as object, ours)).rejects.toThrow(InvalidInput)
    }
    expect((await store.loadThreads({}, ours)).data).toEqual([])
  })
})

contract('items of ChatKit', (open) => {
  it('of every type come back as they were added', async () => {
    const world = await open()
    const { store, ours, ids } = await begun(world)
    for (const item of everyType) await store.addThreadItem('thr_1', item, ours)
    const { data } = await store.loadThreadItems('thr_1', { order: 'asc', limit: 100 }, ours)
    expect(data).toStrictEqual(everyType)
    expect(await store.loadItem('thr_1', 'tc_1', ours)).toStrictEqual(everyType[2])
    const { data: [conversation] } = await world.organization.conversations.list()
    const { data: messages } = await world.organization.messages.list(conversation!.id)
    expect(messages.slice(0, 4).map(({ role, kind }) => [role, kind])).toEqual([
      ['user', 'user_message'], ['assistant', 'assistant_message'],
      ['assistant', 'client_tool_call'], ['assistant', 'widget'],
    ])
    const done = { ...everyType[2]!, status: 'completed', output: { ok: true } }
    await store.saveItem('thr_1', done, ours)
    await store.addThreadItem('thr_1', everyType[0]!, ours)
    expect(await store.loadItem('thr_1', 'tc_1', ours)).toStrictEqual(done)
    expect(await ids()).toEqual(everyType.map(({ id }) => id))
  })

  it('are paged to the end both ways, none lost and none twice', async () => {
    const { store, ours, ids } = await begun(await open())
    const order = Array.from({ length: 11 }, (_, index) => `msg_${index}`)
    for (const id of order) await store.addThreadItem('thr_1', said(id), ours)
    for (const limit of [1, 2, 5, 10, 11, 500]) {
      const page = (direction: 'asc' | 'desc') => paged((after) =>
        store.loadThreadItems('thr_1', { limit, after, order: direction }, ours))
      expect(await page('asc')).toEqual(order)
      expect(await page('desc')).toEqual(order.toReversed())
    }
    await store.deleteThreadItem('thr_1', 'msg_4', ours)
    expect(await ids({ after: 'msg_4', limit: 2 })).toEqual(['msg_5', 'msg_6'])
    expect(await ids({ after: 'msg_4', order: 'desc', limit: 2 })).toEqual(['msg_3', 'msg_2'])
    await expect(ids({ after: 'msg_99' })).rejects.toMatchObject({ field: 'after' })
  })

  it('that are deleted are gone, and may come again at the end', async () => {
    const { store, ours, ids } = await begun(await open())
    for (const id of ['a', 'b', 'c']) await store.addThreadItem('thr_1', said(id), ours)
    for (const text of ['again', 'and again']) {
      await store.deleteThreadItem('thr_1', 'a', ours)
      await store.deleteThreadItem('thr_1', 'a', ours)
      await expect(store.loadItem('thr_1', 'a', ours)).rejects.toThrow(ChatKitNotFound)
      expect(await ids()).toEqual(['b', 'c'])
      await store.saveItem('thr_1', said('a', text), ours)
      expect(await ids()).toEqual(['b', 'c', 'a'])
      expect(await store.loadItem('thr_1', 'a', ours)).toStrictEqual(said('a', text))
    }
    await store.deleteThreadItem('thr_1', 'nobody', ours)
    for (let count = 0; count < 13; count += 1) {
      await store.deleteThreadItem('thr_1', 'a', ours)
      await store.addThreadItem('thr_1', said('a'), ours)
    }
    await store.deleteThreadItem('thr_1', 'a', ours)
    await expect(store.addThreadItem('thr_1', said('a'), ours)).rejects
      .toMatchObject({ field: 'item.id' })
  })

  it('are added once by 20 at a time, and belong to their thread', async () => {
    const { store, ours, ids } = await begun(await open())
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      store.addThreadItem('thr_1', said('a', `${index}`), ours)))
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      store.addThreadItem('thr_1', said(`b${index}`), ours)))
    expect(await ids()).toHaveLength(21)
    await store.saveThread(thread('thr_2'), ours)
    for (const id of ['a', 'new']) {
      await expect(store.saveItem('thr_2', said(id), ours)).rejects
        .toMatchObject({ field: 'item.thread_id' })
    }
    const other = said('a', 'other', { thread_id: 'thr_2' })
    await store.addThreadItem('thr_2', other, ours)
    expect(await store.loadItem('thr_2', 'a', ours)).toStrictEqual(other)
    const nowhere = said('a', 'a', { thread_id: 'thr_3' })
    await expect(store.addThreadItem('thr_3', nowhere, ours)).rejects.toThrow(ChatKitNotFound)
    await expect(store.loadThreadItems('thr_3', {}, ours)).rejects.toThrow(ChatKitNotFound)
  })

  it('and threads and attachments stay unseen by a neighbour', async () => {
    const world = await open()
    const { store, ours, ids } = await begun(world)
    const theirs = { organizationId: world.neighbourId }
    await store.addThreadItem('thr_1', said('a'), ours)
    await store.saveAttachment({ id: 'atc_1' }, ours)
    for (const call of [
      () => store.loadThread('thr_1', theirs), () => store.loadItem('thr_1', 'a', theirs),
      () => store.loadAttachment('atc_1', theirs),
      () => store.loadThreadItems('thr_1', {}, theirs),
      () => store.addThreadItem('thr_1', said('b'), theirs),
    ]) {
      await expect(call()).rejects.toThrow(ChatKitNotFound)
    }
    await store.deleteThread('thr_1', theirs)
    await store.deleteThreadItem('thr_1', 'a', theirs)
    await store.deleteAttachment('atc_1', theirs)
    await store.saveThread(thread('thr_1', { title: 'theirs' }), theirs)
    await store.addThreadItem('thr_1', said('a', 'theirs'), theirs)
    await store.saveAttachment({ id: 'atc_1', name: 'theirs' }, theirs)
    expect(await store.loadItem('thr_1', 'a', ours)).toStrictEqual(said('a'))
    expect(await store.loadThread('thr_1', ours)).toStrictEqual(thread('thr_1'))
    expect([await ids(), await store.loadAttachment('atc_1', ours)])
      .toEqual([['a'], { id: 'atc_1' }])
    expect((await store.loadThreads({}, theirs)).data).toHaveLength(1)
  })

  it('get ids of 128 bits', async () => {
    const { store } = storeOf(await open())
    const made = Array.from({ length: 100 }, () => store.generateItemId('message'))
    expect(new Set(made).size).toBe(100)
    expect(made.every((id) => /^msg_[0-9a-f]{32}$/.test(id))).toBe(true)
    expect(store.generateThreadId()).toMatch(/^thr_[0-9a-f]{32}$/)
    const kinds = ['thread', 'tool_call', 'workflow', 'task', 'attachment', 'sdk_hidden_context']
    expect(kinds.map((kind) => store.generateItemId(kind as 'thread').split('_')[0]))
      .toEqual(['thr', 'tc', 'wf', 'tsk', 'atc', 'shcx'])
  })
})

contract('attachments of ChatKit', (open) => {
  it('come back as they were saved, and go with their thread', async () => {
    const { store, ours } = await begun(await open())
    const attachment = {
      id: 'atc_é', type: 'image', name: 'a.png', mime_type: 'image/png', preview_url: 'https://x/y',
      upload_descriptor: { url: 'https://x', method: 'PUT', headers: { a: 'b' } },
      thread_id: 'thr_1', metadata: null, unknown: [1],
    }
    await store.saveAttachment(attachment, ours)
    expect(await store.loadAttachment('atc_é', ours)).toStrictEqual(attachment)
    const uploaded = { ...attachment, upload_descriptor: null }
    await Promise.all(Array.from({ length: 20 }, () => store.saveAttachment(uploaded, ours)))
    await store.saveAttachment({ id: 'atc_2', thread_id: 'not yet' }, ours)
    await store.saveAttachment({ id: 'atc_3', thread_id: null }, ours)
    expect(await store.loadAttachment('atc_é', ours)).toStrictEqual(uploaded)
    await store.deleteThread('thr_1', ours)
    await expect(store.loadAttachment('atc_é', ours)).rejects.toThrow(ChatKitNotFound)
    expect(await store.loadAttachment('atc_2', ours)).toEqual({ id: 'atc_2', thread_id: 'not yet' })
    await store.deleteAttachment('atc_3', ours)
    await store.deleteAttachment('atc_3', ours)
    await expect(store.loadAttachment('atc_3', ours)).rejects.toThrow(ChatKitNotFound)
    for (const [bad, field] of [[{ id: '' }, 'attachment.id'], [[], 'attachment']] as const) {
      await expect(store.saveAttachment(bad as never, ours)).rejects.toMatchObject({ field })
    }
  })
})
