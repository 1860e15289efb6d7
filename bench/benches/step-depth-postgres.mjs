import { onPostgres } from '../harness/servers.mjs'
import { seedSteps, stepTargets, stepVariants } from '../harness/step-stage.mjs'

const setUp = (options) => onPostgres(async (server) => {
  const database = await server.createDatabase('seed')
  const ids = await seedSteps(options.dist, database)
  await server.query('vacuum analyze', database)
  return {
    variants: await stepVariants(options, database, ids),
  }
})

/** Steps of a run that has 100,000 beside those of one that has 1,000, on PostgreSQL. */
export default {
  name: 'step-depth-postgres', base: 'append-short', callers: [1, 16], targets: stepTargets, setUp,
}
