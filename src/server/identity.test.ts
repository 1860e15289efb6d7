import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { type Role } from '../identity/index.js'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const password = 'correct horse battery'

async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

/** A person who is logged in, and a member of our organization when a role is given. */
async function person({ holdfast, organizationId, guest }: HttpWorld, role?: Role) {
  const email = `${holdfast.ids.next()}@people.test`
  const user = await holdfast.identity.createUser({ email, displayName: 'P', password })
  if (role !== undefined) {
    await holdfast.organizations.addMember({ organizationId, userId: user.id }, role)
  }
  const { status, body } = await guest.post('/v1/sessions', { email, password })
  expect(status).toBe(201)
  return { user, email, session: body, client: guest.as(body.token) }
}

const within = (organization: string) => ({ 'holdfast-organization': organization })

contract('session routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('log in, say who it is, and log out', async () => {
    const world = await open()
    const { user, email, session, client } = await person(world, 'admin')
    expect(session.token).toMatch(/^hf_ls_/)
    expect(session.user).toEqual({
      id: user.id, email, username: null, display_name: 'P', preferences: {}, active: true,
      revision: 1, created_at: user.createdAt, updated_at: user.updatedAt,
      last_login_at: expect.stringMatching(/^2/),
    })
    expect(Date.parse(session.expires_at)).toBeGreaterThan(Date.now() + 6 * 86_400_000)
    const me = await client.get('/v1/me')
    const organization = await world.holdfast.organizations.get(world.organizationId)
    expect(me.body).toEqual({
      actor: `user:${user.id}`,
      user: { ...session.user, last_login_at: expect.any(String) },
      organizations: [{
        id: world.organizationId, slug: organization.slug, name: 'Ours', role: 'admin',
        rate_limit: null, revision: 1, created_at: organization.createdAt,
      }],
    })
    const other = await world.guest.post('/v1/sessions', { email: email.toUpperCase(), password })
    expect(other.status).toBe(201)
    expect((await client.delete('/v1/sessions/current')).status).toBe(204)
    expect(await fault(client.get('/v1/me'))).toEqual([401, 'unauthenticated'])
    expect(await fault(client.delete('/v1/sessions/current'))).toEqual([401, 'unauthenticated'])
    expect((await world.guest.as(other.body.token).get('/v1/me')).status).toBe(200)
  })

  it('do not tell an unknown user from a wrong password', async () => {
    const world = await open()
    const { email } = await person(world)
    const silent = await world.holdfast.identity.createUser({ email: `silent.${email}` })
    const attempts = [
      { email, password: `${password} ` }, { email, password: '' },
      { email: `not.${email}`, password }, { email: silent.email, password },
      { email: '', password }, { email: 'a\u0000b\ud800', password: '\u0000\ud800' },
    ]
    for (const attempt of attempts) {
      const { status, body, headers } = await world.guest.post('/v1/sessions', attempt)
      const { request_id: _, ...rest } = body
      expect([status, headers['www-authenticate'], rest]).toEqual([401, 'Bearer', {
        type: '/docs#error-login_failed', title: 'login failed', status: 401,
        detail: 'E-mail or password is wrong.', code: 'login_failed',
      }])
    }
  })

  it('name what is wrong in a login', async () => {
    const { guest } = await open()
    const refused: (readonly [object, string])[] = [
      [{ password }, 'body.email'], [{ email: 'a@b' }, 'body.password'],
      [{ email: ['a@b'], password }, 'body.email'],
      [{ email: 'a@b', password: 7 }, 'body.password'],
      [{ email: 'x'.repeat(321), password }, 'body.email'],
      [{ email: 'a@b', password: 'x'.repeat(1_001) }, 'body.password'],
      [{ email: 'a@b', password, remember: true }, 'body.remember'],
    ]
    for (const [body, field] of refused) {
      expect(await fault(guest.post('/v1/sessions', body))).toEqual([400, 'invalid_request', field])
    }
  })

  it('answer a service token as what it is', async () => {
    const { ours, ourToken } = await open()
    const { body } = await ours.get('/v1/me')
    expect(body).toMatchObject({ user: null, organizations: [] })
    expect(body.actor).toMatch(/^service_token:/)
    expect(JSON.stringify(body)).not.toContain(ourToken)
    expect((await ours.delete('/v1/sessions/current')).status).toBe(204)
    expect((await ours.get('/v1/me')).status).toBe(200)
  })
})

