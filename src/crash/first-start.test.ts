import { describe, expect, it } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
import { ServerProcess } from './server-process.js'
import { Wire } from './wire.js'

const count = 4
const startMs = 60_000

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] first start${reason}`, () => {
    it(`of ${count} servers at once makes one administrator, and all of them serve`, async () => {
      const lease = await engine.create()
      const wire = new Wire(count)
      const starting = Array.from({ length: count }, () =>
        ServerProcess.start({ database: lease.url, startMs }),
      )
      try {
        const servers = await Promise.all(starting)
        const tokens = servers.flatMap(({ adminToken }) => adminToken ?? [])
        expect(tokens).toHaveLength(1)
        await Promise.all(servers.map(({ url }) => appendsTo(wire, url, tokens[0]!)))
      } finally {
        wire.close()
        const started = await Promise.allSettled(starting)
        await Promise.all(started.map((each) =>
          each.status === 'fulfilled' ? each.value.stop('SIGKILL') : undefined,
        ))
        await lease.drop()
      }
    }, startMs + 30_000)
  })
}

async function appendsTo(wire: Wire, url: string, token: string): Promise<void> {
  await wire.ask({ url: `${url}/readyz` })
  const begin = { method: 'POST', url: `${url}/v1/conversations`, token, body: {} } as const
  const { id } = await wire.ask<{ id: string }>(begin, 201)
  const body = { role: 'user', content: 'first' }
  const append = { ...begin, url: `${url}/v1/conversations/${id}/messages`, body }
  const { position } = await wire.ask<{ position: number }>(append, 201)
  expect(position).toBe(1)
}
