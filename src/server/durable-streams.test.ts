import { runConformanceTests } from '@durable-streams/server-conformance-tests'
import { afterAll, beforeAll } from 'vitest'
import { startProxy } from '../testing/authorizing-proxy.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { contract } from '../testing/contract.js'
import { testEngines } from '../testing/engines.js'
import { startServer } from './index.js'

/** How long a long poll waits here; the suite waits as long for each that brings nothing. */
const longPollMs = 500

/** The suite waits for much to expire: usually once, on all engines when asked for. */
const engines = process.env.HOLDFAST_TEST_STREAM_ENGINES === 'all'
  ? testEngines()
  : enginesNamed('sqlite')

/**
 * The published suite of the protocol against a server of ours. It knows neither tokens nor where
 * streams stand here: a proxy before the server adds both.
 */
contract('the Durable Streams protocol', (openWorld) => {
  const config = { baseUrl: '', longPollTimeoutMs: longPollMs }
  const closing: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    const { holdfast, organization } = await openWorld()
    const { token } = await organization.serviceTokens.create({
      name: 'suite', scopes: ['streams:*'],
    })
    const server = await startServer({
      holdfast, port: 0, logLevel: 'silent', streamTimes: { longPollMs },
    })
    const root = '/v1/streams'
    const proxy = await startProxy({
      target: `${server.url}${root}`,
      headers: ({ 'stream-forked-from': from, ...given }) => ({
        ...given,
        authorization: `Bearer ${token}`,
        ...(from === undefined ? {} : { 'stream-forked-from': `${root}${String(from)}` }),
      }),
    })
    config.baseUrl = proxy.url
    closing.push(proxy, server)
  })

  afterAll(async () => {
    for (const each of closing) await each.close()
  })

  runConformanceTests(config)
}, { engines })
