import { Histogram } from '../harness/histogram.mjs'

const jobsPerMs = 4

/**
 * A slice enqueues jobs, four for each millisecond of it, by callers one job a call; then claims as
 * many at a time as there are callers and completes them one a call, until none is left. Only one
 * of these two parts is measured.
 */
export async function open({ system, part, ...settings }) {
  const { connect } = await import(`./queues/${system}.mjs`)
  const queue = await connect(settings)

  const enqueue = async (callers, count) => {
    let n = 0
    const caller = async () => {
      while (n < count) await queue.enqueue({ n: n++ })
    }
    await Promise.all(Array.from({ length: callers }, caller))
    return n
  }

  const drain = async (callers) => {
    for (let count = 0; ;) {
      const jobs = await queue.claim(callers)
      if (jobs.length === 0) return count
      await Promise.all(jobs.map((job) => queue.complete(job)))
      count += jobs.length
    }
  }

  async function slice(callers, sliceMs) {
    const count = jobsPerMs * sliceMs
    const enqueued = await measured(() => enqueue(callers, count))
    const processed = await measured(() => drain(callers))
    if (processed.operations !== count) {
      throw new Error(`${processed.operations} of ${count} jobs were processed`)
    }
    return part === 'enqueue' ? enqueued : processed
  }

  return { slice, close: () => queue.close() }
}

async function measured(work) {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const operations = await work()
  const elapsedMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  return { operations, elapsedMs, cpuMs: (user + system) / 1000, histogram: new Histogram() }
}
