import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { contract } from '../testing/contract.js'
import { toldBy } from '../testing/isolation/index.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

const routes = [...jsonRoutes, ...rawRoutes]
const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const secret = 'Only for the owner 7f3a'

contract('the door to every endpoint', (openWorld) => {
  const open = served(openWorld, serving)

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

  it('closes to a token the moment it is revoked, or expires', async () => {
    const { ours, guest, organization } = await open()
    const { body: { token, id } } = await ours.post(
      '/v1/service-tokens', { name: 'brief', scopes: ['conversations:read'] })
    const revoked = guest.as(token)
    expect((await revoked.get('/v1/conversations')).status).toBe(200)
    expect((await ours.delete(`/v1/service-tokens/${id}`)).status).toBe(204)
    expect((await revoked.get('/v1/conversations')).status).toBe(401)
    const { token: brief } = await organization.serviceTokens.create({
      name: 'brief', scopes: ['*'], expiresAt: instantOf(Date.now() + 1_000),
    })
    expect((await guest.as(brief).get('/v1/conversations')).status).toBe(200)
    await new Promise((done) => setTimeout(done, 1_050))
    expect((await guest.as(brief).get('/v1/conversations')).status).toBe(401)
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
      expect(toldBy(answer, [])).toEqual(toldBy(absent, []))
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
