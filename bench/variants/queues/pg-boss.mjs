import { PgBoss } from 'pg-boss'

const name = 'bench'

/**
 * pg-boss. `batch` is the best of its documented settings for throughput (fetch 100, no pause after
 * a full batch, a result a job, four loops), `notify` the best for latency.
 */
const workings = {
  batch: {
    batchSize: 100, localConcurrency: 4, burstWhenBatchFull: true, perJobResults: true,
    pollingIntervalSeconds: 0.5,
  },
  notify: { batchSize: 1, perJobResults: true, pollingIntervalSeconds: 0.5 },
}

export async function connect({ postgres, working = 'batch' }) {
  const notify = working === 'notify'
  const boss = new PgBoss({
    connectionString: postgres, supervise: false, schedule: false, useListenNotify: notify,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(name, { notify })
  return {
    async enqueue(payload) {
      await boss.send(name, payload)
    },
    async enqueueMany(payloads) {
      await boss.insert(name, payloads.map((data) => ({ data })))
    },
    async waiting() {
      const { rows } = await boss.getDb().executeSql(
        `select count(*)::int as count from pgboss.job where name = $1 and state < 'active'`,
        [name])
      return rows[0].count
    },
    async work(handler) {
      await boss.work(name, workings[working], async (jobs) => {
        await Promise.all(jobs.map(({ data }) => handler(data)))
        return jobs.map(({ id }) => ({ id, status: 'completed' }))
      })
      return () => boss.offWork(name, { wait: true })
    },
    async claim() {
      const [job] = await boss.fetch(name)
      return job.id
    },
    async complete(id) {
      await boss.complete(name, id)
    },
    close: () => boss.stop({ graceful: true, close: true }),
  }
}
