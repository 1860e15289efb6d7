import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'

contract('context and summary over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are read in one call, and the summary is changed with If-Match', async () => {
    const { ours, theirs } = await open()
    const { body: { id } } = await ours.post('/v1/conversations', {})
    const path = `/v1/conversations/${id}`
    const said = ['a', 'b', 'c'].map((content) => ({ role: 'user', content }))
    const { body: { messages } } = await ours.post(`${path}/messages`, { messages: said })
    const given = { text: 'A and b.', up_to_message_id: messages[1].id }
    const summary = await ours.put(`${path}/summary`, given, { 'if-none-match': '*' })
    expect([summary.status, summary.headers.etag]).toEqual([200, '"1"'])
    expect(summary.body).toMatchObject({ ...given, up_to_position: 2, model: null })
    const context = await ours.get(`${path}/context?limit=2`)
    expect(context.body).toMatchObject({
      conversation: { id }, messages: messages.slice(1), has_more: true, summary: summary.body,
    })
    for (const refused of [
      await ours.put(`${path}/summary`, given, { 'if-none-match': '*' }),
      await ours.put(`${path}/summary`, given, { 'if-match': '"2"' }),
      await ours.delete(`${path}/summary`, { 'if-match': '"2"' }),
    ]) expect(refused.status).toBe(412)
    for (const call of [
      await theirs.get(`${path}/context`), await theirs.get(`${path}/summary`),
      await theirs.put(`${path}/summary`, { text: 'x' }), await theirs.delete(`${path}/summary`),
    ]) expect(call.status).toBe(404)
    expect((await ours.get(`${path}/summary`)).body).toEqual(summary.body)
    expect((await ours.delete(`${path}/summary`, { 'if-match': '"1"' })).status).toBe(204)
    expect((await ours.get(`${path}/summary`)).body.code).toBe('summary_not_found')
  })

  it('name what is wrong, and where', async () => {
    const { ours } = await open()
    const { body: { id } } = await ours.post('/v1/conversations', {})
    const path = `/v1/conversations/${id}`
    for (const [answer, field] of [
      [await ours.get(`${path}/context?limit=201`), 'query.limit'],
      [await ours.put(`${path}/summary`, { text: '' }), 'body.text'],
      [await ours.put(`${path}/summary`, { text: 'x', model: 7 }), 'body.model'],
    ] as const) expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    const elsewhere = await ours.put(
      `${path}/summary`, { text: 'x', up_to_message_id: unknownId })
    expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'message_not_found'])
  })
})
