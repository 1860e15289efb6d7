/**
 * The process of one variant: opens its module, then runs slices of load when told so. It answers
 * each request of the parent by number and ends when the parent has gone.
 */
import { load } from './load.mjs'

let running

const requests = {
  async open({ module, settings }) {
    const { open } = await import(module)
    running = await open(settings)
    return { node: process.version, ...running.facts }
  },
  slice({ callers, sliceMs }) {
    if (running.slice !== undefined) return running.slice(callers, sliceMs)
    return load(running.operation, callers, sliceMs)
  },
  cpu() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  async close() {
    await running?.close?.()
  },
}

process.on('message', async ({ number, request, given }) => {
  try {
    process.send({ number, value: await requests[request](given) })
  } catch (error) {
    process.send({ number, error: error.stack ?? String(error) })
  }
  if (request === 'close') process.disconnect()
})
process.on('disconnect', () => process.exit())
