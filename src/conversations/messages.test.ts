import { expect, it } from 'vitest'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { ConversationNotFound, MessageNotFound, ParentMessageNotFound } from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const text = (content: string) => ({ role: 'user', content })

async function begun({ organization }: ContractWorld) {
  const { id } = await organization.conversations.create({ title: 'Test' })
  return { id, messages: organization.messages }
}

contract('messages', (open) => {
  it('come back as they were appended', async () => {
    const { id, messages } = await begun(await open())
    const parent = await messages.append(id, text('Hello'))
    const appended = await messages.append(id, {
      role: 'assistant',
      content: { parts: [{ type: 'text', text: 'Hi \u0000 \ud800 \ufdd0' }], score: -0 },
      metadata: { model: 'm', ['__proto__']: { nested: [1, null, true] } },
      parentMessageId: parent.id,
      tokensUsed: 42,
    })
    expect(appended.position).toBe(2)
    expect(await messages.get(id, appended.id)).toStrictEqual(appended)
    const page = await messages.list(id)
    expect(page).toStrictEqual({ data: [parent, appended], nextCursor: null })
  })

  it('are refused for a conversation that is not there', async () => {
    const { organization } = await open()
    const { messages } = organization
    await expect(messages.append(unknownId, text('x'))).rejects.toThrow(ConversationNotFound)
    await expect(messages.list(unknownId)).rejects.toThrow(ConversationNotFound)
    await expect(messages.get(unknownId, unknownId)).rejects.toThrow(MessageNotFound)
    await expect(messages.delete(unknownId, unknownId)).rejects.toThrow(MessageNotFound)
  })

  it('of one call are all appended or none', async () => {
    const { id, messages } = await begun(await open())
    const bad = { ...text('two'), parentMessageId: unknownId }
    await expect(messages.appendMany(id, [text('one'), bad])).rejects.toThrow(
      ParentMessageNotFound)
    await expect(
      messages.appendMany(id, [text('one'), { role: 'user', content: Number.NaN }]),
    ).rejects.toThrow(/messages\[1\]\.content is NaN/)
    expect((await messages.list(id)).data).toEqual([])
    const three = await messages.appendMany(id, [text('1'), text('2'), text('3')])
    expect(three.map(({ position }) => position)).toEqual([1, 2, 3])
  })

  it('keep positions without gaps under 20 writers, each writer in order', async () => {
    const { id, messages } = await begun(await open())
    const writers = Array.from({ length: 20 }, (_, writer) => async () => {
      for (let step = 0; step < 10; step++) await messages.append(id, text(`${writer}:${step}`))
    })
    await Promise.all(writers.map((write) => write()))
    const { data } = await messages.list(id, { limit: 200 })
    expect(data.map(({ position }) => position)).toEqual(data.map((_, index) => index + 1))
    expect(data).toHaveLength(200)
    for (let writer = 0; writer < 20; writer++) {
      const own = data.filter(({ content }) => String(content).startsWith(`${writer}:`))
      expect(own.map(({ content }) => content)).toEqual(own.map((_, step) => `${writer}:${step}`))
    }
  })

  it('of many conversations share batches without mixing', async () => {
    const world = await open()
    const conversations = await Promise.all(Array.from({ length: 20 }, () => begun(world)))
    await Promise.all(conversations.flatMap(({ id, messages }) =>
      Array.from({ length: 5 }, (_, step) => messages.append(id, text(`${id} ${step}`)))))
    for (const { id, messages } of conversations) {
      const { data } = await messages.list(id)
      expect(data.map(({ content }) => content)).toEqual(
        Array.from({ length: 5 }, (_, step) => `${id} ${step}`))
    }
  })

  it('fail alone when they share a batch with good ones', async () => {
    const { id, messages } = await begun(await open())
    const outcomes = await Promise.allSettled([
      messages.append(id, text('good 1')),
      messages.append(unknownId, text('bad')),
      messages.append(id, text('good 2')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const { data } = await messages.list(id)
    expect(data.map(({ content, position }) => [content, position])).toEqual(
      [['good 1', 1], ['good 2', 2]])
  })

  it('with the same key are appended once, however often and however parallel', async () => {
    const { id, messages } = await begun(await open())
    const calls = Array.from({ length: 20 }, () =>
      messages.append(id, text('once'), { idempotencyKey: 'k' }))
    const results = await Promise.all(calls)
    const again = await messages.append(id, text('once'), { idempotencyKey: 'k' })
    for (const result of results) expect(result).toStrictEqual(again)
    expect((await messages.list(id)).data).toStrictEqual([again])
    const next = await messages.append(id, text('next'))
    expect(next.position).toBe(2)
  })

  it('with the same key and another content are refused', async () => {
    const { id, messages } = await begun(await open())
    await messages.append(id, text('first'), { idempotencyKey: 'k' })
    await expect(messages.append(id, text('second'), { idempotencyKey: 'k' }))
      .rejects.toThrow(IdempotencyKeyReused)
    expect((await messages.list(id)).data).toHaveLength(1)
  })

  it('that found no conversation leave their key free', async () => {
    const world = await open()
    const { id, messages } = await begun(world)
    await expect(messages.append(unknownId, text('x'), { idempotencyKey: 'k' }))
      .rejects.toThrow(ConversationNotFound)
    await messages.append(id, text('x'), { idempotencyKey: 'k' })
    expect((await messages.list(id)).data).toHaveLength(1)
  })

  it('are paged to the end in both directions, and from any point', async () => {
    const { id, messages } = await begun(await open())
    await messages.appendMany(id, Array.from({ length: 23 }, (_, index) => text(`${index + 1}`)))
    for (const order of ['asc', 'desc'] as const) {
      const seen: number[] = []
      let cursor: string | undefined
      do {
        const page = await messages.list(id, { order, limit: 5, cursor })
        seen.push(...page.data.map(({ position }) => position))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      const rising = Array.from({ length: 23 }, (_, index) => index + 1)
      expect(seen).toEqual(order === 'asc' ? rising : rising.reverse())
    }
    const after = await messages.list(id, { from: 20 })
    expect(after.data.map(({ position }) => position)).toEqual([21, 22, 23])
    const before = await messages.list(id, { from: 3, order: 'desc' })
    expect(before.data.map(({ position }) => position)).toEqual([2, 1])
  })

  it('of great length make shorter pages, and are still paged to the end', async () => {
    const { id, messages } = await begun(await open())
    const long = 'x'.repeat(12 * 1024 * 1024)
    for (let index = 0; index < 4; index++) await messages.append(id, text(long))
    const first = await messages.list(id)
    expect(first.data.map(({ position }) => position)).toEqual([1, 2])
    const rest = await messages.list(id, { cursor: first.nextCursor! })
    expect(rest.data.map(({ position }) => position)).toEqual([3, 4])
    expect(rest.nextCursor).toBe(null)
  })

  it('refuse a cursor of another list', async () => {
    const world = await open()
    const one = await begun(world)
    const other = await begun(world)
    await one.messages.appendMany(one.id, [text('1'), text('2')])
    await other.messages.appendMany(other.id, [text('1'), text('2')])
    const { nextCursor } = await one.messages.list(one.id, { limit: 1 })
    const cursor = nextCursor!
    await expect(one.messages.list(other.id, { cursor })).rejects.toThrow(/cursor/)
    await expect(one.messages.list(one.id, { cursor, order: 'desc' })).rejects.toThrow(/cursor/)
    await expect(one.messages.list(one.id, { cursor: `${cursor}x` })).rejects.toThrow(/cursor/)
  })

  it('change their metadata by revision, and refuse a stale one', async () => {
    const { id, messages } = await begun(await open())
    const message = await messages.append(id, text('x'))
    const name = { conversationId: id, id: message.id }
    const changed = await messages.update(name, { metadata: { rating: 1 } }, 1)
    expect(changed).toStrictEqual({ ...message, metadata: { rating: 1 }, revision: 2 })
    await expect(messages.update(name, { metadata: {} }, 1)).rejects.toThrow(/revision 2/)
    expect(await messages.get(id, message.id)).toStrictEqual(changed)
  })

  it('that are deleted are gone, keep their position, and are no parents', async () => {
    const { id, messages } = await begun(await open())
    const [first] = await messages.appendMany(id, [text('1'), text('2')])
    await messages.delete(id, first!.id)
    await expect(messages.get(id, first!.id)).rejects.toThrow(MessageNotFound)
    await expect(messages.delete(id, first!.id)).rejects.toThrow(MessageNotFound)
    const child = { ...text('3'), parentMessageId: first!.id }
    await expect(messages.append(id, child)).rejects.toThrow(ParentMessageNotFound)
    const { data } = await messages.list(id)
    expect(data.map(({ position }) => position)).toEqual([2])
  })

  it('stay unseen and untouched by a neighbour', async () => {
    const world = await open()
    const { id, messages } = await begun(world)
    const { messages: theirs } = world.neighbour
    const message = await messages.append(id, text('mine'), { idempotencyKey: 'k' })
    await expect(theirs.list(id)).rejects.toThrow(ConversationNotFound)
    await expect(theirs.get(id, message.id)).rejects.toThrow(MessageNotFound)
    await expect(theirs.append(id, text('theirs'))).rejects.toThrow(ConversationNotFound)
    await expect(theirs.append(id, text('mine'), { idempotencyKey: 'k' }))
      .rejects.toThrow(ConversationNotFound)
    await expect(theirs.delete(id, message.id)).rejects.toThrow(MessageNotFound)
    const name = { conversationId: id, id: message.id }
    await expect(theirs.update(name, {})).rejects.toThrow(MessageNotFound)
    expect((await messages.list(id)).data).toStrictEqual([message])
  })

  it('take part in a transaction that is rolled back', async () => {
    const { holdfast, organizationId, organization } = await open()
    const { id } = await organization.conversations.create()
    const failing = holdfast.transaction(async (transaction) => {
      const stores = transaction.organization(organizationId)
      await stores.messages.append(id, text('lost'))
      expect((await stores.messages.list(id)).data).toHaveLength(1)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect((await organization.messages.list(id)).data).toEqual([])
  })
})
