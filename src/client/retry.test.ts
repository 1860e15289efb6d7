import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type RunningServer, startServer } from '../server/index.js'
import { type Client, type ClientOptions, createClient, HoldfastClientError } from './index.js'

/** What the proxy does to one request instead of passing it on. */
type Fault =
  | 'reset before the server'
  | 'reset after the server'
  | 'half an answer'
  | 'silence'
  | 'silence after the server'
  | 'silence after half an answer'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }

/** Stands between client and server; spoils the next requests as told, passes on the others. */
class FaultyProxy {
  readonly faults: Fault[] = []
  /** Idempotency keys of the requests, in order of arrival. */
  readonly keys: unknown[] = []
  readonly #server: Server
  readonly #target: string

  constructor(target: string) {
    this.#target = target
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.keys.push(request.headers['idempotency-key'])
    const fault = this.faults.shift()
    const body = await buffer(request)
    if (fault === 'silence') return
    if (fault === 'reset before the server') return void response.destroy()
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(fault.body)
      return
    }
    const { method, headers } = request
    const answer = await fetch(`${this.#target}${request.url}`, {
      method, headers: headers as Record<string, string>, body: body.length > 0 ? body : undefined,
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (fault === 'reset after the server') return void response.destroy()
    if (fault === 'silence after the server') return
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    const half = bytes.subarray(0, bytes.length / 2)
    if (fault === 'half an answer') response.write(half, () => response.destroy())
    else if (fault === 'silence after half an answer') response.write(half)
    else response.end(bytes)
  }
}

let holdfast: Holdfast
let server: RunningServer
let proxy: FaultyProxy
let url: string
let token: string
let client: Client
let conversationId: string

beforeAll(async () => {
  holdfast = await openHoldfast({ database: 'memory:' })
  server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { serviceTokens } = holdfast.organization()
  token = (await serviceTokens.create({ name: 'test', scopes: ['*'] })).token
  proxy = new FaultyProxy(server.url)
  url = await proxy.listen()
  client = createClient({ url, token })
})

afterAll(async () => {
  await proxy?.close()
  await server?.close()
  await holdfast?.close()
})

beforeEach(async () => {
  proxy.faults.length = 0
  conversationId = (await holdfast.organization().conversations.create({ title: 'Talk' })).id
  proxy.keys.length = 0
})

const message = { role: 'user', content: 'once' }
const unavailable = { status: 503, headers: { 'retry-after': '0' } } as const

const storedCount = async () =>
  (await holdfast.organization().messages.list(conversationId)).data.length

async function failureOf(call: Promise<unknown>): Promise<HoldfastClientError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason)
  if (HoldfastClientError.isInstance(error)) return error
  throw new Error('not a client error', { cause: error })
}

const clientWith = (options: Partial<ClientOptions>) => createClient({ url, token, ...options })

