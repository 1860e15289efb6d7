import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, type ConversationEvent, createClient } from '../client/index.js'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { contract } from '../testing/contract.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { rawConnection } from '../testing/raw.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, type RunningServer, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const said = (content: string) => ({ role: 'user', content })

async function begun({ organization }: HttpWorld) {
  const { id } = await organization.conversations.create({ title: 'Live' })
  return { id, path: `/v1/conversations/${id}/events` }
}

/** A connection that gets events as they come. */
function connected(url: string, path: string, token: string) {
  const head = `GET ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${token}\r\n\r\n`
  return rawConnection(url, head)
}

contract('events over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('come as they happen, with ids to go on from', async () => {
    const world = await open()
    const { url, ourToken, ours, organization: { conversations, messages } } = world
    const { id, path } = await begun(world)
    const { socket, until } = await connected(url, path, ourToken)
    const head = await until(/event: ready\nid: 0\.0\.0\ndata:/)
    expect(head).toContain('content-type: text/event-stream')
    const message = await messages.append(id, said('a'))
    expect(await until(/event: message\.created\nid: 1\.0\.0\n/)).toContain(message.id)
    expect((await ours.post(`/v1/conversations/${id}/typing`, { ttl_seconds: 3 })).status).toBe(204)
    expect(await until(/event: typing\ndata:.*"ttl_seconds":3/)).not.toContain('id: null')
    await ours.patch(`/v1/conversations/${id}`, { title: 'New' })
    await until(/event: conversation\.updated\nid: 1\.1\.0\ndata:.*"title":"New"/)
    await conversations.delete(id)
    await until(/event: conversation\.deleted\ndata:/)
    socket.destroy()
  })

  it('tell what was missed behind Last-Event-ID, which goes before `after`', async () => {
    const world = await open()
    const { ours, theirs, guest, organization: { messages } } = world
    const { id, path } = await begun(world)
    for (const word of ['a', 'b', 'c']) await messages.append(id, said(word))
    const asked = async (query: string, headers = {}) =>
      [...(await ours.get(`${path}?live=false&${query}`, headers)).text.matchAll(/^id: (.+)$/gm)]
        .map(([, found]) => found)
    expect(await asked('')).toEqual(['3.0.0'])
    expect(await asked('after=1.0.0')).toEqual(['1.0.0', '2.0.0', '3.0.0'])
    expect(await asked('after=0.0.0', { 'last-event-id': '2.0.0' })).toEqual(['2.0.0', '3.0.0'])
    for (const [query, headers, field] of [
      ['after=x', {}, 'query.after'], ['after=4.0.0', {}, 'query.after'],
      ['', { 'last-event-id': 'x' }, 'header.last-event-id'], ['live=maybe', {}, 'query.live'],
      ['', { 'last-event-id': '3.1.0' }, 'header.last-event-id'],
    ] as const) {
      const { status, body } = await ours.get(`${path}?${query}`, headers)
      expect([status, body.errors[0].field]).toEqual([400, field])
    }
    expect((await theirs.get(path)).body.code).toBe('conversation_not_found')
    expect((await guest.get(path)).status).toBe(401)
    const typing = `/v1/conversations/${id}/typing`
    expect((await theirs.post(typing, {})).body.code).toBe('conversation_not_found')
    expect((await ours.post(typing, { ttl_seconds: 0 })).status).toBe(400)
  })

  it('end within seconds once the token is revoked', async () => {
    const world = await open()
    const { url, organization: { serviceTokens, messages } } = world
    const { id, path } = await begun(world)
    const { token, serviceToken } = await serviceTokens.create({ name: 'gone', scopes: ['*'] })
    const { socket, until, received } = await connected(url, path, token)
    await until(/event: ready/)
    await serviceTokens.revoke(serviceToken.id)
    const since = performance.now()
    // The last piece of a chunked answer: it ends, the connection may go on.
    await until(/\r\n0\r\n\r\n$/)
    expect(performance.now() - since).toBeLessThan(4_000)
    await messages.append(id, said('secret'))
    await sleep(50)
    socket.destroy()
    expect(await received).not.toContain('secret')
  }, 10_000)
})

for (const engine of enginesNamed('postgres')) {
  const missing = engine.missing ?? PrivateRedis.missing()
  describe.skipIf(missing !== undefined)('events between two servers over Redis', () => {
    let lease: DatabaseLease
    let redis: PrivateRedis
    const opened: Holdfast[] = []
    const servers: RunningServer[] = []
    const clients: Client[] = []

    beforeAll(async () => {
      lease = await engine.createReady()
      redis = await PrivateRedis.start()
      for (let index = 0; index < 2; index += 1) {
        const holdfast = await openHoldfast({ database: lease.url, redis: redis.url })
        opened.push(holdfast)
        servers.push(await startServer({ holdfast, port: 0, logLevel: 'silent' }))
      }
      const { token } = await opened[0]!.organization().serviceTokens.create({
        name: 'client', scopes: ['*'],
      })
      clients.push(...servers.map(({ url }) => createClient({ url, token })))
    }, 30_000)

    afterAll(async () => {
      for (const each of [...servers, ...opened]) await each.close()
      await redis?.remove()
      await lease?.drop()
    })

    it('arrive within milliseconds', async () => {
      const [here, there] = clients as [Client, Client]
      const { id } = await here.conversations.create()
      const events = there.conversations.events(id)
      await events.next()
      const tookMs: number[] = []
      for (let index = 0; index < 20; index += 1) {
        const next = events.next()
        const since = performance.now()
        await here.messages.append(id, said(`${index}`))
        expect((await next).value).toMatchObject({ type: 'message.created' })
        tookMs.push(performance.now() - since)
      }
      await events.return()
      // Far below a look a second, which would find them anyway.
      expect(tookMs.sort((a, b) => a - b)[10]).toBeLessThan(250)
    })

    it('are all there when Redis is flushed, dies and comes back in mid-stream', async () => {
      const [here, there] = clients as [Client, Client]
      const { id } = await here.conversations.create()
      const reading = readTo(there, id, 60)
      for (let index = 1; index <= 60; index += 1) {
        await here.messages.append(id, said(`${index}`))
        if (index === 15) await redis.command('FLUSHALL')
        if (index === 30) await redis.kill()
        if (index === 45) await redis.start()
      }
      expect(await reading).toEqual(Array.from({ length: 60 }, (_, index) => `${index + 1}`))
    }, 20_000)

    it('go on at another place when the server goes away', async () => {
      const { id } = await clients[0]!.conversations.create()
      const reading = readTo(clients[1]!, id, 40)
      for (let index = 1; index <= 40; index += 1) {
        await clients[0]!.messages.append(id, said(`${index}`))
        if (index !== 20) continue
        const { port } = new URL(servers[1]!.url)
        await servers[1]!.close()
        servers[1] = await startServer({
          holdfast: opened[1]!, port: Number(port), logLevel: 'silent',
        })
      }
      expect(await reading).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 1}`))
    }, 20_000)
  })
}

/** What a client hears from the beginning on, until the message of this number. */
async function readTo({ conversations }: Client, id: string, last: number): Promise<string[]> {
  const contents: string[] = []
  for await (const event of conversations.events(id, { after: '0.0.0' })) {
    if (isCreated(event)) contents.push(event.data.message.content as string)
    if (contents.at(-1) === `${last}`) break
  }
  return contents
}

const isCreated = (
  event: ConversationEvent,
): event is Extract<ConversationEvent, { type: 'message.created' }> =>
  event.type === 'message.created'
