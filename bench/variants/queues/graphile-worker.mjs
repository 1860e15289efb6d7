import { Logger, makeWorkerUtils, run } from 'graphile-worker'

const task = 'bench'
const quiet = new Logger(() => () => undefined)

/**
 * graphile-worker. `batch` are the settings of its own record: 500 jobs fetched ahead, completions
 * of one turn of the event loop together; `plain` is as it comes.
 */
const workings = {
  batch: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
  plain: {},
}

export async function connect({ postgres, working = 'batch' }) {
  const preset = (concurrency) => ({
    worker: { connectionString: postgres, concurrentJobs: concurrency, ...workings[working] },
  })
  const jobs = await makeWorkerUtils({
    connectionString: postgres, maxPoolSize: 16, logger: quiet,
  })
  await jobs.migrate()
  return {
    async enqueue(payload) {
      await jobs.addJob(task, payload)
    },
    async enqueueMany(payloads) {
      await jobs.addJobs(payloads.map((payload) => ({ identifier: task, payload })))
    },
    async waiting() {
      const { rows } = await jobs.withPgClient((client) => client.query(
        'select count(*)::int as count from graphile_worker.jobs where locked_at is null'))
      return rows[0].count
    },
    async work(handler, { concurrency }) {
      const runner = await run({
        preset: preset(concurrency), noHandleSignals: true, parsedCronItems: [], logger: quiet,
        taskList: { [task]: (payload) => handler(payload) },
      })
      return () => runner.stop()
    },
    close: () => jobs.release(),
  }
}
