import { expect, it } from 'vitest'
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

/** A person who is logged in and, with a role, has our organization as default. */
async function person({ holdfast, organizationId, guest }: HttpWorld, role?: Role) {
  const email = `${holdfast.ids.next()}@people.test`
  const { id } = await holdfast.identity.createUser({ email, password })
  if (role !== undefined) {
    await holdfast.organizations.addMember({ organizationId, userId: id }, role)
    await holdfast.organizations.choose(id, organizationId)
  }
  const { body } = await guest.post('/v1/sessions', { email, password })
  return { id, email, client: guest.as(body.token), path: `/v1/members/${id}` }
}

contract('member and invitation routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('invite, accept, list, change, remove and leave', async () => {
    const world = await open()
    const owner = await person(world, 'owner')
    const guest = await person(world)
    const asked = { email: guest.email.toUpperCase(), role: 'admin', expires_in_days: 1 }
    const key = { 'idempotency-key': 'once' }
    const made = await owner.client.post('/v1/invitations', asked, key)
    expect([made.status, made.body.role, made.body.invited_by]).toEqual([201, 'admin', owner.id])
    const { token, ...shown } = made.body
    const again = await owner.client.post('/v1/invitations', asked, key)
    expect(again.body).toEqual({ ...shown, token: null })
    expect((await owner.client.get('/v1/invitations')).body.data).toEqual([shown])
    const accepted = await guest.client.post('/v1/invitations/accept', { token })
    expect(accepted.body).toMatchObject({ id: world.organizationId, role: 'admin' })
    expect(await fault(guest.client.post('/v1/invitations/accept', { token })))
      .toEqual([404, 'invitation_not_found', 'body.token'])
    const within = { 'holdfast-organization': world.organizationId }
    const listed = await guest.client.get('/v1/members', within)
    expect(listed.body.data.map(({ user_id: id, role }: Record<string, string>) => [id, role]))
      .toEqual([[owner.id, 'owner'], [guest.id, 'admin']])
    const { body } = await owner.client.patch(guest.path, { role: 'member' })
    expect(body).toEqual({ ...listed.body.data[1], role: 'member' })
    expect((await owner.client.get(guest.path)).body).toEqual(body)
    expect(await fault(guest.client.get('/v1/invitations', within))).toEqual([403, 'forbidden'])
    expect((await owner.client.delete(guest.path)).status).toBe(204)
    expect(await fault(guest.client.get('/v1/members', within)))
      .toEqual([404, 'organization_not_found'])
    expect(await fault(owner.client.delete('/v1/members/current')))
      .toEqual([409, 'last_owner'])
    const other = await person(world, 'owner')
    expect((await owner.client.delete('/v1/members/current')).status).toBe(204)
    expect((await other.client.get('/v1/members')).body.data).toHaveLength(1)
    expect(await fault(owner.client.get('/v1/members')))
      .toEqual([400, 'invalid_request', 'header.holdfast-organization'])
  })

  it('make no admin for a service token of fewer rights than theirs', async () => {
    const world = await open()
    await person(world, 'owner')
    const member = await person(world, 'member')
    const tokenOf = async (...scopes: string[]) => {
      const { body } = await world.ours.post('/v1/service-tokens', { name: 'x', scopes })
      return world.guest.as(body.token)
    }
    const refused = [403, 'forbidden', 'body.role']
    const limited = await tokenOf('invitations:*', 'members:*', 'service_tokens:*')
    const all = await tokenOf('*')
    const invite = (client: HttpClient, role: string) =>
      client.post('/v1/invitations', { email: `${world.holdfast.ids.next()}@people.test`, role })
    for (const role of ['admin', 'owner']) {
      expect(await fault(invite(limited, role))).toEqual(refused)
      expect(await fault(limited.patch(member.path, { role }))).toEqual(refused)
    }
    expect((await limited.get(member.path)).body.role).toBe('member')
    expect((await limited.get('/v1/invitations')).body.data).toEqual([])
    expect((await invite(limited, 'member')).status).toBe(201)
    expect((await invite(all, 'admin')).status).toBe(201)
    expect((await all.patch(member.path, { role: 'admin' })).status).toBe(200)
    expect((await limited.patch(member.path, { role: 'member' })).status).toBe(200)
  })

  it('stand in nobody’s way while the organization gets another slug', async () => {
    const world = await open()
    const owner = await person(world, 'owner')
    const key = () => ({ 'idempotency-key': world.holdfast.ids.next() })
    const within = { 'holdfast-organization': world.organizationId }
    const rename = (headers = {}) => owner.client.patch('/v1/organizations/current',
      { slug: `slug-${world.holdfast.ids.next()}` }, { ...headers, ...within })
    const calls = Array.from({ length: 12 }, (_, index) => [
      owner.client.patch(owner.path, { role: 'owner' }, { ...key(), ...within }),
      index === 0 ? rename(key()) : rename(),
    ]).flat()
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('take nobody’s word for who they are, where they belong or what they may', async () => {
    const world = await open()
    const admin = await person(world, 'admin')
    const member = await person(world, 'member')
    const owner = await person(world, 'owner')
    const sly = {
      user_id: owner.id, organization_id: world.neighbourId, invited_by: owner.id, id: unknownId,
      created_at: '2020-01-01T00:00:00.000000Z', revision: 9, rate_limit: null, personal: true,
      actor: `user:${owner.id}`, is_admin: true, use_count: 0,
    }
    const good = {
      '/v1/invitations': { email: 'x@people.test', role: 'member' },
      '/v1/invitations/accept': { token: 'x' }, '/v1/organizations': { name: 'x' },
      '/v1/service-tokens': { name: 'x', scopes: ['*'] },
    }
    for (const [path, body] of Object.entries(good)) {
      for (const [name, value] of Object.entries(sly)) {
        if (path === '/v1/service-tokens' && name === 'rate_limit') continue
        expect([path, ...await fault(owner.client.post(path, { ...body, [name]: value }))])
          .toEqual([path, 400, 'invalid_request', `body.${name}`])
      }
    }
    for (const [path, body] of [
      [member.path, { role: 'member' }], ['/v1/organizations/current', { name: 'x' }],
    ] as const) {
      for (const [name, value] of Object.entries(sly)) {
        expect(await fault(owner.client.patch(path, { ...body, [name]: value })))
          .toEqual([400, 'invalid_request', `body.${name}`])
      }
    }
    const attempts = [
      () => member.client.patch(member.path, { role: 'admin' }),
      () => member.client.delete(admin.path),
      () => member.client.post('/v1/invitations', good['/v1/invitations']),
      () => member.client.get('/v1/service-tokens'),
      () => admin.client.patch(admin.path, { role: 'owner' }),
      () => admin.client.patch(owner.path, { role: 'member' }),
      () => admin.client.delete(owner.path),
      () => admin.client.post('/v1/invitations', { email: 'x@people.test', role: 'owner' }),
      () => admin.client.delete('/v1/organizations/current?confirm=x'),
      () => world.ours.patch(member.path, { role: 'owner' }),
      () => world.ours.delete(owner.path),
      () => world.ours.post('/v1/invitations', { email: 'x@people.test', role: 'owner' }),
      () => world.ours.delete('/v1/organizations/current?confirm=x'),
      () => world.ours.delete('/v1/members/current'),
      () => world.ours.post('/v1/invitations/accept', { token: 'x' }),
    ]
    for (const attempt of attempts) expect(await fault(attempt())).toEqual([403, 'forbidden'])
    const { data } = await world.organization.members.list()
    expect(data.map(({ role }) => role)).toEqual(['admin', 'member', 'owner'])
    expect((await world.organization.invitations.list()).data).toEqual([])
  })

  it('act on a changed role at the next request', async () => {
    const world = await open()
    const [owner, admin] = [await person(world, 'owner'), await person(world, 'admin')]
    const body = { name: 'x', scopes: ['*'] }
    expect((await admin.client.post('/v1/service-tokens', body)).status).toBe(201)
    await owner.client.patch(admin.path, { role: 'member' }, { 'idempotency-key': 'k' })
    expect(await fault(admin.client.post('/v1/service-tokens', body))).toEqual([403, 'forbidden'])
    await owner.client.patch(admin.path, { role: 'owner' })
    expect((await admin.client.patch(owner.path, { role: 'member' })).status).toBe(200)
    expect(await fault(owner.client.patch(admin.path, { role: 'member' })))
      .toEqual([403, 'forbidden'])
  })
})

