import { depthTargets, depthVariants, seedDepths } from '../harness/depth-stage.mjs'
import { PostgresServer } from '../harness/postgres-server.mjs'

async function setUp(options) {
  const server = await PostgresServer.start()
  try {
    const database = await server.createDatabase('seed')
    const ids = await seedDepths(options.dist, database)
    await server.query('vacuum analyze', database)
    return {
      facts: { postgres: server.facts },
      variants: await depthVariants(options, database, ids),
      tearDown: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Pages of a conversation of 50,000 messages beside those of one of 500, on PostgreSQL. */
export default {
  name: 'list-depth-postgres', base: 'last-short', callers: [1, 16], targets: depthTargets, setUp,
}
