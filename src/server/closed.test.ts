import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from './index.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('a server that was closed is held by nothing, not even by its Holdfast', async () => {
  const holdfast = await openHoldfast({ database: 'memory:' })
  const served: WeakRef<object>[] = []
  for (let count = 0; count < 5; count++) served.push(await servedAndClosed(holdfast))
  for (let turn = 0; turn < 10 && served.some(isHeld); turn++) {
    await new Promise((done) => setTimeout(done, 20))
    collect()
  }
  expect(served.filter(isHeld)).toEqual([])
  await holdfast.close()
})

/** What a server was given, which lives as long as the server does. */
async function servedAndClosed(holdfast: Awaited<ReturnType<typeof openHoldfast>>) {
  const rateLimits = {}
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent', rateLimits })
  await fetch(`${server.url}/metrics`).then((answer) => answer.text())
  await server.close()
  return new WeakRef(rateLimits)
}

const isHeld = (each: WeakRef<object>) => each.deref() !== undefined
