import { onPostgres } from '../harness/servers.mjs'
import { streamBench, streamVariants } from '../harness/stream-stage.mjs'
import { seed } from '../harness/workload.mjs'

const setUp = (options) => onPostgres(async (server) => {
  const template = await server.createDatabase('seed')
  const seeded = await seed(options.dist, template, { perConversation: 1, contentBytes: 50 })
  return {
    variants: await streamVariants(options, seeded, (name) =>
      server.createDatabase(name, template)),
  }
})

/** One durable chunk a call on PostgreSQL. */
export default { name: 'stream-append-postgres', ...streamBench, setUp }
