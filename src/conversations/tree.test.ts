import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  ConversationIsForked, ConversationNotFound, MessageNotFound, ParentMessageNotFound,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const said = (content: string) => ({ role: 'user', content })

async function begun({ organization }: ContractWorld) {
  const { conversations, messages } = organization
  const { id } = await conversations.create()
  const texts = async (page: Promise<{ data: { content: unknown }[] }>) =>
    (await page).data.map(({ content }) => content)
  return { id, conversations, messages, texts }
}

contract('the tree of messages', (open) => {
  it('grows from the active leaf, one path in order', async () => {
    const { id, conversations, messages, texts } = await begun(await open())
    const a = await messages.append(id, said('a'))
    const [b, c] = await messages.appendMany(id, [said('b'), said('c')])
    expect([a, b, c].map((each) => [each!.depth, each!.parentMessageId]))
      .toEqual([[1, null], [2, a.id], [3, b!.id]])
    expect((await conversations.get(id)).activeLeafId).toBe(c!.id)
    expect(await texts(messages.path(id))).toEqual(['c', 'b', 'a'])
    expect(await texts(messages.path(id, { order: 'asc' }))).toEqual(['a', 'b', 'c'])
    expect((await messages.list(id)).data).toStrictEqual([a, b, c])
  })

  it('branches at a message that is named, and at the sibling of one', async () => {
    const { id, messages, texts } = await begun(await open())
    const [a, b] = await messages.appendMany(id, [said('a'), said('b'), said('c')])
    const edited = await messages.append(id, { ...said('b2'), siblingOf: b!.id })
    expect(edited).toMatchObject({ depth: 2, parentMessageId: a!.id, position: 4 })
    await messages.append(id, said('c2'))
    expect(await texts(messages.path(id))).toEqual(['c2', 'b2', 'a'])
    const other = await messages.append(id, { ...said('b3'), parentMessageId: a!.id })
    expect(await texts(messages.path(id))).toEqual(['b3', 'a'])
    expect(await texts(messages.children(id, a!.id))).toEqual(['b', 'b2', 'b3'])
    expect(await texts(messages.children(id, b!.id))).toEqual(['c'])
    expect(await texts(messages.path(id, { leaf: other.id, order: 'asc' }))).toEqual(['a', 'b3'])
    const root = await messages.append(id, { ...said('z'), parentMessageId: null })
    expect(root).toMatchObject({ depth: 1, parentMessageId: null })
    expect(await texts(messages.children(id, null))).toEqual(['a', 'z'])
    expect(await texts(messages.list(id))).toEqual(['a', 'b', 'c', 'b2', 'c2', 'b3', 'z'])
  })

  it('is read on from any message of a path, erased ones too', async () => {
    const { id, messages, texts } = await begun(await open())
    const [a, b, c] = await messages.appendMany(id, [said('a'), said('b'), said('c')])
    const edited = await messages.append(id, { ...said('b2'), siblingOf: b!.id })
    await messages.appendMany(id, [said('c2'), said('d2')])
    const after = (message: { id: string }, order: 'asc' | 'desc') =>
      texts(messages.path(id, { after: message.id, order }))
    expect(await after(a!, 'asc')).toEqual(['b2', 'c2', 'd2'])
    await messages.delete(id, edited.id)
    expect(await after(edited, 'asc')).toEqual(['c2', 'd2'])
    expect(await after(edited, 'desc')).toEqual(['a'])
    expect([await after(a!, 'desc'), await after(c!, 'desc')]).toEqual([[], ['b', 'a']])
    const first = await messages.path(id, { after: a!.id, order: 'asc', limit: 1 })
    expect(await texts(messages.path(id, { order: 'asc', cursor: first.nextCursor! })))
      .toEqual(['d2'])
    await expect(after({ id: unknownId }, 'asc')).rejects.toThrow(MessageNotFound)
    expect(await messages.positions(id, [b!.id, edited.id, unknownId]))
      .toEqual(new Map([[b!.id, 2], [edited.id, 4]]))
  })

  it('takes several messages of one call to several places, all or none', async () => {
    const { id, messages, texts } = await begun(await open())
    const [a, b] = await messages.appendMany(id, [said('a'), said('b')])
    const list = [
      said('c'), { ...said('b2'), parentMessageId: a!.id }, said('c2'),
      { ...said('b3'), siblingOf: b!.id },
    ]
    const options = { idempotencyKey: 'once' }
    const appended = await messages.appendMany(id, list, options)
    expect(appended.map(({ depth }) => depth)).toEqual([3, 2, 3, 2])
    expect(await messages.appendMany(id, list, options)).toStrictEqual(appended)
    for (const message of appended) {
      expect(await messages.get(id, message.id)).toStrictEqual(message)
    }
    const failing = messages.appendMany(id, [said('x'), { ...said('y'), siblingOf: unknownId }])
    await expect(failing).rejects.toMatchObject({
      code: 'parent_message_not_found', field: 'messages[1].sibling_of',
    })
    expect(await texts(messages.list(id))).toEqual(['a', 'b', 'c', 'b2', 'c2', 'b3'])
  })

  it('goes on where the branch is switched to, or at the newest message beneath', async () => {
    const { id, conversations, messages, texts } = await begun(await open())
    const [a, b, c] = await messages.appendMany(id, [said('a'), said('b'), said('c')])
    await messages.append(id, { ...said('b2'), siblingOf: b!.id })
    const switched = await conversations.setActiveLeaf(id, b!.id, { newest: true })
    expect(switched.activeLeafId).toBe(c!.id)
    const d = await messages.append(id, said('d'))
    expect(d).toMatchObject({ depth: 4, parentMessageId: c!.id })
    for (let turn = 0; turn < 3; turn++) await conversations.setActiveLeaf(id, a!.id)
    expect(await texts(messages.path(id))).toEqual(['a'])
    await conversations.setActiveLeaf(id, null)
    expect(await texts(messages.path(id))).toEqual([])
    expect((await conversations.setActiveLeaf(id, null, { newest: true })).activeLeafId)
      .toBe(d.id)
    await conversations.setActiveLeaf(id, a!.id)
    await messages.append(id, said('b3'))
    expect(await texts(messages.children(id, a!.id))).toEqual(['b', 'b2', 'b3'])
  })

  it('refuses a parent that is elsewhere, gone, or not there', async () => {
    const world = await open()
    const { id, conversations, messages } = await begun(world)
    const other = await conversations.create()
    const foreign = await messages.append(other.id, said('x'))
    const a = await messages.append(id, said('a'))
    const b = await messages.append(id, said('b'))
    await messages.delete(id, b.id)
    for (const parentMessageId of [foreign.id, b.id, unknownId]) {
      await expect(messages.append(id, { ...said('c'), parentMessageId })).rejects
        .toThrow(ParentMessageNotFound)
      await expect(conversations.setActiveLeaf(id, parentMessageId)).rejects
        .toThrow(MessageNotFound)
      await expect(conversations.fork(id, parentMessageId)).rejects.toThrow(MessageNotFound)
      await expect(messages.path(id, { leaf: parentMessageId })).rejects.toThrow(MessageNotFound)
      await expect(messages.children(id, parentMessageId)).rejects.toThrow(MessageNotFound)
    }
    const theirs = { ...said('c'), parentMessageId: a.id }
    await expect(world.neighbour.messages.append(id, theirs)).rejects.toThrow(ConversationNotFound)
    for (const call of [
      () => world.neighbour.messages.path(id), () => world.neighbour.messages.children(id, null),
      () => world.neighbour.conversations.setActiveLeaf(id, a.id),
      () => world.neighbour.conversations.fork(id, a.id),
    ]) {
      await expect(call()).rejects.toThrow(ConversationNotFound)
    }
    const both = { ...said('c'), parentMessageId: a.id, siblingOf: a.id }
    await expect(messages.append(id, both)).rejects.toMatchObject({ field: 'sibling_of' })
  })

  it('steps back to a living ancestor when the active leaf is erased', async () => {
    const { id, conversations, messages, texts } = await begun(await open())
    const [a, b, c] = await messages.appendMany(id, [said('a'), said('b'), said('c')])
    await messages.delete(id, b!.id)
    expect((await conversations.get(id)).activeLeafId).toBe(c!.id)
    await messages.delete(id, c!.id)
    expect((await conversations.get(id)).activeLeafId).toBe(a!.id)
    await messages.append(id, said('d'))
    expect(await texts(messages.path(id))).toEqual(['d', 'a'])
    expect(await texts(messages.children(id, a!.id))).toEqual(['d'])
  })

  it('is shared by forks, which go their own way', async () => {
    const { id, conversations, messages, texts } = await begun(await open())
    const [a, b] = await messages.appendMany(id, [said('a'), said('b'), said('c')])
    const fork = await conversations.fork(id, b!.id, { title: 'Another' })
    expect(fork).toMatchObject({
      title: 'Another', messageCount: 0, activeLeafId: b!.id,
      forkedFromConversationId: id, forkedFromMessageId: b!.id,
    })
    expect(await conversations.get(fork.id)).toStrictEqual(fork)
    const d = await messages.append(fork.id, said('d'))
    expect(d).toMatchObject({ position: 1, depth: 3, parentMessageId: b!.id })
    expect(await texts(messages.path(fork.id))).toEqual(['d', 'b', 'a'])
    expect(await texts(messages.path(fork.id, { order: 'asc', limit: 2 }))).toEqual(['a', 'b'])
    expect(await texts(messages.path(id))).toEqual(['c', 'b', 'a'])
    expect(await texts(messages.children(fork.id, b!.id))).toEqual(['d'])
    expect(await messages.get(fork.id, a!.id)).toMatchObject({ conversationId: id, content: 'a' })
    await expect(messages.get(fork.id, (await messages.list(id)).data[2]!.id)).rejects
      .toThrow(MessageNotFound)
    const grandchild = await conversations.fork(fork.id, a!.id)
    await messages.append(grandchild.id, said('e'))
    expect(await texts(messages.path(grandchild.id))).toEqual(['e', 'a'])
    await expect(conversations.delete(id)).rejects.toThrow(ConversationIsForked)
    expect(await texts(messages.list(id))).toEqual(['a', 'b', 'c'])
    await conversations.delete(grandchild.id)
    await conversations.delete(fork.id)
    await conversations.delete(id)
  })

  it('is paged to the end both ways and among children, erased messages left out', async () => {
    const { id, conversations, messages } = await begun(await open())
    const top = await messages.append(id, said('top'))
    for (let index = 0; index < 30; index++) {
      const word = { ...said(`${index}`), ...(index % 4 === 0 ? { siblingOf: undefined } : {}) }
      const last = await messages.append(id, word)
      if (index % 3 === 1) await messages.append(id, { ...said(`${index}b`), siblingOf: last.id })
      if (index % 7 === 2) await messages.delete(id, last.id)
    }
    const pages = async (order: 'asc' | 'desc', limit: number) => {
      const found: string[] = []
      let cursor: string | null = null
      do {
        const page = await messages.path(id, { order, limit, ...(cursor ? { cursor } : {}) })
        expect(page.data.length).toBeLessThanOrEqual(limit)
        found.push(...page.data.map((message) => message.id))
        cursor = page.nextCursor
      } while (cursor !== null)
      return found
    }
    const whole = await pages('desc', 200)
    expect(whole.at(-1)).toBe(top.id)
    for (const limit of [1, 3, 7]) {
      expect(await pages('desc', limit)).toEqual(whole)
      expect(await pages('asc', limit)).toEqual(whole.toReversed())
    }
    for (let index = 0; index < 9; index++) {
      await messages.append(id, { ...said(`child ${index}`), parentMessageId: top.id })
    }
    const children: string[] = []
    let cursor: string | null = null
    do {
      const page = await messages.children(id, top.id, { limit: 4, ...(cursor ? { cursor } : {}) })
      children.push(...page.data.map((message) => message.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    const all = (await messages.list(id, { limit: 200 })).data
    expect(children).toEqual(all
      .filter(({ parentMessageId }) => parentMessageId === top.id).map((message) => message.id))
    expect((await conversations.get(id)).activeLeafId).toBe(children.at(-1))
  })

  it('stays one tree under 20 writers that append, branch and switch at once', async () => {
    const { id, conversations, messages } = await begun(await open())
    const root = await messages.append(id, said('root'))
    await Promise.all(Array.from({ length: 20 }, async (_, writer) => {
      for (let turn = 0; turn < 5; turn++) {
        const word = said(`${writer} ${turn}`)
        const branch = { ...word, parentMessageId: root.id }
        const sent = await messages.append(id, (writer + turn) % 3 === 0 ? branch : word)
        if ((writer + turn) % 5 === 0) await conversations.setActiveLeaf(id, sent.id)
      }
    }))
    const { data } = await messages.list(id, { limit: 200 })
    expect(data.map(({ position }) => position)).toEqual(data.map((_, index) => index + 1))
    const byId = new Map(data.map((message) => [message.id, message]))
    for (const message of data) {
      const parent = byId.get(message.parentMessageId ?? '')
      expect(message.depth).toBe((parent?.depth ?? 0) + 1)
      const { data: path } = await messages.path(id, { leaf: message.id, limit: 200 })
      expect(path.map((each) => each.id)).toEqual(ancestors(message.id, byId))
    }
  })
})

function ancestors(
  id: string,
  byId: ReadonlyMap<string, { readonly parentMessageId: string | null }>,
): string[] {
  const found: string[] = []
  for (let next: string | null = id; next !== null; next = byId.get(next)!.parentMessageId) {
    found.push(next)
  }
  return found
}
