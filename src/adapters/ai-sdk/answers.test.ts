import {
  convertToModelMessages, jsonSchema, streamText, tool, toUIMessageStream, type UIMessage,
  type UIMessageChunk,
} from 'ai'
import { expect, it } from 'vitest'
import { type MessageStore } from '../../conversations/index.js'
import { ScriptedModel } from '../../testing/scripted-model.test.harness.js'
import { contract, type ContractWorld } from '../../testing/index.js'
import { type ChatStoreOptions, type ChatStores, createChatStore } from './index.js'
import { messageFrom, streamedIn } from './sse.js'

const user = (text: string, id: string): UIMessage =>
  ({ id, role: 'user', parts: [{ type: 'text', text }] })

/** An answer whose chunks are all there. */
const chunked = (chunks: readonly UIMessageChunk[]) => new ReadableStream<UIMessageChunk>({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk)
    controller.close()
  },
})

function chatsOf(stores: ChatStores, options: ChatStoreOptions = {}) {
  const writing: Promise<unknown>[] = []
  const chats = createChatStore(stores, {
    producerTtlSeconds: 2, waitUntil: (promise) => void writing.push(promise), ...options,
  })
  return { chats, settled: () => Promise.all(writing) }
}

/** The messages of a process that stands still when it is to store an answer. */
function frozen(messages: MessageStore) {
  const [stop, thaw] = [gate(), gate()]
  const store = new Proxy(messages, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...given: Parameters<MessageStore['append']>) => {
        if (name === 'append' && given[1].role === 'assistant') {
          stop.open()
          await thaw.opened
        }
        return member.apply(target, given) as unknown
      }
    },
  })
  return { store, stopped: stop.opened, thaw: thaw.open }
}

function gate() {
  let open!: () => void
  const opened = new Promise<void>((done) => (open = done))
  return { opened, open: () => open() }
}

const weather = { type: 'tool-weather', toolCallId: 'call', input: { at: 'sea' } } as const
const called: UIMessageChunk[] = [
  { type: 'start', messageId: 'a' },
  { type: 'tool-input-available', toolCallId: 'call', toolName: 'weather', input: { at: 'sea' } },
  { type: 'finish' },
]
const warm: UIMessageChunk[] = [
  { type: 'start', messageId: 'a' }, { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Warm.' }, { type: 'text-end', id: 't' },
  { type: 'finish' },
]

contract('answers that are kept', (open) => {
  it('stay as others went on with them while their own process slept', async () => {
    const { organization } = await open()
    const { store, stopped, thaw } = frozen(organization.messages)
    const sleeping = chatsOf({ ...organization, messages: store })
    const first = await sleeping.chats.submit('c', { message: user('weather?', 'u') })
    await first.respond(chunked(called)).text()
    await stopped
    const { chats, settled } = chatsOf(organization)
    const [, answer] = await chats.load('c')
    const done = { ...answer!, parts: [{ ...weather, state: 'output-available', output: 21 }] }
    const second = await chats.submit('c', { message: done })
    await second.respond(chunked(warm)).text()
    await settled()
    const whole = await chats.load('c')
    expect(JSON.stringify(whole[1]!.parts)).toMatch(/"output":21.*Warm\./)
    thaw()
    await sleeping.settled()
    expect(await chats.load('c')).toEqual(whole)
    expect((await chats.get('c')).activeStreamId).toBe(null)
  })

  it('keep their line open while nothing is said, but between the parts of an event', async () => {
    const { organization } = await open()
    const { chats, settled } = chatsOf(organization, { heartbeatSeconds: 0.02 })
    const turn = await chats.submit('c', { message: user('?', 'u') })
    const { opened, open: say } = gate()
    const long = 'word '.repeat(100_000)
    const response = turn.respond(new ReadableStream<UIMessageChunk>({
      async start(controller) {
        controller.enqueue({ type: 'start', messageId: 'a' })
        await opened
        controller.enqueue({ type: 'text-start', id: 't' })
        controller.enqueue({ type: 'text-delta', id: 't', delta: long })
        controller.close()
      },
    }))
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value
      if (text.split(':\n\n').length > 3) say()
    }
    await settled()
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '))
    expect(events.slice(0, -1).map((event) => JSON.parse(event.slice(6)).type))
      .toEqual(['start', 'text-start', 'text-delta'])
    expect(JSON.stringify(await chats.load('c'))).toContain(long)
  })

  it('go on while something comes that is no submission', async () => {
    const { chats, settled } = chatsOf((await open()).organization)
    const turn = await chats.submit('c', { message: user('weather?', 'u') })
    for (const body of [{}, { message: 7 }, { messages: [] }, { messages: [null] }]) {
      await expect(chats.submit('c', body)).rejects.toMatchObject({ field: 'message' })
    }
    expect((await chats.get('c')).activeStreamId).toBe(turn.activeStreamId)
    await turn.respond(chunked(warm)).text()
    await settled()
    expect(JSON.stringify(await chats.load('c'))).toContain('Warm.')
  })

  it('go with the person whose chat it was, whoever else asked in it', async () => {
    const world: ContractWorld = await open()
    const { holdfast, organizationId } = world
    const owner = await holdfast.identity.createUser({ email: 'owner@example.org' })
    const actor = { id: `user:${owner.id}`, userId: owner.id }
    await chatsOf(holdfast.organization(organizationId, actor)).chats.create('c')
    const { chats, settled } = chatsOf(world.organization)
    const turn = await chats.submit('c', { message: user('What do you know of me?', 'u') })
    await turn.respond(chunked(warm)).text()
    await settled()
    const path = `ai-sdk/${turn.activeStreamId}`
    expect(await world.organization.streams.find(path)).toBeDefined()
    await holdfast.personalData().erase(owner.id)
    expect(await world.organization.streams.find(path)).toBe(undefined)
  })

  it('are answered on after they were stopped in the middle of a tool', async () => {
    const { chats, settled } = chatsOf((await open()).organization)
    const model = new ScriptedModel()
    const tools = {
      weather: tool({
        inputSchema: jsonSchema<{ at: string }>({}),
        execute: (_input, { abortSignal }) => new Promise<string>((_done, fail) => {
          abortSignal!.addEventListener('abort', () => fail(new Error('stopped')))
        }),
      }),
    }
    const post = async (message: UIMessage) => {
      const { length } = model.prompts
      const turn = await chats.submit('c', { message })
      const result = streamText({
        model: model.model, tools, abortSignal: turn.signal, onError: () => undefined,
        messages: await convertToModelMessages(
          turn.messages, { tools, ignoreIncompleteToolCalls: true }),
      })
      const response = turn.respond(toUIMessageStream({
        stream: result.stream, originalMessages: turn.messages,
        generateMessageId: chats.generateId,
      }))
      await expect.poll(() => model.prompts.length).toBe(length + 1)
      return response
    }
    const stopped = await post(user('weather?', 'u1'))
    model.call('weather', 'call', { at: 'sea' })
    model.end({ text: false })
    const reader = stopped.body!.getReader()
    const decoder = new TextDecoder()
    for (let text = ''; !text.includes('tool-input-available');) {
      text += decoder.decode((await reader.read()).value, { stream: true })
    }
    expect(await chats.stop('c')).toBe(true)
    const next = await post(user('And now?', 'u2'))
    model.answer('Better.')
    expect(await next.text()).toContain('Better.')
    await settled()
    expect(JSON.stringify((await chats.load('c')).at(-1)!.parts)).toContain('Better.')
  }, 15_000)
})

