import pg from 'pg'
import { Histogram } from '../harness/histogram.mjs'

const bulk = 1_000

/**
 * A queue in which so many jobs wait all the time: claims one, and only that is measured; then
 * completes it and enqueues another.
 */
export async function open({ system, backlog, ...settings }) {
  const { connect } = await import(`./queues/${system}.mjs`)
  const queue = await connect(settings)
  for (let first = 0; first < backlog; first += bulk) {
    await queue.enqueueMany(Array.from({ length: bulk }, (_, index) => ({ n: first + index })))
  }
  await vacuum(settings.postgres ?? settings.database)
  let next = backlog

  async function slice(_callers, sliceMs) {
    const histogram = new Histogram()
    const cpu = process.cpuUsage()
    let operations = 0
    let elapsedMs = 0
    for (const deadline = performance.now() + sliceMs; performance.now() < deadline;) {
      const before = performance.now()
      const claimed = await queue.claim()
      const took = performance.now() - before
      histogram.add(took)
      elapsedMs += took
      operations += 1
      await queue.complete(claimed)
      await queue.enqueue({ n: next++ })
    }
    const { user, system } = process.cpuUsage(cpu)
    return { operations, elapsedMs, cpuMs: (user + system) / 1000, histogram }
  }

  return {
    slice,
    async close() {
      const waiting = await queue.waiting()
      await queue.close()
      if (waiting !== backlog) throw new Error(`${waiting} wait instead of ${backlog}`)
    },
  }
}

/** The server would do it by itself within a minute, in the slice of somebody. */
async function vacuum(database) {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  await client.query('vacuum (analyze)')
  await client.end()
}
