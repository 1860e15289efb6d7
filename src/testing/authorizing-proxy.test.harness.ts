import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo } from 'node:net'

/** What a proxy adds to each request. */
export interface ProxyOptions {
  /** Where requests go; their path is put behind it. */
  readonly target: string
  headers(given: IncomingHttpHeaders): IncomingHttpHeaders
}

/** A proxy for suites that know no tokens. Bytes go through it as they come, both ways. */
export async function startProxy({ target, headers }: ProxyOptions) {
  // Never ends a connection that waits: its end and the next request on it could meet.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const { method, url = '/' } = incoming
    const passed = request(`${target}${url}`, { method, headers: headers(incoming.headers) })
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      outgoing.flushHeaders()
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
