import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }

contract('participants over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are named in paths by any URI, percent-encoded', async () => {
    const { ours, theirs } = await open()
    const { body: { id } } = await ours.post('/v1/conversations', {})
    await ours.post(`/v1/conversations/${id}/messages`, { role: 'user', content: 'x' })
    for (const participant of [
      'agent:a', 'tag:openfloor.dev,2025:a/b?c=d#é %2F', 'a:/../..', `uri:${'漢'.repeat(251)}`,
    ]) {
      const path = `/v1/conversations/${id}/participants/${encodeURIComponent(participant)}`
      const put = await ours.put(path, { role: 'member' })
      expect([put.status, put.headers.etag]).toEqual([200, '"1"'])
      expect(put.body.participant).toBe(participant)
      expect((await ours.post(`${path}/read`, {})).body)
        .toMatchObject({ read_position: 1, unread_count: 0, revision: 1 })
      expect((await ours.get(path)).body).toMatchObject({ participant, read_position: 1 })
      const stale = await ours.put(path, { role: 'owner' }, { 'if-match': '"2"' })
      expect([stale.status, stale.body.code]).toEqual([412, 'revision_conflict'])
      expect((await theirs.get(path)).body.code).toBe('participant_not_found')
      const query = new URLSearchParams({ participant }).toString()
      expect((await ours.get(`/v1/conversations?${query}`)).body.data).toMatchObject([{ id }])
      expect((await theirs.get(`/v1/conversations?${query}`)).body.data).toEqual([])
      expect((await ours.delete(path)).status).toBe(204)
      expect((await ours.get(path)).status).toBe(404)
    }
  })

  it('are filtered by beside metadata', async () => {
    const { ours, theirs } = await open()
    const metadata = { a: [1, { b: 2 }] }
    const { body: { id } } = await ours.post('/v1/conversations', { metadata })
    const list = (text: string) =>
      ours.get(`/v1/conversations?metadata=${encodeURIComponent(text)}`)
    expect((await list('{"a": [{"b": 2.0}]}')).body.data).toMatchObject([{ id }])
    expect((await list('{"a": 1}')).body.data).toEqual([])
    expect((await theirs.get('/v1/conversations?metadata=%7B%7D')).body.data).toEqual([])
    const deep = `{"a":${'['.repeat(250)}${']'.repeat(250)}}`
    for (const text of ['', '[]', 'null', '{', '{"a":}', `{"a":"${'x'.repeat(2_000)}"}`, deep]) {
      const { status, body } = await list(text)
      expect([status, body.errors?.[0].field.slice(0, 14)]).toEqual([400, 'query.metadata'])
    }
  })

  it('name what is wrong, and where', async () => {
    const { ours } = await open()
    const { body: { id } } = await ours.post('/v1/conversations', {})
    const path = `/v1/conversations/${id}/participants`
    for (const [answer, field] of [
      [await ours.put(`${path}/anna`, { role: 'member' }), 'path.participant'],
      [await ours.put(`${path}/user:anna`, { role: 'member' }), 'path.participant'],
      [await ours.put(`${path}/agent:a`, { role: 'king' }), 'body.role'],
      [await ours.put(`${path}/agent:a`, {}), 'body.role'],
      [await ours.post(`${path}/agent:a/read`, { position: -1 }), 'body.position'],
      [await ours.get('/v1/conversations?participant=anna'), 'query.participant'],
    ] as const) expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    expect((await ours.get(path)).body.data).toEqual([])
  })
})
