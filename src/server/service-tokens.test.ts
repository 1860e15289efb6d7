import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'

async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

/** A token of ours with more than the least to its name. */
async function token({ ours, guest }: HttpWorld, given: object) {
  const { status, body } = await ours.post('/v1/service-tokens', {
    name: 'x', scopes: ['*'], ...given,
  })
  expect(status).toBe(201)
  const path = `/v1/service-tokens/${body.id}`
  return { ...body, path, client: guest.as(body.token) }
}

contract('a service token over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('is shown, changed under its ETag, rotated and revoked with a reason', async () => {
    const world = await open()
    const rate = { limit: 9, window_seconds: 60 }
    const { token: text, path, client, ...created } = await token(world, { rate_limit: rate })
    const got = await world.ours.get(path)
    expect(got.body).toEqual(created)
    expect([got.body.rate_limit, got.headers.etag]).toEqual([rate, '"1"'])
    const changed = await world.ours.patch(path, { name: 'y' }, { 'if-match': '"1"' })
    expect(changed.body).toEqual({ ...created, name: 'y', revision: 2 })
    expect(await fault(world.ours.patch(path, { name: 'z' }, { 'if-match': '"1"' })))
      .toEqual([412, 'revision_conflict'])
    const key = { 'idempotency-key': 'rotate' }
    const rotated = await world.ours.post(`${path}/rotate`, { overlap_seconds: 60 }, key)
    const again = await world.ours.post(`${path}/rotate`, { overlap_seconds: 60 }, key)
    expect(again.body).toEqual({ ...rotated.body, token: null })
    const renewed = world.guest.as(rotated.body.token)
    for (const each of [client, renewed]) expect((await each.get('/v1/me')).status).toBe(200)
    await world.ours.post(`${path}/rotate`, { overlap_seconds: 0 })
    for (const each of [client, renewed]) {
      expect(await fault(each.get('/v1/me'))).toEqual([401, 'unauthenticated'])
    }
    expect((await world.ours.delete(`${path}?reason=lost`)).status).toBe(204)
    expect((await world.ours.get(path)).body.revoked_reason).toBe('lost')
    expect(await fault(world.ours.post(`${path}/rotate`, {})))
      .toEqual([404, 'service_token_not_found'])
    for (const [body, field] of [
      [{ scopes: ['*'] }, 'scopes'], [{ expires_at: null }, 'expires_at'],
      [{ use_count: 0 }, 'use_count'], [{ revoked_at: null }, 'revoked_at'],
      [{ rate_limit: { limit: 0, window_seconds: 1 } }, 'rate_limit.limit'],
      [{ rate_limit: { limit: 1 } }, 'rate_limit.window_seconds'],
    ] as const) {
      expect(await fault(world.ours.patch(path, body)))
        .toEqual([400, 'invalid_request', `body.${field}`])
    }
    expect(await fault(world.ours.patch(path, { allowed_ip_ranges: ['x'] })))
      .toEqual([400, 'invalid_input', 'body.allowed_ip_ranges[0]'])
    const trail = await world.ours.get(`${path}/audit`)
    expect(trail.body.data.map(({ action, details }: Record<string, unknown>) => [action, details]))
      .toMatchObject([
        ['service_token.revoked', { reason: 'lost' }], ['service_token.rotated', {}],
        ['service_token.rotated', {}], ['service_token.updated', { name: 'y' }],
        ['service_token.created', { name: 'x', scopes: ['*'], expires_at: null }],
      ])
    expect(trail.body.data[0]).toMatchObject({
      actor_id: expect.stringMatching(/^service_token:/), ip_address: '127.0.0.1',
      request_id: expect.any(String),
    })
    for (const secret of [text, rotated.body.token]) expect(trail.text).not.toContain(secret)
    expect(await fault(world.theirs.get(`${path}/audit`)))
      .toEqual([404, 'service_token_not_found'])
    expect(text).toMatch(/^hf_st_/)
    expect(await fault(world.ours.get(`/v1/service-tokens/${unknownId}`)))
      .toEqual([404, 'service_token_not_found'])
  })

  it('is refused from other addresses than its own', async () => {
    const world = await open()
    const here = await token(world, { allowed_ip_ranges: ['127.0.0.0/8'] })
    const there = await token(world, { allowed_ip_ranges: ['192.0.2.0/24', '2001:db8::/32'] })
    expect((await here.client.get('/v1/conversations')).status).toBe(200)
    expect(await fault(there.client.get('/v1/conversations'))).toEqual([403, 'forbidden'])
    const spoofed = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' }
    expect(await fault(there.client.get('/v1/conversations', spoofed))).toEqual([403, 'forbidden'])
    await world.ours.patch(there.path, { allowed_ip_ranges: null })
    expect((await there.client.get('/v1/conversations')).status).toBe(200)
  })

  it('is not made good elsewhere by an address that its caller writes', async () => {
    const { holdfast, organization } = await open()
    const { token: text } = await organization.serviceTokens.create({
      name: 'x', scopes: ['*'], allowedIpRanges: ['192.0.2.0/24'],
    })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent', trustProxy: true })
    const from = async (forwarded: string) => (await fetch(`${server.url}/v1/queues`, {
      headers: { authorization: `Bearer ${text}`, 'x-forwarded-for': forwarded },
    })).status
    // The proxy adds the address it was called from behind whatever it was sent.
    expect([await from('192.0.2.1'), await from('192.0.2.1, 203.0.113.9')]).toEqual([200, 403])
    await server.close()
  })

  it('has a limit of its own, told in the headers', async () => {
    const world = await open()
    const limited = await token(world, { rate_limit: { limit: 3, window_seconds: 60 } })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => limited.client.get('/v1/conversations')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    const refused = answers.find(({ status }) => status === 429)!
    expect(refused.headers['ratelimit-policy']).toBe('"service_token";q=3;w=60')
    expect(refused.headers.ratelimit).toMatch(/^"service_token";r=0;t=\d+$/)
    const other = await world.ours.get('/v1/conversations')
    expect([other.status, other.headers['ratelimit-policy']]).toEqual([200, undefined])
  })

  it('makes, changes and rotates nothing that reaches further than itself', async () => {
    const world = await open()
    const soon = instantOf(Date.now() + 60_000)
    const later = instantOf(Date.now() + 61_000)
    const reach = {
      scopes: ['service_tokens:*', 'jobs:read'], expires_at: soon,
      allowed_ip_ranges: ['127.0.0.0/8'], rate_limit: { limit: 900, window_seconds: 60 },
    }
    const { client } = await token(world, reach)
    const made = await client.post('/v1/service-tokens', { name: 'same', ...reach })
    expect(made.status).toBe(201)
    const beyond: (readonly [object, string])[] = [
      [{ scopes: ['jobs:write'] }, 'scopes'], [{ scopes: ['*'] }, 'scopes'],
      [{ expires_at: later }, 'expires_at'], [{ expires_at: null }, 'expires_at'],
      [{ allowed_ip_ranges: null }, 'allowed_ip_ranges'],
      [{ allowed_ip_ranges: ['127.0.0.1', '::1'] }, 'allowed_ip_ranges'],
      [{ rate_limit: null }, 'rate_limit'],
      [{ rate_limit: { limit: 901, window_seconds: 60 } }, 'rate_limit'],
    ]
    const path = `/v1/service-tokens/${made.body.id}`
    for (const [change, field] of beyond) {
      const body = { name: 'x', ...reach, ...change }
      expect(await fault(client.post('/v1/service-tokens', body)))
        .toEqual([403, 'forbidden', `body.${field}`])
      const wide = await token(world, { ...reach, ...change })
      for (const attempt of [
        () => client.post(`${wide.path}/rotate`, {}), () => client.patch(wide.path, { name: 'y' }),
      ]) {
        expect([change, await fault(attempt())])
          .toEqual([change, [403, 'forbidden', `body.${field}`]])
      }
      if (field === 'allowed_ip_ranges' || field === 'rate_limit') {
        expect((await fault(client.patch(path, change)))[0]).toBe(403)
      }
    }
    expect((await client.get(path)).body).toMatchObject({ name: 'same', revision: 1 })
    expect((await client.post(`${path}/rotate`, {})).status).toBe(200)
    const left = await client.post('/v1/service-tokens', { name: 'x', ...reach, scopes: ['*'] })
    expect(left.status).toBe(403)
  })
})

contract('the use of a service token', (openWorld) => {
  it('over HTTP is on record once the server has closed', async () => {
    const { databaseUrl, organizationId, organization, holdfast } = await openWorld()
    const own = await openHoldfast({ database: databaseUrl })
    const { token: text, serviceToken } = await organization.serviceTokens.create({
      name: 'x', scopes: ['conversations:read'],
    })
    const server = await startServer({ holdfast: own, port: 0, logLevel: 'silent' })
    const call = (path: string) => fetch(server.url + path, {
      headers: { authorization: `Bearer ${text}` },
    }).then(({ status }) => status)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => call('/v1/conversations')))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await call('/v1/queues')).toBe(403)
    await server.close()
    await own.close()
    const shown = await holdfast.organization(organizationId).serviceTokens.get(serviceToken.id)
    expect([shown.useCount, shown.lastUsedIp]).toEqual([20, '127.0.0.1'])
  })
  // Memory is one process's own.
}, { engines: enginesNamed('sqlite', 'postgres') })
