import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

const module = 'queue-part.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const template = join(folder, 'seed.db')
  const organizationId = await seedQueue(options.dist, `sqlite:${template}`)
  const copy = (name) => {
    const file = join(folder, `${name}.db`)
    copyFileSync(template, file)
    return `sqlite:${file}`
  }
  const raw = (name, given) => new WorkerVariant({
    name, module, ...given,
    settings: {
      system: 'raw-sqlite', dist: options.dist, database: copy(name), organizationId,
      ...given.settings,
    },
  })
  const holdfast = (name, { about, ...settings }) => holdfastVariants(options, {
    name, about, module,
    settings: (build) => ({ system: 'holdfast-sqlite', database: copy(build), ...settings }),
  })
  return {
    variants: [
      raw('raw-enqueue', {
        about: 'the driver: prepared insert, all waiting calls in one commit, no foreign keys',
        settings: { part: 'enqueue' },
      }),
      ...await holdfast('holdfast-enqueue', {
        about: 'queues.enqueue, one job a call', part: 'enqueue',
      }),
      raw('raw-process', {
        about: 'the driver: one claim of 16, then 16 completions in one commit',
        settings: { part: 'process' },
      }),
      ...await holdfast('holdfast-process', {
        about: 'queues.claim of 16, then queues.complete, one job a call', part: 'process',
      }),
    ],
    tearDown: async () => removeFolder(folder),
  }
}

/** A database with an empty queue; the organization that has it. */
async function seedQueue(dist, database) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { organizationId } = await holdfast.organization().queues.configure('bench', {})
  await holdfast.close()
  return organizationId
}

/** Jobs in a SQLite file, enqueued, claimed and completed; callers: also the size of a claim. */
export default {
  name: 'queue-sqlite',
  base: 'raw-process',
  callers: [16],
  targets: ['enqueue', 'process'].map((part) =>
    ({ variant: `holdfast-${part}`, base: `raw-${part}`, at: 16, least: 0.8 })),
  setUp,
}
