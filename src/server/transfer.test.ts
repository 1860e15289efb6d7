import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { rawConnection } from '../testing/raw.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const unknownId = '00000000-0000-7000-8000-00000000dead'
const path = '/v1/conversations/import'
const lines = { 'content-type': 'application/jsonl' }

async function begun({ ours, organization }: HttpWorld, count = 3) {
  const { id } = await organization.conversations.create({ title: 'Out and in' })
  await organization.messages.appendMany(id,
    Array.from({ length: count }, (_, index) => ({ role: 'user', content: `${index} é` })))
  return { id, file: (await ours.get(`/v1/conversations/${id}/export`)).text }
}

contract('conversations written out and in over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are the same bytes again', async () => {
    const world = await open()
    const { ours, theirs } = world
    const { id, file } = await begun(world)
    const { headers } = await ours.get(`/v1/conversations/${id.toUpperCase()}/export`)
    expect([headers['content-type'], headers['content-disposition']])
      .toEqual(['application/jsonl', `attachment; filename="conversation-${id}.jsonl"`])
    const made = await theirs.send({ method: 'POST', path, headers: lines, bytes: file })
    expect([made.status, made.headers.location, made.body])
      .toEqual([201, `/v1/conversations/${id}`, { id, source_id: id, messages: 3, erased: 0 }])
    expect((await theirs.get(`/v1/conversations/${id}/export`)).text).toBe(file)
    const again = await theirs.send({ method: 'POST', path, headers: lines, bytes: file })
    expect([again.status, again.body.code]).toEqual([409, 'conversation_exists'])
    const keyed = { ...lines, 'idempotency-key': 'once' }
    const copies = await Promise.all([1, 2, 3].map(() =>
      theirs.send({ method: 'POST', path: `${path}?new_id=true`, headers: keyed, bytes: file })))
    expect(new Set(copies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(copies[0]!.body).toMatchObject({ source_id: id, messages: 3 })
    const other = await theirs.send({ method: 'POST', path, headers: keyed, bytes: file })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect((await theirs.get('/v1/conversations')).body.data).toHaveLength(2)
  })

  it('are refused with line and rule, and nothing stays', async () => {
    const world = await open()
    const { ours, theirs, guest } = world
    const { id, file } = await begun(world)
    for (const bytes of ['', file.slice(0, -2), file.replace('1 é', '1 e'), `${file}x\n`]) {
      const answer = await theirs.send({ method: 'POST', path, headers: lines, bytes })
      expect([answer.status, answer.body.code, answer.body.errors[0].field])
        .toEqual([422, 'invalid_conversation_file', 'body'])
      expect(answer.body.detail).toMatch(/^line \d: /)
    }
    const asked = await theirs.send({
      method: 'POST', path: `${path}?new_id=yes`, headers: lines, bytes: file,
    })
    expect([asked.status, asked.body.errors[0].field]).toEqual([400, 'query.new_id'])
    for (const [client, status] of [[theirs, 404], [guest, 401]] as const) {
      expect((await client.get(`/v1/conversations/${id}/export`)).status).toBe(status)
    }
    expect((await ours.get(`/v1/conversations/${unknownId}/export`)).body.code)
      .toBe('conversation_not_found')
    expect((await guest.send({ method: 'POST', path, headers: lines, bytes: file })).status)
      .toBe(401)
    expect((await theirs.get('/v1/conversations')).body.data).toEqual([])
  })

  it('leave nothing when the sender goes away in mid-file', async () => {
    const world = await open()
    const { theirs, neighbour, url } = world
    const { id, file } = await begun(world, 200)
    const { token } = await neighbour.serviceTokens.create({ name: 'lost', scopes: ['*'] })
    const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/jsonl\r\nContent-Length: ${Buffer.byteLength(file)}\r\n\r\n`
    const { socket, received } = await rawConnection(url, head + file.slice(0, file.length / 2))
    await sleep(50)
    socket.destroy()
    await received
    await sleep(50)
    expect((await theirs.get(`/v1/conversations/${id}`)).status).toBe(404)
    const sent = await theirs.send({ method: 'POST', path, headers: lines, bytes: file })
    expect(sent.body).toMatchObject({ id, messages: 200 })
  })

  it('go through the client as they come', async () => {
    const world = await open()
    const { url, ourToken, neighbour } = world
    const { id, file } = await begun(world, 500)
    const ours = createClient({ url, token: ourToken })
    const { token } = await neighbour.serviceTokens.create({ name: 'theirs', scopes: ['*'] })
    const theirs = createClient({ url, token })
    const pieces: Uint8Array[] = []
    for await (const piece of ours.conversations.export(id)) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(1)
    expect(Buffer.concat(pieces).toString()).toBe(file)
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
    expect(await theirs.conversations.import(stream)).toMatchObject({ id, messages: 500 })
    const copy = await theirs.conversations.import(file, { newId: true })
    expect(copy).toMatchObject({ source_id: id, messages: 500 })
    await expect(theirs.conversations.import(new Blob([file]))).rejects
      .toMatchObject({ code: 'conversation_exists' })
    await expect(theirs.conversations.export(unknownId).next()).rejects
      .toMatchObject({ code: 'conversation_not_found' })
    for await (const piece of ours.conversations.export(id)) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
  })

  it('are refused without an end when a body never ends', async () => {
    const world = await open()
    const { id, file } = await begun(world)
    const [status, body] = await new Promise<[number, string]>((resolve, reject) => {
      const sent = request(`${world.url}${path}`, {
        method: 'POST', headers: { ...lines, authorization: `Bearer ${world.ourToken}` },
      }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve([response.statusCode!, text]))
      })
      sent.on('error', reject)
      sent.write(`${file}not a line of it\n`)
      setTimeout(() => sent.end('and more'), 100)
    })
    expect([status, JSON.parse(body)]).toMatchObject([422, { code: 'invalid_conversation_file' }])
    expect(id).toBeTruthy()
  })
})
