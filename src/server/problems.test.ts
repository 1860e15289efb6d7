import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Busy, StorageFull, Unavailable } from '../database/failures.js'
import { HoldfastError, InvalidInput } from '../errors.js'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type Route } from '../http/route.js'
import { HttpClient } from '../testing/http.js'
import { openApiDocument, type RunningServer, type ServerContext, startServer } from './index.js'

/** An endpoint that fails with whatever the next test puts here. */
let failure: unknown
const route: Route<ServerContext> = {
  operationId: 'fail', method: 'POST', path: '/v1/fail', tag: 'Test', summary: 'Fails',
  action: 'public', scope: 'none', input: {}, status: 204, errors: [], idempotency: 'none',
  handle: () => Promise.reject(failure as Error),
}

describe('problems', () => {
  let holdfast: Holdfast
  let server: RunningServer
  let client: HttpClient

  beforeAll(async () => {
    holdfast = await openHoldfast()
    server = await startServer({ holdfast, port: 0, logLevel: 'silent', extraRoutes: [route] })
    client = new HttpClient(server.url, { endpoints: [route], document: openApiDocument() })
  })
  afterAll(async () => {
    client.close()
    await server.close()
    await holdfast.close()
  })

  it('say nothing of the inside of a failure nobody expected', async () => {
    const failures = [
      new Error('secret /path'), new TypeError('secret is not a function'), 'secret', undefined,
      Object.assign(new Error('secret'), { statusCode: 500 }),
      new HoldfastError('An own sentence.'),
    ]
    for (failure of failures) {
      const { status, body, text, headers } = await client.post('/v1/fail')
      expect([status, body.code, body.title]).toEqual([500, 'internal_error', 'internal error'])
      expect(body.request_id).toBe(headers['request-id'])
      expect(text).not.toContain('secret')
      expect(text).not.toContain('    at ')
    }
  })

  it('say when a retry makes sense', async () => {
    for (failure of [
      new Busy('x', { retryAfterSeconds: 3 }), new Unavailable('x', { retryAfterSeconds: 3 }),
    ]) {
      const { status, headers } = await client.post('/v1/fail')
      expect([status, headers['retry-after']]).toEqual([503, '3'])
    }
    failure = new StorageFull('x')
    const { status, headers } = await client.post('/v1/fail')
    expect([status, headers['retry-after']]).toEqual([507, undefined])
  })

  it('name the field at fault', async () => {
    failure = new InvalidInput('a.b[1] must not', { field: 'a.b[1]' })
    const { body } = await client.post('/v1/fail')
    expect(body.errors).toEqual([{ field: 'body.a.b[1]', message: 'a.b[1] must not' }])
  })
})