contract('organization routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('create an organization that is the caller’s own', async () => {
    const world = await open()
    const { client, user } = await person(world)
    const slug = `own-${world.holdfast.ids.next()}`.slice(0, 63)
    const { status, body } = await client.post('/v1/organizations', { name: 'Own', slug })
    expect([status, body.role, body.slug, body.name]).toEqual([201, 'owner', slug, 'Own'])
    for (const chosen of [slug, body.id]) {
      const created = await client.post('/v1/conversations', {}, within(chosen))
      expect([created.status, created.body.user_id]).toEqual([201, user.id])
    }
    const { body: me } = await client.get('/v1/me')
    expect(me.organizations).toEqual([body])
    expect(await fault(client.post('/v1/organizations', { name: 'Own', slug })))
      .toEqual([409, 'slug_taken', 'body.slug'])
    const again = { 'idempotency-key': 'k' }
    const [one, two] = [
      await client.post('/v1/organizations', { name: 'Ü ber' }, again),
      await client.post('/v1/organizations', { name: 'Ü ber' }, again),
    ]
    expect([one.body.slug, two.text]).toEqual([expect.stringMatching(/^u-ber-/), one.text])
  })

  it('name what is wrong in a new organization', async () => {
    const world = await open()
    const { client } = await person(world)
    const refused: (readonly [object, string, string])[] = [
      [{}, 'name', 'request'], [{ name: '' }, 'name', 'request'],
      [{ name: 'x'.repeat(201) }, 'name', 'request'],
      [{ name: 'x', id: unknownId }, 'id', 'request'],
      [{ name: 'x', slug: 'x'.repeat(64) }, 'slug', 'request'],
      [{ name: 'x', slug: '' }, 'slug', 'input'],
      [{ name: 'x', slug: 'A' }, 'slug', 'input'], [{ name: 'x', slug: '-a' }, 'slug', 'input'],
    ]
    for (const [body, name, kind] of refused) {
      expect(await fault(client.post('/v1/organizations', body)))
        .toEqual([400, `invalid_${kind}`, `body.${name}`])
    }
  })

  it('let a person choose among their own, and no other', async () => {
    const world = await open()
    const { client } = await person(world, 'member')
    const { organizationId, neighbourId } = world
    expect((await client.get('/v1/conversations', within(organizationId))).status).toBe(200)
    expect(await fault(client.get('/v1/conversations')))
      .toEqual([400, 'invalid_request', 'header.holdfast-organization'])
    const strange = await client.get('/v1/conversations', within(neighbourId))
    const absent = await client.get('/v1/conversations', within(unknownId))
    expect([strange.status, strange.body.code]).toEqual([404, 'organization_not_found'])
    expect({ ...strange.body, request_id: '' }).toEqual({ ...absent.body, request_id: '' })
  })

  it('let the role decide what a person may do', async () => {
    const world = await open()
    const body = { name: 'x', scopes: ['*'] }
    const chosen = within(world.organizationId)
    for (const role of ['member', 'admin', 'owner'] as const) {
      const { client } = await person(world, role)
      const talk = await client.post('/v1/conversations', {}, chosen)
      const made = await client.post('/v1/service-tokens', body, chosen)
      const listed = await client.get('/v1/service-tokens', chosen)
      const guarded = role === 'member' ? 403 : 201
      expect([role, talk.status, made.status]).toEqual([role, 201, guarded])
      expect(listed.status).toBe(role === 'member' ? 403 : 200)
    }
  })
})

