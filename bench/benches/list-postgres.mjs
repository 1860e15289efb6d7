import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onPostgres } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'
import { seed } from '../harness/workload.mjs'

const setUp = (options) => onPostgres((server) => stageOn(server, options))

async function stageOn(server, options) {
  const database = await server.createDatabase('seed')
  const size = { perConversation: 200, contentBytes: 600 }
  const seeded = await seed(options.dist, database, size)
  await server.query('vacuum analyze', database)
  return {
    variants: [
      new WorkerVariant({
        name: 'node-postgres',
        about: 'the driver: named select of 50 rows, JSON and moments decoded, pool of 10',
        module: 'raw-postgres-list.mjs', settings: { ...seeded, database },
      }),
      ...await holdfastVariants(options, {
        about: 'messages.list, 50 rows a page, pool of 10',
        module: 'holdfast-list.mjs',
        settings: async () => ({ ...seeded, database }),
      }),
      new WorkerVariant({
        name: 'mastra', about: '@mastra/pg listMessages, 50 rows a page',
        module: 'mastra-list.mjs', nodeMin: [22, 13],
        settings: { ...size, postgres: await server.createDatabase('mastra') },
      }),
    ],
  }
}

/** One page of 50 messages of about 900 bytes from PostgreSQL. */
export default {
  name: 'list-postgres',
  base: 'node-postgres',
  callers: [1, 16, 64],
  targets: [1, 16, 64].map((at) => (
    { variant: 'holdfast', base: 'node-postgres', at, least: 0.7 })),
  setUp,
}
