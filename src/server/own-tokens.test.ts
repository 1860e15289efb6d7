import { expect, it } from 'vitest'
import { type Role } from '../identity/index.js'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const password = 'correct horse battery'
const revealed = '/v1/me/secrets/key/reveal'

async function person({ holdfast, organizationId, guest }: HttpWorld, role: Role) {
  const email = `${holdfast.ids.next()}@people.test`
  const { id } = await holdfast.identity.createUser({ email, password })
  await holdfast.organizations.addMember({ organizationId, userId: id }, role)
  await holdfast.organizations.choose(id, organizationId)
  const { body } = await guest.post('/v1/sessions', { email, password })
  return { id, client: guest.as(body.token) }
}

/** A token that this caller makes. */
async function tokenBy(client: HttpClient, ...scopes: string[]) {
  const { status, body } = await client.post('/v1/service-tokens', { name: 'x', scopes })
  expect(status).toBe(201)
  return { path: `/v1/service-tokens/${body.id}`, text: body.token as string }
}

contract('the token that somebody else made', (openWorld) => {
  const open = served(openWorld, serving)

  it('is not had by rotation where it opens their own secrets and settings', async () => {
    const world = await open()
    const [ada, owner] = [await person(world, 'admin'), await person(world, 'owner')]
    await ada.client.post('/v1/me/secrets', { name: 'key', value: 'Ada’s alone' })
    const others = [owner.client, world.ours]
    for (const scope of [
      '*', 'own_secrets:*', 'own_secrets:reveal', 'own_settings:read', 'own_settings:write',
    ]) {
      const { path } = await tokenBy(ada.client, 'service_tokens:write', scope)
      const mine = await tokenBy(owner.client, 'service_tokens:write', scope)
      for (const other of [...others, world.guest.as(mine.text)]) {
        const { status, body } = await other.post(`${path}/rotate`, {})
        expect([scope, status, body.code, body.token])
          .toEqual([scope, 403, 'forbidden', undefined])
        expect(body.detail).toContain('Make a new one and revoke this.')
      }
      expect((await ada.client.post(`${path}/rotate`, {})).status).toBe(200)
    }
    const { path, text } = await tokenBy(ada.client, '*')
    const itself = await world.guest.as(text).post(`${path}/rotate`, {})
    const { body } = await world.guest.as(itself.body.token).post(revealed, {})
    expect(body.value).toBe('Ada’s alone')
  })

  it('is rotated by any administrator where it opens what is the organization’s', async () => {
    const world = await open()
    const [ada, owner] = [await person(world, 'admin'), await person(world, 'owner')]
    const scopes = ['jobs:*', 'secrets:reveal', 'settings:write', 'service_tokens:write']
    const { path } = await tokenBy(ada.client, ...scopes)
    for (const other of [owner.client, world.ours]) {
      expect((await other.post(`${path}/rotate`, {})).status).toBe(200)
    }
    const { serviceToken: { id } } = await world.organization.serviceTokens.create(
      { name: 'nobody’s', scopes: ['*'] })
    expect((await owner.client.post(`/v1/service-tokens/${id}/rotate`, {})).status).toBe(200)
  })
})
