import { createServer } from 'node:net'
import { expect, it, vi } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { type Route } from '../http/route.js'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { rawConnection } from '../testing/raw.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, type ServerContext, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const quiet = { port: 0, logLevel: 'silent' } as const

interface Gate {
  /** An endpoint whose answer waits. */
  readonly route: Route<ServerContext>
  /** Resolves once a request waits. */
  readonly reached: Promise<void>
  open(): void
}

function gate(): Gate {
  let open = () => {}
  let reach = () => {}
  const opened = new Promise<void>((done) => (open = done))
  const reached = new Promise<void>((done) => (reach = done))
  const route: Route<ServerContext> = {
    operationId: 'wait', method: 'GET', path: '/v1/wait', tag: 'Test', summary: 'Waits',
    action: 'public', scope: 'none', input: {}, status: 204, errors: [], idempotency: 'none',
    async handle() {
      reach()
      await opened
    },
  }
  return { route, reached, open }
}

async function connecting(url: string): Promise<void> {
  const { socket } = await rawConnection(url, '')
  socket.destroy()
}

contract('operational endpoints', (openWorld) => {
  const open = served(openWorld, serving)

  it('tell that the server lives and is ready', async () => {
    const { guest } = await open()
    expect((await guest.get('/livez')).body).toEqual({ status: 'alive' })
    const { status, body } = await guest.get('/readyz')
    const checks = { serving: 'ok', database: 'ok', coordination: 'ok' }
    expect([status, body]).toEqual([200, { status: 'ready', checks }])
  })

  it('name the database that is gone, while the server lives on', async () => {
    const holdfast = await openHoldfast({ database: 'memory:' })
    const server = await startServer({ holdfast, ...quiet })
    const guest = new HttpClient(server.url, serving)
    await holdfast.close()
    expect((await guest.get('/livez')).status).toBe(200)
    const { status, body, headers } = await guest.get('/readyz')
    expect([status, body.status, body.checks.database])
      .toEqual([503, 'not ready', 'unavailable'])
    expect(headers['retry-after']).toBe('1')
    guest.close()
    await server.close()
  })

  it('stay ready without Redis, and say why it is degraded', async () => {
    const holdfast = await openHoldfast({ redis: 'redis://127.0.0.1:1' })
    const server = await startServer({ holdfast, ...quiet })
    const guest = new HttpClient(server.url, serving)
    const { status, body } = await guest.get('/readyz')
    expect([status, body]).toEqual([200, {
      status: 'ready',
      checks: { serving: 'ok', database: 'ok', coordination: 'degraded' },
      degraded: { coordination: 'Redis at 127.0.0.1:1 refuses the connection.' },
    }])
    expect((await guest.get('/metrics')).text)
      .toContain('holdfast_coordination_up{kind="redis"} 0')
    guest.close()
    await server.close()
    await holdfast.close()
  })

  it('measure by route, never by id', async () => {
    const { ours, guest, organizationId, ourToken } = await open()
    const { body } = await ours.post('/v1/conversations', { title: 'Secret of the house' })
    await ours.get(`/v1/conversations/${body.id}`)
    await ours.get(`/v1/unknown/${body.id}`)
    await ours.get(`/v1/conversations/${body.id}/messages/${body.id}?x=${body.id}`)
    const { headers, text } = await guest.get('/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain/)
    const one = 'method="GET",route="/v1/conversations/:conversation_id",status="200"'
    expect(text).toContain(`http_server_request_duration_seconds_count{${one}}`)
    expect(text).toContain('route="unknown",status="404"')
    expect(text).toContain('holdfast_coordination_up{kind="local"} 1')
    expect(text).toMatch(/^holdfast_cache\{figure="misses"\} \d+$/m)
    for (const secret of [body.id, organizationId, ourToken, 'Secret']) {
      expect(text).not.toContain(secret)
    }
    for (const line of text.split('\n').filter((each) => each.startsWith('http_server'))) {
      expect(line).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/)
    }
  })

  it('hand out the document that describes them, for machines and for people', async () => {
    const { guest } = await open()
    const { body } = await guest.get('/openapi.json')
    expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
    const page = await guest.get('/docs')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    for (const { operationId, errors } of routes) {
      expect(page.text).toContain(`id="${operationId}"`)
      for (const { definition } of errors) {
        expect(page.text).toContain(`id="error-${definition.code}"`)
      }
    }
    const targets = [...page.text.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target)
    expect(targets.filter((target) => !page.text.includes(`id="${target}"`))).toEqual([])
    const root = await guest.get('/')
    expect([root.status, root.headers.location]).toEqual([302, '/docs'])
  })
})

