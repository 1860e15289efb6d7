import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../testing/private-redis.test.harness.js'
import { PrivateS3 } from '../testing/private-s3.test.harness.js'
import { AttachmentUnavailable, S3Storage } from './index.js'

const organizationId = '00000000-0000-7000-8000-00000000dead'
const keyOf = (number: number) =>
  ({ organizationId, id: `00000000-0000-7000-8000-${String(number).padStart(12, '0')}` })

async function* arriving(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

async function whole(bytes: AsyncIterable<Uint8Array>, eachMs = 0): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) {
    parts.push(part)
    if (eachMs > 0) await pause(eachMs)
  }
  return Buffer.concat(parts)
}

const missing = PrivateS3.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a bucket${reason}`, () => {
  let s3: PrivateS3
  const opened = (change: object = {}) => S3Storage.open({ ...s3.options, ...change })
  beforeAll(async () => {
    s3 = await PrivateS3.start()
  })
  afterAll(() => s3?.remove())

  it('keeps objects of any size under its prefix, and lets them go', async () => {
    const storage = await opened({ prefix: 'some/where' })
    for (const [number, size] of [0, 1, 1_048_576, 3_000_000].entries()) {
      const [key, bytes] = [keyOf(number), randomBytes(size)]
      await storage.put(key, arriving(bytes))
      expect(s3.keys()).toEqual([`some/where/${organizationId}/${key.id}`])
      expect((await whole(storage.read(key, { start: 0, end: size }))).equals(bytes)).toBe(true)
      const part = await whole(storage.read(key, { start: 5, end: Math.min(size, 70_000) }))
      expect(part.equals(bytes.subarray(5, 70_000))).toBe(true)
      await storage.delete(key)
      await storage.delete(key)
      expect([s3.keys(), await storage.exists(key)]).toEqual([[], false])
    }
    await expect(storage.put({ organizationId: '..', id: 'x' }, arriving(randomBytes(1))))
      .rejects.toThrow('two UUIDs')
  })

  it('gives all the time they take to those who read slowly', async () => {
    const storage = await opened({ timeoutMs: 150 })
    const bytes = randomBytes(400_000)
    await storage.put(keyOf(10), arriving(bytes))
    const slow = whole(storage.read(keyOf(10), { start: 0, end: bytes.length }), 200)
    expect((await slow).equals(bytes)).toBe(true)
    await storage.delete(keyOf(10))
  })

  it('that does not answer is given up soon, and is well when it does again', async () => {
    const storage = await opened({ timeoutMs: 1_000 })
    const bytes = randomBytes(2_000_000)
    await storage.put(keyOf(20), arriving(bytes))
    s3.freeze()
    const began = performance.now()
    const calls = [
      storage.put(keyOf(21), arriving(bytes)), storage.delete(keyOf(20)),
      storage.exists(keyOf(20)), whole(storage.read(keyOf(20), { start: 0, end: 10 })),
    ]
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
    expect(performance.now() - began).toBeLessThan(20_000)
    s3.thaw()
    await storage.put(keyOf(22), arriving(bytes))
    expect((await whole(storage.read(keyOf(22), { start: 1, end: 9 }))).length).toBe(8)
    for (const number of [20, 21, 22]) await storage.delete(keyOf(number))
  })

  it('is asked three times when it breaks off', async () => {
    let connections = 0
    const front = createServer((socket) => {
      socket.on('error', () => undefined)
      connections += 1
      if (connections <= 2) return void socket.destroy()
      const behind = connect(s3.port, '127.0.0.1').on('error', () => socket.destroy())
      socket.pipe(behind).pipe(socket)
    })
    const port = await freePort()
    await new Promise<void>((done) => front.listen(port, '127.0.0.1', done))
    const storage = await opened({ endpoint: `http://127.0.0.1:${port}` })
    const bytes = randomBytes(2_000_000)
    await storage.put(keyOf(30), arriving(bytes))
    expect(connections).toBe(3)
    const read = await whole((await opened()).read(keyOf(30), { start: 0, end: bytes.length }))
    expect(read.equals(bytes)).toBe(true)
    await storage.delete(keyOf(30))
    front.close()
  })

  it('tells a refusal at once, with no word of keys and signatures', async () => {
    const storage = await opened({ accessKeyId: 'hidden-id', secretAccessKey: 'hidden-secret' })
    const refused = await storage.put(keyOf(40), arriving(randomBytes(10)))
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AttachmentUnavailable)
    expect(String((refused as Error).cause)).toMatch(/PutObject: InvalidAccessKeyId \(403\)/)
    expect(inspect(refused, { depth: null, showHidden: true })).not.toMatch(/hidden|AWS4-HMAC/)
    const lost = whole((await opened()).read(keyOf(41), { start: 0, end: 1 }))
    await expect(lost).rejects.toThrow(AttachmentUnavailable)
  })

  it('leaves no temporary file behind', () => {
    const own = new RegExp(`^holdfast-${process.pid}-`)
    expect(readdirSync(tmpdir()).filter((name) => own.test(name))).toEqual([])
  })
})

it('bytes of an answer that breaks off are not taken for whole', async () => {
  const port = await freePort()
  const head = 'HTTP/1.1 206 Partial Content\r\netag: "1"\r\ncontent-range: bytes 0-9/10\r\n'
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(`${head}content-length: 5\r\n\r\nshort`))
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const storage = await S3Storage.open({
    bucket: 'bucket', endpoint: `http://127.0.0.1:${port}`,
    accessKeyId: 'a', secretAccessKey: 'b',
  })
  const read = whole(storage.read(keyOf(1), { start: 0, end: 10 }))
  const { cause } = await read.catch((error: Error) => error) as Error
  expect(String(cause)).toContain('the bytes ended at 5 before 10')
  server.close()
})

it.each([
  [{ bucket: 'a/b' }, 'bucket'], [{ endpoint: 's3.internal' }, 'endpoint'],
  [{ endpoint: 'https://user:word@s3' }, 'endpoint'], [{ prefix: '/a' }, 'prefix'],
  [{ prefix: 'a/../b' }, 'prefix'], [{ accessKeyId: 'a' }, 'accessKeyId'],
  [{ timeoutMs: 0 }, 'timeoutMs'],
])('a bucket with %o is refused', async (given, field) => {
  await expect(S3Storage.open({ bucket: 'bucket', ...given })).rejects.toMatchObject({ field })
})
