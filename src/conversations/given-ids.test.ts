import { expect, it } from 'vitest'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  ConversationExists, ConversationNotFound, MessageExists, MessageNotFound,
} from './index.js'

const given = '5C146B14-3C52-8AFD-938A-375D0DF1FBF6'
const kept = given.toLowerCase()
const said = (content: string, id?: string) => ({ role: 'user', content, id })

async function begun({ organization }: Pick<ContractWorld, 'organization'>) {
  const { id } = await organization.conversations.create()
  return { id, ...organization }
}

contract('ids that are given', (open) => {
  it('are those of the conversation and its messages', async () => {
    const { organization: { conversations, messages } } = await open()
    const conversation = await conversations.create({ id: given, title: 'a' })
    expect(conversation.id).toBe(kept)
    expect(await conversations.get(given)).toStrictEqual(conversation)
    const message = await messages.append(given, said('x', given))
    expect(message).toMatchObject({ id: kept, conversationId: kept, position: 1 })
    expect(await messages.get(kept, kept)).toStrictEqual(message)
    const next = await messages.append(kept, { ...said('y'), parentMessageId: given })
    expect(next).toMatchObject({ parentMessageId: kept, position: 2 })
  })

  it('are refused when they are taken, and nothing of the call is appended', async () => {
    const { id, conversations, messages } = await begun(await open())
    await messages.append(id, said('x', given))
    const calls = [
      [said('y', given)], [said('a'), said('y', given)], [said('y', given), said('a')],
      [{ ...said('y', given), parentMessageId: null }],
      [{ ...said('y', given), parentMessageId: kept }],
    ]
    for (const call of calls) {
      await expect(messages.appendMany(id, call)).rejects.toThrow(MessageExists)
    }
    const [call] = calls[0]!
    await expect(messages.append(id, call!)).rejects.toMatchObject({ code: 'message_exists' })
    const twice = [said('a', '00000000-0000-7000-8000-000000000001')]
    await expect(messages.appendMany(id, [...twice, ...twice])).rejects.toThrow(MessageExists)
    expect((await messages.list(id)).data.map(({ content }) => content)).toEqual(['x'])
    expect(await conversations.get(id)).toMatchObject({ messageCount: 1, activeLeafId: kept })
    await conversations.create({ id: given })
    await expect(conversations.create({ id: given })).rejects.toThrow(ConversationExists)
    await expect(messages.append(id, said('y', 'x'))).rejects.toMatchObject({ field: 'id' })
    await expect(conversations.create({ id: 'x' })).rejects.toMatchObject({ field: 'id' })
  })

  it('stay taken when the message is erased', async () => {
    const { id, messages } = await begun(await open())
    await messages.append(id, said('x', given))
    await messages.delete(id, given)
    await expect(messages.append(id, said('y', given))).rejects.toThrow(MessageExists)
    expect((await messages.list(id)).data).toEqual([])
  })

  it('are those of the history that a fork shares as well', async () => {
    const { id, conversations, messages } = await begun(await open())
    await messages.append(id, said('x', given))
    const last = await messages.append(id, said('y'))
    await messages.append(id, said('z', '00000000-0000-7000-8000-000000000002'))
    const fork = await conversations.fork(id, last.id, { id: given })
    expect(fork.id).toBe(kept)
    await expect(messages.append(fork.id, said('w', given))).rejects.toThrow(MessageExists)
    // What comes behind the place where it forked is not its own.
    await messages.append(fork.id, said('w', '00000000-0000-7000-8000-000000000002'))
    expect((await messages.path(fork.id)).data.map(({ content }) => content))
      .toEqual(['w', 'y', 'x'])
  })

  it('go to one of 20 callers', async () => {
    const { id, conversations, messages } = await begun(await open())
    const won = async (calls: Promise<unknown>[]) =>
      (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled')
    const twenty = Array.from({ length: 20 }, (_, index) => `${index}`)
    expect(await won(twenty.map((text) => messages.append(id, said(text, given))))).toHaveLength(1)
    expect(await won(twenty.map((title) => conversations.create({ id: given, title }))))
      .toHaveLength(1)
    const { data } = await messages.list(id)
    expect(data).toHaveLength(1)
    expect((await conversations.get(id)).messageCount).toBe(1)
  })

  it('are apart in other conversations and other organizations, in one batch', async () => {
    const world = await open()
    const { organization: ours, neighbour: theirs } = world
    await ours.conversations.create({ id: given, title: 'ours' })
    await expect(theirs.conversations.get(given)).rejects.toThrow(ConversationNotFound)
    await theirs.conversations.create({ id: given, title: 'theirs' })
    const other = await begun(world)
    await ours.messages.append(given, said('before'))
    const calls = [
      ours.messages.append(given, said('ours', given)),
      theirs.messages.append(given, said('theirs', given)),
      ours.messages.append(other.id, said('other', given)),
    ]
    const appended = await Promise.all(calls)
    expect(appended.map(({ content, position }) => [content, position]))
      .toEqual([['ours', 2], ['theirs', 1], ['other', 1]])
    for (const message of appended) {
      const stores = message === appended[1] ? theirs : ours
      expect(await stores.messages.get(message.conversationId, given)).toStrictEqual(message)
    }
    await theirs.messages.delete(given, given)
    await expect(theirs.messages.get(given, given)).rejects.toThrow(MessageNotFound)
    expect((await ours.messages.get(given, given)).content).toBe('ours')
  })

  it('belong to the call that a key stands for', async () => {
    const { id, messages } = await begun(await open())
    const once = { idempotencyKey: 'k' }
    const first = await messages.append(id, said('x', given), once)
    expect(await messages.append(id, said('x', given), once)).toStrictEqual(first)
    await expect(messages.append(id, said('x'), once)).rejects.toThrow(IdempotencyKeyReused)
  })

  it('do not disturb the order of conversations', async () => {
    const { organization: { conversations } } = await open()
    const ids = ['f', '0', '8'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`)
    for (const id of ids) {
      await conversations.create({ id })
      await new Promise((done) => setTimeout(done, 2))
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await conversations.list({ limit: 1, cursor })
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(ids.toReversed())
  })
})

contract('what a message says', (open) => {
  it('is replaced where it completes, by revision, and nothing else', async () => {
    const { id, messages } = await begun(await open())
    const message = await messages.append(id, { ...said('x'), metadata: { a: 1 } })
    const name = { conversationId: id, id: message.id }
    const content = { status: 'done', ['__proto__']: '\u0000' }
    const changes = { content, tokensUsed: 7, model: 'm', costUsd: '0.5' }
    const changed = await messages.update(name, changes, 1)
    expect(changed).toStrictEqual({ ...message, ...changes, revision: 2 })
    expect(await messages.get(id, message.id)).toStrictEqual(changed)
    await expect(messages.update(name, { content: 'stale' }, 1)).rejects.toThrow(/revision 2/)
    const none = await messages.update(name, { content: null, tokensUsed: null })
    expect(none).toStrictEqual({ ...changed, content: null, tokensUsed: null, revision: 3 })
  })

  it('stays when a change breaks a rule', async () => {
    const { id, messages } = await begun(await open())
    const message = await messages.append(id, said('x'))
    const name = { conversationId: id, id: message.id }
    const refused: [object, string][] = [
      [{ content: Number.NaN }, 'content'], [{ metadata: [] }, 'metadata'],
      [{ model: '' }, 'model'],
      [{ tokensUsed: -1 }, 'tokens_used'], [{ costUsd: '1e3' }, 'cost_usd'],
    ]
    for (const [changes, field] of refused) {
      await expect(messages.update(name, { content: 'y', ...changes })).rejects
        .toMatchObject({ field })
    }
    expect(await messages.get(id, message.id)).toStrictEqual(message)
  })

  it('is what one of 20 wrote', async () => {
    const { id, messages } = await begun(await open())
    const { id: messageId } = await messages.append(id, said('x'))
    const name = { conversationId: id, id: messageId }
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      messages.update(name, { content: index }, 1)))
    const won = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect(won[0]).toMatchObject({ value: await messages.get(id, messageId) })
  })
})

contract('the stream that is being written', (open) => {
  it('is exchanged by those who know the one before', async () => {
    const { id, conversations } = await begun(await open())
    const { revision } = await conversations.get(id)
    expect(await conversations.setActiveStream(id, 'a', null)).toBe(true)
    expect(await conversations.setActiveStream(id, 'b', null)).toBe(false)
    expect(await conversations.setActiveStream(id, null, 'b')).toBe(false)
    expect(await conversations.get(id)).toMatchObject({ activeStream: 'a', revision })
    expect(await conversations.setActiveStream(id, 'b', 'a')).toBe(true)
    expect(await conversations.setActiveStream(id, null)).toBe(true)
    expect((await conversations.get(id)).activeStream).toBe(null)
    for (const bad of ['', 'x'.repeat(256)]) {
      await expect(conversations.setActiveStream(id, bad)).rejects
        .toMatchObject({ field: 'active_stream' })
    }
  })

  it('is that of one of 20, and none of a neighbour', async () => {
    const world = await open()
    const { id, conversations } = await begun(world)
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      conversations.setActiveStream(id, `${index}`, null)))
    const [won, ...others] = outcomes.flatMap((isSet, index) => (isSet ? [`${index}`] : []))
    expect(others).toEqual([])
    expect((await conversations.get(id)).activeStream).toBe(won)
    await expect(world.neighbour.conversations.setActiveStream(id, null)).rejects
      .toThrow(ConversationNotFound)
    expect((await conversations.get(id)).activeStream).toBe(won)
  })
})
