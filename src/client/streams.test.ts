import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type RunningServer, startServer } from '../server/index.js'
import { type Client, createClient, type Fetch } from './index.js'

let holdfast: Holdfast
let server: RunningServer
let client: Client
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
  server = await startServer({
    holdfast, port: 0, logLevel: 'silent', streamTimes: { longPollMs: 200 },
  })
  const { token } = await holdfast.organization().serviceTokens.create({
    name: 'client', scopes: ['streams:*'],
  })
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
    await expect(streams.head(path)).rejects.toMatchObject({ status: 404 })
    await expect(streams.read('a/../b')).rejects.toThrow(/single slashes/)
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
})
