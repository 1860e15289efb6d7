import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { newToken } from '../identity/tokens.js'
import { contract } from '../testing/contract.js'
import { type Answer, type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

const routes = [...jsonRoutes, ...rawRoutes]
const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const secret = 'Only for the owner 7f3a'

/** A conversation with a message and a service token of ours, full of words nobody else may see. */
async function furnished({ ours }: HttpWorld) {
  const about = { title: secret, metadata: { secret } }
  const { body: conversation } = await ours.post('/v1/conversations', about)
  const { body: message } = await ours.post(
    `/v1/conversations/${conversation.id}/messages`, { role: 'user', content: secret })
  const { body: token } = await ours.post(
    '/v1/service-tokens', { name: secret, scopes: ['conversations:read'] })
  const { body: job } = await ours.post('/v1/queues/ours/jobs', { payload: secret })
  await ours.send({
    method: 'PUT', path: '/v1/streams/ours/answer', bytes: secret,
    headers: { 'content-type': 'text/plain' },
  })
  return {
    conversation_id: conversation.id as string,
    message_id: message.id as string,
    job_id: job.id as string,
    service_token_id: token.id as string,
    token: token.token as string,
  }
}

type Ids = Record<string, string>

/** A call of the endpoint that succeeds for the one whose ids these are. */
function callOf({ operationId, method, path }: (typeof routes)[number], ids: Ids) {
  const bodies: Record<string, unknown> = {
    createConversation: {}, updateConversation: { title: 'x' },
    appendMessages: { role: 'user', content: 'x' }, updateMessage: { metadata: {} },
    createOrganization: { name: 'x' }, createServiceToken: { name: 'x', scopes: ['*'] },
    acquireLock: {}, renewLock: { owner: 'x', fence: 1 }, releaseLock: { owner: 'x', fence: 1 },
    logIn: { email: 'a@b', password: '12345678' },
    enqueueJobs: { payload: 'x' }, claimJobs: { worker: 'x' }, redriveJobs: {}, purgeJobs: {},
    updateQueue: {}, extendJob: { attempt: 1 }, completeJob: { attempt: 1 },
    failJob: { attempt: 1, error: 'x' }, releaseJob: { attempt: 1 },
    finishStream: { stream: 'ours/answer' }, appendToStream: 'x',
  }
  const known: Ids = { path: 'ours/answer', ...ids }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? unknownId)
  return { method, path: filled, body: bodies[operationId] }
}

/** What an answer tells, without what is new in every answer. */
function told({ status, headers, text, body }: Answer, ids: Ids) {
  const { date: _, 'request-id': requestId, 'content-length': __, ...rest } = headers
  let said = text.replaceAll(String(body?.request_id ?? requestId), '<request>')
  for (const id of Object.values(ids)) said = said.replaceAll(id, '<id>')
  return { status, rest, said }
}

const guarded = routes.filter(({ action }) => action !== 'public')
/** By an id; queues and locks have names: each organization has its own by any name. */
const addressed = routes.filter(({ path }) => path.includes('_id}'))

async function refusals(client: HttpClient, ids: Ids, chosen = guarded) {
  return Promise.all(chosen.map(async (route) => {
    const { status, body, headers, text } = await client.send(callOf(route, ids))
    expect(text).not.toContain(secret)
    // HEAD has no words.
    const code = body?.code ?? (status === 401 ? 'unauthenticated' : 'forbidden')
    return [route.operationId, status, code, headers['www-authenticate']]
  }))
}

const all = (status: number, code: string, challenge?: string) =>
  guarded.map(({ operationId }) => [operationId, status, code, challenge])

