import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { testCoordinations } from '../testing/coordinators.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { ConversationNotFound, MessageNotFound, SummaryExists, SummaryNotFound } from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
type Stores = ContractWorld['organization']

const twenty = Array.from({ length: 20 }, (_, index) => index)
const said = (content: string) => ({ role: 'user', content })

/** A conversation of messages `0`, `1`, …, and what a context shows of it. */
async function begun({ organization }: ContractWorld, count = 5) {
  const { conversations, messages, contexts } = organization
  const { id } = await conversations.create({ title: 'before' })
  const all = await messages.appendMany(
    id, Array.from({ length: count }, (_, index) => said(String(index))))
  const shown = async (limit?: number) =>
    (await contexts.get(id, { limit })).messages.map(({ content }) => content)
  return { id, all, shown, conversations, messages, contexts }
}

contract('the context of a conversation', (open) => {
  it('is its last messages, oldest first, and its summary', async () => {
    const { id, all, contexts, shown } = await begun(await open(), 25)
    const context = await contexts.get(id.toUpperCase())
    expect(context.messages).toStrictEqual(all.slice(5))
    expect(context).toMatchObject({ hasMore: true, summary: null, conversation: { id } })
    const upToMessageId = all[4]!.id
    const summary = await contexts.putSummary(id, { text: hard, upToMessageId, model: 'm' })
    expect(summary).toMatchObject({ text: hard, upToMessageId, upToPosition: 5, revision: 1 })
    expect((await contexts.get(id, { limit: 3 }))).toMatchObject({ summary, hasMore: true })
    expect(await shown(3)).toEqual(['22', '23', '24'])
    expect(await contexts.get(id, { limit: 25 })).toMatchObject({ hasMore: false })
  })

  it('holds any content as it was appended, cached or not', async () => {
    const { organization: { conversations, messages, contexts } } = await open()
    const { id } = await conversations.create()
    const content = { [hard]: [-0, 1e21, null, { ['__proto__']: hard }], b: 1, a: 2 }
    const message = await messages.append(id, { role: 'user', content, metadata: content })
    for (let count = 0; count < 3; count++) {
      expect((await contexts.get(id)).messages).toStrictEqual([message])
    }
    await messages.append(id, { role: 'user', content: 'x'.repeat(100_000) })
    for (let count = 0; count < 3; count++) {
      expect((await contexts.get(id)).messages[0]).toStrictEqual(message)
    }
  })

  it('is empty before the first message, and none without a conversation', async () => {
    const { organization: { conversations, contexts }, neighbour } = await open()
    const conversation = await conversations.create()
    expect(await contexts.get(conversation.id))
      .toStrictEqual({ conversation, messages: [], hasMore: false, summary: null })
    for (const call of [
      () => contexts.get(unknownId), () => contexts.putSummary(unknownId, { text: 'x' }),
      () => neighbour.contexts.get(conversation.id),
      () => neighbour.contexts.putSummary(conversation.id, { text: 'x' }),
    ]) await expect(call()).rejects.toThrow(ConversationNotFound)
    for (const limit of [0, 201, 1.5]) {
      await expect(contexts.get(conversation.id, { limit })).rejects.toThrow(InvalidInput)
    }
  })

  it('shows each change that was acknowledged before', async () => {
    const { id, all, shown, conversations, messages, contexts } = await begun(await open())
    expect(await shown()).toEqual(['0', '1', '2', '3', '4'])
    await messages.append(id, said('5'))
    expect(await shown()).toEqual(['0', '1', '2', '3', '4', '5'])
    await messages.update({ conversationId: id, id: all[1]!.id }, { metadata: { seen: true } })
    const { messages: [, second] } = await contexts.get(id)
    expect(second).toMatchObject({ metadata: { seen: true }, revision: 2 })
    await messages.delete(id, all[1]!.id)
    expect(await shown()).toEqual(['0', '2', '3', '4', '5'])
    await messages.append(id, { ...said('other 3'), siblingOf: all[3]!.id })
    expect(await shown()).toEqual(['0', '2', 'other 3'])
    await conversations.setActiveLeaf(id, all[4]!.id)
    expect(await shown()).toEqual(['0', '2', '3', '4'])
    await conversations.setActiveLeaf(id, null)
    expect(await shown()).toEqual([])
    await conversations.update(id, { title: 'after', metadata: { a: 1 } })
    expect((await contexts.get(id)).conversation)
      .toMatchObject({ title: 'after', metadata: { a: 1 }, revision: 2 })
    await conversations.delete(id)
    await expect(contexts.get(id)).rejects.toThrow(ConversationNotFound)
  })

  it('of a fork shows changes of the history it shares, however far up', async () => {
    const { id, all, conversations, messages, contexts } = await begun(await open())
    const fork = await conversations.fork(id, all[3]!.id)
    await messages.append(fork.id, said('fork'))
    const forkOfFork = await conversations.fork(fork.id, all[2]!.id)
    await messages.append(forkOfFork.id, said('fork of fork'))
    const shown = async (of: string) =>
      (await contexts.get(of)).messages.map(({ content, metadata }) => [content, metadata.x])
    expect(await shown(forkOfFork.id)).toHaveLength(4)
    expect(await shown(fork.id)).toHaveLength(5)
    await messages.update({ conversationId: id, id: all[2]!.id }, { metadata: { x: 1 } })
    expect((await shown(forkOfFork.id))[2]).toEqual(['2', 1])
    expect((await shown(fork.id))[2]).toEqual(['2', 1])
    await messages.delete(id, all[0]!.id)
    expect(await shown(forkOfFork.id)).toHaveLength(3)
    expect(await shown(fork.id)).toHaveLength(4)
  })

  it('is not that of a deleted conversation whose ids another one has', async () => {
    const { organization: { conversations, messages, contexts } } = await open()
    const [id, messageId] = [randomUUID(), randomUUID()]
    for (const content of ['first', 'second']) {
      await conversations.create({ id })
      await messages.append(id, { id: messageId, ...said(content) })
      expect((await contexts.get(id)).messages.map((each) => each.content)).toEqual([content])
      await conversations.delete(id)
    }
  })

  it('is that of the file that a deleted conversation comes back from', async () => {
    const { id, all, shown, conversations, messages } = await begun(await open(), 2)
    expect(await shown()).toEqual(['0', '1'])
    await messages.update({ conversationId: id, id: all[0]!.id }, { content: 'changed' })
    const file: string[] = []
    for await (const line of conversations.export(id)) file.push(line)
    await conversations.delete(id)
    await conversations.import(file)
    expect(await shown()).toEqual(['changed', '1'])
  })

  it('in a transaction is its own, and never kept for others', async () => {
    const world = await open()
    const { id, all, shown } = await begun(world)
    const lost = async ({ messages, contexts }: Stores) => {
      await messages.update({ conversationId: id, id: all[0]!.id }, { metadata: { lost: true } })
      const [first] = (await contexts.get(id)).messages
      expect(first!.metadata).toEqual({ lost: true })
      throw new Error('no')
    }
    await shown()
    await expect(world.holdfast.transaction((transaction) =>
      lost(transaction.organization(world.organizationId)))).rejects.toThrow('no')
    await world.organization.messages.update(
      { conversationId: id, id: all[0]!.id }, { metadata: { kept: true } })
    const [first] = (await world.organization.contexts.get(id)).messages
    expect(first!.metadata).toEqual({ kept: true })
  })
})

