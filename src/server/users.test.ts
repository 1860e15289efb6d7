import { createClient } from '@redis/client'
import { afterAll, expect, it } from 'vitest'
import { type CoordinationOptions } from '../coordination/connect.js'
import { defaultOrganizationId, type Role } from '../identity/index.js'
import { Holdfast, openHoldfast } from '../holdfast.js'
import { type Route } from '../http/route.js'
import { hashOfToken } from '../identity/tokens.js'
import { enginesNamed } from '../testing/backends.js'
import { contract } from '../testing/contract.js'
import { counted } from '../testing/counting.js'
import { HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, type ServerContext, startServer } from './index.js'

const promised = { endpoints: routes, document: openApiDocument() }
const serving = { start: startServer, ...promised }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const password = 'correct horse battery'

/** A person who is logged in; with a role, in the organization whose administrators rule users. */
async function person({ holdfast, guest }: HttpWorld, role?: Role) {
  const email = `${holdfast.ids.next()}@people.test`
  const user = await holdfast.identity.createUser({ email, password })
  if (role !== undefined) {
    const member = { organizationId: defaultOrganizationId, userId: user.id }
    await holdfast.organizations.addMember(member, role)
  }
  const { body: session } = await guest.post('/v1/sessions', { email, password })
  return { user, email, session, client: guest.as(session.token) }
}

const eventsOf = async ({ holdfast: { database } }: HttpWorld, resourceId: string) => {
  const rows = await database.all(database.write.selectFrom('audit_events')
    .select(['action', 'actor_id', 'details']).where('resource_id', '=', resourceId as never)
    .orderBy('id'))
  return rows.map(({ action, actor_id: actor }) => [action, actor])
}

contract('a person', (openWorld) => {
  const open = served(openWorld, serving)

  it('changes names and preferences under an ETag', async () => {
    const world = await open()
    const { client, user } = await person(world)
    const changes = { username: `N${world.holdfast.ids.next().slice(0, 20)}`, display_name: 'Ada' }
    const first = await client.patch('/v1/me', changes, { 'if-match': '"1"' })
    expect([first.status, first.headers.etag]).toEqual([200, '"2"'])
    expect(first.body).toMatchObject({ ...changes, id: user.id, revision: 2 })
    expect((await client.patch('/v1/me', {}, { 'if-match': '"1"' })).body.code)
      .toBe('revision_conflict')
    const bytes = '{"preferences":{"a":{"b":1,"c":2},"__proto__":{"x":1},"d":3}}'
    const json = { 'content-type': 'application/json' }
    const call = { method: 'PATCH', path: '/v1/me', headers: json }
    expect((await client.send({ ...call, bytes })).status).toBe(200)
    const merged = await client.patch('/v1/me', { preferences: { a: { b: null }, d: [4] } })
    expect(merged.text).toContain('"preferences":{"a":{"c":2},"__proto__":{"x":1},"d":[4]}')
    const large = await client.patch('/v1/me', { preferences: { x: 'x'.repeat(65_536) } })
    expect([large.status, large.body.errors[0].field]).toEqual([400, 'body.preferences'])
    const other = await person(world)
    const taken = await other.client.patch('/v1/me', { username: changes.username.toLowerCase() })
    expect([taken.status, taken.body.code, taken.body.errors[0].field])
      .toEqual([409, 'username_taken', 'body.username'])
    const byName = { username: changes.username.toUpperCase(), password }
    expect((await world.guest.post('/v1/sessions', byName)).body.user.id).toBe(user.id)
    expect((await world.ours.patch('/v1/me', {})).status).toBe(403)
  })

  it('keeps both of two merges made at once', async () => {
    const world = await open()
    const { client } = await person(world)
    const keys = Array.from({ length: 4 }, (_, index) => `key${index}`)
    await Promise.all(keys.map((key) => client.patch('/v1/me', { preferences: { [key]: true } })))
    const { body } = await client.get('/v1/me')
    expect(Object.keys(body.user.preferences).sort()).toEqual(keys)
    expect(body.user.revision).toBe(5)
  })

  it('changes the password, whereupon every session ends and a new one begins', async () => {
    const world = await open()
    const { client, user, email } = await person(world)
    const other = await world.guest.post('/v1/sessions', { email, password })
    const change = (current_password: string, new_password: string) =>
      client.post('/v1/me/password', { current_password, new_password })
    const refused: [string, string, number, string][] = [
      ['wrong one', 'another good one', 403, 'body.current_password'],
      [password, 'password1', 400, 'body.new_password'],
      [password, 'short', 400, 'body.new_password'], [password, email, 400, 'body.new_password'],
    ]
    for (const [current, next, status, field] of refused) {
      const answer = await change(current, next)
      expect([answer.status, answer.body.errors[0].field]).toEqual([status, field])
    }
    const { status, body } = await change(password, 'another good one')
    expect(status).toBe(201)
    for (const token of [client, world.guest.as(other.body.token)]) {
      expect((await token.get('/v1/me')).status).toBe(401)
    }
    expect((await world.guest.as(body.token).get('/v1/me')).body.user.id).toBe(user.id)
    expect((await world.guest.post('/v1/sessions', { email, password })).status).toBe(401)
    const actions = (await eventsOf(world, user.id)).map(([action]) => action)
    expect(actions).toEqual([
      'user.created', 'login.failed', 'user.password_changed', 'login.failed',
    ])
  })

  it('gets another token at login, and the one sent along is worth nothing any more', async () => {
    const world = await open()
    const { client, email, session } = await person(world)
    const again = await client.post('/v1/sessions', { email, password })
    expect(again.body.token).not.toBe(session.token)
    expect((await client.get('/v1/me')).status).toBe(401)
    expect((await world.guest.as(again.body.token).get('/v1/me')).status).toBe(200)
  })

  it('sees their own sessions and ends one, or all others', async () => {
    const world = await open()
    const { client, email, session } = await person(world)
    const logIn = async () => (await world.guest.post('/v1/sessions', { email, password })).body
    const [second, third] = [await logIn(), await logIn()]
    const { body } = await client.get('/v1/sessions')
    const shown = body.data.map((each: Record<string, unknown>) => [each.id, each.current])
    expect(shown).toEqual([[third.id, false], [second.id, false], [session.id, true]])
    expect(JSON.stringify(body)).not.toContain('token')
    expect((await client.delete(`/v1/sessions/${second.id}`)).status).toBe(204)
    expect((await world.guest.as(second.token).get('/v1/me')).status).toBe(401)
    const stranger = await person(world)
    for (const id of [third.id, unknownId]) {
      const answer = await stranger.client.delete(`/v1/sessions/${id}`)
      expect([answer.status, answer.body.code]).toEqual([404, 'session_not_found'])
    }
    expect((await client.delete('/v1/sessions')).status).toBe(204)
    expect((await world.guest.as(third.token).get('/v1/me')).status).toBe(401)
    expect((await client.get('/v1/me')).status).toBe(200)
    expect((await stranger.client.get('/v1/me')).status).toBe(200)
  })
})

