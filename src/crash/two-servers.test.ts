import { describe, expect, it, vi } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
import { Arena } from './arena.js'
import { pause } from './load.js'
import { figuresOf } from './scene.js'
import { ServerProcess } from './server-process.js'

vi.setConfig({ testTimeout: 60_000 })

const writers = 32
const forMs = 3_000

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] two servers${reason}`, () => {
    it('append to the same conversations without a gap, a double or a fault', async () => {
      const lease = await engine.createReady()
      const servers: ServerProcess[] = []
      let arena: Arena | undefined
      const start = async () => {
        const server = await ServerProcess.start({ database: lease.url })
        servers.push(server)
        return server
      }
      try {
        arena = await Arena.on(await start(), 8)
        await start()
        let turn = 0
        // Each attempt goes to the other server, so that a writer's own order spans both.
        const target = async () => servers[(turn += 1) % servers.length]!.url
        const load = arena.load({ target, writers, keyed: true })
        await pause(forMs)
        await load.stop()
        const judgement = await arena.judgement(servers[0]!)
        expect({ faults: load.faults, breaches: judgement.breaches })
          .toEqual({ faults: [], breaches: [] })
        expect(judgement).toMatchObject({ kept: judgement.attempted, duplicates: 0 })
        expect(judgement.attempted).toBeGreaterThan(writers)
        const slowestMs = Math.round(load.slowestMs)
        console.log(`${engine.name}: slowest ${slowestMs} ms, ${figuresOf(judgement, load)}`)
      } finally {
        await arena?.close()
        await Promise.all(servers.map((server) => server.stop('SIGKILL')))
        await lease.drop()
      }
    })
  })
}
