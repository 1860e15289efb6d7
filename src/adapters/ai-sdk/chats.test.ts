import {
  convertToModelMessages, type InferUITools, jsonSchema, streamText, tool, toUIMessageStream,
  TypeValidationError, type UIMessage,
} from 'ai'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../../testing/index.js'
import { ConversationNotFound, MessageNotFound } from '../../conversations/index.js'
import { ChatBusy, type ChatStoreOptions, createChatStore, type Submission } from './index.js'
import { ScriptedModel } from '../../testing/scripted-model.test.harness.js'

const user = (text: string, id: string): UIMessage =>
  ({ id, role: 'user', parts: [{ type: 'text', text }] })
const assistant = (text: string, id: string): UIMessage =>
  ({ id, role: 'assistant', parts: [{ type: 'text', text, state: 'done' }] })

const words = (messages: readonly UIMessage[]) => messages.map(({ parts }) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))

function chatsOf(world: Pick<ContractWorld, 'organization'>, options: ChatStoreOptions = {}) {
  const { organization } = world
  return createChatStore(organization, { producerTtlSeconds: 2, ...options })
}

/** The client has the output. */
const clientTools = { weather: tool({ inputSchema: jsonSchema<{ at: string }>({}) }) }

/** A server with a chat route, as an application writes one. */
function serverOf(world: Pick<ContractWorld, 'organization'>) {
  const writing: Promise<unknown>[] = []
  const chats = chatsOf(world, { waitUntil: (promise) => void writing.push(promise) })
  const model = new ScriptedModel()
  const post = async (id: string, body: Submission) => {
    const asked = model.prompts.length
    const turn = await chats.submit(id, body)
    const result = streamText({
      model: model.model, abortSignal: turn.signal, tools: clientTools,
      onError: () => undefined,
      messages: await convertToModelMessages(turn.messages),
    })
    const { activeStreamId } = turn
    const response = turn.respond(toUIMessageStream({
      stream: result.stream, originalMessages: turn.messages,
      generateMessageId: chats.generateId,
    }))
    await expect.poll(() => model.prompts.length).toBe(asked + 1)
    return { activeStreamId, response }
  }
  const asked = async (id: string, body: Submission, answer: string) => {
    const { response } = await post(id, body)
    model.answer(answer)
    const text = await response.text()
    await Promise.all(writing)
    return text
  }
  return { chats, model, post, asked, settled: () => Promise.all(writing) }
}

/** Reads until the text holds some words; gives it, and the way to go on. */
async function readUntil(response: Response, some: string) {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes(some)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`ended without ${some}: ${text}`)
    text += decoder.decode(value, { stream: true })
  }
  return { text, reader }
}

