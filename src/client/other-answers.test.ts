import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, createClient } from './index.js'

/** The page that some servers give for every address. */
const page = '<!doctype html><title>Welcome</title>'
let server: Server
let client: Client

beforeAll(async () => {
  server = createServer(async (request, response) => {
    await buffer(request)
    response.writeHead(200, { 'content-type': 'text/html', etag: 'W/"27-18"' }).end(page)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  client = createClient({ url: `http://127.0.0.1:${port}`, token: 'token' })
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  'conversations.get': () => client.conversations.get('c'),
  'conversations.events': () => client.conversations.events('c').next(),
  'conversations.export': () => client.conversations.export('c').next(),
  'conversations.import': () => client.conversations.import('{}'),
  'floors.follow': () => client.floors.follow('c').next(),
  'runs.follow': () => client.runs.follow('r').next(),
  'streams.create': () => client.streams.create('s'),
  'streams.append': () => client.streams.append('s', 'x'),
  'streams.writer': () => client.streams.writer('s').write('x'),
  'streams.close': () => client.streams.close('s'),
  'streams.head': () => client.streams.head('s'),
  'streams.read': () => client.streams.read('s'),
  'streams.follow': () => client.streams.follow('s').next(),
  'streams.list': () => client.streams.list(),
  'streams.delete': () => client.streams.delete('s'),
  'attachments.put': () => client.attachments.put('a', 'x'),
  'attachments.read': () => client.attachments.read('a'),
  'audit.export': () => client.audit.export().next(),
  'audit.export as CSV': () => client.audit.export({ format: 'csv' }).next(),
  'users.export': () => client.users.export('u').next(),
}

it.each(Object.keys(calls))('%s takes no page for an answer', async (name) => {
  await expect(calls[name]!()).rejects.toMatchObject({
    code: 'unexpected_answer', status: 200, retryable: false,
    message: expect.stringContaining('text/html'),
  })
})

it('a part of an attachment is that part, though a proxy lets no range through', async () => {
  const bytes = new TextEncoder().encode('0123456789')
  const { attachments } = createClient({
    url: 'http://127.0.0.1:1',
    fetch: async () => new Response(bytes, { headers: { etag: `"${'0'.repeat(64)}"` } }),
  })
  const part = await attachments.read('a', { range: { start: 3, end: 5 } })
  expect(new TextDecoder().decode(part)).toBe('34')
})
