import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createConnectionServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { isPublic } from './addresses.js'
import { OutboundRefused } from './errors.js'
import { Outbound, OutboundFailed } from './outbound.js'
import { openFloorSettings, type OpenFloorOptions } from './settings.js'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server on the loopback, and how often it was called. */
async function serving(listener: RequestListener) {
  let count = 0
  const server = createServer((request, response) => {
    count += 1
    listener(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, calls: () => count }
}

const call = (url: string, options: OpenFloorOptions = {}) =>
  new Outbound(openFloorSettings(options)).post({
    url, body: Buffer.from('{}'), id: 'an-id', signal: new AbortController().signal,
  })

describe('what may be called', () => {
  it('is a public address, in whatever form it is written', () => {
    const inner = [
      '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254',
      '0.0.0.0', '100.64.0.1', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::',
      '::1',
      'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe', '::ffff:0:10.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1',
      '2002:7f00:1::', '2001::1', '2001:db8::1', '[::1]', 'nonsense',
    ]
    expect(inner.filter(isPublic)).toStrictEqual([])
    const outer = ['8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8']
    expect(outer.filter((each) => !isPublic(each))).toStrictEqual([])
  })

  it('is nothing inside, however the URL spells it', async () => {
    const { port, calls } = await serving((_, response) => response.end('{}'))
    const hosts = [
      '127.0.0.1', 'localhost', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '[::1]',
      '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0', '127.0.0.1.', 'LOCALHOST',
      // What a URL makes of other digits and dots.
      '１２７.0.0.1', '127。0。0。1',
    ]
    for (const host of hosts) {
      await expect(call(`http://${host}:${port}/`), host).rejects.toThrow(OutboundRefused)
    }
    for (const url of [
      'ftp://example.com/', 'file:///etc/passwd', 'not a url', '', 'http://user@example.com/',
      'http://user:word@example.com/', 'data:text/plain,a',
    ]) {
      await expect(call(url), url).rejects.toThrow(OutboundRefused)
    }
    expect(calls()).toBe(0)
  })

  it('is what the configuration allows, and no port beside it', async () => {
    const { port } = await serving((_, response) => response.end('{"a":1}'))
    const url = `http://127.0.0.1:${port}/`
    const allowed = [
      '127.0.0.1', '127.0.0.0/8', `127.0.0.1:${port}`, `127.0.0.0/8:${port}`,
    ]
    for (const entry of allowed) {
      expect(await call(url, { outboundAllow: [entry] }))
        .toStrictEqual({ status: 200, body: '{"a":1}' })
    }
    for (const entry of [`127.0.0.1:${port + 1}`, '10.0.0.0/8', 'localhost', '[::1]']) {
      await expect(call(url, { outboundAllow: [entry] })).rejects.toThrow(OutboundRefused)
    }
    await call(`http://localhost:${port}/`, { outboundAllow: [`localhost:${port}`] })
    for (const entry of ['127.0.0.1/33', 'a b', '', 'http://a', '127.0.0.1:70000']) {
      expect(() => openFloorSettings({ outboundAllow: [entry] })).toThrow('outboundAllow')
    }
  })
})

describe('a call', () => {
  const outboundAllow = ['127.0.0.1']

  it('carries its id, follows no redirect, and ends in time', async () => {
    const inner = await serving((_, response) => response.end('secret'))
    const { port } = await serving((request, response) => {
      if (request.url === '/slow') return
      if (request.url === '/slow-body') return void response.write('{')
      const { port: other } = inner
      expect(request.headers['idempotency-key']).toBe('an-id')
      const headers = { location: `http://127.0.0.1:${other}/` }
      response.writeHead(307, headers).end()
    })
    const url = `http://127.0.0.1:${port}`
    expect(await call(url, { outboundAllow })).toStrictEqual({ status: 307, body: '' })
    expect(inner.calls()).toBe(0)
    for (const path of ['/slow', '/slow-body']) {
      await expect(call(url + path, { outboundAllow, timeoutMs: 50 }))
        .rejects.toThrow('within 50 ms')
    }
  })

  it('fails when an agent answers with another protocol, or breaks off', async () => {
    const answers = [
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut off', 'no HTTP at all\r\n\r\n', '',
    ]
    for (const answer of answers) {
      const server = createConnectionServer((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', () => socket.end(answer))
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as AddressInfo
      await expect(call(`http://127.0.0.1:${port}/`, { outboundAllow, timeoutMs: 2_000 }))
        .rejects.toThrow(OutboundFailed)
      server.close()
    }
  })

  it('reads no more than it may, and tells when nobody is there', async () => {
    const { port } = await serving((_, response) => response.end('x'.repeat(5_000)))
    const url = `http://127.0.0.1:${port}/`
    expect(await call(url, { outboundAllow, answerBytesMax: 1_000 }))
      .toStrictEqual({ status: 200, body: undefined })
    closing.splice(0).forEach((close) => close())
    await expect(call(url, { outboundAllow })).rejects.toThrow(OutboundFailed)
  })
})
