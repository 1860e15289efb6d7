import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { DirectoryStorage } from '../index.js'
import { type Answer, HttpClient } from '../testing/http.js'
import { rawConnection } from '../testing/raw.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const home = '/v1/attachments'
const png = Buffer.from('89504e470d0a1a0a0102', 'hex')

const contentOf = (id: string) => `${home}/${id}/content`

interface Sent {
  readonly bytes: Uint8Array | string
  readonly headers: Record<string, string>
}

async function begun(client: HttpClient, given: object = {}): Promise<string> {
  const { status, body } = await client.post(home, { name: 'a.bin', ...given })
  expect(status).toBe(201)
  return body.id
}

const put = (client: HttpClient, id: string, sent: Uint8Array | string | Sent) =>
  client.send({
    method: 'PUT', path: contentOf(id),
    ...(typeof sent === 'string' || sent instanceof Uint8Array ? { bytes: sent } : sent),
  })

async function made(client: HttpClient, bytes: Uint8Array | string, given: object = {}) {
  const id = await begun(client, given)
  expect((await put(client, id, bytes)).status).toBe(204)
  expect((await client.post(`${home}/${id}/complete`, {})).status).toBe(200)
  return id
}

const told = ({ status, text, headers }: Answer) => [status, text, headers['content-range']]