contract('every endpoint', (openWorld) => {
  const open = served(openWorld, serving)

  it('answers a stranger’s ids as ids that do not exist', async () => {
    const world = await open()
    const { token: _, ...ids } = await furnished(world)
    const { ours, theirs } = world
    const before = await ours.get(`/v1/conversations/${ids.conversation_id}/messages`)
    for (const route of addressed) {
      const strange = await theirs.send(callOf(route, ids))
      const absent = await theirs.send(callOf(route, {}))
      expect(strange.status).toBe(404)
      expect(told(strange, ids)).toEqual(told(absent, { unknownId }))
      expect(strange.text).not.toContain(secret)
    }
    const after = await ours.get(`/v1/conversations/${ids.conversation_id}/messages`)
    expect(after.text).toBe(before.text)
    const { body } = await ours.get(`/v1/conversations/${ids.conversation_id}`)
    expect(body).toMatchObject({ title: secret, message_count: 1, revision: 1 })
    const tokens = await ours.get('/v1/service-tokens')
    expect(tokens.body.data.find(({ id }: { id: string }) => id === ids.service_token_id))
      .toMatchObject({ revoked_at: null })
  })

  it('answers a stranger’s ids so under an idempotency key and If-Match as well', async () => {
    const world = await open()
    const { token: _, ...ids } = await furnished(world)
    const { theirs } = world
    for (const route of addressed.filter(({ idempotency }) => idempotency !== 'none')) {
      const tagged = { ...(route.method === 'PATCH' ? { 'if-match': '"1"' } : {}) }
      const keyed = (key: string) =>
        ({ ...tagged, 'idempotency-key': `${route.operationId}${key}` })
      const strange = await theirs.send({ ...callOf(route, ids), headers: keyed('1') })
      const absent = await theirs.send({ ...callOf(route, {}), headers: keyed('2') })
      expect(told(strange, ids)).toEqual(told(absent, { unknownId }))
    }
  })

  it('lists nothing of a stranger’s', async () => {
    const world = await open()
    const { message_id: _, ...ids } = await furnished(world)
    const paths = [
      '/v1/conversations', '/v1/service-tokens', '/v1/me', '/v1/queues', '/v1/queues/ours/jobs',
      '/v1/streams',
    ]
    for (const path of paths) {
      const { status, text } = await world.theirs.get(path)
      expect(status).toBe(200)
      for (const part of [secret, ...Object.values(ids)]) expect(text).not.toContain(part)
    }
  })

  it('is closed to callers without a token, or with one that is none', async () => {
    const world = await open()
    const ids = await furnished(world)
    const { guest, ourToken } = world
    const closed = all(401, 'unauthenticated', 'Bearer')
    expect(await refusals(guest, ids)).toEqual(closed)
    const other = ourToken[10] === 'x' ? 'y' : 'x'
    const forged = `${ourToken.slice(0, 10)}${other}${ourToken.slice(11)}`
    const tokens = [
      'x', '*', 'null', forged, ourToken.slice(0, -1), `${ourToken}x`, ourToken.toUpperCase(),
      newToken('service_token'), newToken('session'), ids.service_token_id,
    ]
    for (const token of tokens) expect(await refusals(guest.as(token), ids)).toEqual(closed)
  })

  it('is closed to other ways of handing in a token', async () => {
    const { guest, ourToken } = await open()
    const ways: Record<string, string | string[]>[] = [
      { authorization: ourToken }, { authorization: `Basic ${ourToken}` },
      { authorization: `Bearer  ${ourToken}` }, { authorization: `Bearer ${ourToken} ${ourToken}` },
      { authorization: 'Bearer' }, { authorization: '' }, { cookie: `token=${ourToken}` },
      { 'x-api-key': ourToken }, { 'proxy-authorization': `Bearer ${ourToken}` },
    ]
    for (const headers of ways) {
      const { status, body } = await guest.get('/v1/conversations', headers)
      expect([status, body.errors]).toMatchObject([401, [{ field: 'header.authorization' }]])
    }
    const { status, text } = await guest.get(`/v1/conversations?access_token=${ourToken}`)
    expect(status).toBe(401)
    expect(text).not.toContain(ourToken)
  })

  it('is closed to a token that was revoked or has expired', async () => {
    const world = await open()
    const { ours, guest, organization } = world
    const { token, ...ids } = await furnished(world)
    const revoked = guest.as(token)
    expect((await revoked.get('/v1/conversations')).status).toBe(200)
    expect((await ours.delete(`/v1/service-tokens/${ids.service_token_id}`)).status).toBe(204)
    const closed = all(401, 'unauthenticated', 'Bearer')
    expect(await refusals(revoked, ids)).toEqual(closed)
    const { token: expired } = await organization.serviceTokens.create({
      name: 'expired', scopes: ['*'], expiresAt: instantOf(Date.now() - 1_000),
    })
    expect(await refusals(guest.as(expired), ids)).toEqual(closed)
    const { token: brief } = await organization.serviceTokens.create({
      name: 'brief', scopes: ['*'], expiresAt: instantOf(Date.now() + 300),
    })
    expect((await guest.as(brief).get('/v1/conversations')).status).toBe(200)
    await new Promise((done) => setTimeout(done, 350))
    expect((await guest.as(brief).get('/v1/conversations')).status).toBe(401)
  })

  it('is open to exactly the scopes that cover it', async () => {
    const world = await open()
    const { guest, organization } = world
    const groups: Record<string, RegExp> = {
      'conversations:read': /^(list|get)(Conversation|Message)/,
      'conversations:write': /^((create|update|delete|append)(Conversation|Message)|finishStream)/,
      'locks:read': /^(list|get)Lock/, 'locks:*': /Lock/,
      'conversations:*': /(Conversation|Message|finishStream)/,
      'jobs:read': /^(list|get)(Job|Queue)/,
      'jobs:write': /^(enqueueJobs|cancelJob|redriveJobs|purgeJobs|updateQueue)$/,
      'jobs:work': /^(claimJobs|extendJob|completeJob|failJob|releaseJob)$/,
      'jobs:*': /(Job|Queue)/,
      'streams:read': /^(list|read|head)Streams?$/, 'streams:*': /^(?!finish).*Streams?$/,
      'service_tokens:read': /^listServiceTokens/,
      'service_tokens:*': /ServiceToken/,
      'organizations:*': /^(getMe|createOrganization)$/,
      'sessions:write': /^logOut$/,
      '*': /./,
    }
    for (const [scope, operations] of Object.entries(groups)) {
      const { token } = await organization.serviceTokens.create({ name: scope, scopes: [scope] })
      for (const route of guarded) {
        const { status, body } = await guest.as(token).send(callOf(route, {}))
        const isClosed = status === 403 && (body?.code ?? 'forbidden') === 'forbidden'
        const escalates = route.operationId === 'createServiceToken' && scope !== '*'
        const isOpen = operations.test(route.operationId) && !escalates
        expect([scope, route.operationId, isClosed]).toEqual([scope, route.operationId, !isOpen])
      }
    }
  })

  it('knows no other organization for a service token, whatever the header says', async () => {
    const { ours, theirs, organizationId, neighbourId, holdfast } = await open()
    const { slug } = await holdfast.organizations.get(organizationId)
    const { body } = await ours.post('/v1/conversations', { title: secret })
    const choose = (organization: string) => ({ 'holdfast-organization': organization })
    for (const own of [organizationId, organizationId.toUpperCase(), slug]) {
      const { status } = await ours.get(`/v1/conversations/${body.id}`, choose(own))
      expect(status).toBe(200)
    }
    const absent = await theirs.get('/v1/conversations', choose(unknownId))
    for (const strange of [organizationId, slug, 'no-such-slug', 'default', 'x'.repeat(63)]) {
      const answer = await theirs.get('/v1/conversations', choose(strange))
      expect([answer.status, answer.body.code]).toEqual([404, 'organization_not_found'])
      expect(told(answer, {})).toEqual(told(absent, {}))
    }
    const odd = ['', ' ', 'a b', 'é', "'", 'x'.repeat(64), 'a_b', '*', '../x']
    for (const name of [...odd, [neighbourId, organizationId]]) {
      const headers = { 'holdfast-organization': name }
      const answer = await theirs.get('/v1/conversations', headers)
      expect([name, answer.status, answer.body.errors?.[0].field])
        .toEqual([name, 400, 'header.holdfast-organization'])
    }
  })
})
