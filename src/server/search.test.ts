import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const home = '/v1/search/messages'

contract('search over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('finds messages in pages and shows where', async () => {
    const { ours } = await open()
    const { body: { id } } = await ours.post('/v1/conversations', {})
    for (const content of ['Crème one', 'nothing', 'Crème two']) {
      await ours.post(`/v1/conversations/${id}/messages`, { role: 'user', content })
    }
    const first = await ours.get(`${home}?q=creme&limit=1&conversation_id=${id}&role=user`)
    expect(first.body).toMatchObject({
      complete: true,
      data: [{
        message: { content: 'Crème two', conversation_id: id },
        highlight: { path: '', offset: 0, snippet: 'Crème two', ranges: [{ start: 0, end: 5 }] },
      }],
    })
    const cursor = `cursor=${first.body.next_cursor}`
    const query = `q=creme&limit=1&conversation_id=${id}&role=user`
    const second = await ours.get(`${home}?${query}&${cursor}`)
    expect([second.body.data[0].message.content, second.body.next_cursor])
      .toEqual(['Crème one', null])
    expect((await ours.get(`${home}?q=other&${cursor}`)).body.code).toBe('invalid_cursor')
    expect((await ours.get(`${home}?q=creme&to=2026-01-01T00:00:00Z`)).body.data).toEqual([])
  })

  it('names what is wrong with a request', async () => {
    const { ours } = await open()
    for (const [query, field] of [
      ['', 'query.q'], ['q=a&from=yesterday', 'query.from'], ['q=a&role=A', 'query.role'],
      ['q=a&conversation_id=x', 'query.conversation_id'], [`q=${'a'.repeat(1_001)}`, 'query.q'],
    ] as const) {
      const { status, body } = await ours.get(`${home}?${query}`)
      expect([status, body.errors[0].field]).toEqual([400, field])
    }
    const many = await ours.get(`${home}?q=${'a%20'.repeat(33)}`)
    expect([many.status, many.body.code]).toEqual([400, 'invalid_input'])
  })

  it('is there in the client', async () => {
    const { ours, ourToken: token } = await open()
    const { conversations, messages } = createClient({ url: ours.url, token })
    const { id } = await conversations.create()
    for (const content of ['word 1', 'word 2', 'word 3']) {
      await messages.append(id, { role: 'user', content })
    }
    const found = []
    for await (const { message } of messages.eachFound({ q: 'word', limit: 2 })) {
      found.push(message.content)
    }
    expect(found).toEqual(['word 3', 'word 2', 'word 1'])
    expect((await messages.search({ q: '"word 2"' })).data).toHaveLength(1)
  })
})
