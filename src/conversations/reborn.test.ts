import { expect, it } from 'vitest'
import { type Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/contract.js'
import { IndexBatch } from './index-batch.js'
import { type ConversationTables } from './tables.js'

const conversationId = '00000000-0000-7000-8000-0000000000c1'
const messageId = '00000000-0000-7000-8000-0000000000a1'

/** As this process has it and, where there can be one, another. */
async function everywhere(world: ContractWorld) {
  const { another, isLasting, organization, organizationId } = world
  return isLasting
    ? [organization, (await another()).organization(organizationId)]
    : [organization]
}

contract('a conversation that was deleted and made anew under its id', (open) => {
  it('is told to models as it is now, whatever a process remembers of the one before', async () => {
    const world = await open()
    const all = await everywhere(world)
    const { conversations, messages } = world.organization
    for (const text of ['first', 'second']) {
      await conversations.create({ id: conversationId })
      await messages.append(conversationId, { id: messageId, role: 'user', content: text })
      for (const { contexts } of all) {
        const { messages: told } = await contexts.get(conversationId)
        expect(told.map(({ content }) => content)).toEqual([text])
      }
      await conversations.delete(conversationId)
    }
  })

  it('is told to models as it came back from a file', async () => {
    const { organization: { conversations, messages, contexts } } = await open()
    await conversations.create({ id: conversationId })
    await messages.append(conversationId, { id: messageId, role: 'user', content: 'draft' })
    const told = async () =>
      (await contexts.get(conversationId)).messages.map(({ content }) => content)
    expect(await told()).toEqual(['draft'])
    await messages.update({ conversationId, id: messageId }, { content: 'final' })
    const lines: string[] = []
    for await (const line of conversations.export(conversationId)) lines.push(line)
    await conversations.delete(conversationId)
    await conversations.import(lines.map((line) => Buffer.from(line)))
    expect(await told()).toEqual(['final'])
  })

  it('is the end for who listened to the one before', async () => {
    const world = await open()
    const { conversations, messages } = world.organization
    const say = (content: string) => messages.append(conversationId, { role: 'user', content })
    for (const { conversations: heard } of await everywhere(world)) {
      await conversations.create({ id: conversationId })
      await say('first')
      const events = heard.events(conversationId)
      expect((await events.next()).value).toMatchObject({ type: 'ready' })
      const next = events.next()
      await conversations.delete(conversationId)
      await conversations.create({ id: conversationId })
      await say('second')
      await say('third')
      expect((await next).value).toMatchObject({ type: 'conversation.deleted' })
      expect((await events.next()).done).toBe(true)
      await conversations.delete(conversationId)
    }
  })

  it('is found by its words, though those of the one before were on their way', async () => {
    // Nothing but the batch below takes words.
    const holdfast = await (await open()).another({ backgroundIndexing: false })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Ours' })
    const { conversations, messages } = holdfast.organization(organizationId)
    const begin = async (content: string) => {
      await conversations.create({ id: conversationId })
      await messages.append(conversationId, { id: messageId, role: 'user', content })
    }
    await begin('first')
    const meanwhile = async () => {
      await conversations.delete(conversationId)
      await begin('second')
    }
    const database = holdfast.database.as<ConversationTables>()
    const slow = new Proxy(database, {
      get(target, key: keyof Database<ConversationTables>) {
        if (key === 'atomic') return (...given: Parameters<typeof target.atomic>) =>
          meanwhile().then(() => target.atomic(...given))
        const value = target[key]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const key = { organizationId, conversationId } as never
    await new IndexBatch(slow, holdfast.ids).step([key], 64)
    expect((await messages.search({ q: 'first' })).data).toEqual([])
    const { data, complete } = await messages.search({ q: 'second' })
    expect([data.map(({ message }) => message.content), complete]).toEqual([['second'], true])
  })
})
