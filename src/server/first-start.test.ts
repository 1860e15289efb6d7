import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { createFirstLogin } from '../identity/index.js'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { HttpClient } from '../testing/http.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { endpoints: routes, document: openApiDocument() }

// Memory is one process's own: there is nothing a second program could open.
onEveryEngine('three programs that start at once on an empty database', (world) => {
  it('all serve, and one of them hands out the first login', async () => {
    const opened = await Promise.all(
      Array.from({ length: 3 }, () => openHoldfast({ database: world().url })))
    const logins = await Promise.all(opened.flatMap((holdfast) =>
      Array.from({ length: 7 }, () => createFirstLogin(holdfast.database.as(), holdfast))))
    const made = logins.filter((login) => login !== undefined)
    expect(made).toHaveLength(1)
    const { email, password, adminToken } = made[0]!
    const servers = await Promise.all(opened.map((holdfast) =>
      startServer({ holdfast, port: 0, logLevel: 'silent' })))
    const clients = servers.map(({ url }) => new HttpClient(url, serving, { token: adminToken }))
    const created = await clients[0]!.post('/v1/conversations', { title: 'first' })
    for (const client of clients) {
      expect((await client.get('/v1/conversations')).body.data).toEqual([created.body])
      expect((await client.post('/v1/sessions', { email, password })).status).toBe(201)
    }
    for (const client of clients) client.close()
    await Promise.all(servers.map((server) => server.close()))
    await Promise.all(opened.map((holdfast) => holdfast.close()))
  })
}, enginesNamed('sqlite', 'postgres'))
