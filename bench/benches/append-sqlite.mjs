import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'
import { seed } from '../harness/workload.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const template = join(folder, 'seed.db')
  const size = { perConversation: 100, contentBytes: 500 }
  const seeded = await seed(options.dist, `sqlite:${template}`, size)
  const copy = (name) => {
    const file = join(folder, `${name}.db`)
    copyFileSync(template, file)
    return file
  }
  const raw = (name, given) => new WorkerVariant({
    name, module: 'raw-sqlite-append.mjs', ...given,
    settings: { ...seeded, dist: options.dist, file: copy(name), ...given.settings },
  })
  return {
    variants: [
      raw('raw', {
        settings: { sameWork: false },
        about: 'the driver: prepared insert, all waiting calls in one commit, no foreign keys',
      }),
      raw('raw-same-work', {
        settings: { sameWork: true },
        about: 'as raw, and the conversation counts and hands out the position; foreign keys',
      }),
      ...await holdfastVariants(options, {
        about: 'messages.append, one message a call',
        module: 'holdfast-append.mjs',
        settings: async (name) => ({ ...seeded, database: `sqlite:${copy(name)}` }),
      }),
      new WorkerVariant({
        name: 'mastra', about: '@mastra/libsql saveMessages, one message a call', callers: [16],
        module: 'mastra-append.mjs', nodeMin: [22, 13],
        settings: { file: join(folder, 'mastra.db') },
      }),
    ],
    tearDown: async () => removeFolder(folder),
  }
}

/** One durable message a call in a SQLite file. */
export default {
  name: 'append-sqlite',
  base: 'raw',
  callers: [1, 16, 64],
  warmUp: 16,
  targets: [
    { variant: 'holdfast', base: 'raw', at: 1, least: 0.8 },
    { variant: 'holdfast', base: 'raw', at: 16, least: 0.8 },
    { variant: 'holdfast', base: 'raw', at: 64, least: 0.8 },
    { variant: 'holdfast', base: 'mastra', at: 16, least: 5 },
  ],
  setUp,
}