describe('a call that changes something', () => {
  it.each([
    ['reset before the server saw it', 'reset before the server'],
    ['reset after the server committed', 'reset after the server'],
    ['cut off in the middle of its answer', 'half an answer'],
    ['told to come again', unavailable],
    ['refused by a proxy without the server', { status: 502, body: '<html>' }],
    ['limited', { status: 429, headers: { 'retry-after': '0' } }],
  ] satisfies [string, Fault][])('has one effect when %s', async (_, fault) => {
    proxy.faults.push(fault, fault)
    const { id } = await client.messages.append(conversationId, message)
    const { data } = await holdfast.organization().messages.list(conversationId)
    expect(data.map((each) => each.id)).toEqual([id])
    expect(proxy.keys).toHaveLength(3)
    expect(new Set(proxy.keys).size).toBe(1)
  })

  it.each([
    'silence', 'silence after the server', 'silence after half an answer',
  ] satisfies Fault[])('has one effect when there is %s', async (fault) => {
    proxy.faults.push(fault)
    await clientWith({ timeoutMs: 300 }).messages.append(conversationId, message)
    expect(await storedCount()).toBe(1)
  })

  it('has a key of its own, or the one it was given', async () => {
    await client.messages.append(conversationId, message)
    await client.messages.append(conversationId, message)
    await client.messages.append(conversationId, message, { idempotencyKey: 'mine' })
    expect(new Set(proxy.keys).size).toBe(3)
    expect(proxy.keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(proxy.keys[2]).toBe('mine')
  })
})

describe('retries', () => {
  it('repeat reads', async () => {
    proxy.faults.push('reset before the server', unavailable, 'half an answer')
    expect((await client.conversations.get(conversationId)).title).toBe('Talk')
  })

  it('end after retriesMax with the last error', async () => {
    proxy.faults.push(unavailable, unavailable, unavailable, unavailable)
    const failing = clientWith({ retriesMax: 2 }).conversations.list()
    const { status, retryable, retryAfterMs } = await failureOf(failing)
    expect({ status, retryable, retryAfterMs }).toEqual({
      status: 503, retryable: true, retryAfterMs: 0,
    })
    expect(proxy.keys).toHaveLength(3)
  })

  it('wait as long as Retry-After says', async () => {
    proxy.faults.push({ status: 503, headers: { 'retry-after': '1' } })
    const startMs = performance.now()
    await client.conversations.list()
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(1_000)
  })

  it('understand a Retry-After that is a date', async () => {
    proxy.faults.push({ status: 503, headers: { 'retry-after': new Date(0).toUTCString() } })
    await client.conversations.list()
    expect(proxy.keys).toHaveLength(2)
  })

  it('leave a wait longer than timeoutMs to the caller', async () => {
    proxy.faults.push({ status: 429, headers: { 'retry-after': '3600' } })
    const { retryAfterMs } = await failureOf(client.conversations.list())
    expect(retryAfterMs).toBe(3_600_000)
    expect(proxy.keys).toHaveLength(1)
  })

  it.each([400, 401, 404, 412, 500, 507])('do not repeat status %i', async (status) => {
    proxy.faults.push({ status, body: '{"code":"some_code","detail":"Mend it."}' })
    const error = await failureOf(client.messages.append(conversationId, message))
    expect(error).toMatchObject({ status, code: 'some_code', retryable: false })
    expect(proxy.keys).toHaveLength(1)
  })

  it('never send a login or a logout twice', async () => {
    const login = { email: 'ada@example.org', password: 'secret' }
    for (const fault of ['reset after the server', unavailable] as const) {
      proxy.faults.push(fault)
      expect((await failureOf(client.sessions.create(login))).retryable).toBe(true)
      proxy.faults.push(fault)
      expect((await failureOf(client.sessions.delete())).retryable).toBe(true)
    }
    expect(proxy.keys).toHaveLength(4)
  })
})

describe('failures', () => {
  it('tell a server that is not there, with the cause', async () => {
    const gone = createClient({ url: 'http://127.0.0.1:1', token, retriesMax: 1 })
    const error = await failureOf(gone.conversations.list())
    expect(error).toMatchObject({ code: 'network_error', status: undefined, retryable: true })
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^The server was not reached: (?!fetch failed)/)
  })

  it('tell an answer that never comes', async () => {
    proxy.faults.push('silence', 'silence')
    const hurried = clientWith({ timeoutMs: 100, retriesMax: 1 })
    const error = await failureOf(hurried.conversations.list())
    expect(error).toMatchObject({ code: 'timeout', status: undefined, retryable: true })
    expect(proxy.keys).toHaveLength(2)
  })

  it('tell an answer that is not from Holdfast', async () => {
    const headers = { 'content-type': 'text/html' }
    proxy.faults.push({ status: 200, headers, body: '<html>Welcome</html>' })
    const error = await failureOf(client.conversations.list())
    expect(error).toMatchObject({ code: 'unexpected_answer', status: 200, retryable: false })
    expect(error.message).toContain('text/html')
  })

  it('tell where a redirect leads instead of following it', async () => {
    proxy.faults.push({ status: 301, headers: { location: 'https://elsewhere.example/' } })
    const error = await failureOf(client.messages.append(conversationId, message))
    expect(error.code).toBe('unexpected_answer')
    expect(error.message).toContain('https://elsewhere.example/')
    expect(await storedCount()).toBe(0)
  })
})

describe('an aborted call', () => {
  const reason = new Error('the user left')

  it('is not sent when the signal was aborted before', async () => {
    const call = client.conversations.list({}, { signal: AbortSignal.abort(reason) })
    await expect(call).rejects.toBe(reason)
    expect(proxy.keys).toHaveLength(0)
  })

  it.each([
    ['waiting for the answer', 'silence'],
    ['pausing before a retry', { status: 503, headers: { 'retry-after': '20' } }],
  ] satisfies [string, Fault][])('rejects at once while %s', async (_, fault) => {
    proxy.faults.push(fault)
    const controller = new AbortController()
    const startMs = performance.now()
    setTimeout(() => controller.abort(reason), 100)
    const call = client.conversations.list({}, { signal: controller.signal })
    await expect(call).rejects.toBe(reason)
    expect(performance.now() - startMs).toBeLessThan(5_000)
    expect(proxy.keys).toHaveLength(1)
  })

  it('ends an iteration between pages', async () => {
    await client.messages.append(conversationId, { messages: [message, message, message] })
    const controller = new AbortController()
    const seen: unknown[] = []
    const iterate = async () => {
      const options = { signal: controller.signal }
      for await (const { position } of client.messages.each(
        conversationId, { limit: 1 }, options,
      )) {
        seen.push(position)
        controller.abort(reason)
      }
    }
    await expect(iterate()).rejects.toBe(reason)
    expect(seen).toEqual([1])
  })
})
