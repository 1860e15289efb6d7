import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onServers } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

const module = 'run-process.mjs'

const setUp = (options) => onServers(async ({ postgres, redis }) => {
  const servers = [postgres.pid, redis.pid]
  const dbos = async (name, about, queued) => new WorkerVariant({
    name, about, module,
    settings: {
      system: 'dbos', servers, queued, postgres: await postgres.createDatabase(name),
    },
  })
  return {
    variants: [
      await dbos('dbos', 'startWorkflow in the process itself, without a queue', false),
      await dbos('dbos_queue', 'startWorkflow through a queue, polled each 10 ms', true),
      ...await holdfastVariants(options, {
        about: 'runs.create, and a runner in the same process', module,
        settings: async (name) => ({
          system: 'holdfast', servers, redis: redis.createDatabase(),
          database: await postgres.createDatabase(name),
        }),
      }),
    ],
  }
})

/** Runs of a workflow of one step, from the first one's call until all have ended. */
export default {
  name: 'run-process',
  base: 'dbos',
  callers: [16],
  targets: [{ variant: 'holdfast', base: 'dbos', at: 16, least: 1 }],
  setUp,
}