contract('attachments over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are created, put, completed, read and deleted', async () => {
    const { ours } = await open()
    const { body: { id } } = await ours.post(home, { name: 'ä "1".png', media_type: 'text/html' })
    expect((await ours.get(contentOf(id))).body.code).toBe('attachment_incomplete')
    const sha256 = createHash('sha256').update(png).digest('hex')
    const kept = await put(ours, id, { bytes: png, headers: { 'content-type': 'text/html' } })
    expect([kept.status, kept.headers.etag]).toEqual([204, `"${sha256}"`])
    const ready = await ours.post(`${home}/${id}/complete`, { size: png.length, sha256 })
    expect(ready.body).toMatchObject({
      state: 'ready', name: 'ä "1".png', declared_media_type: 'text/html',
      media_type: 'image/png', size: 10, sha256, expires_at: null,
    })
    expect((await ours.get(`${home}/${id}`)).body).toEqual(ready.body)
    expect((await ours.get(home)).body.data).toEqual([ready.body])
    const read = await ours.get(contentOf(id))
    expect(read.headers).toMatchObject({
      'content-type': 'image/png', 'content-length': '10', etag: `"${sha256}"`,
      'x-content-type-options': 'nosniff', 'accept-ranges': 'bytes',
      'content-security-policy': expect.stringContaining('sandbox'),
      'content-disposition': expect.stringMatching(/^attachment; .*UTF-8''%C3%A4%20%221%22.png$/),
    })
    expect((await put(ours, id, png)).body.code).toBe('attachment_completed')
    expect((await ours.delete(`${home}/${id}`)).status).toBe(204)
    expect((await ours.get(contentOf(id))).body.code).toBe('attachment_not_found')
  })

  it('are told to be unavailable while their storage is away, before a byte is sent', async () => {
    const { another } = await open()
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-away-'))
    const storage = await DirectoryStorage.open(join(folder, 'a'))
    const holdfast = await another({ attachments: { storage } })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const { token } = await holdfast.organization('default').serviceTokens
      .create({ name: 'a', scopes: ['*'] })
    const guest = new HttpClient(server.url, serving)
    const client = guest.as(token)
    const [id, pending] = [await made(client, 'abc'), await begun(client)]
    rmSync(join(folder, 'a'), { recursive: true })
    writeFileSync(join(folder, 'a'), '')
    for (const answer of [await client.get(contentOf(id)), await put(client, pending, 'abc')]) {
      expect([answer.status, answer.body.code]).toEqual([503, 'attachment_unavailable'])
      expect(answer.text).not.toContain(folder)
    }
    expect((await client.get(`${home}/${pending}`)).body.state).toBe('pending')
    guest.close()
    await server.close()
    rmSync(folder, { recursive: true })
  })

  it('are read in parts, and only when they changed', async () => {
    const { ours } = await open()
    const id = await made(ours, 'abcdefghij')
    const read = (headers: Record<string, string>) => ours.get(contentOf(id), headers)
    const { headers: { etag = '' } } = await read({})
    expect(told(await read({ range: 'bytes=2-4' }))).toEqual([206, 'cde', 'bytes 2-4/10'])
    expect(told(await read({ range: 'bytes=-3' }))).toEqual([206, 'hij', 'bytes 7-9/10'])
    expect(told(await read({ range: 'bytes=8-99' }))).toEqual([206, 'ij', 'bytes 8-9/10'])
    const behind = await read({ range: 'bytes=10-' })
    expect([behind.body.code, behind.headers['content-range']])
      .toEqual(['range_not_satisfiable', 'bytes */10'])
    expect(told(await read({ range: 'bytes=1-2', 'if-range': etag })).slice(0, 2))
      .toEqual([206, 'bc'])
    expect(told(await read({ range: 'bytes=1-2', 'if-range': '"x"' })))
      .toEqual([200, 'abcdefghij', undefined])
    expect(told(await read({ 'if-none-match': etag }))).toEqual([304, '', undefined])
    const head = await ours.send({ method: 'HEAD', path: contentOf(id) })
    expect([head.status, head.text, head.headers['content-length'], head.headers.etag])
      .toEqual([200, '', '10', etag])
    const part = await ours.send({
      method: 'HEAD', path: contentOf(id), headers: { range: 'bytes=0-3' },
    })
    expect([part.status, part.headers['content-length']]).toEqual([206, '4'])
    const empty = await made(ours, '')
    expect(told(await ours.get(contentOf(empty)))).toEqual([200, '', undefined])
  })

  it('are shown in a browser only where nothing in them runs', async () => {
    const { ours } = await open()
    const shown = async (bytes: Uint8Array | string) => {
      const { headers } = await ours.get(`${contentOf(await made(ours, bytes))}?inline=true`)
      return [headers['content-type'], headers['content-disposition']?.split(';')[0]]
    }
    expect(await shown(png)).toEqual(['image/png', 'inline'])
    const text = 'text/plain; charset=utf-8'
    expect(await shown('<html><script>alert(1)</script>')).toEqual([text, 'inline'])
    expect(await shown('%PDF-1.7')).toEqual(['application/pdf', 'attachment'])
    expect(await shown(Buffer.from([0, 1, 2]))).toEqual(['application/octet-stream', 'attachment'])
  })

  it('that are too large or not as announced are refused, and the line stays', async () => {
    const { ours, organization } = await open()
    const long = await begun(ours)
    const refused = await put(ours, long, Buffer.alloc(25 * 1024 * 1024 + 1))
    expect([refused.status, refused.body.code]).toEqual([413, 'attachment_too_large'])
    const id = await begun(ours, { size: 3 })
    expect((await put(ours, id, 'four')).body.code).toBe('attachment_mismatch')
    const packed = { bytes: 'two', headers: { 'content-encoding': 'gzip' } }
    expect((await put(ours, id, packed)).status).toBe(415)
    expect((await ours.post(`${home}/${id}/complete`, {})).body.code).toBe('attachment_incomplete')
    expect((await organization.attachments.get(id)).state).toBe('pending')
    expect((await ours.post(home, { name: 'a/b' })).body.errors[0].field).toBe('body.name')
  })

  it('whose sender goes away keep nothing', async () => {
    const { ours, organization, ourToken: token } = await open()
    const id = await begun(ours)
    const { socket, received } = await rawConnection(ours.url, [
      `PUT ${contentOf(id)} HTTP/1.1`, 'host: x', `authorization: Bearer ${token}`,
      'content-length: 1000000', '', 'the beginning',
    ].join('\r\n'))
    await new Promise((done) => setTimeout(done, 100))
    socket.destroy()
    await received
    await expect(organization.attachments.complete(id)).rejects.toThrow('not ready')
    expect((await put(ours, id, 'again')).status).toBe(204)
  })

  it('come and go through the client, whole, as streams and in pieces', async () => {
    const { ours, ourToken: token } = await open()
    const { attachments } = createClient({ url: ours.url, token })
    const bytes = randomBytes(2_500_000)
    const stream = new Blob([bytes]).stream()
    for (const given of [bytes, new Blob([bytes]), stream]) {
      const { id, size } = await attachments.upload({ name: 'a' }, given)
      expect(size).toBe(bytes.length)
      const pieces: Uint8Array[] = []
      for await (const piece of attachments.stream(id)) pieces.push(piece)
      expect(pieces).toHaveLength(3)
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
      expect(Buffer.from(await attachments.read(id, { range: { start: 5, end: 9 } })))
        .toEqual(bytes.subarray(5, 9))
    }
    const { id: unfinished } = await attachments.create({ name: 'b' })
    await expect(attachments.stream(unfinished).next()).rejects
      .toMatchObject({ code: 'attachment_incomplete' })
    await attachments.delete(unfinished)
    const all = []
    for await (const { id } of attachments.each({ limit: 2 })) all.push(id)
    expect(all).toHaveLength(3)
    await attachments.delete(all[0]!)
    await expect(attachments.get(all[0]!)).rejects.toMatchObject({ code: 'attachment_not_found' })
  })
})
