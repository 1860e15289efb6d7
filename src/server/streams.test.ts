import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { contract } from '../testing/contract.js'
import { type Answer, HttpClient } from '../testing/http.js'
import { rawConnection } from '../testing/raw.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const text = { 'content-type': 'text/plain' }
const path = '/v1/streams/answers/42'

type Headers = Record<string, string>

const make = (client: HttpClient, headers: Headers = text, bytes = '') =>
  client.send({ method: 'PUT', path, headers, bytes })

const append = (client: HttpClient, bytes: string, headers: Headers = {}) =>
  client.send({ method: 'POST', path, headers: { ...text, ...headers }, bytes })

const field = ({ status, body }: Answer) => [status, body?.errors?.[0]?.field]

contract('streams over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('carry bytes under paths with slashes, percent-encoded or not', async () => {
    const { ours, organization } = await open()
    const made = await make(ours)
    expect(made.status).toBe(201)
    expect(made.headers.location).toMatch(/^http:.*\/v1\/streams\/answers\/42$/)
    await append(ours, 'é')
    const read = await ours.get('/v1/streams/answers%2F42?offset=-1')
    expect([read.status, read.text, read.headers['content-type']])
      .toEqual([200, 'é', 'text/plain'])
    expect(read.headers['content-security-policy']).toContain('sandbox')
    expect((await organization.streams.get('answers/42')).offset)
      .toBe(read.headers['stream-next-offset'])
    const head = await ours.send({ method: 'HEAD', path })
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers['stream-next-offset']).toBe(read.headers['stream-next-offset'])
    expect((await ours.get('/v1/streams?prefix=answers/')).body.data)
      .toMatchObject([{ path: 'answers/42', content_type: 'text/plain', closed: false }])
    expect((await ours.delete(path)).status).toBe(204)
    expect((await ours.get(path)).body.code).toBe('stream_not_found')
  })

  it('have one effect under one Idempotency-Key, and give the same answer', async () => {
    const { ours, organization } = await open()
    await make(ours)
    const key = { 'idempotency-key': 'once' }
    const first = await append(ours, 'a', key)
    const again = await append(ours, 'a', key)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect([again.status, again.headers['stream-next-offset']])
      .toEqual([first.status, first.headers['stream-next-offset']])
    const other = await append(ours, 'b', key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    const stolen = await append(ours, 'a', { ...key, 'stream-closed': 'true' })
    expect(stolen.status).toBe(422)
    const [chunk] = (await organization.streams.read('answers/42')).chunks
    expect(Buffer.from(chunk!.data).toString()).toBe('a')
  })

  it('tell why they end early, to all who read', async () => {
    const { ours } = await open()
    await make(ours)
    const failure = encodeURIComponent('Müde.')
    await append(ours, 'half', { 'stream-failure': failure })
    const read = await ours.get(path)
    expect([read.headers['stream-closed'], read.headers['stream-failure']])
      .toEqual(['true', failure])
    const events = await ours.get(`${path}?offset=-1&live=sse`)
    expect(events.text).toContain('event: data\ndata:half\n\n')
    expect(events.text).toContain('"streamFailure":"Müde."')
    const refused = await append(ours, 'more')
    expect([refused.status, refused.body.code, refused.headers['stream-closed']])
      .toEqual([409, 'stream_closed', 'true'])
  })

  it('never cut a character in two between events', async () => {
    const { ours, organization: { streams } } = await open()
    await make(ours)
    const bytes = Buffer.from('a😀b')
    const listening = ours.get(`${path}?offset=-1&live=sse`)
    for (const byte of bytes) {
      await streams.append('answers/42', new Uint8Array([byte]))
      await sleep(5)
    }
    await streams.close('answers/42')
    const events = (await listening).text.split('\n\n')
    const data = events.filter((event) => event.startsWith('event: data'))
      .map((event) => event.split('data:')[1])
    expect(data.join('')).toBe('a😀b')
    // Each offset told is one from which the rest reads whole.
    for (const [, offset] of (await listening).text.matchAll(/"streamNextOffset":"(\w+)"/g)) {
      expect((await ours.get(`${path}?offset=${offset}`)).text).not.toContain('\ufffd')
    }
  })

  it('name the header or parameter at fault, and do nothing', async () => {
    const { ours, organization } = await open()
    await make(ours)
    const refusals: [Promise<Answer>, unknown[]][] = [
      [make(ours, { ...text, 'stream-ttl': '01' }), [400, 'header.stream-ttl']],
      [make(ours, { ...text, 'stream-expires-at': 'soon' }), [400, 'header.stream-expires-at']],
      [make(ours, { ...text, 'stream-forked-from': '/elsewhere' }),
        [400, 'header.stream-forked-from']],
      [make(ours, { ...text, 'stream-fork-offset': 'x' }), [400, 'header.stream-fork-offset']],
      [make(ours, { 'content-type': 'words' }), [400, 'header.content-type']],
      [append(ours, 'x', { 'producer-id': 'p' }), [400, 'header.producer-epoch']],
      [append(ours, 'x', { 'producer-id': 'p', 'producer-epoch': '0', 'producer-seq': '1.0' }),
        [400, 'header.producer-seq']],
      [append(ours, 'x', { 'stream-failure': '%' }), [400, 'header.stream-failure']],
      [append(ours, ''), [400, 'body']],
      [append(ours, 'x', { 'content-encoding': 'gzip' }), [415, 'header.content-encoding']],
      [append(ours, 'x'.repeat(1024 * 1024 + 1)), [413, 'body']],
      [ours.get(`${path}?offset=1`), [400, 'query.offset']],
      [ours.get(`${path}?live=sse`), [400, 'query.offset']],
      [ours.get(`${path}?offset=-1&live=always`), [400, 'query.live']],
      [ours.get('/v1/streams/a/../../me/x//y'), [400, 'path.path']],
      [ours.get('/v1/streams/a//b'), [400, 'path.path']],
      [ours.get(`/v1/streams/${'x'.repeat(256)}`), [400, 'path.path']],
    ]
    for (const [answer, expected] of refusals) expect(field(await answer)).toEqual(expected)
    expect((await organization.streams.read('answers/42')).chunks).toEqual([])
  })

  it('withstand headers full of anything', async () => {
    const { ours } = await open()
    const names = [
      'content-type', 'stream-ttl', 'stream-expires-at', 'stream-closed', 'stream-seq',
      'stream-forked-from', 'stream-fork-offset', 'stream-fork-sub-offset', 'stream-failure',
      'producer-id', 'producer-epoch', 'producer-seq', 'if-none-match',
    ]
    const values = [
      '', ' ', '0', '-1', '1e9', '9007199254740993', 'true', 'null', '%00', '%', '"', '\xff',
      '/v1/streams/', '/v1/streams/answers/42', 'text/plain', 'application/json;;', '*',
      `${'0'.repeat(16)}_${'9'.repeat(16)}`, '2026-02-30T00:00:00Z', 'x'.repeat(300),
    ]
    for (const method of ['PUT', 'POST', 'GET', 'HEAD', 'DELETE']) {
      for (const value of values) {
        const some = names.filter((_, index) => (index * 7 + value.length) % 3 === 0)
        const headers = Object.fromEntries(some.map((name) => [name, value]))
        const bytes = ['PUT', 'POST'].includes(method) ? '[1' : undefined
        const { status } = await ours.send({ method, path, headers, bytes })
        expect([method, value, status < 500]).toEqual([method, value, true])
      }
    }
  })

  it('let pages of other origins call, and tell them how', async () => {
    const { guest, ours } = await open()
    const asked = await guest.send({ method: 'OPTIONS', path })
    expect(asked.status).toBe(204)
    expect(asked.headers['access-control-allow-methods']).toBe('PUT, POST, GET, HEAD, DELETE')
    expect(asked.headers['access-control-allow-headers']).toMatch(/Authorization.*Producer-Id/)
    const refused = await guest.get(path)
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, '*'])
    // Only where it is meant to be: elsewhere a browser keeps pages apart.
    const elsewhere = await ours.get('/v1/conversations')
    expect(elsewhere.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('end their readers at once when the server closes', async () => {
    const { holdfast, ourToken, organization } = await open()
    await organization.streams.create('answers/42', { contentType: 'text/plain', data: 'x' })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const reads = await Promise.all(['sse', 'long-poll'].map(async (live) => {
      const target = `${path}?offset=now&live=${live}`
      return rawConnection(server.url,
        `GET ${target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${ourToken}\r\n\r\n`)
    }))
    await reads[0]!.until(/upToDate/)
    await server.close()
    const [events, poll] = await Promise.all(reads.map(({ received }) => received))
    expect(events).toMatch(/^HTTP\/1\.1 200/)
    expect(poll).toMatch(/^HTTP\/1\.1 204/)
    expect(poll).toMatch(/stream-next-offset/i)
  })

  it('become messages, once under whatever key', async () => {
    const { ours } = await open()
    await make(ours, text, 'the answer')
    const { body: conversation } = await ours.post('/v1/conversations', {})
    const finish = `/v1/conversations/${conversation.id}/finish-stream`
    const first = await ours.post(finish, { stream: 'answers/42', metadata: { model: 'm' } })
    expect([first.status, first.body.content, first.body.role])
      .toEqual([201, 'the answer', 'assistant'])
    const again = await ours.post(finish, { stream: 'answers/42' }, { 'idempotency-key': 'k' })
    expect(again.body.id).toBe(first.body.id)
    expect((await ours.get(path)).headers['stream-closed']).toBe('true')
    expect((await ours.post(finish, { stream: 'none' })).body.code).toBe('stream_not_found')
    expect(field(await ours.post(finish, { stream: '../x' }))).toEqual([400, 'body.stream'])
  })
})

it('silence between events is broken by a heartbeat', async () => {
  const holdfast = await openHoldfast()
  const server = await startServer({
    holdfast, port: 0, logLevel: 'silent', streamTimes: { heartbeatMs: 20, eventsMs: 200 },
  })
  const { streams, serviceTokens } = holdfast.organization()
  await streams.create('answers/42')
  const { token } = await serviceTokens.create({ name: 't', scopes: ['streams:read'] })
  const client = new HttpClient(server.url, serving, { token })
  const { text: events } = await client.get(`${path}?offset=now&live=sse`)
  expect(events).toMatch(/^event: control\ndata:\{.*\}\n\n(:\n\n)+$/)
  client.close()
  await server.close()
  await holdfast.close()
})
