import { request } from 'node:http'
import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const home = '/v1/locks'
const at = (name: string, verb = '') => `${home}/${encodeURIComponent(name)}${verb}`

contract('locks over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are taken, renewed, seen, listed and released', async () => {
    const { ours } = await open()
    const taken = await ours.post(at('a', '/acquire'), { ttl_seconds: 60, owner: 'me' })
    expect([taken.status, taken.body]).toEqual([200, {
      name: 'a', owner: 'me', fence: 1, expires_at: expect.any(String),
    }])
    const hold = { owner: 'me', fence: 1 }
    const renewed = await ours.post(at('a', '/renew'), { ...hold, ttl_seconds: 120 })
    expect(renewed.body.expires_at > taken.body.expires_at).toBe(true)
    const seen = await ours.get(at('a'))
    expect(seen.body).toEqual({
      name: 'a', ...hold, acquired_at: expect.any(String), expires_at: renewed.body.expires_at,
      waiters: 0,
    })
    expect((await ours.get(home)).body).toEqual({ data: [seen.body], next_cursor: null })
    expect((await ours.post(at('a', '/release'), hold)).body).toEqual({ released: true })
    expect((await ours.post(at('a', '/release'), hold)).body).toEqual({ released: false })
    expect((await ours.get(home)).body.data).toEqual([])
    expect((await ours.get(`${home}?all=true`)).body.data[0]).toMatchObject({ owner: null })
  })

  it('have names of any text', async () => {
    const { ours, organization } = await open()
    const names = ['a/b', '/', '%2F', 'a?b#c', ' ', '\u0000', '€'.repeat(255), '😀 acquire', ':name']
    for (const name of names) {
      const { status, body } = await ours.post(at(name, '/acquire'), {})
      expect([status, body.name]).toEqual([200, name])
      expect((await organization.locks.get(name)).owner).toBe(body.owner)
      expect((await ours.get(at(name))).body.fence).toBe(1)
    }
    for (const path of [at('x'.repeat(256), '/acquire'), `${home}//acquire`]) {
      const { status, body } = await ours.post(path, {})
      expect([status, body.errors[0].field]).toEqual([400, 'path.name'])
    }
  })

  it('that somebody holds are refused with the time to come back', async () => {
    const { ours } = await open()
    await ours.post(at('a', '/acquire'), { ttl_seconds: 20 })
    const refused = await ours.post(at('a', '/acquire'), {})
    expect([refused.status, refused.body.code, refused.headers['retry-after']])
      .toEqual([409, 'lock_not_acquired', '20'])
    const renewal = await ours.post(at('a', '/renew'), { owner: 'x', fence: 1 })
    expect([renewal.status, renewal.body.code]).toEqual([409, 'lock_lost'])
    const unknown = await ours.get(at('unknown'))
    expect([unknown.status, unknown.body.code]).toEqual([404, 'lock_not_found'])
  })

  it('are waited for in order', async () => {
    const { ours, organization: { locks } } = await open()
    const lock = await locks.acquire('a')
    const first = ours.post(at('a', '/acquire'), { wait_seconds: 9 })
    while ((await locks.get('a')).waiters < 1) await pause(2)
    const second = ours.post(at('a', '/acquire'), { wait_seconds: 9 })
    while ((await locks.get('a')).waiters < 2) await pause(2)
    await lock.release()
    const { body } = await first
    expect(body.fence).toBe(2)
    await ours.post(at('a', '/release'), { owner: body.owner, fence: 2 })
    expect((await second).body.fence).toBe(3)
  })

  it('are no longer waited for once the client has gone', async () => {
    const { url, ourToken, organization: { locks } } = await open()
    const lock = await locks.acquire('a')
    const headers = { authorization: `Bearer ${ourToken}`, 'content-type': 'application/json' }
    const leaving = request(`${url}${at('a', '/acquire')}`, { method: 'POST', headers })
    leaving.on('error', () => undefined)
    leaving.end('{"wait_seconds": 60}')
    while ((await locks.get('a')).waiters < 1) await pause(2)
    leaving.destroy()
    while ((await locks.get('a')).waiters > 0) await pause(5)
    await lock.release()
    expect(await locks.get('a')).toMatchObject({ owner: null, fence: 1 })
  })

  it('are no longer waited for once the server closes', async () => {
    const { holdfast, ourToken, organization: { locks } } = await open()
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const client = new HttpClient(server.url, serving, { token: ourToken })
    await locks.acquire('a')
    const waiting = client.post(at('a', '/acquire'), { wait_seconds: 60 })
    while ((await locks.get('a')).waiters < 1) await pause(2)
    const closing = server.close()
    const { status, body, headers } = await waiting
    expect([status, body.code, headers['retry-after']]).toEqual([409, 'lock_not_acquired', '1'])
    await closing
    expect((await locks.get('a')).waiters).toBe(0)
  })

  it('are the same hold when the call is repeated with its key', async () => {
    const { ours, theirs } = await open()
    const key = { 'idempotency-key': 'k' }
    const first = await ours.post(at('a', '/acquire'), {}, key)
    const again = await ours.post(at('a', '/acquire'), {}, key)
    expect([again.body.owner, again.body.fence]).toEqual([first.body.owner, 1])
    expect((await ours.post(at('a', '/acquire'), {}, { 'idempotency-key': 'l' })).status).toBe(409)
    expect((await theirs.post(at('a', '/acquire'), {}, key)).body.owner)
      .not.toBe(first.body.owner)
    const { owner, fence } = first.body
    const released = () => ours.post(at('a', '/release'), { owner, fence }, key)
    expect((await released()).body).toEqual({ released: true })
    expect((await released()).body).toEqual({ released: true })
  })

  it('of a neighbour are other locks', async () => {
    const { ours, theirs } = await open()
    const { body } = await ours.post(at('a', '/acquire'), {})
    expect((await theirs.get(at('a'))).status).toBe(404)
    const stolen = await theirs.post(at('a', '/release'), { owner: body.owner, fence: 1 })
    expect(stolen.body).toEqual({ released: false })
    expect((await theirs.get(home)).body.data).toEqual([])
    expect((await ours.get(at('a'))).body.owner).toBe(body.owner)
  })
})
