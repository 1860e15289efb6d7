import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Holdfast } from '../holdfast.js'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const promised = { endpoints: routes, document: openApiDocument() }
const serving = { start: startServer, ...promised }

/** A call and what somebody who reads the database tries. */
interface Guessed {
  readonly operationId: string
  readonly body: object
}

const guess = ({ operationId, body }: Guessed) => createHash('sha256')
  .update(JSON.stringify([operationId, null, null, body, null])).digest('hex')

/** Every fingerprint that is kept. */
async function kept({ holdfast: { database } }: Pick<HttpWorld, 'holdfast'>): Promise<string[]> {
  const query = database.write
    .selectFrom('idempotency_keys' as never).select('fingerprint' as never)
  const rows: Record<string, unknown>[] = await database.all(query)
  return rows.map(({ fingerprint }) => String(fingerprint))
}

async function administrator({ holdfast, guest }: Pick<HttpWorld, 'holdfast' | 'guest'>) {
  const { token } = await holdfast.organization().serviceTokens.create({ name: 'x', scopes: ['*'] })
  return guest.as(token)
}

const settings = { settings: { pin: '4711' }, secret_fields: ['pin'] }

contract('what is kept to tell a repeated call', (openWorld) => {
  const open = served(openWorld, serving)

  it('lets nobody who reads the database try out passwords and secrets', async () => {
    const world = await open()
    const admin = await administrator(world)
    const plain = { title: `not secret ${world.holdfast.ids.next()}` }
    const user = { email: `${world.holdfast.ids.next()}@kept.test`, password: 'winter 2026' }
    for (const [client, method, path, { operationId, body }] of [
      [world.ours, 'POST', '/v1/conversations', { operationId: 'createConversation', body: plain }],
      [admin, 'POST', '/v1/users', { operationId: 'createUser', body: user }],
      [world.ours, 'PATCH', '/v1/settings', { operationId: 'updateSettings', body: settings }],
      [world.ours, 'PUT', '/v1/settings', { operationId: 'replaceSettings', body: settings }],
    ] as const) {
      const headers = { 'idempotency-key': operationId }
      const first = await client.send({ method, path, body, headers })
      const again = await client.send({ method, path, body, headers })
      expect([operationId, again.headers['idempotency-replayed'], again.body])
        .toEqual([operationId, 'true', first.body])
      const isGuessed = (await kept(world)).includes(guess({ operationId, body }))
      expect([operationId, isGuessed]).toEqual([operationId, operationId === 'createConversation'])
    }
  })

  it('of a password costs as much to try as its hash, without a root key too', async () => {
    const world = await open()
    const { holdfast: { backend, ids } } = world
    const holdfast = await Holdfast.on(backend, { ids })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const guest = new HttpClient(server.url, promised)
    const admin = await administrator({ holdfast, guest })
    const body = { email: `${ids.next()}@kept.test`, password: 'winter 2026' }
    const headers = { 'idempotency-key': 'k' }
    const before = await kept(world)
    const first = await admin.post('/v1/users', body, headers)
    expect(first.status).toBe(201)
    const again = await admin.post('/v1/users', body, headers)
    expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', first.body])
    const other = await admin.post('/v1/users', { ...body, password: 'summer 2026' }, headers)
    expect(other.body.code).toBe('idempotency_key_reused')
    expect((await kept(world)).filter((each) => !before.includes(each)))
      .toEqual([expect.stringMatching(/^\$argon2id\$/)])
    guest.close()
    await server.close()
  })
})
