import { Histogram } from '../harness/histogram.mjs'
import { processorMs } from '../harness/processor-time.mjs'

const jobsPerMs = 20
const bulk = 1_000
const timeoutMs = 120_000

/**
 * A slice enqueues no-op jobs, 20 for each millisecond of it, then measures one worker from its
 * first job's start until its last job's end. Every job must run once.
 */
export async function open({ system, servers, ...settings }) {
  const { connect } = await import(`./queues/${system}.mjs`)
  const queue = await connect(settings)

  async function slice(concurrency, sliceMs) {
    const count = Math.max(bulk, Math.round((jobsPerMs * sliceMs) / bulk) * bulk)
    for (let first = 0; first < count; first += bulk) {
      await queue.enqueueMany(Array.from({ length: bulk }, (_, index) => ({ n: first + index })))
    }
    const run = new Run(count, servers)
    const stop = await queue.work(({ n }) => run.handle(n), { concurrency })
    const measured = await run.finished
    await stop()
    const waiting = await queue.waiting()
    if (waiting !== 0) throw new Error(`${waiting} of ${count} jobs still wait`)
    return measured
  }

  return { slice, close: () => queue.close() }
}

/** One worker's run over so many jobs. */
class Run {
  #seen = new Set()
  #count
  #servers
  #started
  #cpu
  #serverMs
  #finish
  #fail

  constructor(count, servers) {
    this.#count = count
    this.#servers = servers
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
    })
    this.timer = setTimeout(() => this.#fail(new Error('jobs did not end')), timeoutMs)
  }

  async handle(n) {
    if (this.#started === undefined) {
      this.#started = performance.now()
      this.#cpu = process.cpuUsage()
      this.#serverMs = processorMs(this.#servers)
    }
    if (this.#seen.has(n)) this.#fail(new Error(`job ${n} ran twice`))
    this.#seen.add(n)
    if (this.#seen.size === this.#count) this.#end()
  }

  #end() {
    clearTimeout(this.timer)
    const elapsedMs = performance.now() - this.#started
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#finish({
      operations: this.#count,
      elapsedMs,
      cpuMs: (user + system) / 1000,
      serverCpuMs: processorMs(this.#servers) - this.#serverMs,
      histogram: new Histogram(),
    })
  }
}
