import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Histogram } from '../harness/histogram.mjs'

const producer = fileURLToPath(new URL('./floor-producer.mjs', import.meta.url))
const timeoutMs = 20_000
const restMs = 2
const leastMs = 0.001

/**
 * A listener here, a producer in a process of its own: from the moment that the producer names
 * until the event arrives, by the clock that all processes of a machine share, one at a time.
 */
export async function open({ system, ...settings }) {
  const { listen } = await import(`./floors/${system}.mjs`)
  let arrived = () => undefined
  const listening = await listen(settings, () => arrived(process.hrtime.bigint()))
  const child = fork(producer, [], { serialization: 'json' })
  const ended = new Promise((done) => child.once('exit', done))
  const answer = () => new Promise((done, fail) => {
    child.once('message', ({ error, ...told }) => {
      if (error === undefined) done(told)
      else fail(new Error(error))
    })
  })
  child.send({ system, settings: { ...settings, ...listening.given } })
  await answer()

  async function one() {
    const arrival = new Promise((done, fail) => {
      const late = () => fail(new Error(`no event within ${timeoutMs} ms`))
      const timer = setTimeout(late, timeoutMs)
      arrived = (at) => {
        clearTimeout(timer)
        done(at)
      }
    })
    const told = answer()
    child.send('emit')
    const [at, { at: since }] = await Promise.all([arrival, told])
    // An event may arrive before the producer itself has its answer.
    return Math.max(leastMs, Number(at - BigInt(since)) / 1e6)
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
    const { user, system: kernel } = process.cpuUsage(cpu)
    return { operations, elapsedMs, cpuMs: (user + kernel) / 1000, histogram }
  }

  return {
    slice,
    async close() {
      child.disconnect()
      await ended
      await listening.close()
    },
  }
}
