import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const home = '/v1/webhooks'
const secret = 'a secret of 20 chars'
const given = {
  name: 'pushes', queue: 'calls', secret, required_query: { from: 'here' },
  authentication: { kind: 'hmac', header: 'x-sig', timestamp_header: 'x-at' },
}

/** A signed call as it goes over the wire. */
function signed(id: string, body: string) {
  const at = String(Math.floor(Date.now() / 1_000))
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  return {
    method: 'POST', path: `/v1/hooks/${id}?from=here`, bytes: body,
    headers: { 'content-type': 'application/json', 'x-sig': signature, 'x-at': at },
  }
}

contract('webhooks over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are made, shown without their secret, changed and deleted', async () => {
    const { ours, theirs } = await open()
    const created = await ours.post(home, given)
    expect([created.status, created.headers.etag]).toEqual([201, '"1"'])
    const { secret: _, ...shown } = given
    expect(created.body).toMatchObject({ ...shown, has_secret: true, methods: ['POST'] })
    expect(created.text).not.toContain(secret)
    const path = `${home}/${created.body.id}`
    expect((await ours.get(path)).text).toBe(created.text)
    expect((await theirs.get(path)).status).toBe(404)
    const changed = await ours.send({
      method: 'PATCH', path, body: { rate: { limit: 5, window_seconds: 1 } },
      headers: { 'if-match': '"1"' },
    })
    expect(changed.body).toMatchObject({ rate: { limit: 5, window_seconds: 1 }, revision: 2 })
    expect((await ours.get(home)).body.data).toHaveLength(1)
    expect((await ours.send({ method: 'DELETE', path })).status).toBe(204)
    expect((await ours.get(path)).status).toBe(404)
  })

  it('take calls of outsiders without a token, once each', async () => {
    const { ours, guest } = await open()
    const { body: { id } } = await ours.post(home, given)
    const call = signed(id, '{"n": 1}')
    const first = await guest.send(call)
    expect(first).toMatchObject({ status: 202, body: { repeated: false } })
    const again = await guest.send(call)
    expect(again.body).toEqual({ ...first.body, repeated: true })
    const { body: { data } } = await ours.get('/v1/queues/calls/jobs')
    expect(data.map(({ payload }: { payload: object }) => payload)).toMatchObject([
      { delivery_id: first.body.delivery_id, body: { n: 1 }, query: { from: 'here' } },
    ])
    expect(JSON.stringify(data)).not.toContain(call.headers['x-sig'])
  })

  it('refuse what is not as they want it, naming what', async () => {
    const { ours, guest } = await open()
    const { body: { id } } = await ours.post(home, given)
    const call = signed(id, '{}')
    const fault = async (changed: object) => {
      const { status, body, headers } = await guest.send({ ...call, ...changed })
      return [status, body.code, body.errors?.[0]?.field ?? headers.allow]
    }
    expect(await fault({ bytes: '{ }' }))
      .toEqual([401, 'webhook_unauthenticated', undefined])
    expect(await fault({ path: `/v1/hooks/${id}` }))
      .toEqual([400, 'invalid_request', 'query.from'])
    expect(await fault({ method: 'PUT' })).toEqual([405, 'webhook_method_refused', 'POST'])
    expect(await fault({ path: '/v1/hooks/x' }))
      .toEqual([400, 'invalid_request', 'path.webhook_id'])
    expect(await fault({ path: '/v1/hooks/00000000-0000-7000-8000-000000000000' }))
      .toEqual([404, 'webhook_not_found', undefined])
    expect(await fault({ bytes: 'x'.repeat(1024 * 1024 + 1) }))
      .toEqual([413, 'body_too_large', 'body'])
    expect((await ours.get('/v1/queues/calls/jobs')).body.data).toEqual([])
  })
})
