import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { streamBench, streamVariants } from '../harness/stream-stage.mjs'
import { seed } from '../harness/workload.mjs'

async function setUp(options) {
  const folder = temporaryFolder('streams')
  const template = join(folder, 'seed.db')
  const seeded = await seed(
    options.dist, `sqlite:${template}`, { perConversation: 1, contentBytes: 50 })
  const databaseOf = async (name) => {
    const file = join(folder, `${name}.db`)
    copyFileSync(template, file)
    return `sqlite:${file}`
  }
  return {
    variants: await streamVariants(options, seeded, databaseOf),
    tearDown: async () => removeFolder(folder),
  }
}

/** One durable chunk a call in a SQLite file. */
export default { name: 'stream-append-sqlite', ...streamBench, setUp }
