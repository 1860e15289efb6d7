import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const password = 'correct horse battery'

/** A worker with a token of its own. */
async function worker({ organization, guest }: HttpWorld) {
  const { token, serviceToken } =
    await organization.serviceTokens.create({ name: 'worker', scopes: ['jobs:work', 'locks:*'] })
  return { id: serviceToken.id, client: guest.as(token) }
}

/** A member who is logged in. */
async function member({ holdfast, organizationId, guest }: HttpWorld) {
  const email = `${holdfast.ids.next()}@people.test`
  const { id } = await holdfast.identity.createUser({ email, password })
  await holdfast.organizations.addMember({ organizationId, userId: id }, 'member')
  await holdfast.organizations.choose(id, organizationId)
  const { body } = await guest.post('/v1/sessions', { email, password })
  return { id, client: guest.as(body.token) }
}

const claims = '/v1/queues/mail/claims'
const waiting = { worker: 'w', wait_seconds: 20 }
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

contract('who waits while their right to it ends', (openWorld) => {
  const open = served(openWorld, serving)

  it.concurrent('gets no job any more, and nobody waits for the lease of one', async () => {
    const world = await open()
    const gone = await worker(world)
    const claiming = gone.client.post(claims, waiting)
    await pause(300)
    expect((await world.ours.delete(`/v1/service-tokens/${gone.id}`)).status).toBe(204)
    expect((await gone.client.post(claims, { worker: 'w' })).status).toBe(401)
    await pause(3_000)
    await world.ours.post('/v1/queues/mail/jobs', { payload: { secret: 'for others' } })
    const { body } = await world.ours.post(claims, { worker: 'other', wait_seconds: 5 })
    expect(body.jobs).toMatchObject([{ payload: { secret: 'for others' }, attempt: 1 }])
    expect((await claiming).text).not.toContain('for others')
  })

  it.concurrent('gets none once removed from the organization', async () => {
    const world = await open()
    const gone = await member(world)
    const claiming = gone.client.post(claims, waiting)
    await pause(300)
    expect((await world.ours.delete(`/v1/members/${gone.id}`)).status).toBe(204)
    await pause(3_000)
    await world.ours.post('/v1/queues/mail/jobs', { payload: 7 })
    expect((await claiming).body.jobs ?? []).toEqual([])
  })

  it.concurrent('gets no lock any more', async () => {
    const world = await open()
    const gone = await worker(world)
    const wanted = { owner: 'ours', ttl_seconds: 60 }
    const { body: { fence } } = await world.ours.post('/v1/locks/l/acquire', wanted)
    const acquiring = gone.client.post('/v1/locks/l/acquire',
      { owner: 'theirs', ttl_seconds: 60, wait_seconds: 20 })
    await pause(300)
    expect((await world.ours.delete(`/v1/service-tokens/${gone.id}`)).status).toBe(204)
    await pause(3_000)
    await world.ours.post('/v1/locks/l/release', { owner: 'ours', fence })
    expect((await acquiring).status).not.toBe(200)
    expect((await world.ours.post('/v1/locks/l/acquire', wanted)).status).toBe(200)
  })
})
