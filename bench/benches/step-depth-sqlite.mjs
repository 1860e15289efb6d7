import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { seedSteps, stepTargets, stepVariants } from '../harness/step-stage.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const database = `sqlite:${join(folder, 'seed.db')}`
  const ids = await seedSteps(options.dist, database)
  return {
    variants: await stepVariants(options, database, ids),
    tearDown: async () => removeFolder(folder),
  }
}

/** Steps of a run that has 100,000 beside those of one that has 1,000, in a SQLite file. */
export default {
  name: 'step-depth-sqlite', base: 'append-short', callers: [1, 16], targets: stepTargets, setUp,
}
