import { join } from 'node:path'
import { depthTargets, depthVariants, seedDepths } from '../harness/depth-stage.mjs'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const database = `sqlite:${join(folder, 'seed.db')}`
  const ids = await seedDepths(options.dist, database)
  return {
    variants: await depthVariants(options, database, ids),
    tearDown: async () => removeFolder(folder),
  }
}

/** Pages of a conversation of 50,000 messages beside those of one of 500, in a SQLite file. */
export default {
  name: 'list-depth-sqlite', base: 'last-short', callers: [1, 16], targets: depthTargets, setUp,
}
