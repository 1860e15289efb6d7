import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import { contract } from '../testing/index.js'
import { ConversationNotFound } from './index.js'

const said = (content: string) => ({ role: 'user', content })

contract('a conversation that is deleted and begun again under its id', (open) => {
  it('has the context of the file that it comes back from', async () => {
    const { organization: { conversations, messages, contexts } } = await open()
    const { id: conversationId } = await conversations.create()
    const { id } = await messages.append(conversationId, said('before'))
    const shown = async () =>
      (await contexts.get(conversationId)).messages.map(({ content }) => content)
    expect(await shown()).toEqual(['before'])
    await messages.update({ conversationId, id }, { content: 'after' })
    let file = ''
    for await (const line of conversations.export(conversationId)) file += line
    await conversations.delete(conversationId)
    await conversations.import([file])
    expect(await shown()).toEqual(['after'])
  })

  it('is not told twice under one key, and the refusal says so', async () => {
    const { organization: { conversations, messages } } = await open()
    const id = randomUUID()
    const say = () => messages.append(id, said('once'), { idempotencyKey: 'key' })
    await conversations.create({ id })
    await say()
    await conversations.delete(id)
    await expect(say()).rejects.toThrow(ConversationNotFound)
    await conversations.create({ id })
    await expect(say()).rejects.toThrow(IdempotencyKeyReused)
  })
})