contract('a server that closes', (openWorld) => {
  const open = served(openWorld, serving)

  it('finishes what is in flight and takes no more', async () => {
    const { holdfast, organization, ourToken } = await open()
    const { route, reached, open: letGo } = gate()
    const server = await startServer({ holdfast, ...quiet, extraRoutes: [route] })
    const client = new HttpClient(server.url, serving, { token: ourToken })
    const waiting = client.get('/v1/wait')
    const appends = Array.from({ length: 20 }, (_, index) =>
      client.post('/v1/conversations', { title: `${index}` }))
    await reached
    await Promise.all(appends)
    const closing = server.close()
    await vi.waitFor(() => expect(connecting(server.url)).rejects.toThrow('ECONNREFUSED'))
    letGo()
    const { status, headers } = await waiting
    expect([status, headers.connection]).toEqual([204, 'close'])
    await closing
    expect((await organization.conversations.list()).data).toHaveLength(20)
  })

  it('says so for a while before, still serving', async () => {
    const { holdfast, ourToken } = await open()
    const server = await startServer({ holdfast, ...quiet, drainMs: 150 })
    const client = new HttpClient(server.url, serving, { token: ourToken })
    expect((await client.get('/readyz')).status).toBe(200)
    const closing = server.close()
    const { status, body } = await client.get('/readyz')
    expect([status, body.checks.serving]).toEqual([503, 'draining'])
    expect((await client.post('/v1/conversations', {})).status).toBe(201)
    await closing
    await expect(client.get('/livez')).rejects.toThrow()
  })

  it('serves what still arrives on a connection that is busy', async () => {
    const { holdfast, ourToken } = await open()
    const { route, reached, open: letGo } = gate()
    const server = await startServer({ holdfast, ...quiet, extraRoutes: [route] })
    const get = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${ourToken}\r\n\r\n`
    const { socket, received } = await rawConnection(server.url, get('/v1/wait'))
    await reached
    const closing = server.close()
    socket.write(get('/v1/conversations'))
    letGo()
    const text = await received
    expect(text).toMatch(/^HTTP\/1\.1 204/)
    expect(text).not.toContain('HTTP/1.1 503')
    await closing
  })

  it('ends connections on which nothing was ever sent', async () => {
    const { holdfast } = await open()
    const server = await startServer({ holdfast, ...quiet })
    const { received } = await rawConnection(server.url, '')
    await server.close()
    expect(await received).toBe('')
    // Far below the 30 seconds that a late request has.
  }, 15_000)

  it('does not wait for a request that never arrives, but for one that takes long', async () => {
    const { holdfast, guest } = await open()
    const { route, reached, open: letGo } = gate()
    const server = await startServer({
      holdfast, ...quiet, requestTimeoutMs: 300, extraRoutes: [route],
    })
    const head = 'POST /v1/sessions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n'
    const { received, until } = await rawConnection(
      server.url, 'GET /livez HTTP/1.1\r\nHost: h\r\n\r\n')
    await until(/alive/)
    const halves = await Promise.all([`${head}Content-Length: 9\r\n\r\n{`, 'GET /li']
      .map((half) => rawConnection(server.url, half)))
    const waiting = new HttpClient(server.url, serving).get('/v1/wait')
    await reached
    const closing = server.close()
    expect((await guest.get('/livez')).status).toBe(200)
    await Promise.all([received, ...halves.map((half) => half.received)])
    letGo()
    expect((await waiting).status).toBe(204)
    await closing
  })
})

contract('a server that cannot start', (openWorld) => {
  const open = served(openWorld, serving)

  it('fails, and leaves nothing behind that keeps the program alive', async () => {
    const { holdfast } = await open()
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as { port: number }
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await expect(startServer({ holdfast, port, logLevel: 'silent' })).rejects.toThrow('EADDRINUSE')
    expect(timers()).toBeLessThanOrEqual(before)
    await new Promise((done) => taken.close(done))
  })
})