contract('the organization of a call', (openWorld) => {
  const open = served(openWorld, serving)

  it('is the default once chosen, and the header’s all the same', async () => {
    const world = await open()
    const { client, id } = await person(world)
    const { organizations } = world.holdfast
    const { organizationId, neighbourId } = world
    expect(await fault(client.get('/v1/organizations/current')))
      .toEqual([400, 'invalid_request', 'header.holdfast-organization'])
    for (const each of [organizationId, neighbourId]) {
      await organizations.addMember({ organizationId: each, userId: id }, 'member')
    }
    const { slug } = await organizations.get(organizationId)
    const chosen = await client.patch('/v1/me/organization', { organization: slug })
    expect(chosen.body.organization).toMatchObject({ id: organizationId, role: 'member' })
    const current = await client.get('/v1/organizations/current')
    expect(current.body).toEqual(chosen.body.organization)
    const header = { 'holdfast-organization': neighbourId }
    expect((await client.get('/v1/organizations/current', header)).body.id).toBe(neighbourId)
    expect(await fault(client.patch('/v1/me/organization', { organization: unknownId })))
      .toEqual([404, 'organization_not_found'])
    const none = await client.patch('/v1/me/organization', { organization: null })
    expect(none.body).toEqual({ organization: null })
    expect(await fault(world.ours.patch('/v1/me/organization', { organization: slug })))
      .toEqual([403, 'forbidden'])
    expect((await world.ours.get('/v1/organizations/current')).body)
      .toMatchObject({ id: organizationId, role: null })
  })

  it('is changed by admins and deleted by owners', async () => {
    const world = await open()
    const [admin, owner] = [await person(world, 'admin'), await person(world, 'owner')]
    const path = '/v1/organizations/current'
    const { headers: { etag }, body } = await admin.client.get(path)
    const slug = `s-${world.holdfast.ids.next()}`
    const changed = await admin.client.patch(path, { name: 'N', slug }, { 'if-match': etag! })
    expect(changed.body).toEqual({ ...body, name: 'N', slug, revision: 2 })
    expect(await fault(admin.client.patch(path, { name: 'M' }, { 'if-match': etag! })))
      .toEqual([412, 'revision_conflict'])
    expect(await fault(owner.client.delete(`${path}?confirm=x`)))
      .toEqual([400, 'invalid_input', 'query.confirm'])
    expect(await fault(owner.client.delete(path)))
      .toEqual([400, 'invalid_request', 'query.confirm'])
    const gone = { 'idempotency-key': 'k' }
    const deleted = await owner.client.send({
      method: 'DELETE', path: `${path}?confirm=${slug}`, headers: gone,
    })
    expect(deleted.status).toBe(204)
    expect(await fault(world.ours.get('/v1/conversations'))).toEqual([401, 'unauthenticated'])
    expect((await owner.client.get('/v1/me')).body.organizations).toEqual([])
  })
})
