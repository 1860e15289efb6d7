import { setTimeout as sleep } from 'node:timers/promises'

/** Workflows of the crash tests; they run in worker processes that are killed. */
export default {
  /** Each step writes one effect in its own transaction and takes `ms` milliseconds. */
  async flow({ run, transact }) {
    const { steps, ms } = run.input
    const outputs = []
    for (let step = 1; step <= steps; step += 1) {
      outputs.push(await transact(`step ${step}`, async ({ database }) => {
        await database.execute({
          sql: `insert into effects (job_id, attempt, pid, key, place)
            values ('${run.id}', ${run.attempt}, ${process.pid}, null, ${step})`,
          parameters: [],
        })
        return step
      }))
      await sleep(ms)
    }
    return outputs
  },

  /** Ends the process. */
  poison() {
    process.exit(7)
  },
}
