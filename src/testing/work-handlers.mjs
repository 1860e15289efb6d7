import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const nothing = new Int32Array(new SharedArrayBuffer(4))

/** Records one effect of the job in the transaction of its completion. */
function finish({ job, complete }) {
  const { key } = job.payload
  const [value, filter] = key === null ? ['null', '1 = 0'] : [`'${key}'`, `key = '${key}'`]
  return complete({ pid: process.pid }, async ({ database }) => {
    await database.execute({
      sql: `insert into effects (job_id, attempt, pid, key, place)
        select '${job.id}', ${job.attempt}, ${process.pid}, ${value}, count(*)
        from effects where ${filter}`,
      parameters: [],
    })
  })
}

/** Handlers of the crash tests; they run in worker processes that are killed. */
export default {
  /** Takes `ms` milliseconds. */
  async work(context) {
    await sleep(context.job.payload.ms)
    await finish(context)
  },

  /** Ends the process. */
  poison() {
    process.exit(7)
  },

  /**
   * The first attempt goes on once a file exists, though its signal is aborted; the second fails,
   * the third works.
   */
  async frozen(context) {
    const { job } = context
    if (job.attempt === 2) throw new Error('of the second worker')
    while (job.attempt === 1 && !existsSync(job.payload.until)) await sleep(20)
    await finish(context)
  },

  /** The same, but the first attempt lets nothing else of the process run meanwhile. */
  async blocked(context) {
    const { job } = context
    if (job.attempt === 2) throw new Error('of the second worker')
    while (job.attempt === 1 && !existsSync(job.payload.until)) Atomics.wait(nothing, 0, 0, 20)
    await finish(context)
  },
}