contract('service token routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('create, list newest first, and revoke', async () => {
    const { ours, guest } = await open()
    const made = []
    for (let count = 0; count < 5; count++) {
      const body = { name: `n${count}`, scopes: ['conversations:*'], expires_at: null }
      const { status, body: created } = await ours.post('/v1/service-tokens', body)
      expect([status, created.scopes, created.revoked_at]).toEqual([201, body.scopes, null])
      made.unshift(created)
    }
    const shown = made.map(({ token: _, ...rest }) => rest)
    const first = await ours.get('/v1/service-tokens?limit=3')
    expect(first.body.data).toEqual(shown.slice(0, 3))
    const next = await ours.get(`/v1/service-tokens?limit=3&cursor=${first.body.next_cursor}`)
    expect(next.body.data.slice(0, 2)).toEqual(shown.slice(3))
    expect([next.body.data.length, next.body.next_cursor]).toEqual([3, null])
    expect(await fault(ours.get('/v1/service-tokens?cursor=x')))
      .toEqual([400, 'invalid_cursor', 'query.cursor'])
    const path = `/v1/service-tokens/${made[0].id}`
    for (let count = 0; count < 2; count++) expect((await ours.delete(path)).status).toBe(204)
    expect((await guest.as(made[0].token).get('/v1/me')).status).toBe(401)
    expect((await guest.as(made[1].token).get('/v1/conversations')).status).toBe(200)
    const { body } = await ours.get('/v1/service-tokens?limit=1')
    expect(body.data[0]).toEqual({
      ...shown[0], revoked_at: expect.stringMatching(/^2/), revision: 2,
    })
    expect(await fault(ours.delete(`/v1/service-tokens/${unknownId}`)))
      .toEqual([404, 'service_token_not_found'])
  })

  it('name what is wrong in a new token', async () => {
    const { ours } = await open()
    const good = { name: 'x', scopes: ['*'] }
    const refused: (readonly [object, string])[] = [
      [{ name: '' }, 'name'], [{ name: 'x'.repeat(201) }, 'name'], [{ scopes: [] }, 'scopes'],
      [{ scopes: '*' }, 'scopes'], [{ scopes: [7] }, 'scopes[0]'], [{ scopes: [''] }, 'scopes[0]'],
      [{ scopes: ['*', 'x'.repeat(101)] }, 'scopes[1]'], [{ scopes: ['everything'] }, 'scopes[0]'],
      [{ scopes: ['*', 'conversations:fly'] }, 'scopes[1]'],
      [{ scopes: ['toString:*'] }, 'scopes[0]'],
      [{ scopes: Array.from({ length: 51 }, () => '*') }, 'scopes'],
      [{ expires_at: 'tomorrow' }, 'expires_at'], [{ expires_at: 7 }, 'expires_at'],
      [{ expires_at: '2026-02-30T00:00:00.000000Z' }, 'expires_at'],
      [{ expires_at: '2026-01-01T00:00:00Z' }, 'expires_at'], [{ token: 'hf_st_x' }, 'token'],
      [{ user_id: unknownId }, 'user_id'], [{ organization_id: unknownId }, 'organization_id'],
    ]
    for (const [change, name] of refused) {
      const body = { ...good, ...change }
      const [status, _, field] = await fault(ours.post('/v1/service-tokens', body))
      expect([change, status, field]).toEqual([change, 400, `body.${name}`])
    }
    const expires = instantOf(Date.now() + 60_000)
    const { body } = await ours.post('/v1/service-tokens', { ...good, expires_at: expires })
    expect(body.expires_at).toBe(expires)
  })

  it('let a token hand out only scopes it has itself', async () => {
    const { ours, guest, holdfast, organizationId } = await open()
    const scopes = ['service_tokens:*', 'conversations:read']
    const { body } = await ours.post('/v1/service-tokens', { name: 'limited', scopes })
    const limited = guest.as(body.token)
    const hand = (...given: string[]) =>
      limited.post('/v1/service-tokens', { name: 'x', scopes: given })
    for (const own of ['service_tokens:*', 'service_tokens:write', 'conversations:read']) {
      expect((await hand(own)).status).toBe(201)
    }
    for (const beyond of ['*', 'conversations:*', 'conversations:write', 'organizations:read']) {
      expect(await fault(hand('conversations:read', beyond)))
        .toEqual([403, 'forbidden', 'body.scopes'])
    }
    const { data } = await holdfast.organization(organizationId).serviceTokens.list()
    expect(data).toHaveLength(5)
  })
})
