import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onPostgres } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

/** What both are measured with. */
const load = { runCount: 16, stepCount: 200, stepBytes: 4_096 }

const setUp = (options) => onPostgres(async (server) => {
  return {
    variants: [
      new WorkerVariant({
        name: 'mastra', about: '@mastra/pg updateWorkflowResults of the 200th step',
        module: 'mastra-steps.mjs', nodeMin: [22, 13],
        settings: { ...load, postgres: await server.createDatabase('mastra') },
      }),
      ...await holdfastVariants(options, {
        about: 'steps.append behind 199 steps and more', module: 'holdfast-step-append.mjs',
        settings: async (name) => ({ ...load, database: await server.createDatabase(name) }),
      }),
    ],
  }
})

/** What becomes of a step of 4 KB, kept in runs that have 200 of them, on PostgreSQL. */
export default {
  name: 'step-append',
  base: 'mastra',
  callers: [1, 16],
  targets: [1, 16].map((at) => ({ variant: 'holdfast', base: 'mastra', at, least: 5 })),
  setUp,
}
