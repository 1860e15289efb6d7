import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { Campaign } from '../testing/malformed/campaign.js'
import { furnish } from '../testing/malformed/target.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const promised = { endpoints: routes, document: openApiDocument() }
const bodyLimitBytes = 256 * 1024

/**
 * Both stand in the environment for other and for longer runs. The usual run is the same each
 * time: what a new seed finds is most often a hole in the verdicts, and no reason to stop a merge.
 */
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? 485_736_973)
const requests = Number(process.env.HOLDFAST_TEST_REQUESTS ?? 600)

/** What the heap may grow by between a quarter of the requests and the end. */
const heapGrowthMaxBytes = 24 * 1024 * 1024

contract(`the server under malformed requests, seed ${seed}`, (openWorld) => {
  const open = served(openWorld, { start: startServer, ...promised })

  it('refuses each by name, fails at none, and goes on serving', async () => {
    const world = await open()
    const { holdfast } = world
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent', bodyLimitBytes })
    // An erasure visits every organization there is, and pruning every thread, amid others.
    const guest = new HttpClient(server.url, promised, { answerTimeoutMs: 300_000 })
    const target = await furnish(world, guest, { ...promised, bodyLimitBytes })
    const before = await target.untouched()
    const report = await new Campaign(target, { seed, requests }).run()
    guest.close()
    await server.close()
    const { findings, heapBytes: [quarter, end], ...figures } = report
    console.info(JSON.stringify({ seed, requests, ...figures, heapBytes: [quarter, end] }))
    expect(findings).toEqual([])
    expect(await target.untouched()).toBe(before)
    expect(end - quarter).toBeLessThan(heapGrowthMaxBytes)
    expect(report.valid).toBeGreaterThan(requests / 20)
  }, 900_000)
})
