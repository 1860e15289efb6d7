import { expect, it } from 'vitest'
import { InvalidInput } from './errors.js'
import { finishAsMessage, type FinishedStream, StreamFinished } from './finish.js'
import { type ContractWorld } from './testing/contract.js'
import { contract } from './testing/index.js'

const finish = ({ holdfast, organizationId }: ContractWorld, given: FinishedStream) =>
  holdfast.transaction((transaction) =>
    finishAsMessage(transaction.organization(organizationId), given))

async function answered(world: ContractWorld, data = 'Once upon a time') {
  const { organization: { conversations, streams } } = world
  const { id: conversationId } = await conversations.create({})
  await streams.create('answer', { contentType: 'text/plain', data })
  return { conversationId, stream: 'answer' }
}

contract('a finished stream', (open) => {
  it('is closed and becomes the message it holds', async () => {
    const world = await open()
    const { streams, messages } = world.organization
    const given = await answered(world)
    await streams.append('answer', ', the end.')
    const message = await finish(world, { ...given, metadata: { model: 'm' }, tokensUsed: 7 })
    expect(message).toMatchObject({
      role: 'assistant', content: 'Once upon a time, the end.', metadata: { model: 'm' },
      tokensUsed: 7, position: 1,
    })
    expect(await messages.get(given.conversationId, message.id)).toEqual(message)
    expect(await streams.get('answer')).toMatchObject({
      closed: true, conversationId: given.conversationId, messageId: message.id,
    })
  })

  it('becomes one message, by however many and however often it is finished', async () => {
    const world = await open()
    const given = await answered(world)
    const made = await Promise.all(Array.from({ length: 20 }, () => finish(world, given)))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    const { data } = await world.organization.messages.list(given.conversationId)
    expect(data).toHaveLength(1)
    const { id: elsewhere } = await world.organization.conversations.create({})
    await expect(finish(world, { ...given, conversationId: elsewhere }))
      .rejects.toThrow(StreamFinished)
  })

  it('stays open when the message cannot be', async () => {
    const world = await open()
    const { streams, messages } = world.organization
    const given = await answered(world)
    await expect(finish(world, { ...given, conversationId: world.organizationId }))
      .rejects.toThrow(/no conversation/)
    await expect(finish(world, { ...given, role: 'No Role' })).rejects.toThrow(InvalidInput)
    await expect(finish(world, { ...given, parentMessageId: given.conversationId }))
      .rejects.toThrow(/parent_message_id/)
    await streams.append('answer', ' and on')
    expect((await messages.list(given.conversationId)).data).toEqual([])
  })

  it('leaves no message when the transaction fails after it', async () => {
    const world = await open()
    const given = await answered(world)
    const failing = world.holdfast.transaction(async (transaction) => {
      await finishAsMessage(transaction.organization(world.organizationId), given)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect((await world.organization.messages.list(given.conversationId)).data).toEqual([])
    expect((await world.organization.streams.get('answer')).closed).toBe(false)
  })

  it('of JSON becomes the list of its messages, of bytes only what is said', async () => {
    const world = await open()
    const { conversations, streams } = world.organization
    const { id: conversationId } = await conversations.create({})
    await streams.create('parts', { contentType: 'application/json' })
    await streams.appendMessages('parts', [{ a: 1 }, 'two'])
    await streams.appendMessages('parts', [[3]])
    const { content } = await finish(world, { conversationId, stream: 'parts' })
    expect(content).toEqual([{ a: 1 }, 'two', [3]])
    await streams.create('picture', { contentType: 'image/png', data: new Uint8Array([1, 2]) })
    await expect(finish(world, { conversationId, stream: 'picture' }))
      .rejects.toThrow(/content is needed/)
    const said = await finish(world, { conversationId, stream: 'picture', content: 'a picture' })
    expect(said.content).toBe('a picture')
    await streams.create('broken', { contentType: 'text/plain', data: new Uint8Array([0xff]) })
    await expect(finish(world, { conversationId, stream: 'broken' })).rejects.toThrow(/no text/)
  })

  it('of a neighbour is not found', async () => {
    const world = await open()
    await answered(world)
    const { id: conversationId } = await world.neighbour.conversations.create({})
    const theirs = world.holdfast.transaction((transaction) => finishAsMessage(
      transaction.organization(world.neighbourId), { conversationId, stream: 'answer' }))
    await expect(theirs).rejects.toThrow(/no such stream/)
    expect((await world.organization.streams.get('answer')).closed).toBe(false)
  })
})
