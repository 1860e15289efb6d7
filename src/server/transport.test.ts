import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { rawConnection, rawExchange, wireAnswer } from '../testing/raw.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const someId = '00000000-0000-7000-8000-00000000dead'
const json = { 'content-type': 'application/json' }

const head = (line: string, ...headers: string[]) =>
  `${[line, 'Host: holdfast', ...headers].join('\r\n')}\r\n\r\n`

/** The problem in what came over the wire, held against what holds for all problems. */
function problemOn(wire: string) {
  const { status, head: top, body } = wireAnswer(wire)
  const problem = JSON.parse(body) as Record<string, unknown>
  expect(top).toMatch(/content-type: application\/problem\+json/i)
  expect(problem.status).toBe(status)
  expect(top.toLowerCase()).toContain(`request-id: ${String(problem.request_id)}`)
  return problem
}

contract('requests that cannot be served', (openWorld) => {
  const open = served(openWorld, serving)

  it('are told apart: no such path, and no such method here', async () => {
    const { ours } = await open()
    for (const path of ['/v1', '/v1/nothing', `/v1/conversations/${someId}/nothing`, '/v2/me']) {
      const answer = await ours.get(path)
      expect([answer.status, answer.body.code]).toEqual([404, 'route_not_found'])
    }
    const refused = async (method: string, path: string) => {
      const { status, body, headers } = await ours.send({ method, path })
      return [status, body.code, headers.allow]
    }
    expect(await refused('PUT', '/v1/conversations'))
      .toEqual([405, 'method_not_allowed', 'GET, HEAD, POST'])
    expect(await refused('POST', `/v1/conversations/${someId}`))
      .toEqual([405, 'method_not_allowed', 'DELETE, GET, HEAD, PATCH'])
    expect(await refused('OPTIONS', `/v1/conversations/${someId}/messages/${someId}?a=b`))
      .toEqual([405, 'method_not_allowed', 'DELETE, GET, HEAD, PATCH'])
    expect(await refused('GET', '/v1/me/password')).toEqual([405, 'method_not_allowed', 'POST'])
  })

  it('are refused as bodies that are no JSON', async () => {
    const { ours } = await open()
    const send = async (bytes: string | Buffer, headers: Record<string, string>) => {
      const { status, body } = await ours.send({
        method: 'POST', path: '/v1/conversations', bytes, headers,
      })
      return [status, body.code, body.errors[0].field]
    }
    for (const type of ['text/plain', 'application/jsonp', 'multipart/form-data', 'json', ';']) {
      expect(await send('{}', { 'content-type': type }))
        .toEqual([415, 'unsupported_media_type', 'header.content-type'])
    }
    expect(await send('{}', {})).toEqual([415, 'unsupported_media_type', 'header.content-type'])
    for (const encoding of ['gzip', 'br', 'identity, gzip', 'nonsense']) {
      expect(await send('{}', { ...json, 'content-encoding': encoding }))
        .toEqual([415, 'unsupported_media_type', 'header.content-encoding'])
    }
    const bodies = [
      '', '{', '{}}', 'nil', '\ufeff{}', '{"title": undefined}', "{'title': 1}", '{"title":"\n"}',
      Buffer.from('{"title":"\xff"}', 'latin1'), Buffer.from('{}', 'utf16le'),
      Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    ]
    for (const bytes of bodies) {
      expect(await send(bytes, json)).toEqual([400, 'invalid_request', 'body'])
    }
    const types = ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;']
    for (const type of types) {
      const headers = { 'content-type': type }
      const call = { method: 'POST', path: '/v1/conversations', bytes: '{}', headers }
      expect((await ours.send(call)).status).toBe(201)
    }
  })

  it('are refused as bodies over the limit, announced or not', async () => {
    const { holdfast, ours, ourToken } = await open()
    const small = await startServer({
      holdfast, port: 0, logLevel: 'silent', bodyLimitBytes: 1_000,
    })
    const content = (bytes: number) => `{"title":"${'x'.repeat(bytes - 12)}"}`
    const send = async (bytes: number, ...framing: string[]) => {
      const top = head(
        'POST /v1/conversations HTTP/1.1', `Authorization: Bearer ${ourToken}`,
        'Content-Type: application/json', 'Connection: close', ...framing,
      )
      const body = content(bytes)
      const chunk = `${bytes.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      return rawExchange(small.url, top + (framing[0]!.startsWith('T') ? chunk : body))
    }
    for (const framing of ['Content-Length: 1001', 'Transfer-Encoding: chunked']) {
      const problem = problemOn(await send(1_001, framing))
      expect(problem).toMatchObject({
        status: 413, code: 'body_too_large', detail: 'The body is larger than 1000 bytes.',
      })
      expect(problem.errors).toMatchObject([{ field: 'body' }])
    }
    expect(wireAnswer(await send(1_000, 'Content-Length: 1000')).status).toBe(201)
    expect(wireAnswer(await send(1_000, 'Transfer-Encoding: chunked')).status).toBe(201)
    await small.close()
    expect((await ours.get('/v1/conversations')).body.data).toHaveLength(2)
  })

  it('are told what is missing, or of another type: the body, or a member of it', async () => {
    const { ours } = await open()
    const path = `/v1/conversations/${someId}/messages`
    const faultsOf = async (body: unknown) => {
      const answer = await ours.send({ method: 'POST', path, body })
      return [answer.status, answer.body.errors]
    }
    expect(await faultsOf(undefined)).toEqual([400, [{ field: 'body', message: 'is missing' }]])
    expect(await faultsOf({ content: 'x' }))
      .toEqual([400, [{ field: 'body.role', message: 'is missing' }]])
    expect(await faultsOf({ role: 5, content: 'x' }))
      .toEqual([400, [{ field: 'body.role', message: 'must be a string, not a number' }]])
    expect(await faultsOf({ messages: { role: 'user' } }))
      .toEqual([400, [{ field: 'body.messages', message: 'must be an array, not an object' }]])
  })

  it('are refused as paths that are none', async () => {
    const { ours } = await open()
    for (const path of ['/v1/%', '/v1/conversations/%zz', '/v1/conversations/%ff/messages']) {
      const { status, body } = await ours.get(path)
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'invalid_request', 'path'])
    }
    for (const id of ['x'.repeat(201), 'x'.repeat(3_000), '%2e%2e', 'a%2Fb', '%00', "1'--", '*']) {
      const { status, body } = await ours.get(`/v1/conversations/${id}`)
      expect([status, body.code]).toEqual([400, 'invalid_request'])
      expect(body.errors[0].field).toMatch(/^path/)
    }
  })

  it('are refused as header sections over the limit', async () => {
    const { url } = await open()
    const problem = problemOn(
      await rawExchange(url, head('GET /livez HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`)))
    expect(problem).toMatchObject({ status: 431, code: 'headers_too_large' })
    expect(problem.errors).toMatchObject([{ field: 'header' }])
  })

  it('are refused as bytes that are no HTTP', async () => {
    const { url } = await open()
    const post = (...headers: string[]) =>
      head('POST /v1/sessions HTTP/1.1', 'Content-Type: application/json', ...headers)
    const wires = [
      'nonsense\r\n\r\n', '\u0016\u0003\u0001\u0002\u0000\u0001', 'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n', head('GET /livez HTTP/1.1', 'Bad Header'),
      head('GET /livez HTTP/1.1', 'A: \u0000'), head('GET /\u0000 HTTP/1.1'),
      post('Content-Length: -1'), post('Content-Length: 1', 'Content-Length: 2'),
      post('Content-Length: 1', 'Transfer-Encoding: chunked'), post('Transfer-Encoding: gzip'),
      `${post('Transfer-Encoding: chunked')}zz\r\n`,
    ]
    for (const wire of wires) {
      const problem = problemOn(await rawExchange(url, wire))
      expect([wire, problem.status, problem.code]).toEqual([wire, 400, 'invalid_request'])
      expect(problem.errors).toMatchObject([{ field: 'request' }])
    }
  })

  it('are refused without Host, but for HTTP/1.0', async () => {
    const { url } = await open()
    const hostless = 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'
    const problem = problemOn(await rawExchange(url, hostless))
    expect(problem).toMatchObject({ status: 400, errors: [{ field: 'header.host' }] })
    const { status } = wireAnswer(await rawExchange(url, 'GET /livez HTTP/1.0\r\n\r\n'))
    expect(status).toBe(200)
  })

  it('end in 408 when they arrive too slowly', async () => {
    const { holdfast } = await open()
    const server = await startServer({
      holdfast, port: 0, logLevel: 'silent', requestTimeoutMs: 200,
    })
    const parts = [
      'GET /livez HT', 'GET /livez HTTP/1.1\r\nHost: ',
      `${head('POST /v1/sessions HTTP/1.1', 'Content-Length: 10', 'Content-Type: application/json')
      }{"a`,
    ]
    const started = Date.now()
    const problems = await Promise.all(
      parts.map(async (part) => problemOn(await rawExchange(server.url, part))))
    expect(Date.now() - started).toBeLessThan(3_000)
    for (const problem of problems) {
      expect(problem).toMatchObject({ status: 408, code: 'request_timeout' })
      expect(problem.errors).toMatchObject([{ field: 'request' }])
    }
    await server.close()
  })
})