contract('summaries', (open) => {
  it('are set, replaced and deleted where their condition holds', async () => {
    const { id, contexts } = await begun(await open())
    await expect(contexts.getSummary(id)).rejects.toThrow(SummaryNotFound)
    await expect(contexts.deleteSummary(id)).rejects.toThrow(SummaryNotFound)
    await expect(contexts.putSummary(id, { text: 'a' }, { ifRevision: 1 }))
      .rejects.toThrow(RevisionConflict)
    const first = await contexts.putSummary(id, { text: 'a' }, { ifAbsent: true })
    await expect(contexts.putSummary(id, { text: 'b' }, { ifAbsent: true }))
      .rejects.toThrow(SummaryExists)
    const second = await contexts.putSummary(id, { text: 'b' }, { ifRevision: 1 })
    expect(second).toMatchObject({ text: 'b', revision: 2, createdAt: first.createdAt })
    expect(await contexts.getSummary(id)).toStrictEqual(second)
    await expect(contexts.deleteSummary(id, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    await contexts.deleteSummary(id, { ifRevision: 2 })
    expect((await contexts.get(id)).summary).toBeNull()
    await expect(contexts.putSummary(id, { text: 'c' }, { ifRevision: 2 }))
      .rejects.toThrow(RevisionConflict)
    expect(await contexts.putSummary(id, { text: 'c' }, { ifAbsent: true }))
      .toMatchObject({ revision: 3, text: 'c' })
  })

  it('refuse what breaks a rule', async () => {
    const world = await open()
    const { id, contexts } = await begun(world)
    const elsewhere = await begun(world)
    for (const [given, kind, field] of [
      [{ text: '' }, InvalidInput, 'text'], [{ text: 7 as never }, InvalidInput, 'text'],
      [{ text: 'x'.repeat(65_537) }, InvalidInput, 'text'],
      [{ text: 'x', model: '' }, InvalidInput, 'model'],
      [{ text: 'x', upToMessageId: unknownId }, MessageNotFound, 'up_to_message_id'],
      [{ text: 'x', upToMessageId: elsewhere.all[0]!.id }, MessageNotFound, 'up_to_message_id'],
    ] as const) {
      const error = await contexts.putSummary(id, given).catch((reason: unknown) => reason)
      expect([error, (error as { field: string }).field]).toEqual([expect.any(kind), field])
    }
    await expect(contexts.getSummary(id)).rejects.toThrow(SummaryNotFound)
  })

  it('let one of 20 through that all saw the same', async () => {
    const { id, contexts } = await begun(await open())
    for (const when of [{ ifAbsent: true }, { ifRevision: 1 }]) {
      const results = await Promise.allSettled(twenty.map((index) =>
        contexts.putSummary(id, { text: String(index) }, when)))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
    expect((await contexts.getSummary(id)).revision).toBe(2)
  })
})

const redis = testCoordinations().find(({ name }) => name === 'redis')!

/** Two processes on one database that share a Redis, as far as there can be two. */
async function processes(world: ContractWorld): Promise<Stores[]> {
  const { HOLDFAST_TEST_REDIS_URL: url } = process.env
  const options = redis.missing === undefined
    ? { redis: url, redisOptions: { prefix: `context-${randomUUID()}:` } } : {}
  const opened = world.isLasting
    ? [await world.another(options), await world.another(options)] : [world.holdfast]
  return opened.map((each) => each.organization(world.organizationId))
}

contract('a context under 20 writers and readers', (open) => {
  it('is never older than what was acknowledged before it was asked for', async () => {
    const world = await open()
    const { id } = await begun(world)
    const stores = await processes(world)
    const at = (index: number) => stores[index % stores.length]!
    const contentsIn = async (index: number) => {
      const { messages, summary } = await at(index).contexts.get(id, { limit: 200 })
      return { contents: messages.map(({ content }) => content), messages, summary }
    }
    const stale: string[] = []
    const write = async (index: number) => {
      const content = `of ${index}`
      const message = await at(index).messages.append(id, said(content))
      const appended = await contentsIn(index + 1)
      if (!appended.contents.includes(content)) stale.push(`${content} is missing`)
      const name = { conversationId: id, id: message.id }
      await at(index + 1).messages.update(name, { metadata: { index } })
      const { messages } = await contentsIn(index)
      const found = messages.find((each) => each.id === message.id)
      if (found?.metadata.index !== index) stale.push(`${content} is as it was before`)
      const { revision } = await at(index).contexts.putSummary(id, { text: content })
      const { summary } = await contentsIn(index + 1)
      if (summary!.revision < revision) stale.push(`the summary is of before ${revision}`)
      if (index % 4 > 0) return
      await at(index).messages.delete(id, message.id)
      const erased = await contentsIn(index + 1)
      if (erased.contents.includes(content)) stale.push(`${content} is there`)
    }
    await Promise.all(twenty.map(write))
    expect(stale).toEqual([])
    const { contents } = await contentsIn(0)
    expect([contents.length, (await contentsIn(1)).contents]).toEqual([20, contents])
  })

  it('is read once for all that ask the same', async () => {
    const world = await open()
    const { id, contexts, messages } = await begun(world)
    await contexts.get(id)
    const { cache } = world.holdfast.coordination
    const before = cache.figures()
    await Promise.all(twenty.map(() => contexts.get(id)))
    expect(cache.figures()).toMatchObject({ loads: before.loads, hits: before.hits + 20 })
    await messages.append(id, said('new'))
    await contexts.get(id)
    await expect.poll(() => cache.figures().loads).toBe(before.loads + 1)
    expect((await contexts.get(id)).messages).toHaveLength(6)
    expect(cache.figures().loads).toBe(before.loads + 1)
  })
})
