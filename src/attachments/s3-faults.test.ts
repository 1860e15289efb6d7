import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { AttachmentUnavailable, S3Storage } from './index.js'

const key = {
  organizationId: '00000000-0000-7000-8000-00000000dead',
  id: '00000000-0000-7000-8000-000000000001',
}
const bytes = Buffer.from('the bytes of an attachment')

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A service that answers each call with the next of these, and the last of them for ever. */
async function service(...answers: readonly Answer[]) {
  let calls = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const answer = answers[Math.min(calls, answers.length - 1)]!
      calls += 1
      answer(request, response, Buffer.concat(parts))
    })
    request.on('error', () => undefined)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const storage = await S3Storage.open({
    bucket: 'bucket', endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKeyId: 'a', secretAccessKey: 'b', timeoutMs: 1_000,
  })
  return { storage, calls: () => calls }
}

const fault = (status: number, code: string, more: Readonly<Record<string, string>> = {}): Answer =>
  (_, response) => response.writeHead(status, { 'content-type': 'application/xml', ...more })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
const page: Answer = (_, response) => response.writeHead(200, { 'content-type': 'text/html' })
  .end('<html><body>Please log in to the network of this hotel.</body></html>')
const kept: Answer = (_, response) => response.writeHead(200, { etag: '"1"' }).end()
const given = (more: Readonly<Record<string, string>> = {}): Answer => (_, response) =>
  response.writeHead(206, {
    etag: '"1"', 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}`, ...more,
  }).end(bytes)

const put = (storage: S3Storage) => storage.put(key, (async function* () { yield bytes })())
async function read(storage: S3Storage, range = { start: 0, end: bytes.length }): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of storage.read(key, range)) parts.push(part)
  return Buffer.concat(parts).toString()
}

it.each([
  ['a fault of its own', fault(500, 'InternalError')], ['too much to do', fault(503, 'SlowDown')],
  ['a body that came too slowly', fault(400, 'RequestTimeout')],
  ['bytes that changed on their way', fault(400, 'XAmzContentSHA256Mismatch')],
  ['a connection that breaks off', ((request) => request.socket.destroy()) as Answer],
])('a service that tells of %s is asked again', async (_, answer) => {
  const { storage, calls } = await service(answer, answer, kept)
  await put(storage)
  expect(calls()).toBe(3)
})

it.each([
  ['307', fault(307, 'TemporaryRedirect', { location: 'http://127.0.0.1:1/elsewhere' })],
  ['301', fault(301, 'PermanentRedirect', { location: 'http://127.0.0.1:1/elsewhere' })],
  ['403', fault(403, 'AccessDenied')], ['404', fault(404, 'NoSuchBucket')],
])('an answer %s is no success, and no other address is called', async (_, answer) => {
  const { storage, calls } = await service(answer)
  await expect(put(storage)).rejects.toThrow(AttachmentUnavailable)
  await expect(read(storage)).rejects.toThrow(AttachmentUnavailable)
  expect(calls()).toBe(2)
})

it('a page of something else says neither that bytes are kept, nor gone, nor is them', async () => {
  const { storage } = await service(page)
  await expect(storage.delete(key)).rejects.toThrow(AttachmentUnavailable)
  await expect(put(storage)).rejects.toThrow(AttachmentUnavailable)
  await expect(read(storage)).rejects.toThrow(AttachmentUnavailable)
  await expect(read(storage, { start: 3, end: 7 })).rejects.toThrow(AttachmentUnavailable)
  await expect(storage.exists(key)).rejects.toThrow(AttachmentUnavailable)
})

it('an object is gone when the service says so, in one way or another', async () => {
  const { storage, calls } = await service(
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.writeHead(200, { 'x-amz-request-id': '1' }).end(),
  )
  await storage.delete(key)
  await storage.delete(key)
  expect(calls()).toBe(2)
})

it('bytes are those that were asked for, however much of them the service gives', async () => {
  const { storage } = await service(given())
  expect(await read(storage, { start: 4, end: 9 })).toBe('bytes')
  const { storage: other } = await service(given({ 'content-range': 'bytes 10-35/36' }))
  await expect(read(other, { start: 4, end: 9 })).rejects.toThrow(AttachmentUnavailable)
})

it('an answer that ends early, or in which nothing comes any more, fails in time', async () => {
  const early: Answer = (_, response) => {
    response.writeHead(206, { etag: '"1"', 'content-length': String(bytes.length) })
    response.write(bytes.subarray(0, 5), () => response.socket!.destroy())
  }
  const still: Answer = (_, response) => {
    response.writeHead(206, { etag: '"1"', 'content-length': String(bytes.length) })
    response.write(bytes.subarray(0, 5))
  }
  for (const answer of [early, still]) {
    const { storage } = await service(answer)
    const began = performance.now()
    await expect(read(storage)).rejects.toThrow(AttachmentUnavailable)
    expect(performance.now() - began).toBeLessThan(5_000)
  }
})
