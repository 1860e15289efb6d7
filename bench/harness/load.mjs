import { Histogram } from './histogram.mjs'

/**
 * Keeps `callers` calls in flight for `forMs`: each caller begins its next call when its last one
 * ended. The time counts until the last call has ended, so that none is counted for nothing.
 */
export async function load(operation, callers, forMs) {
  const histogram = new Histogram()
  let operations = 0
  const cpu = process.cpuUsage()
  const started = performance.now()
  const deadline = started + forMs
  const caller = async () => {
    for (let before = performance.now(); before < deadline; ) {
      await operation()
      const now = performance.now()
      histogram.add(now - before)
      operations += 1
      before = now
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const elapsedMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  return { operations, elapsedMs, cpuMs: (user + system) / 1000, histogram }
}
