import { Histogram } from '../harness/histogram.mjs'
import { processorMs } from '../harness/processor-time.mjs'

const runsPerMs = 1

/**
 * A slice begins runs of one step that does nothing, one for each millisecond of it, by so many
 * callers, and ends when the database says of all of them that they succeeded.
 */
export async function open({ system, servers, ...settings }) {
  const { connect } = await import(`./runs/${system}.mjs`)
  const runs = await connect(settings)

  async function slice(callers, sliceMs) {
    const count = runsPerMs * sliceMs
    const before = await runs.succeeded()
    const cpu = process.cpuUsage()
    const serverMs = processorMs(servers)
    const started = performance.now()
    let left = count
    const caller = async () => {
      while (left-- > 0) await runs.begin(left)
    }
    await Promise.all(Array.from({ length: callers }, caller))
    while (await runs.succeeded() < before + count) await new Promise((done) => setTimeout(done, 5))
    const elapsedMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    return {
      operations: count, elapsedMs, cpuMs: (user + system) / 1000,
      serverCpuMs: processorMs(servers) - serverMs, histogram: new Histogram(),
    }
  }

  return { slice, close: () => runs.close() }
}
