import { afterEach, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { HttpClient } from '../testing/http.js'
import {
  openApiDocument, type RateLimits, routes, type RunningServer, startServer,
} from './index.js'
import { networkOf } from '../http/network.js'

const promised = { endpoints: routes, document: openApiDocument() }
const rate = (limit: number, windowSeconds = 60) => ({ limit, windowSeconds })
const me = '/v1/conversations'

interface World {
  readonly guest: HttpClient
  token(): Promise<string>
  /** A token of another organization. */
  foreignToken(): Promise<string>
}

describe('limited calls', () => {
  const opened: { holdfast: Holdfast; server: RunningServer; guest: HttpClient }[] = []

  afterEach(async () => {
    for (const { holdfast, server, guest } of opened.splice(0)) {
      guest.close()
      await server.close()
      await holdfast.close()
    }
  })

  async function open(
    rateLimits: RateLimits,
    trustProxy: boolean | number = false,
  ): Promise<World> {
    const holdfast = await openHoldfast()
    const server = await startServer({
      holdfast, port: 0, logLevel: 'silent', rateLimits, trustProxy,
    })
    const guest = new HttpClient(server.url, promised)
    opened.push({ holdfast, server, guest })
    const tokenIn = async (organizationId?: string) => {
      const { serviceTokens } = holdfast.organization(organizationId)
      return (await serviceTokens.create({ name: 'of a test', scopes: ['*'] })).token
    }
    return {
      guest,
      token: () => tokenIn(),
      foreignToken: async () => {
        const { id } = await holdfast.organizations.create({ name: 'Theirs' })
        return tokenIn(id)
      },
    }
  }

  it('are told how many are left, then refused with the time to wait', async () => {
    const { guest, token } = await open({ token: rate(2) })
    const ours = guest.as(await token())
    for (const left of [1, 0]) {
      const { status, headers } = await ours.get(me)
      expect([status, headers['ratelimit-policy']]).toEqual([200, '"token";q=2;w=60'])
      expect(headers.ratelimit).toBe(`"token";r=${left};t=60`)
      expect(headers['retry-after']).toBeUndefined()
    }
    const { status, body, headers } = await ours.get(me)
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    const wait = Number(headers['retry-after'])
    expect(wait).toBeGreaterThan(55)
    expect(wait).toBeLessThanOrEqual(60)
    expect(headers.ratelimit).toBe(`"token";r=0;t=${wait}`)
    expect(headers['ratelimit-policy']).toBe('"token";q=2;w=60')
  })

  it('are admitted again after the time they were told', async () => {
    const { guest, token } = await open({ token: rate(1, 0.5) })
    const ours = guest.as(await token())
    expect((await ours.get(me)).status).toBe(200)
    const { status, headers } = await ours.get(me)
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    await new Promise((done) => setTimeout(done, 1_000))
    expect((await ours.get(me)).status).toBe(200)
  })

  it('are counted by token, by organization and by address, each on its own', async () => {
    const { guest, token, foreignToken } = await open(
      { address: rate(7), organization: rate(4), token: rate(3) })
    const [one, other, theirs] = [await token(), await token(), await foreignToken()]
    const statusOf = async (each: string) => (await guest.as(each).get(me)).status
    expect([await statusOf(one), await statusOf(one), await statusOf(one)]).toEqual([200, 200, 200])
    const refused = await guest.as(one).get(me)
    expect(refused.headers.ratelimit).toMatch(/^"token";r=0;/)
    expect(refused.headers['ratelimit-policy'])
      .toBe('"address";q=7;w=60, "organization";q=4;w=60, "token";q=3;w=60')
    expect(await statusOf(other)).toBe(200)
    const crowded = await guest.as(other).get(me)
    expect([crowded.status, crowded.headers.ratelimit?.slice(0, 19)])
      .toEqual([429, '"organization";r=0;'])
    expect(await statusOf(theirs)).toBe(200)
    const last = await guest.as(theirs).get(me)
    expect([last.status, last.headers.ratelimit?.slice(0, 14)]).toEqual([429, '"address";r=0;'])
  })

  it('name the limit that is closest', async () => {
    const { guest, token } = await open({ address: rate(1_000), token: rate(10) })
    const { headers } = await guest.as(await token()).get(me)
    expect(headers.ratelimit).toBe('"token";r=9;t=60')
  })

  it('carry the headers on errors, too', async () => {
    const { guest, token } = await open({ address: rate(10), token: rate(100) })
    const missing = await guest.as(await token())
      .get('/v1/conversations/00000000-0000-7000-8000-00000000dead')
    expect([missing.status, missing.headers.ratelimit]).toEqual([404, '"address";r=9;t=60'])
    const unknown = await guest.as('hf_nobody').get(me)
    expect([unknown.status, unknown.headers.ratelimit]).toEqual([401, '"address";r=8;t=60'])
  })

  it('are counted by address before anything else is looked at', async () => {
    const { guest, token } = await open({ address: rate(2) })
    const ours = guest.as(await token())
    const post = { method: 'POST', path: me, bytes: '{', headers: {} }
    expect((await guest.get(me)).status).toBe(401)
    expect((await ours.send(post)).status).toBe(415)
    expect((await guest.get(me)).status).toBe(429)
    expect((await ours.send(post)).status).toBe(429)
  })

  it('are stricter for logins, and leave other calls alone', async () => {
    const { guest, token } = await open({ address: rate(100), login: rate(2) })
    const body = { email: 'nobody@example.com', password: 'guess' }
    const login = { method: 'POST', path: '/v1/sessions', body }
    for (const left of [1, 0]) {
      const { status, headers } = await guest.send(login)
      expect([status, headers.ratelimit]).toEqual([401, `"login";r=${left};t=60`])
    }
    const refused = await guest.send(login)
    expect([refused.status, refused.headers['ratelimit-policy']])
      .toEqual([429, '"address";q=100;w=60, "login";q=2;w=60'])
    expect((await guest.as(await token()).get(me)).status).toBe(200)
  })

  it('are counted by the address that a trusted proxy names, an IPv6 one by its /64', async () => {
    const { guest } = await open({ address: rate(1) }, true)
    const from = async (address: string) => {
      const headers = { 'x-forwarded-for': address }
      return (await guest.send({ method: 'GET', path: me, headers })).status
    }
    expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('::ffff:192.0.2.1')])
      .toEqual([401, 401, 429])
    expect([await from('2001:db8::1'), await from('2001:db8::f:2'), await from('2001:db8:0:1::1')])
      .toEqual([401, 429, 401])
  })

  it.each([
    [true, (forged: string) => `${forged}, 192.0.2.7`],
    [1, (forged: string) => `${forged}, 198.51.100.1, 192.0.2.7`],
    [2, (forged: string) => `${forged}, 192.0.2.7, 10.0.0.1`],
  ])('are counted by what %s trusted proxies add, never by what callers write', async (
    trustProxy, forwarded,
  ) => {
    const { guest } = await open({ address: rate(2) }, trustProxy)
    const statuses = []
    for (const forged of ['203.0.113.1', '203.0.113.2', '203.0.113.3', '::1, 203.0.113.4']) {
      const headers = { 'x-forwarded-for': forwarded(forged) }
      statuses.push((await guest.send({ method: 'GET', path: me, headers })).status)
    }
    expect(statuses).toEqual([401, 401, 429, 429])
  })

  it('never are those that ask after the health', async () => {
    const { guest } = await open({ address: rate(1) })
    for (let call = 0; call < 3; call += 1) {
      for (const path of ['/livez', '/readyz', '/metrics', '/docs']) {
        const { status, headers } = await guest.get(path)
        expect([path, status, headers.ratelimit]).toEqual([path, 200, undefined])
      }
    }
  })

  it('are not limited unless somebody says so', async () => {
    const { guest, token } = await open({})
    const { status, headers } = await guest.as(await token()).get(me)
    expect([status, headers.ratelimit, headers['ratelimit-policy']])
      .toEqual([200, undefined, undefined])
  })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'], ['::ffff:192.0.2.7', '192.0.2.7'], ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'], ['2001:DB8:0a:b:c:d:e:f', '2001:db8:a:b::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'], ['::', '0:0:0:0::/64'],
    ['1::8', '1:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'], ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['nonsense', 'nonsense'], ['a:b', 'a:b'], ['1::2::3', '1::2::3'], [':::', ':::'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'], ['g::1', 'g::1'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
