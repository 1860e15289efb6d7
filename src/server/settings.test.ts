import { expect, it } from 'vitest'
import { Holdfast } from '../holdfast.js'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }

/** A person of the organization who has logged in, as a client that chooses it. */
async function person({ holdfast, organizationId, guest }: HttpWorld, role: 'member' | 'admin') {
  const [email, password] = [`${holdfast.ids.next()}@settings.test`, 'correct horse battery']
  const { id: userId } = await holdfast.identity.createUser({ email, password })
  await holdfast.organizations.addMember({ organizationId, userId }, role)
  const { token } = await holdfast.identity.logIn({ email, password })
  const client = guest.as(token)
  const chosen = { 'holdfast-organization': organizationId }
  const send = (method: string) => (path: string, body?: unknown, headers = {}) =>
    client.send({ method, path, body, headers: { ...chosen, ...headers } })
  return {
    userId, get: send('GET'), patch: send('PATCH'), put: send('PUT'), reset: send('DELETE'),
  }
}

contract('settings over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are read and changed with ETag and If-Match', async () => {
    const { patch, put, get, reset, userId } = await person(await open(), 'member')
    const path = '/v1/me/settings'
    const empty = await get(path)
    expect(empty.body).toEqual({
      owner: 'user', user_id: userId, settings: {}, secret_fields: [], revision: 0,
      updated_at: null,
    })
    expect(empty.headers.etag).toBe('"0"')
    const first = await patch(path, { settings: { a: { b: 1 } } }, { 'if-match': '"0"' })
    expect([first.status, first.headers.etag]).toEqual([200, '"1"'])
    expect((await patch(path, { settings: {} }, { 'if-match': '"0"' })).body.code)
      .toBe('revision_conflict')
    expect((await put(path, { settings: { c: 1 } }, { 'if-match': '"1"' })).body)
      .toMatchObject({ settings: { c: 1 }, revision: 2 })
    expect((await reset(path, undefined, { 'if-match': '"1"' })).status).toBe(412)
    expect((await reset(path, undefined, { 'if-match': '"2"' })).body)
      .toMatchObject({ settings: {}, revision: 3 })
  })

  it('of the organization are read by all its members and written by admins', async () => {
    const world = await open()
    const [admin, member] = [await person(world, 'admin'), await person(world, 'member')]
    await admin.patch('/v1/settings', { settings: { theme: 'dark', size: 1 } })
    for (const call of [
      await member.patch('/v1/settings', { settings: {} }),
      await member.put('/v1/settings', { settings: {} }), await member.reset('/v1/settings'),
    ]) expect([call.status, call.body.code]).toEqual([403, 'forbidden'])
    expect((await member.get('/v1/settings')).body.settings).toEqual({ theme: 'dark', size: 1 })
    await member.patch('/v1/me/settings', { settings: { theme: 'light' } })
    expect((await member.get('/v1/me/settings/effective')).body).toEqual({
      settings: { theme: 'light', size: 1 }, user_revision: 1, organization_revision: 1,
    })
    expect((await admin.get('/v1/me/settings')).body.settings).toEqual({})
  })

  it('of a person need a person', async () => {
    const { ours } = await open()
    const { status, body } = await ours.get('/v1/me/settings')
    expect([status, body.code]).toEqual([403, 'person_required'])
    expect((await ours.get('/v1/me/settings/effective')).body.settings).toEqual({})
  })

  it('name what is wrong, and where', async () => {
    const { ours } = await open()
    const faults: [unknown, string][] = [
      [{ settings: [] }, 'body.settings'], [{ settings: null }, 'body.settings'],
      [{ setings: {} }, 'body.setings'], [{ secret_fields: ['a..b'] }, 'body.secret_fields[0]'],
      [{ settings: { a: { $secret: true, set: true } } }, 'body.settings.a'],
      [{ settings: { a: 'x'.repeat(70_000) } }, 'body.settings'],
    ]
    for (const [body, field] of faults) {
      const answer = await ours.patch('/v1/settings', body)
      expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    }
    expect((await ours.get('/v1/settings')).body.revision).toBe(0)
  })

  it('seal no field without a root key', async () => {
    const { holdfast: { backend }, ourToken } = await open()
    const holdfast = await Holdfast.on(backend, { migrate: false })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const keyless = new HttpClient(server.url, serving, { token: ourToken })
    const sealed = await keyless.patch('/v1/settings', { settings: { a: 1 }, secret_fields: ['a'] })
    expect([sealed.status, sealed.body.code]).toEqual([503, 'sealing_unavailable'])
    expect((await keyless.get('/v1/settings')).body.revision).toBe(0)
    keyless.close()
    await server.close()
    await holdfast.coordination.close()
  })

  it('change once under one idempotency key', async () => {
    const { ours } = await open()
    const key = { 'idempotency-key': 'once' }
    const first = await ours.patch('/v1/settings', { settings: { a: 1 } }, key)
    const again = await ours.patch('/v1/settings', { settings: { a: 1 } }, key)
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true'])
    expect((await ours.patch('/v1/settings', { settings: { a: 2 } }, key)).status).toBe(422)
  })
})