/** The text of a stream. */
const written = (chunks: readonly UIMessageChunk[]) =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')

it('answers are read from few chunks, whatever they were streamed in', async () => {
  const metadata = (n: number) => ({ provider: { n } })
  const chunks: UIMessageChunk[] = [
    { type: 'start', messageId: 'a' },
    { type: 'tool-input-start', toolCallId: 'one', toolName: 'write' },
    { type: 'tool-input-start', toolCallId: 'two', toolName: 'write' },
    { type: 'tool-input-delta', toolCallId: 'one', inputTextDelta: '{"text":"' },
    { type: 'tool-input-delta', toolCallId: 'two', inputTextDelta: '{"text":"' },
    ...Array.from({ length: 20_000 }, (_, index): UIMessageChunk => ({
      type: 'tool-input-delta', toolCallId: index % 2 === 0 ? 'one' : 'two',
      inputTextDelta: 'some words ',
    })),
    ...['1', '1'].flatMap((id): UIMessageChunk[] => [
      { type: 'reasoning-start', id },
      { type: 'reasoning-delta', id, delta: 'hm', providerMetadata: metadata(1) },
      { type: 'reasoning-delta', id, delta: ' hm', providerMetadata: metadata(2) },
      { type: 'reasoning-delta', id, delta: '.' }, { type: 'reasoning-end', id },
    ]),
  ]
  const streamed = streamedIn(written(chunks))
  expect(streamed.chunks).toHaveLength(11)
  const message = await messageFrom(streamed.chunks)
  const text = 'some words '.repeat(10_000)
  const tools = ['one', 'two'].map((toolCallId) => (
    { type: 'tool-write', toolCallId, state: 'input-streaming', input: { text } }))
  expect(message!.parts.slice(0, 2)).toMatchObject(tools)
  expect(message!.parts.slice(2)).toMatchObject(Array(2).fill(
    { type: 'reasoning', text: 'hm hm.', providerMetadata: metadata(2) }))
})
