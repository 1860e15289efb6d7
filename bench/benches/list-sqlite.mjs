import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'
import { seed } from '../harness/workload.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const file = join(folder, 'seed.db')
  const size = { perConversation: 200, contentBytes: 600 }
  const seeded = await seed(options.dist, `sqlite:${file}`, size)
  return {
    variants: [
      new WorkerVariant({
        name: 'raw', about: 'the driver: prepared select of 50 rows, JSON parsed',
        module: 'raw-sqlite-list.mjs', settings: { ...seeded, dist: options.dist, file },
      }),
      ...await holdfastVariants(options, {
        about: 'messages.list, 50 rows a page',
        module: 'holdfast-list.mjs',
        settings: async () => ({ ...seeded, database: `sqlite:${file}` }),
      }),
      new WorkerVariant({
        name: 'mastra', about: '@mastra/libsql listMessages, 50 rows a page',
        module: 'mastra-list.mjs', nodeMin: [22, 13],
        settings: { ...size, file: join(folder, 'mastra.db') },
      }),
    ],
    tearDown: async () => removeFolder(folder),
  }
}

/** One page of 50 messages of about 900 bytes from a SQLite file. */
export default {
  name: 'list-sqlite',
  base: 'raw',
  callers: [1, 16, 64],
  targets: [1, 16, 64].map((at) => ({ variant: 'holdfast', base: 'raw', at, least: 0.7 })),
  setUp,
}
