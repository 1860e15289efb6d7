import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Histogram } from '../harness/histogram.mjs'

const producer = fileURLToPath(new URL('./queue-producer.mjs', import.meta.url))
const timeoutMs = 20_000
const restMs = 5

/**
 * One idle worker here, a producer in a process of its own: from the call that enqueues one job
 * until its handler starts, by the clock that all processes of a machine share. Between two jobs
 * the worker gets time to become idle again.
 */
export async function open({ system, ...settings }) {
  const { connect } = await import(`./queues/${system}.mjs`)
  const queue = await connect(settings)
  let arrived
  const stop = await queue.work(async ({ at }) => {
    arrived(Number(process.hrtime.bigint() - BigInt(at)) / 1e6)
  }, { concurrency: 1 })
  const child = fork(producer, [], { serialization: 'json' })
  const ended = new Promise((done) => child.once('exit', done))
  const failed = new Promise((_, reject) => {
    child.on('message', ({ error }) => error && reject(new Error(error)))
    child.on('exit', () => reject(new Error('the producer ended')))
  })
  failed.catch(() => undefined)
  child.send({ system, settings })
  await Promise.race([new Promise((done) => child.once('message', done)), failed])

  async function one() {
    const latency = new Promise((done) => { arrived = done })
    child.send('enqueue')
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no job within ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      return await Promise.race([latency, late, failed])
    } finally {
      clearTimeout(timer)
    }
  }

  async function slice(_callers, sliceMs) {
    const histogram = new Histogram()
    const cpu = process.cpuUsage()
    let operations = 0
    let elapsedMs = 0
    for (const deadline = performance.now() + sliceMs; performance.now() < deadline;) {
      const latency = await one()
      histogram.add(latency)
      elapsedMs += latency
      operations += 1
      await new Promise((done) => setTimeout(done, restMs))
    }
    const { user, system } = process.cpuUsage(cpu)
    return { operations, elapsedMs, cpuMs: (user + system) / 1000, histogram }
  }

  return {
    slice,
    async close() {
      child.disconnect()
      await ended
      await stop()
      await queue.close()
    },
  }
}