contract('answers', (openWorld) => {
  const open = served(openWorld, serving)

  it('carry the caller’s request id when it is a harmless word, else a new one', async () => {
    const { guest } = await open()
    const idFor = async (headers: Record<string, string | string[]>) => {
      const answers = [
        await guest.get('/livez', headers), await guest.get('/nothing', headers),
        await guest.get('/v1/me', headers), await guest.get('/v1/%', headers),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 400])
      return answers.map(({ headers: answered }) => answered['request-id'])
    }
    const word = 'a.B-9_'.repeat(21)
    expect(new Set(await idFor({ 'request-id': word }))).toEqual(new Set([word]))
    expect(new Set(await idFor({ 'x-request-id': 'mine' }))).toEqual(new Set(['mine']))
    const odd = ['', 'a b', '<script>', 'x'.repeat(129), 'é', 'a"b', '{}', ['one', 'two']]
    for (const id of odd) {
      const ids = await idFor({ 'request-id': id })
      for (const made of ids) expect(made).toMatch(/^[0-9a-f-]{36}$/)
      expect(new Set(ids).size).toBe(4)
    }
  })

  it('to HEAD are those to GET without the body', async () => {
    const { ours } = await open()
    const { body } = await ours.post('/v1/conversations', {})
    const path = `/v1/conversations/${body.id}`
    const got = await ours.get(path)
    const { status, headers, text } = await ours.send({ method: 'HEAD', path })
    expect([status, headers.etag, text]).toEqual([200, '"1"', ''])
    expect(headers['content-length']).toBe(got.headers['content-length'])
    const none = await ours.send({ method: 'HEAD', path: `/v1/conversations/${someId}` })
    expect(none.status).toBe(404)
  })

  it('to HEAD have no body, even when it is no HTTP at all', async () => {
    const { url } = await open()
    const wire = await rawExchange(url, 'HEAD no-path HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(wireAnswer(wire)).toMatchObject({ status: 400, body: '' })
  })

  it('do not depend on expectations nobody here knows', async () => {
    const { guest } = await open()
    expect((await guest.get('/livez', { expect: 'miracles' })).status).toBe(200)
  })

  it('on one connection keep the order of the requests', async () => {
    const { url, ourToken } = await open()
    const one = (id: string, last = false) => head(
      `GET /v1/conversations?limit=1 HTTP/1.1`, `Authorization: Bearer ${ourToken}`,
      `Request-Id: ${id}`, ...(last ? ['Connection: close'] : []),
    )
    const ids = Array.from({ length: 10 }, (_, index) => `request-${index}`)
    const wire = ids.map((id, index) => one(id, index === 9)).join('')
    const text = await rawExchange(url, wire)
    expect([...text.matchAll(/request-id: (\S+)/g)].map(([, id]) => id)).toEqual(ids)
  })

  it('go on after a client that left in the middle', async () => {
    const { url, guest } = await open()
    const { socket, received } = await rawConnection(
      url, `${head('POST /v1/sessions HTTP/1.1', 'Content-Length: 100')}{"em`)
    socket.destroy()
    await received
    expect((await guest.get('/livez')).status).toBe(200)
  })
})
