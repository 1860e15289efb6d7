import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type RunningServer, startServer } from '../server/index.js'
import { type Client, createClient, type Fetch } from './index.js'

let holdfast: Holdfast
let server: RunningServer
let client: Client
let token: string
const serving = { logLevel: 'silent', streamTimes: { longPollMs: 200 } } as const
/** Answers still to be lost after the server has acted. */
let losses = 0

const losing: Fetch = async (url, init) => {
  const response = await fetch(url, init)
  if (losses === 0) return response
  losses -= 1
  await response.arrayBuffer()
  throw new TypeError('the connection broke')
}

beforeAll(async () => {
  holdfast = await openHoldfast()
  server = await startServer({ holdfast, port: 0, ...serving })
  const made = await holdfast.organization().serviceTokens.create({
    name: 'client', scopes: ['streams:*'],
  })
  token = made.token
  client = createClient({ url: server.url, token, fetch: losing })
})

afterAll(async () => {
  await server?.close()
  await holdfast?.close()
})

async function followed(path: string): Promise<string> {
  let all = ''
  for await (const { text } of client.streams.follow(path)) all += text
  return all
}

describe('streams over the client', () => {
  it('are made, appended to, read, listed, told of and deleted', async () => {
    const { streams } = client
    const path = 'answers/né 1'
    const made = await streams.create(path, { contentType: 'text/plain', data: 'one ' })
    expect(made).toMatchObject({ created: true, closed: false })
    expect(await streams.create(path, { contentType: 'text/plain' }))
      .toMatchObject({ created: false })
    await streams.append(path, 'two')
    expect(await streams.read(path, { from: made.offset }))
      .toMatchObject({ text: 'two', upToDate: true })
    expect((await streams.list({ prefix: 'answers/' })).data).toMatchObject([{ path }])
    await streams.close(path, { failure: 'the model went away: é' })
    expect(await streams.head(path))
      .toMatchObject({ closed: true, failure: 'the model went away: é' })
    await expect(streams.append(path, 'x')).rejects.toMatchObject({ code: 'stream_closed' })
    await streams.delete(path)
    await expect(streams.head(path))
      .rejects.toMatchObject({ status: 404, code: 'stream_not_found' })
    await expect(streams.writer(path).write(''))
      .rejects.toMatchObject({ status: 404, code: 'stream_not_found' })
    const stranger = createClient({ url: server.url, token: 'hf_st_none' })
    await expect(stranger.streams.head(path)).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(streams.read('a/../b')).rejects.toThrow(/single slashes/)
  })

  it('say of which content type they are when text is appended to a stream of bytes', async () => {
    await client.streams.create('bytes')
    await expect(client.streams.append('bytes', 'one')).rejects.toMatchObject({
      code: 'stream_type_mismatch',
      message: expect.stringMatching(/must be application\/octet-stream.*, not text\/plain/),
    })
  })

  it('hold what a writer wrote once and in order, though answers are lost', async () => {
    const { streams } = client
    await streams.create('lossy', { contentType: 'text/plain' })
    const writer = streams.writer('lossy')
    const words = Array.from({ length: 8 }, (_, index) => `${index} `)
    for (const [index, word] of words.entries()) {
      losses = index % 3 === 0 ? 1 : 0
      await writer.write(word)
    }
    losses = 1
    await writer.close()
    expect((await streams.read('lossy')).text).toBe(words.join(''))
  })

  it('are followed to their end, also by a reader whose answers are lost', async () => {
    const { streams } = client
    await streams.create('followed', { contentType: 'text/plain', data: 'begin ' })
    const reading = followed('followed')
    const writer = streams.writer('followed')
    for (const word of ['a ', 'b ', 'c ']) {
      await sleep(60)
      losses = 1
      await writer.write(word)
    }
    await writer.close()
    expect(await reading).toBe('begin a b c ')
  })

  it('are followed character by character, whatever pieces their bytes come in', async () => {
    const { streams } = client
    await streams.create('parted', { contentType: 'text/plain' })
    const texts: string[] = []
    const reading = (async () => {
      for await (const { text } of streams.follow('parted')) texts.push(text)
    })()
    const writer = streams.writer('parted', { contentType: 'text/plain' })
    const bytes = new TextEncoder().encode('a😀b')
    for (const piece of [bytes.slice(0, 3), bytes.slice(3), '\ufeffc']) {
      const { length } = texts
      await writer.write(piece)
      await expect.poll(() => texts.length).toBe(length + 1)
    }
    await writer.close()
    await reading
    expect(texts.join('')).toBe('a😀b\ufeffc')
    expect((await streams.read('parted')).text).toBe('a😀b\ufeffc')
  })

  it('take empty tokens, and pairs that are parted, from a writer', async () => {
    const { streams } = client
    await streams.create('tokens', { contentType: 'text/plain' })
    const writer = streams.writer('tokens', { contentType: 'text/plain' })
    const { offset } = await writer.write('')
    const states = await Promise.all(['so', '', '\ud83d', '\ude00', '', '\ud83d'].map(
      (token) => writer.write(token)))
    expect(states[0]!.offset > offset).toBe(true)
    await writer.write(new TextEncoder().encode('!'))
    await writer.write('\ud83d')
    await writer.close()
    expect((await streams.read('tokens')).text).toBe('so😀\ufffd!\ufffd')
  })

  it('are followed by who waits shorter than the server, and while it is away', async () => {
    const port = Number(new URL(server.url).port)
    const hasty = createClient({ url: server.url, token, timeoutMs: 50, retriesMax: 0 })
    const patient = createClient({ url: server.url, token, retriesMax: 0 })
    await client.streams.create('away', { contentType: 'text/plain', data: 'before ' })
    const texts = [hasty, patient].map(async ({ streams }) => {
      let all = ''
      for await (const { text } of streams.follow('away')) all += text
      return all
    })
    await sleep(300)
    await server.close()
    await sleep(300)
    server = await startServer({ holdfast, port, ...serving })
    await client.streams.append('away', 'after')
    await client.streams.close('away')
    expect(await Promise.all(texts)).toEqual(['before after', 'before after'])
    await expect(patient.streams.follow('none').next()).rejects.toMatchObject({ status: 404 })
  })

  it('are not followed any more by who has left', async () => {
    await client.streams.create('left', { contentType: 'text/plain' })
    const nowhere = createClient({ url: 'http://127.0.0.1:1', token, retriesMax: 0 })
    for (const { streams } of [client, nowhere]) {
      const following = streams.follow('left', { signal: AbortSignal.timeout(300) }).next()
      await expect(following).rejects.toMatchObject({ name: 'TimeoutError' })
    }
  })
})
