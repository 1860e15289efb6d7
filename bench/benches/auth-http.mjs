import { PostgresServer } from '../harness/postgres-server.mjs'
import { WorkerProcess } from '../harness/worker-process.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

async function setUp({ dist, profile, profileFolder }) {
  const postgres = await PostgresServer.start()
  let server
  const tearDown = async () => {
    await server?.close()
    await postgres.stop()
  }
  try {
    const database = await postgres.createDatabase('auth')
    server = new WorkerProcess({
      module: 'auth-server.mjs', settings: { dist, database },
      profile: profile === undefined ? undefined : profileFolder,
    })
    const variants = variantsOf(server, await server.open())
    return { variants, tearDown, facts: { postgres: postgres.facts } }
  } catch (error) {
    await tearDown()
    throw error
  }
}

function variantsOf(server, { url, serviceToken, sessionToken }) {
  const client = (name, about, settings) => new WorkerVariant({
    name, about, server, module: 'http-nothing.mjs', settings: { url, ...settings },
  })
  return [
    client('open', 'an endpoint for everybody', { path: '/v1/open' }),
    client('session', 'the same with a session, in an organization by slug', {
      path: '/v1/guarded', token: sessionToken, organization: 'default',
    }),
    client('service-token', 'the same with a service token', {
      path: '/v1/guarded', token: serviceToken,
    }),
  ]
}

/** What it costs to know who calls: endpoints that do nothing, on one server with PostgreSQL. */
export default {
  name: 'auth-http',
  base: 'open',
  callers: [1, 64],
  targets: [
    { variant: 'session', base: 'open', at: 64, least: 0.8 },
    { variant: 'service-token', base: 'open', at: 64, least: 0.8 },
  ],
  setUp,
}