contract('administrators of users', (openWorld) => {
  const open = served(openWorld, serving)

  it('are owners and admins of the organization default, and its tokens', async () => {
    const world = await open()
    const { client: admin } = await person(world, 'admin')
    const { token } = await world.holdfast.organization().serviceTokens.create({
      name: 'x', scopes: ['users:read'],
    })
    for (const allowed of [admin, (await person(world, 'owner')).client, world.guest.as(token)]) {
      expect((await allowed.get('/v1/users')).status).toBe(200)
    }
    const { client: member } = await person(world, 'member')
    for (const closed of [member, (await person(world)).client, world.ours]) {
      const answer = await closed.get('/v1/users', { 'holdfast-organization': 'default' })
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    }
    expect((await world.guest.as(token).post('/v1/users', { email: 'a@b' })).status).toBe(403)
  })

  it('create, show, list, disable, enable and delete them', async () => {
    const world = await open()
    const { client: admin, user: { id: adminId } } = await person(world, 'admin')
    const email = `${world.holdfast.ids.next()}@made.test`
    const made = await admin.post('/v1/users', { email, password, display_name: 'Made' })
    expect([made.status, made.headers.etag]).toEqual([201, '"1"'])
    const path = `/v1/users/${made.body.id}`
    expect((await admin.get(path)).body).toEqual(made.body)
    const { body: { data: [newest] } } = await admin.get('/v1/users?limit=1')
    expect(newest).toEqual(made.body)
    expect((await admin.post('/v1/users', { email: email.toUpperCase() })).body.code)
      .toBe('email_taken')
    const { body: session } = await world.guest.post('/v1/sessions', { email, password })
    const client = world.guest.as(session.token)
    const sessions = await admin.get(`${path}/sessions`)
    expect(sessions.body.data.map(({ id }: { id: string }) => id)).toEqual([session.id])
    for (let count = 0; count < 2; count++) {
      const disabled = await admin.post(`${path}/disable`)
      expect(disabled.body).toMatchObject({ active: false, revision: 2 })
    }
    expect((await client.get('/v1/me')).status).toBe(401)
    expect((await world.guest.post('/v1/sessions', { email, password })).body.code)
      .toBe('login_failed')
    expect((await admin.post(`${path}/enable`)).body).toMatchObject({ active: true, revision: 3 })
    expect((await client.get('/v1/me')).status).toBe(401)
    const { body: next } = await world.guest.post('/v1/sessions', { email, password })
    expect((await admin.delete(`${path}/sessions`)).status).toBe(204)
    expect((await world.guest.as(next.token).get('/v1/me')).status).toBe(401)
    expect((await admin.delete(path)).status).toBe(204)
    expect((await admin.get(path)).body.code).toBe('user_not_found')
    const actor = `user:${adminId}`
    expect(await eventsOf(world, made.body.id)).toEqual([
      ['user.created', actor], ['member.added', actor], ['user.disabled', actor],
      ['login.failed', 'anonymous'], ['user.enabled', actor], ['user.deleted', actor],
    ])
  })

  it('change address and names, which no one does with their own address', async () => {
    const world = await open()
    const { client: admin } = await person(world, 'admin')
    const [old, email] = [0, 1].map(() => `${world.holdfast.ids.next()}@made.test`)
    const { body: made } = await admin.post('/v1/users', { email: old, password })
    const path = `/v1/users/${made.id}`
    const { body: session } = await world.guest.post('/v1/sessions', { email: old, password })
    const changes = { email, display_name: 'Moved' }
    const stale = await admin.patch(path, changes, { 'if-match': '"7"' })
    expect([stale.status, stale.body.code]).toEqual([412, 'revision_conflict'])
    const moved = await admin.patch(path, changes, { 'if-match': '"1"' })
    expect([moved.status, moved.headers.etag]).toEqual([200, '"2"'])
    expect(moved.body).toMatchObject({ id: made.id, email, display_name: 'Moved', username: null })
    const own = world.guest.as(session.token)
    expect((await own.get('/v1/me')).body.user.email).toBe(email)
    expect((await own.patch('/v1/me', { email: old })).body.code).toBe('invalid_request')
    const closed = await own.patch(path, { email: old }, { 'holdfast-organization': 'default' })
    expect([closed.status, closed.body.code]).toEqual([403, 'forbidden'])
    const taken = await admin.patch(path, { email: `${(await person(world)).user.email}` })
    expect([taken.status, taken.body.code, taken.body.errors[0].field])
      .toEqual([409, 'email_taken', 'body.email'])
    expect((await admin.patch(path, { preferences: {} })).body.code).toBe('invalid_request')
  })

  it('below an owner of the organization default take no owner of it away', async () => {
    const world = await open()
    const owner = await person(world, 'owner')
    const { token } = await world.holdfast.organization().serviceTokens.create({
      name: 'x', scopes: ['users:*'],
    })
    const path = `/v1/users/${owner.user.id}`
    for (const below of [(await person(world, 'admin')).client, world.guest.as(token)]) {
      for (const attempt of [
        () => below.post(`${path}/disable`), () => below.delete(path),
        () => below.patch(path, { email: 'taken@over.test' }),
        () => below.delete(path, { 'idempotency-key': 'k' }),
      ]) {
        const { status, body } = await attempt()
        expect([status, body?.code]).toEqual([403, 'forbidden'])
      }
    }
    expect((await owner.client.get('/v1/me')).body.user.active).toBe(true)
    const { client: other } = await person(world, 'owner')
    expect((await other.post(`${path}/disable`)).body.active).toBe(false)
    expect((await other.delete(path)).status).toBe(204)
  })

  it('delete no last owner of others, and what a deleted user made stays', async () => {
    const world = await open()
    const { client: admin } = await person(world, 'admin')
    const [owner, member] = [await person(world), await person(world)]
    const { holdfast } = world
    const { id: organizationId } = await holdfast.organizations.create(
      { name: 'Shared' }, owner.user.id)
    await holdfast.organizations.addMember({ organizationId, userId: member.user.id }, 'member')
    const chosen = { 'holdfast-organization': organizationId }
    const { body: conversation } = await owner.client.post('/v1/conversations', {}, chosen)
    const refused = await admin.delete(`/v1/users/${owner.user.id}`)
    expect([refused.status, refused.body.code]).toEqual([409, 'last_owner'])
    expect((await owner.client.get('/v1/me')).status).toBe(200)
    await holdfast.organizations.addMember({ organizationId, userId: member.user.id }, 'owner')
    expect((await admin.delete(`/v1/users/${owner.user.id}`)).status).toBe(204)
    expect((await owner.client.get('/v1/me')).status).toBe(401)
    const kept = await member.client.get(`/v1/conversations/${conversation.id}`, chosen)
    expect([kept.status, kept.body.user_id]).toEqual([200, null])
  })

  it('cannot delete both owners of an organization, at once either', async () => {
    const { holdfast } = await open()
    const made = []
    for (let count = 0; count < 3; count++) {
      made.push(await holdfast.identity.createUser({ email: `${holdfast.ids.next()}@o.test` }))
    }
    const [one, two, third] = made.map(({ id }) => id)
    const { id: organizationId } = await holdfast.organizations.create({ name: 'O' }, one)
    await holdfast.organizations.addMember({ organizationId, userId: two! }, 'owner')
    await holdfast.organizations.addMember({ organizationId, userId: third! }, 'member')
    const outcomes = await Promise.allSettled(
      [one!, two!].map((id) => holdfast.identity.deleteUser(id)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

contract('the check of a token', (openWorld) => {
  const open = served(openWorld, serving)
  const closing: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const close of closing) await close()
  })

  const nothing = {
    operationId: 'doNothing', method: 'GET', path: '/v1/nothing', tag: 'x', summary: 'x',
    action: 'conversations:read', scope: 'organization', input: {}, status: 204, errors: [],
    idempotency: 'none', handle: async () => undefined,
  } as const satisfies Route<ServerContext>

  it('costs one statement when cold and none when warm', async () => {
    const world = await open()
    const { backend, statements, reset } = counted(world.holdfast.backend)
    const holdfast = await Holdfast.on(backend, { migrate: false })
    const extraRoutes = [nothing as unknown as Route<ServerContext>]
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent', extraRoutes })
    closing.push(() => server.close(), () => holdfast.coordination.close())
    const { email, user } = await person(world)
    const { organizationId } = world
    await world.holdfast.organizations.addMember({ organizationId, userId: user.id }, 'member')
    const { token } = await holdfast.identity.logIn({ email, password })
    const { slug } = await world.holdfast.organizations.get(organizationId)
    const guest = new HttpClient(server.url, promised)
    const calls: [string, Record<string, string>][] = [
      [token, { 'holdfast-organization': organizationId }],
      [token, { 'holdfast-organization': slug }],
      [world.ourToken, {}], [world.ourToken, { 'holdfast-organization': slug }],
    ]
    // How often an organization may call is no matter of the token, and remembered on its own.
    await holdfast.organizationRates.find(organizationId)
    for (const [bearer, headers] of calls) {
      holdfast.authenticator.forget()
      reset()
      const answers = []
      for (let count = 0; count < 3; count++) {
        answers.push((await guest.as(bearer).get('/v1/nothing', headers)).status)
      }
      expect([answers, statements()]).toEqual([[204, 204, 204], 1])
    }
    guest.close()
  }, 60_000)
})

const { HOLDFAST_TEST_REDIS_URL: redis, HOLDFAST_TEST_REDIS_MISSING: missing } = process.env

/** What one Redis holds under a prefix: every key, and every text. */
async function heldUnder(prefix: string): Promise<string> {
  const client = createClient({ url: redis! })
  await client.connect()
  const held: string[] = []
  for (const key of await client.keys(`${prefix}*`)) {
    held.push(key, (await client.dump(key))?.toString() ?? '')
  }
  client.destroy()
  return held.join('\n')
}

/** How long a session that is ended in one process is still good in the other, in ms. */
async function lingering(database: string, coordination: CoordinationOptions) {
  const open = () => openHoldfast({ database, ...coordination })
  const [here, there] = [await open(), await open()]
  const email = `${here.ids.next()}@two.test`
  const user = await here.identity.createUser({ email, password })
  const { token } = await here.identity.logIn({ email, password })
  await there.authenticator.authenticate(token)
  const began = performance.now()
  await here.identity.endSessionsOf(user.id)
  await expect(here.authenticator.authenticate(token)).rejects.toThrow('not valid')
  let ended = false
  while (!ended) {
    await there.authenticator.authenticate(token).catch(() => {
      ended = true
    })
    await new Promise((done) => setTimeout(done, 5))
  }
  const elapsedMs = performance.now() - began
  await Promise.all([here.close(), there.close()])
  return { token, elapsedMs }
}

contract('a session that is ended in another process', (openWorld) => {
  it('is refused within a second without Redis', async () => {
    const { databaseUrl } = await openWorld()
    expect((await lingering(databaseUrl, {})).elapsedMs).toBeLessThan(1_000)
  })
}, { engines: enginesNamed('sqlite', 'postgres') })

const needsRedis = enginesNamed('sqlite', 'postgres').map((engine) => (
  redis ? engine : { ...engine, missing: missing ?? 'HOLDFAST_TEST_REDIS_URL is not set' }
))

contract('a session that is ended in another process, on Redis', (openWorld) => {
  it('is refused within a second, and Redis holds nothing that opens it', async () => {
    const { databaseUrl, holdfast } = await openWorld()
    const prefix = `sessions-${holdfast.ids.next()}:`
    const { token, elapsedMs } = await lingering(
      databaseUrl, { redis, redisOptions: { prefix } })
    expect(elapsedMs).toBeLessThan(1_000)
    const held = await heldUnder(prefix)
    expect(held).toContain('credentials')
    for (const secret of [token, token.slice(6, 36), hashOfToken(token)]) {
      expect(held).not.toContain(secret)
    }
  })
}, { engines: needsRedis })
