import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cursorOf } from '../database/page.js'
import { contract } from '../testing/contract.js'
import { rawExchange, wireAnswer } from '../testing/raw.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

// The numbers are those of docs/reference/attacks.md.
const serving = { start: startServer, endpoints: routes, document: openApiDocument() }

/** A service token with these scopes. */
async function scoped({ organization, guest }: HttpWorld, ...scopes: string[]) {
  const { token } = await organization.serviceTokens.create({ name: 'scoped', scopes })
  return { token, client: guest.as(token) }
}

it('docs/reference/attacks.md names tests that exist', () => {
  const named = [...readFileSync('docs/reference/attacks.md', 'utf8').matchAll(/`(src\/[^`]+)`/g)]
    .map(([, path]) => path!)
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

contract('known attacks', (openWorld) => {
  const open = served(openWorld, serving)

  it('2: a body cannot say whose a new object is', async () => {
    const { ours, neighbourId, holdfast, neighbour } = await open()
    const { id: userId } = await holdfast.identity.createUser({ email: `${neighbourId}@a.test` })
    const claims = { user_id: userId, userId, organization_id: neighbourId, role: 'owner' }
    for (const [name, value] of Object.entries(claims)) {
      for (const [path, body] of [
        ['/v1/service-tokens', { name: 'x', scopes: ['*'] }], ['/v1/conversations', {}],
        ['/v1/schedules', { name: 'x', queue: 'x', cron: '@daily' }],
      ] as const) {
        const { status, body: problem } = await ours.post(path, { ...body, [name]: value })
        expect([status, problem.errors[0].field]).toEqual([400, `body.${name}`])
      }
    }
    expect((await neighbour.serviceTokens.list()).data).toHaveLength(1)
    expect((await neighbour.conversations.list()).data).toEqual([])
  })

  it('3: what the server decides cannot be assigned', async () => {
    const { ours } = await open()
    const { body: made } = await ours.post('/v1/conversations', { title: 'kept' })
    const path = `/v1/conversations/${made.id}`
    for (const name of [
      'id', 'created_at', 'updated_at', 'revision', 'message_count', 'actor', 'fence', 'is_admin',
      'constructor', 'prototype', 'archived_at',
    ]) {
      const { status, body } = await ours.patch(path, { [name]: 7 })
      expect([status, body.errors[0].field]).toEqual([400, `body.${name}`])
    }
    const bytes = '{"title":"changed","__proto__":{"archived":true},"constructor":{"prototype":{}}}'
    const { status } = await ours.send({
      method: 'PATCH', path, bytes, headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(400)
    expect((await ours.get(path)).body).toEqual(made)
    expect(({} as { archived?: unknown }).archived).toBeUndefined()
  })

  it('4: a cursor reaches no row that its list does not hold', async () => {
    const { ours, neighbour, neighbourId, organizationId } = await open()
    const foreign = await neighbour.conversations.create({ title: 'theirs' })
    for (let count = 0; count < 3; count += 1) await ours.post('/v1/conversations', {})
    const start = '/v1/conversations?limit=1'
    const path = (cursor: string) => `${start}&cursor=${encodeURIComponent(cursor)}`
    const { body: { data: [first], next_cursor: next } } = await ours.get(start)
    const list = ['conversations', organizationId, null, false]
    const sealed = await ours.get(path(cursorOf(list, [foreign.id])))
    expect(JSON.stringify(sealed.body)).not.toContain('theirs')
    for (const cursor of [
      cursorOf(['conversations', neighbourId, null, false], [foreign.id]),
      cursorOf(['conversations', organizationId, null, true], [foreign.id]),
      "' or 1=1 --", Buffer.from(`["x","' or 1=1 --"]`).toString('base64url'), `${next}x`,
    ]) expect((await ours.get(path(cursor))).body.code).toBe('invalid_cursor')
    const injected = await ours.get(path(cursorOf(list, ["' or '1'='1"])))
    expect(injected.status).toBe(400)
    await ours.delete(`/v1/conversations/${first.id}`)
    expect((await ours.get(path(next))).body.data).toHaveLength(1)
  })

  it('5: a token that may read writes nothing, whatever the method is called', async () => {
    const world = await open()
    const { ours, url } = world
    const { client, token } = await scoped(world, 'conversations:read')
    const { body: { id } } = await ours.post('/v1/conversations', { title: 'kept' })
    const path = `/v1/conversations/${id}`
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      expect((await client.get(path, { [name]: 'DELETE' })).body.title).toBe('kept')
      const posted = await client.post('/v1/conversations', {}, { [name]: 'GET' })
      expect([posted.status, posted.body.code]).toEqual([403, 'forbidden'])
    }
    for (const query of ['_method=DELETE', 'method=DELETE']) {
      expect((await client.get(`${path}?${query}`)).status).toBe(400)
    }
    for (const method of ['PATCH', 'DELETE']) {
      expect((await client.send({ method, path, body: {} })).status).toBe(403)
    }
    expect((await client.send({ method: 'HEAD', path })).status).toBe(200)
    const head = `HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${token}`
    for (const method of ['OPTIONS', 'TRACE', 'PROPFIND', 'PUT']) {
      const { status } = wireAnswer(await rawExchange(url, `${method} ${path} ${head}\r\n\r\n`))
      expect([method, status]).toEqual([method, 405])
    }
    expect((await ours.get(path)).body).toMatchObject({ title: 'kept', revision: 1 })
  })

  it('6: a key serves one call of one caller', async () => {
    const world = await open()
    const { ours, theirs } = world
    const key = { 'idempotency-key': 'shared' }
    const { client } = await scoped(world, '*')
    const first = await ours.post('/v1/conversations', { title: 'mine' }, key)
    for (const other of [theirs, client]) {
      const { body, headers } = await other.post('/v1/conversations', { title: 'mine' }, key)
      expect(headers['idempotency-replayed']).toBeUndefined()
      expect(body.id).not.toBe(first.body.id)
    }
    expect((await ours.post('/v1/conversations', { title: 'other' }, key)).body.code)
      .toBe('idempotency_key_reused')
    const endless = { 'idempotency-key': 'k'.repeat(10_240) }
    const long = await ours.post('/v1/conversations', {}, endless)
    expect([long.status, long.body.errors[0].field]).toEqual([400, 'header.idempotency-key'])
  })

  it('11: a token counts as it is written, once', async () => {
    const { ourToken, url } = await open()
    const status = async (lines: string) => {
      const head = 'GET /v1/conversations HTTP/1.1\r\nhost: a\r\nconnection: close\r\n'
      return wireAnswer(await rawExchange(url, `${head}${lines}\r\n`)).status
    }
    const line = `authorization: Bearer ${ourToken}\r\n`
    expect(await status(line)).toBe(200)
    expect(await status(line.replace('hf_', 'HF_'))).toBe(401)
    expect([400, 401]).toContain(await status(`authorization: Bearer ${ourToken}\t\x0b\r\n`))
    expect([400, 401]).toContain(await status(`authorization: Bearer x\r\n${line}`))
    expect([400, 401]).toContain(await status(`authorization: Bearer ${ourToken}\r\n x\r\n`))
  })
})
