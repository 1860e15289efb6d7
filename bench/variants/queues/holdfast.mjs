import pg from 'pg'

const name = 'bench'

/** Holdfast's queues: rows in the database; Redis, if there is one, only wakes. */
export async function connect({ dist, database, redis }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, redis })
  const { queues } = holdfast.organization()
  return {
    async enqueue(payload) {
      await queues.enqueue(name, { payload })
    },
    async enqueueMany(payloads) {
      await queues.enqueueMany(name, payloads.map((payload) => ({ payload })))
    },
    waiting: () => counted(database),
    async work(handler, { concurrency }) {
      const worker = holdfast.worker({
        queues: { [name]: ({ job }) => handler(job.payload) }, concurrency,
      })
      worker.start()
      return () => worker.close()
    },
    async claim() {
      const [job] = await queues.claim(name, { worker: 'bench' })
      return job
    },
    complete: ({ id, attempt }) => queues.complete({ id, attempt }),
    close: () => holdfast.close(),
  }
}

/** Counted by hand: the store's own count ends at a bound. */
async function counted(database) {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  const { rows: [{ count }] } = await client.query(
    `select count(*)::int as count from jobs where state = 'ready'`)
  await client.end()
  return count
}
