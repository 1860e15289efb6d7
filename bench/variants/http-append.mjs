import autocannon from 'autocannon'
import { Histogram } from '../harness/histogram.mjs'
import { anyOf, inTurn, messages } from '../harness/workload.mjs'

const perConnection = 64

/** autocannon: each connection posts one message after another to conversations at random. */
export async function open({ url, token, conversations, path }) {
  const conversation = anyOf(conversations)
  const message = inTurn(messages(500))
  const headers = { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' }
  const request = () => ({
    method: 'POST', headers, path: `/v1/conversations/${conversation()}/${path}`,
    body: JSON.stringify(message()),
  })

  function slice(callers, sliceMs) {
    const histogram = new Histogram()
    const statuses = new Map()
    const cpu = process.cpuUsage()
    return new Promise((resolve, reject) => {
      const started = performance.now()
      const options = {
        url, connections: callers, duration: sliceMs / 1000, sampleInt: 20,
        setupClient: (client) =>
          client.setRequests(Array.from({ length: perConnection }, request)),
      }
      const instance = autocannon(options, (error, { errors, timeouts } = {}) => {
        const wrong = [...statuses.keys()].filter((status) => status !== 201)
        if (error !== null || errors + timeouts > 0 || wrong.length > 0) {
          const reason = error?.message ?? `${errors} errors, ${timeouts} time-outs`
          return reject(new Error(`${reason}, statuses ${JSON.stringify([...statuses])}`))
        }
        const elapsedMs = performance.now() - started
        const { user, system } = process.cpuUsage(cpu)
        const operations = statuses.get(201) ?? 0
        resolve({ operations, elapsedMs, cpuMs: (user + system) / 1000, histogram })
      })
      instance.on('response', (...response) => {
        const [, status, , milliseconds] = response
        histogram.add(milliseconds)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
    })
  }

  return { slice }
}
