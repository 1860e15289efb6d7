import { depthTargets, depthVariants, seedDepths } from '../harness/depth-stage.mjs'
import { onPostgres } from '../harness/servers.mjs'

const setUp = (options) => onPostgres(async (server) => {
  const database = await server.createDatabase('seed')
  const ids = await seedDepths(options.dist, database)
  await server.query('vacuum analyze', database)
  return {
    variants: await depthVariants(options, database, ids),
  }
})

/** Pages of a conversation of 50,000 messages beside those of one of 500, on PostgreSQL. */
export default {
  name: 'list-depth-postgres', base: 'last-short', callers: [1, 16], targets: depthTargets, setUp,
}