contract('chats of the AI SDK', (open) => {
  it('come back as they were stored, whatever their ids and messages hold', async () => {
    const world = await open()
    const chats = chatsOf(world)
    const chat = await chats.create('chat é😀/1', { title: 'Trip', metadata: { a: 1 } })
    expect(chat).toMatchObject({
      id: 'chat é😀/1', title: 'Trip', metadata: { a: 1 }, activeStreamId: null,
    })
    expect(await chats.create('chat é😀/1', { title: 'other' })).toStrictEqual(chat)
    const { conversations } = world.organization
    await conversations.update(chat.conversationId, { metadata: { b: 2 } })
    expect(await chats.get('chat é😀/1')).toStrictEqual({ ...chat, metadata: { b: 2 } })
    expect(await chats.load('chat é😀/1')).toEqual([])
    const messages: UIMessage[] = [
      user('Where to?', 'msg-1'),
      {
        id: '0B7C9A3C-6A55-4B42-8F7C-2F5B1A6D9E10', role: 'assistant',
        metadata: { model: 'm', at: [1, null] },
        parts: [
          { type: 'step-start' }, { type: 'reasoning', text: 'hm \u0000', state: 'done' },
          {
            type: 'tool-weather', toolCallId: 'c', state: 'output-available', input: { at: 'sea' },
            output: { degrees: 21.5 },
          },
          { type: 'data-map', id: 'd', data: { zoom: 3 } },
          { type: 'text', text: 'To the sea.', state: 'done' },
        ],
      },
    ]
    await chats.save('chat é😀/1', messages)
    await chats.save('chat é😀/1', messages)
    expect(await chats.load('chat é😀/1')).toEqual(messages)
    expect(await chats.load('chat é😀/1', { limit: 1 })).toEqual([messages[1]])
    const { data } = await world.organization.messages.list(chat.conversationId)
    expect(data.map(({ role, position }) => [role, position]))
      .toEqual([['user', 1], ['assistant', 2]])
    const theirs = chatsOf({ organization: world.neighbour })
    await expect(theirs.load('chat é😀/1')).rejects.toThrow(ConversationNotFound)
    await expect(theirs.get(chat.conversationId)).rejects.toThrow(ConversationNotFound)
  })

  it('are checked with the application’s schemas when they are loaded', async () => {
    const chats = chatsOf(await open())
    await chats.create('c')
    const call = {
      type: 'tool-weather', toolCallId: 'c', state: 'output-available',
      input: { city: 'Rome' }, output: 7,
    } as const
    await chats.save('c', [user('x', 'u'), { id: 'a', role: 'assistant', parts: [call] }])
    const tools = (type: 'string' | 'number') => ({
      weather: tool({
        inputSchema: jsonSchema<{ city: unknown }>(
          { type: 'object', properties: { city: { type } } },
          { validate: (value) => typeof (value as { city: unknown }).city === type
            ? { success: true, value: value as { city: unknown } }
            : { success: false, error: new Error(`city must be a ${type}`) } },
        ),
      }),
    })
    type Typed = UIMessage<unknown, never, InferUITools<ReturnType<typeof tools>>>
    expect(await chats.load<Typed>('c', { tools: tools('string') })).toHaveLength(2)
    await expect(chats.load<Typed>('c', { tools: tools('number') })).rejects
      .toThrow(TypeValidationError)
    const metadataSchema = jsonSchema<{ a: number }>({}, {
      validate: () => ({ success: false, error: new Error('no metadata') }),
    })
    await expect(chats.load('c', { metadataSchema })).rejects.toThrow(TypeValidationError)
  })

  it('refuse ids that are none, and know what was not begun', async () => {
    const chats = chatsOf(await open())
    for (const id of ['', 'x'.repeat(256), 'a\ud800']) {
      await expect(chats.create(id)).rejects.toMatchObject({ field: 'chat_id' })
    }
    await expect(chats.load('none')).rejects.toThrow(ConversationNotFound)
    expect((await chats.resume('none')).status).toBe(204)
    expect(await chats.stop('none')).toBe(false)
    for (const body of [{}, { message: 7 }, { message: { id: 'x', role: 'system', parts: [] } }]) {
      await expect(chats.submit('c', body)).rejects.toMatchObject({ field: 'message' })
    }
    await expect(chats.submit('c', { message: { id: 'u', role: 'user', parts: 7 } })).rejects
      .toThrow(TypeValidationError)
    await expect(chats.submit('c', { trigger: 'regenerate-message' })).rejects
      .toThrow(MessageNotFound)
    expect([await chats.load('c'), (await chats.get('c')).activeStreamId]).toEqual([[], null])
  })

  it('answer what is submitted, and keep the answer', async () => {
    const { chats, model, asked } = serverOf(await open())
    const text = await asked('c', { message: user('Where to?', 'u1') }, 'To the sea.')
    expect(text).toContain('data: {"type":"text-delta","id":"t","delta":"sea."}\n\n')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    await asked('c', { message: user('When?', 'u2') }, 'Soon.')
    const messages = await chats.load('c')
    expect(words(messages)).toEqual(['Where to?', 'To the sea.', 'When?', 'Soon.'])
    expect(messages[0]).toEqual(user('Where to?', 'u1'))
    expect(messages[1]!.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.stringify(model.prompts.at(-1))).toMatch(/Where to.*To the sea.*When/)
    expect(await chats.get('c')).toMatchObject({ activeStreamId: null })
    // The list that onEnd hands out changes nothing.
    await chats.save('c', messages)
    await chats.save('c', messages.slice(0, 2))
    expect(await chats.load('c')).toEqual(messages)
  })

  it('keep every branch: edits and second answers stand beside the first ones', async () => {
    const { chats, asked } = serverOf(await open())
    await asked('c', { message: user('one', 'u1') }, 'first')
    const [, first] = await chats.load('c')
    await asked('c', { trigger: 'regenerate-message', messageId: first!.id }, 'second')
    expect(words(await chats.load('c'))).toEqual(['one', 'second'])
    await asked('c', { trigger: 'regenerate-message', messages: [user('one', 'u1')] }, 'third')
    expect(words(await chats.load('c'))).toEqual(['one', 'third'])
    const third = await chats.load('c')
    const edit = user('one, edited', 'u1')
    await asked('c', { message: edit, messageId: 'u1' }, 'fourth')
    await asked('c', { messages: [edit], messageId: 'u1' }, 'fifth')
    expect(words(await chats.load('c'))).toEqual(['one, edited', 'fifth'])
    await chats.switchTo('c', first!.id)
    expect(words(await chats.load('c'))).toEqual(['one', 'first'])
    // On the branch that this tab shows, though another one is active by now.
    await asked('c', { messages: [...third, user('more', 'u2')] }, 'sixth')
    expect(words(await chats.load('c'))).toEqual(['one', 'third', 'more', 'sixth'])
    await expect(asked('c', { trigger: 'regenerate-message', messageId: 'u9' }, '')).rejects
      .toThrow(MessageNotFound)
    expect((await chats.get('c')).activeStreamId).toBe(null)
  })

  it('show what was written by other means, as far as it is text', async () => {
    const { organization } = await open()
    const chats = chatsOf({ organization })
    const { conversationId: id } = await chats.create('c')
    const system = await organization.messages.append(id, { role: 'system', content: 'Be kind.' })
    const [first] = await chats.load('c')
    await chats.save('c', [first!, user('lost', 'u0')])
    await organization.messages.append(id, { role: 'tool', content: { hidden: true } })
    expect(first).toEqual({ id: system.id, role: 'system', parts: [
      { type: 'text', text: 'Be kind.' }] })
    await chats.save('c', [first!, user('hello', 'u1')])
    expect(words(await chats.load('c'))).toEqual(['Be kind.', 'hello'])
    await chats.switchTo('c', 'u0')
    expect(words(await chats.load('c'))).toEqual(['Be kind.', 'lost'])
    // What is not seen stays in its place.
    await chats.save('c', [...await chats.load('c'), assistant('hi', 'a1')])
    const { data } = await organization.messages.path(id)
    expect(data.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user', 'system'])
    await organization.messages.update({ conversationId: id, id: data[0]!.id }, { content: 'yo' })
    expect(words(await chats.load('c')).at(-1)).toBe('yo')
    for (const limit of [0, -1, 1.5]) {
      await expect(chats.load('c', { limit })).rejects.toMatchObject({ field: 'limit' })
    }
  })

  it('store each of the same messages once, from 20 at a time', async () => {
    const world = await open()
    const chats = chatsOf(world)
    const { conversationId } = await chats.create('c')
    const list = [user('a', 'u1'), assistant('b', 'a1'), user('c', 'u2'), assistant('d', 'a2')]
    await Promise.all(Array.from({ length: 20 }, () => chats.save('c', list)))
    const { data } = await world.organization.messages.list(conversationId)
    expect([await chats.load('c'), data.length]).toEqual([list, 4])
    await Promise.all(Array.from({ length: 20 }, () =>
      chats.save('c', [user('edited', 'u1'), assistant('e', 'a3')])))
    expect((await world.organization.messages.list(conversationId)).data).toHaveLength(6)
    expect(words(await chats.load('c'))).toEqual(['edited', 'e'])
  })
})

contract('answers in flight', (open) => {
  it('are resumed from the beginning, with the same bytes, by any process', async () => {
    const world = await open()
    const { post, model, chats, settled } = serverOf(world)
    const { response, activeStreamId } = await post('c', { message: user('?', 'u') })
    model.begin()
    model.say('Hello')
    const { text, reader } = await readUntil(response, 'Hello')
    await reader.cancel()
    const other = world.isLasting
      ? { organization: (await world.another()).organization(world.organizationId) }
      : world
    const resumed = await chatsOf(other).resume('c')
    expect(resumed.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    expect((await chats.get('c')).activeStreamId).toBe(activeStreamId)
    const second = resumed.text()
    model.say(' again')
    model.end()
    const whole = await second
    expect(whole.startsWith(text)).toBe(true)
    await settled()
    expect(words(await chats.load('c'))).toEqual(['?', 'Hello again'])
    expect((await chats.resume('c')).status).toBe(204)
  })

  it('are stopped from any process: kept as far as they came, their model aborted', async () => {
    const world = await open()
    const { post, model, chats, settled } = serverOf(world)
    const { response, activeStreamId } = await post('c', { message: user('?', 'u') })
    model.begin()
    model.say('Half an')
    const { reader } = await readUntil(response, 'Half an')
    const other = world.isLasting
      ? { organization: (await world.another()).organization(world.organizationId) }
      : world
    expect(await chatsOf(other).stop('c', 'another stream')).toBe(false)
    expect(await chatsOf(other).stop('c', activeStreamId)).toBe(true)
    expect(words(await chats.load('c'))).toEqual(['?', 'Half an'])
    expect((await chats.get('c')).activeStreamId).toBe(null)
    const last = new TextDecoder().decode((await reader.read()).value)
    expect(last.trimStart()).toBe('data: {"type":"abort"}\n\ndata: [DONE]\n\n')
    await settled()
    expect(model.isAborted).toBe(true)
    expect(words(await chats.load('c'))).toEqual(['?', 'Half an'])
    expect(await chats.stop('c')).toBe(false)
    expect((await chats.resume('c')).status).toBe(204)
  }, 15_000)

  it('whose producer is lost are kept as far as they came', async () => {
    const world = await open()
    const { organization } = world
    const chats = chatsOf(world, { producerTtlSeconds: 1 })
    const turn = await chats.submit('c', { message: user('?', 'u') })
    const { conversationId } = await chats.get('c')
    const { data: [asked] } = await organization.messages.list(conversationId)
    // What a process writes that is killed in the middle.
    const events = [
      `: after ${asked!.id}\n\n`, 'data: {"type":"start","messageId":"a"}\n\n',
      'data: {"type":"text-start","id":"t"}\n\n',
      'data: {"type":"text-delta","id":"t","delta":"Half"}\n\n', 'data: {"type":"text-d',
    ]
    await organization.streams.append(`ai-sdk/${turn.activeStreamId}`, events.join(''))
    const text = await (await chats.resume('c')).text()
    expect(text).toContain('"Half"')
    expect(text).toContain('interrupted')
    expect(words(await chats.load('c'))).toEqual(['?', 'Half'])
    expect((await chats.load('c'))[1]!.id).toBe('a')
    expect((await chats.resume('c')).status).toBe(204)
  }, 15_000)

  it('give way to a newer one, or refuse it', async () => {
    const { post, model, chats, settled, asked } = serverOf(await open())
    await post('c', { message: user('?', 'u1') })
    model.begin()
    model.say('Half')
    const { response } = { response: await chats.resume('c') }
    await readUntil(response, 'Half')
    const refusing = chats.submit('c', { message: user('!', 'u2') }, { whileActive: 'refuse' })
    await expect(refusing).rejects.toThrow(ChatBusy)
    expect(words(await chats.load('c'))).toEqual(['?'])
    await asked('c', { message: user('!', 'u2') }, 'Whole')
    await settled()
    expect(words(await chats.load('c'))).toEqual(['?', 'Half', '!', 'Whole'])
  }, 15_000)

  it('are one at a time, whoever asks', async () => {
    const chats = chatsOf(await open())
    await chats.create('c')
    const turns = await Promise.allSettled(Array.from({ length: 8 }, (_, index) =>
      chats.submit('c', { message: user(`${index}`, `u${index}`) }, { whileActive: 'refuse' })))
    const won = turns.flatMap((turn) => (turn.status === 'fulfilled' ? [turn.value] : []))
    expect(won).toHaveLength(1)
    expect((await chats.get('c')).activeStreamId).toBe(won[0]!.activeStreamId)
    expect(await chats.load('c')).toEqual(won[0]!.messages)
  })

  it('go on with an answer that the client has completed', async () => {
    const { post, asked, model, chats, settled } = serverOf(await open())
    const { response } = await post('c', { message: user('weather?', 'u') })
    model.call('weather', 'call-1', { at: 'sea' })
    model.end({ text: false })
    await response.text()
    await settled()
    const [, answer] = await chats.load('c')
    const parts = answer!.parts.map((part) => part.type !== 'tool-weather' ? part
      : { ...part, state: 'output-available', output: 21 }) as UIMessage['parts']
    const completed = { ...answer!, parts }
    const text = await asked('c', { messages: [user('weather?', 'u'), completed] }, 'Warm.')
    expect(text).toContain(`"messageId":"${answer!.id}"`)
    const [, whole, ...others] = await chats.load('c')
    expect(others).toEqual([])
    expect(whole!.id).toBe(answer!.id)
    expect(JSON.stringify(whole!.parts)).toMatch(/"output":21.*Warm\./)
  })

  it('that fail say so to the client, and are kept as far as they came', async () => {
    const { post, model, chats, settled } = serverOf(await open())
    const { response } = await post('c', { message: user('?', 'u') })
    model.begin()
    model.say('Half')
    model.fail(new Error('secret reason'))
    const text = await response.text()
    expect(text).toContain('"type":"error"')
    expect(text).not.toContain('secret reason')
    await settled()
    expect(words(await chats.load('c'))).toEqual(['?', 'Half'])
    expect((await chats.get('c')).activeStreamId).toBe(null)
  })
})
