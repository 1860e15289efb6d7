import { PostgresServer } from '../harness/postgres-server.mjs'
import { streamBench, streamVariants } from '../harness/stream-stage.mjs'
import { seed } from '../harness/workload.mjs'

async function setUp(options) {
  const server = await PostgresServer.start()
  try {
    const template = await server.createDatabase('seed')
    const seeded = await seed(options.dist, template, { perConversation: 1, contentBytes: 50 })
    return {
      facts: { postgres: server.facts },
      variants: await streamVariants(options, seeded, (name) =>
        server.createDatabase(name, template)),
      tearDown: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** One durable chunk a call on PostgreSQL. */
export default { name: 'stream-append-postgres', ...streamBench, setUp }
