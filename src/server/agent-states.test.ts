import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'

/** The path of the states of a new conversation. */
async function statesIn({ ours }: HttpWorld): Promise<string> {
  const { body } = await ours.post('/v1/conversations', {})
  return `/v1/conversations/${body.id}/states`
}

contract('agent states over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are put, read, patched and deleted with ETag, If-Match and If-None-Match', async () => {
    const world = await open()
    const { ours } = world
    const path = `${await statesIn(world)}/graph_state`
    const first = await ours.put(path, { document: { a: 1 } }, { 'if-none-match': '*' })
    expect([first.status, first.headers.etag, first.body.document]).toEqual([200, '"1"', { a: 1 }])
    const again = await ours.put(path, { document: 1 }, { 'if-none-match': '*' })
    expect([again.status, again.body.code]).toEqual([412, 'agent_state_exists'])
    const patched = await ours.patch(path, { document: { b: 2, a: null } }, { 'if-match': '"1"' })
    expect(patched.body).toMatchObject({ document: { b: 2 }, revision: 2, change: 2 })
    for (const refused of [
      await ours.put(path, { document: 1 }, { 'if-match': '"1"' }),
      await ours.patch(path, { document: {} }, { 'if-match': '"1"' }),
      await ours.delete(path, { 'if-match': '"1"' }),
    ]) expect([refused.status, refused.body.code]).toEqual([412, 'revision_conflict'])
    expect((await ours.get(path)).body).toEqual(patched.body)
    expect((await ours.delete(path, { 'if-match': '"2"' })).status).toBe(204)
    expect((await ours.get(path)).body.code).toBe('agent_state_not_found')
  })

  it('are listed, with their revisions, without documents', async () => {
    const world = await open()
    const { ours } = world
    const path = await statesIn(world)
    for (const document of [1, 2]) await ours.put(`${path}/a`, { document })
    await ours.put(`${path}/b`, { document: null })
    const page = await ours.get(`${path}?limit=1`)
    expect(page.body.data).toMatchObject([{ name: 'a', revision: 2, change: 2 }])
    expect((await ours.get(`${path}?cursor=${page.body.next_cursor}`)).body)
      .toMatchObject({ data: [{ name: 'b' }], next_cursor: null })
    expect((await ours.get(`${path}/a/revisions`)).body.data)
      .toMatchObject([{ revision: 2 }, { revision: 1, change: 1 }])
    expect((await ours.get(`${path}/a/revisions/1`)).body)
      .toMatchObject({ name: 'a', revision: 1, document: 1 })
    expect((await ours.get(`${path}/a/revisions/3`)).status).toBe(404)
  })

  it('name what is wrong, and where', async () => {
    const world = await open()
    const { ours } = world
    const path = await statesIn(world)
    const both = { 'if-match': '"1"', 'if-none-match': '*' }
    for (const [answer, field] of [
      [await ours.put(`${path}/a%2Fb`, { document: 1 }), 'path.state'],
      [await ours.put(`${path}/a`, {}), 'body.document'],
      [await ours.put(`${path}/a`, { document: 'x'.repeat(1024 * 1024) }), 'body.document'],
      [await ours.patch(`${path}/a`, { document: [] }), 'body.document'],
      [await ours.put(`${path}/a`, { document: 1 }, { 'if-none-match': '"1"' }),
        'header.if-none-match'],
      [await ours.put(`${path}/a`, { document: 1 }, both), 'header.if-none-match'],
      [await ours.get(`${path}/a/revisions/0`), 'path.revision'],
    ] as const) expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    expect((await ours.get(path)).body.data).toEqual([])
    expect((await ours.put(`/v1/conversations/${unknownId}/states/a`, { document: 1 })).body.code)
      .toBe('conversation_not_found')
  })

  it('change once under one idempotency key', async () => {
    const world = await open()
    const { ours } = world
    const path = `${await statesIn(world)}/a`
    const key = { 'idempotency-key': 'once' }
    const first = await ours.patch(path, { document: { a: 1 } }, key)
    const again = await ours.patch(path, { document: { a: 1 } }, key)
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true'])
    const absent = { ...key, 'if-none-match': '*' }
    expect((await ours.put(path, { document: { a: 1 } }, absent)).status).toBe(422)
    expect((await ours.get(path)).body.revision).toBe(1)
  })
})
