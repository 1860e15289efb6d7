import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { PostgresServer } from '../harness/postgres-server.mjs'
import { WorkerProcess } from '../harness/worker-process.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'
import { seed } from '../harness/workload.mjs'

const size = { perConversation: 100, contentBytes: 500 }

async function setUp(options) {
  const folder = temporaryFolder('http')
  const postgres = await PostgresServer.start()
  const servers = []
  const tearDown = async () => {
    for (const server of servers) await server.close()
    await postgres.stop()
    removeFolder(folder)
  }
  try {
    const database = await postgres.createDatabase('http')
    const onPostgres = await serverOn(database, 'holdfast', options)
    const onSqlite = await serverOn(`sqlite:${join(folder, 'http.db')}`, 'sqlite', options)
    servers.push(onPostgres.server, onSqlite.server)
    const variants = variantsOf(onPostgres, onSqlite)
    return { variants, tearDown, facts: { postgres: postgres.facts } }
  } catch (error) {
    await tearDown()
    throw error
  }
}

async function serverOn(database, name, { dist, profile, profileFolder }) {
  const seeded = await seed(dist, database, size)
  const server = new WorkerProcess({
    module: 'holdfast-server.mjs', settings: { dist, database },
    profile: profile === name ? profileFolder : undefined,
  })
  const { url, token } = await server.open()
  return { server, settings: { conversations: seeded.conversations, url, token } }
}

function variantsOf(onPostgres, onSqlite) {
  const client = ({ server, settings }, { path, ...words }) => new WorkerVariant({
    ...words, server, module: 'http-append.mjs', settings: { ...settings, path },
  })
  return [
    client(onPostgres, {
      name: 'no-op', about: 'the same server, checks and answer, but no store', path: 'nothing',
    }),
    client(onPostgres, {
      name: 'holdfast', about: 'append one message, PostgreSQL', path: 'messages',
    }),
    client(onSqlite, {
      name: 'sqlite', about: 'append one message, SQLite file', path: 'messages',
    }),
  ]
}

/** One durable message a POST, the clients in a second process. */
export default {
  name: 'append-http',
  base: 'no-op',
  callers: [1, 64, 256],
  warmUp: 64,
  targets: [
    { variant: 'holdfast', base: 'no-op', at: 64, least: 0.7 },
    { variant: 'holdfast', base: 'no-op', at: 256, most: 2 },
  ],
  setUp,
}
